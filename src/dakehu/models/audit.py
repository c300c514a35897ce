"""Field history: who changed what of a row, from what to what, by which way."""

from django.db import models


class Change(models.Model):
    """One field of one object changed; ledger facts are not repeated here."""

    object_type = models.CharField(max_length=24)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=40)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    correlation_id = models.UUIDField()
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)
    way = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "id"], name="change_object")]
