"""Contacts (联系人): people at accounts."""

from typing import Any

from django.db import models

from dakehu.core.access import Viewer
from dakehu.models.visibility import ContactQuerySet


class StandingContacts(models.Manager[Any]):
    """Contacts that were not deleted: nobody comes upon a deleted one who does not ask for it."""

    def get_queryset(self) -> ContactQuerySet:
        """Leave out what was deleted."""
        return ContactQuerySet(self.model, using=self._db).filter(deleted_at__isnull=True)

    def visible_to(self, viewer: Viewer) -> ContactQuerySet:
        """Keep the contacts of accounts that the viewer may see."""
        return self.get_queryset().visible_to(viewer)


class Contact(models.Model):
    """A person at an account; on an opportunity they become a stakeholder."""

    account = models.ForeignKey("dakehu.Account", on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True, default="")
    sort_key = models.CharField(max_length=160, blank=True, default="")
    title = models.CharField(max_length=120, blank=True, default="")
    department = models.CharField(max_length=120, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    note = models.TextField(blank=True, default="")
    created_on = models.DateField()
    last_contact_on = models.DateField(null=True, blank=True)
    #: Deleted ones are hidden and can be restored for 30 days.
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1)

    objects = StandingContacts()
    #: The deleted ones too: for the bin, the clean-up and the erasing.
    with_deleted = ContactQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["sort_key", "id"], name="contact_sort"),
            models.Index(
                fields=["deleted_at", "id"],
                name="contact_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]
