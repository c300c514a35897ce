"""Imports: the runs, their problems by row, and the ids that other systems gave."""

from django.db import models


class ImportRun(models.Model):
    """One import: what was read, with which recipe, how far it is and how it ended."""

    correlation_id = models.UUIDField(unique=True)
    recipe = models.CharField(max_length=60)
    files = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    #: dry_run (command line); uploaded, asking, checked, running, stopped, done, refused, failed,
    #: reverting, reverted.
    status = models.CharField(max_length=12)
    report = models.JSONField(default=dict)
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    #: How far it is: phase, place in it, and what was counted up to there. Written with the rows.
    progress = models.JSONField(default=dict)
    #: Who works on it, and until when nobody else may take it up.
    worker = models.CharField(max_length=36, blank=True, default="")
    held_until = models.DateTimeField(null=True)
    stop_asked = models.BooleanField(default=False)


class ImportProblem(models.Model):
    """A row that was refused or doubted, with the code of the reason."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    file = models.CharField(max_length=200)
    row = models.PositiveIntegerField(null=True)
    column = models.CharField(max_length=120, blank=True, default="")
    severity = models.CharField(max_length=8)  # refused, warning
    code = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    #: Found while the files were checked; when taking in, findings are written anew.
    checked = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["run", "checked", "severity", "id"], name="import_problem_run")
        ]


class ImportedObject(models.Model):
    """What an import made or changed beside the ledger, so that it can be taken back."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="objects_made")
    object_type = models.CharField(max_length=24)
    object_id = models.BigIntegerField()
    #: Null: made by the import; else the fields that it changed, as they were.
    before = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["run", "object_type", "id"], name="imported_object_run"),
        ]


class ImportMapping(models.Model):
    """What somebody said the columns of such a file mean, for the next time."""

    headers = models.CharField(max_length=64, unique=True)  # a digest of the header set
    subject = models.CharField(max_length=24)
    columns = models.JSONField(default=dict)
    person = models.ForeignKey("dakehu.Person", null=True, on_delete=models.SET_NULL)
    updated_at = models.DateTimeField()


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
