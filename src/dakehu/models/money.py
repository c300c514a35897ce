"""Currencies and their dated rates."""

from django.db import models


class Currency(models.Model):
    """A currency with its digits; the digits are frozen once an amount uses them."""

    code = models.CharField(max_length=3, primary_key=True)
    digits = models.PositiveSmallIntegerField(default=2)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)


class ExchangeRate(models.Model):
    """Units of the base currency for one unit of the currency, in force from a day on."""

    currency = models.ForeignKey(Currency, on_delete=models.PROTECT)
    on = models.DateField()
    rate = models.DecimalField(max_digits=19, decimal_places=8)
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_positive")
        ]
        indexes = [models.Index(fields=["currency", "on", "recorded_at"], name="exchange_rate_on")]
