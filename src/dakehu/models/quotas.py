"""Quotas per person or unit and period, and small sales outside the funnel, as dated rows."""

from django.db import models
from django.db.models import Q

from dakehu.models.fields import MinorField, within_limit


class Quota(models.Model):
    """The target of a person or a unit for a fiscal month or quarter or year, never updated."""

    unit = models.ForeignKey("dakehu.SalesUnit", null=True, on_delete=models.PROTECT)
    person = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)
    start_on = models.DateField()
    end_on = models.DateField()
    level = models.CharField(max_length=10, default="target")  # target, stretch, challenge
    amount_minor = MinorField(null=True)  # null: taken back, not set is not zero
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=True) ^ Q(person__isnull=True),
                name="quota_of_one",
            ),
            models.CheckConstraint(
                condition=Q(end_on__gt=models.F("start_on")),
                name="quota_not_upside_down",
            ),
            within_limit("amount_minor", "quota_amount_limit"),
        ]
        indexes = [
            models.Index(fields=["unit", "start_on", "end_on"], name="quota_unit"),
            models.Index(fields=["person", "start_on", "end_on"], name="quota_person"),
        ]


class SmallSale(models.Model):
    """An out-of-funnel sale, or a period's total per owner (FUN-4); reversed by a mirror row."""

    on = models.DateField()
    owner = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT)
    unit = models.ForeignKey("dakehu.SalesUnit", on_delete=models.PROTECT)
    account = models.ForeignKey("dakehu.Account", null=True, on_delete=models.PROTECT)
    orders = models.IntegerField(default=1)
    amount_minor = MinorField()
    currency = models.ForeignKey("dakehu.Currency", on_delete=models.PROTECT)
    base_minor = MinorField()
    #: A total of the period [on, until_on) instead of one order.
    until_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=240, blank=True, default="")
    reverses = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [within_limit("amount_minor", "small_sale_amount_limit")]
        indexes = [
            # What a period adds up to is read from it alone.
            models.Index(
                fields=["on", "unit", "owner", "orders", "base_minor"], name="small_sale_sum"
            ),
        ]
