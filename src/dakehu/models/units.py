"""The sales organisation: units, and where they hang from which day on."""

from django.db import models


class SalesUnit(models.Model):
    """A node of the sales organisation; its place in the tree is dated (UnitPlace)."""

    code = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=120, blank=True, default="")
    name_en = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(max_length=16, default="team")  # company, business_unit, region, team
    sort_key = models.CharField(max_length=200, blank=True, default="")
    method = models.ForeignKey("dakehu.Method", null=True, blank=True, on_delete=models.PROTECT)
    #: FUN-4: below this an order is a small sale; base currency; 0 = no threshold.
    small_sale_threshold_minor = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)


class UnitPlace(models.Model):
    """From day `on` the unit hangs under `parent` (none: a root) or is closed. Never updated."""

    unit = models.ForeignKey(SalesUnit, on_delete=models.PROTECT, related_name="places")
    parent = models.ForeignKey(
        SalesUnit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children_places",
    )
    closed = models.BooleanField(default=False)
    on = models.DateField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)

    class Meta:
        indexes = [models.Index(fields=["on", "recorded_at"], name="unit_place_on")]
