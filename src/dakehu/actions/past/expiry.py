"""What was deleted more than 30 days ago: removed where nothing refers to it, else kept hidden.

People are emptied all the same: their names and numbers are kept no longer, figures stay.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from dakehu.actions.contacts.existence import blank
from dakehu.actions.files import forget_history, remove_attachments
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.past import KEPT, PART_NOTE
from dakehu.models import (
    Account,
    Activity,
    ActivityContact,
    Attachment,
    Change,
    Contact,
    ImportedObject,
    Note,
    Opportunity,
    SavedView,
    SmallSale,
    Stakeholder,
)

_AT_ONCE = 200


def remove_expired(*, actor: Viewer, at: datetime) -> int:
    """Remove or empty what was deleted longer ago than it is kept; give how many records.

    Some at a time, each in a transaction of its own; again: nothing more. Raises
    NotAllowed("clean_up.run").
    """
    if not actor.is_operator:
        raise NotAllowed("clean_up.run")
    before = at - KEPT
    removed = 0
    for model in (Note, Attachment, Activity):
        rows: Any = model._base_manager.filter(deleted_at__lt=before).order_by("pk")
        removed += _remove_plain(rows)
    contacts = Contact.with_deleted.filter(deleted_at__lt=before)
    removed += _remove_contacts(contacts.order_by("pk"))
    # Contacts of an account that is gone for as long are out of everybody's reach, too.
    removed += _remove_contacts(
        Contact.with_deleted.filter(account__deleted_at__lt=before).order_by("pk")
    )
    removed += _remove_views(before)
    # What was written of people who were taken off a map; that they were stays on record.
    removed += Change.objects.filter(object_type=PART_NOTE, at__lt=before).delete()[0]
    accounts: Any = Account.objects.filter(deleted_at__lt=before, numchild=0)
    for pk in list(accounts.order_by("-depth", "pk").values_list("pk", flat=True)):
        removed += _remove_account(pk)
    return removed


@transaction.atomic
def _remove_plain(rows: Any) -> int:
    ids = list(rows.values_list("pk", flat=True)[:_AT_ONCE])
    if rows.model is Attachment:
        remove_attachments(ids)
    else:
        rows.model._base_manager.filter(pk__in=ids).delete()
        forget_history(rows.model._meta.model_name, ids)
    return len(ids)


@transaction.atomic
def _remove_views(before: datetime) -> int:
    # Held while they go: who brings one back at this moment comes too late, or keeps it.
    rows = SavedView.objects.select_for_update().filter(deleted_at__lt=before).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:_AT_ONCE])
    SavedView.objects.filter(pk__in=ids).delete()
    forget_history("view", ids)
    return len(ids)


def _remove_contacts(rows: Any) -> int:
    ids = list(rows.exclude(name="").values_list("pk", flat=True)[:_AT_ONCE])
    for pk in ids:
        with transaction.atomic():
            row = Contact.with_deleted.select_for_update(of=("self",)).get(pk=pk)
            blank(row)
            used = any(
                found.exists()
                for found in (
                    Stakeholder.objects.filter(contact_id=pk),
                    ActivityContact.objects.filter(contact_id=pk),
                    ImportedObject.objects.filter(object_type="contact", object_id=pk),
                )
            )
            if not used:
                Contact.with_deleted.filter(pk=pk).delete()
                forget_history("contact", [pk])
    return len(ids)


@transaction.atomic
def _remove_account(pk: int) -> int:
    """Remove an account that nothing of the business refers to; its history goes with it."""
    used = any(
        found.exists()
        for found in (
            Opportunity.objects.filter(account_id=pk),
            SmallSale.objects.filter(account_id=pk),
            Activity._base_manager.filter(account_id=pk),
            Note.objects.filter(account_id=pk),
            Attachment.objects.filter(account_id=pk),
            Contact.with_deleted.filter(account_id=pk),
            ImportedObject.objects.filter(object_type="account", object_id=pk),
        )
    )
    if used:
        return 0
    Account.objects.filter(pk=pk).delete()
    forget_history("account", [pk])
    forget_history("account_file", [pk])
    return 1
