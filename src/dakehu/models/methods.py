"""Sales methods as data: lineages, versions, stages, and win rates as dated rows (FUN-1)."""

from django.db import models


class Method(models.Model):
    """The lineage of a method: what stays the same over its versions."""

    key = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    is_built_in = models.BooleanField(default=False)
    order = models.PositiveSmallIntegerField(default=100)


class MethodVersion(models.Model):
    """One wording of a method; opportunities keep theirs until moved."""

    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    gate = models.CharField(max_length=8, default="advise")  # advise, require, validate
    signing_key = models.CharField(max_length=40)
    winning_key = models.CharField(max_length=40)
    is_current = models.BooleanField(default=True)
    #: The specification as loaded (both languages), so a version can be read and compared.
    spec = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "number"], name="method_version_once"),
            models.UniqueConstraint(
                fields=["method"],
                condition=models.Q(is_current=True),
                name="method_one_current",
            ),
        ]


class Stage(models.Model):
    """The lineage of a stage (method, key); ledger and reports group by it."""

    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="stages")
    key = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["method", "key"], name="stage_lineage_once")]


class MethodStage(models.Model):
    """A stage as one version words it."""

    version = models.ForeignKey(MethodVersion, on_delete=models.CASCADE, related_name="stages")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT)
    order = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    #: Entered by winning (or losing) only: holds no open opportunity and weighs nothing.
    after_win = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "stage"], name="method_stage_once"),
            models.UniqueConstraint(fields=["version", "order"], name="method_stage_order"),
        ]


class WinRate(models.Model):
    """A stage's win rate in basis points from a day on: the method's, or calibrated (FUN-9)."""

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="rates")
    kind = models.CharField(max_length=12, default="method")
    rate_bp = models.PositiveSmallIntegerField()
    decided = models.PositiveIntegerField(null=True)
    on = models.DateField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rate_bp__lte=10000), name="win_rate_at_most_1"
            )
        ]
        indexes = [models.Index(fields=["stage", "kind", "on", "recorded_at"], name="win_rate_on")]
