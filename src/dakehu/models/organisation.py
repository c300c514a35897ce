"""The one organisation of this installation and its settings."""

from django.db import models


class Organisation(models.Model):
    """One row: what the whole installation agrees on."""

    name_zh = models.CharField(max_length=120, blank=True, default="")
    name_en = models.CharField(max_length=120, blank=True, default="")
    base_currency = models.ForeignKey("dakehu.Currency", on_delete=models.PROTECT)
    time_zone = models.CharField(max_length=60, default="Asia/Shanghai")
    fiscal_first_month = models.PositiveSmallIntegerField(default=1)
    amounts_with_vat = models.BooleanField(default=True)
    #: FUN-6: weighted of what closes within the period (our reading) or of all open.
    weighted_scope = models.CharField(max_length=12, default="in_period")
    #: FUN-6: the literal progress index counts a sale in both terms.
    progress_literal = models.BooleanField(default=False)
    #: FUN-9: which win rate weighs the funnel: method or calibrated.
    win_rate_kind = models.CharField(max_length=12, default="method")
    #: FUN-9: how many decided opportunities the method's rate counts for (m).
    calibration_weight = models.PositiveSmallIntegerField(default=20)
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="organisation_is_one"),
            models.CheckConstraint(
                condition=models.Q(fiscal_first_month__gte=1, fiscal_first_month__lte=12),
                name="organisation_fiscal_month",
            ),
        ]
