"""Norms of the funnel's health that a unit's head entered, as dated rows (FUN-7)."""

from django.db import models

from dakehu.models.fields import MinorField, within_limit


class Norm(models.Model):
    """What is usual at a stage of a unit from a day on, until there is a year of history."""

    unit = models.ForeignKey("dakehu.SalesUnit", on_delete=models.PROTECT)
    stage = models.ForeignKey("dakehu.Stage", on_delete=models.PROTECT, related_name="norms")
    on = models.DateField()
    #: Null: taken back. An amount is in the base currency.
    count = models.PositiveIntegerField(null=True)
    amount_minor = MinorField(null=True)
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            within_limit("amount_minor", "norm_amount_limit"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__isnull=True) | models.Q(amount_minor__gte=0),
                name="norm_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["unit", "stage", "on", "recorded_at"], name="norm_on")]
