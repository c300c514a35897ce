"""What is on record: field history, and who looked for accounts that they can't see."""

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
    #: Whom a deputy stood in for; nobody asks by it, so it has no index.
    for_person = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    way = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "id"], name="change_object")]


class LookUp(models.Model):
    """Somebody asked if there is an account of a name beyond their sight (CUS-2's double check)."""

    person = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, db_index=False)
    at = models.DateTimeField()
    name = models.CharField(max_length=200)
    folded = models.CharField(max_length=200)
    #: How many accounts out of their sight they were told of.
    hidden = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["person", "at"], name="look_up_person")]
