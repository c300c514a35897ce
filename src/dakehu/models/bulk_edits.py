"""Changes of many rows at once, so that they can be told and taken back as one."""

from django.db import models


class BulkEdit(models.Model):
    """One bulk edit or paste: all its saves share the correlation id."""

    object_type = models.CharField(max_length=24)
    #: bulk or grid: core.ledger.Way.
    way = models.PositiveSmallIntegerField()
    correlation_id = models.UUIDField(unique=True)
    actor = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    #: Verb and fields that were asked for, as codes and plain values.
    asked = models.JSONField(default=dict)
    changed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    undone = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["actor", "-id"], name="bulk_edit_actor")]


class BulkEditRow(models.Model):
    """One row of it: done, refused (with the code), taken back, or changed since."""

    bulk = models.ForeignKey(BulkEdit, on_delete=models.CASCADE, related_name="rows")
    object_id = models.BigIntegerField()
    #: 1 done, 2 refused, 3 taken back, 4 changed since and left.
    state = models.PositiveSmallIntegerField(default=1)
    problem = models.CharField(max_length=60, blank=True, default="")
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bulk", "object_id"], name="bulk_edit_row_once")
        ]
