"""Products with their list price."""

from django.db import models


class Product(models.Model):
    """Something we sell."""

    code = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=160, blank=True, default="")
    name_en = models.CharField(max_length=160, blank=True, default="")
    folded = models.CharField(max_length=160, blank=True, default="", db_index=True)
    sort_key = models.CharField(max_length=200, blank=True, default="")
    series = models.CharField(max_length=80, blank=True, default="")
    list_price = models.DecimalField(max_digits=19, decimal_places=6, null=True, blank=True)
    currency = models.ForeignKey("dakehu.Currency", null=True, on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["sort_key", "id"], name="product_sort")]
