"""What a person marked: records looked at, pinned, followed."""

from django.db import models


class Mark(models.Model):
    """One person's marks on one record; it grants nothing, permission is asked each time."""

    person = models.ForeignKey("dakehu.Person", on_delete=models.CASCADE, related_name="+")
    #: opportunity, account, contact.
    object_type = models.CharField(max_length=24)
    object_id = models.BigIntegerField()
    seen_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    followed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-seen_at"], name="mark_recent"),
            models.Index(
                fields=["object_type", "object_id"],
                name="mark_followed",
                condition=models.Q(followed_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "object_type", "object_id"], name="mark_once")
        ]
