"""Notes with mentions, and files attached to a record; both can be brought back for 30 days."""

from django.db import models

_ONE_RECORD = (
    models.Q(opportunity__isnull=False, account__isnull=True, contact__isnull=True)
    | models.Q(opportunity__isnull=True, account__isnull=False, contact__isnull=True)
    | models.Q(opportunity__isnull=True, account__isnull=True, contact__isnull=False)
)


class Note(models.Model):
    """What somebody wrote about an opportunity, an account or a contact."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity", null=True, on_delete=models.CASCADE, related_name="+"
    )
    account = models.ForeignKey(
        "dakehu.Account", null=True, on_delete=models.CASCADE, related_name="+"
    )
    contact = models.ForeignKey(
        "dakehu.Contact", null=True, on_delete=models.CASCADE, related_name="+"
    )
    text = models.TextField()
    author = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, related_name="+")
    for_person = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=_ONE_RECORD, name="note_on_one_record")]


class Mention(models.Model):
    """Somebody was named in a note with @."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    person = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, related_name="+")
    #: When the one who was mentioned said it is dealt with.
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "person"], name="mention_once")]


class Attachment(models.Model):
    """A stored file that hangs on a record; served by the permission to see the record."""

    file = models.ForeignKey("dakehu.StoredFile", on_delete=models.PROTECT)
    opportunity = models.ForeignKey(
        "dakehu.Opportunity", null=True, on_delete=models.CASCADE, related_name="+"
    )
    account = models.ForeignKey(
        "dakehu.Account", null=True, on_delete=models.CASCADE, related_name="+"
    )
    contact = models.ForeignKey(
        "dakehu.Contact", null=True, on_delete=models.CASCADE, related_name="+"
    )
    added_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_ONE_RECORD, name="attachment_on_one_record")
        ]
