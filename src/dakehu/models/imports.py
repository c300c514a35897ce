"""Imports: the runs, their problems by row, and the ids that other systems gave."""

from django.db import models


class ImportRun(models.Model):
    """One import: what was read, with which recipe, and how it ended."""

    correlation_id = models.UUIDField(unique=True)
    recipe = models.CharField(max_length=60)
    files = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=12)  # dry_run, done, refused
    report = models.JSONField(default=dict)
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class ImportProblem(models.Model):
    """A row that was refused or doubted, with the code of the reason."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    file = models.CharField(max_length=200)
    row = models.PositiveIntegerField(null=True)
    column = models.CharField(max_length=120, blank=True, default="")
    severity = models.CharField(max_length=8)  # refused, warning
    code = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)


class ExternalId(models.Model):
    """The id of an object in another system."""

    system = models.CharField(max_length=60)
    object_type = models.CharField(max_length=24)
    external_id = models.CharField(max_length=120)
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "object_type", "external_id"], name="external_id_once"
            )
        ]
        indexes = [models.Index(fields=["object_type", "object_id"], name="external_id_object")]
