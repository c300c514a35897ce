"""Evidence ticked for a stage (FUN-3), and stored files by content."""

from django.db import models


class StoredFile(models.Model):
    """A file under DAKEHU_FILES, named by its SHA-256; served only by its owner's permission."""

    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="stored_file_content")]


class Evidence(models.Model):
    """One evidence item of a stage, ticked by whom and when, with its proof."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity", on_delete=models.CASCADE, related_name="evidence"
    )
    stage = models.ForeignKey("dakehu.Stage", on_delete=models.PROTECT)
    key = models.CharField(max_length=40)
    ticked_on = models.DateField()
    ticked_at = models.DateTimeField()
    ticked_by = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT)
    note = models.TextField(blank=True, default="")
    link = models.CharField(max_length=500, blank=True, default="")
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "stage", "key"], name="evidence_item_once"
            )
        ]


class EvidenceFile(models.Model):
    """A further file of a tick: a contract of three photos is one item."""

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="more")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evidence", "file"], name="evidence_file_once")
        ]


class EvidencePlan(models.Model):
    """How an item that is not proven yet is to be got: an action, and by when (FUN-3)."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity", on_delete=models.CASCADE, related_name="+"
    )
    stage = models.ForeignKey("dakehu.Stage", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=40)
    action = models.CharField(max_length=240)
    #: Without a day the plan is incomplete.
    due_on = models.DateField(null=True, blank=True)
    planned_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    planned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "stage", "key"], name="evidence_plan_once"
            )
        ]
