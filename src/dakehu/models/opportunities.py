"""Opportunities (商机), their product lines and competitors (FUN-2)."""

from django.db import models

from dakehu.models.fields import MinorField, PlaceField, within_limit
from dakehu.models.visibility import OpportunityQuerySet

OPEN_AND_THERE = models.Q(place=1, voided=False)


class Opportunity(models.Model):
    """One possible sale: the row is what the ledger's entries add up to (FUN-5)."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=240, blank=True, default="")
    # The indexes below begin with account, owner, unit and stage: none of their own.
    account = models.ForeignKey(
        "dakehu.Account", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    owner = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, db_index=False)
    unit = models.ForeignKey("dakehu.SalesUnit", on_delete=models.PROTECT, db_index=False)
    method_version = models.ForeignKey("dakehu.MethodVersion", on_delete=models.PROTECT)
    #: The stage held, or for a decided one the stage it was decided at.
    stage = models.ForeignKey("dakehu.Stage", on_delete=models.PROTECT, db_index=False)
    #: core.ledger.Place: 1 open, 2 won, 3 lost, 4 abandoned.
    place = PlaceField(default=1)
    voided = models.BooleanField(default=False)
    amount_minor = MinorField(default=0)
    #: The most it ever held on a day: the largest of a past day are found among those of most.
    most_minor = MinorField(default=0, db_default=0)
    #: Nearly all have the same: an index would find nothing.
    currency = models.ForeignKey("dakehu.Currency", on_delete=models.PROTECT, db_index=False)
    #: The amount in base currency at its last change; only lists order by it.
    base_minor = MinorField(null=True)
    close_on = models.DateField(null=True, blank=True)
    #: close_on, or the last day there is: order and keyset paging know no NULL.
    close_sort = models.DateField()
    category = models.PositiveSmallIntegerField(default=1)
    own_rate_bp = models.PositiveSmallIntegerField(null=True, blank=True)
    source = models.CharField(max_length=16, blank=True, default="")
    compelling_event = models.CharField(max_length=240, blank=True, default="")
    next_step = models.CharField(max_length=240, blank=True, default="")
    next_step_on = models.DateField(null=True, blank=True)
    created_on = models.DateField()
    stage_since = models.DateField()
    last_on = models.DateField()
    decided_on = models.DateField(null=True, blank=True)
    #: Imported without a start: created on the state day of its import.
    start_unknown = models.BooleanField(default=False)
    evidence_unknown = models.BooleanField(default=False)
    #: The last activity done on it; kept by the actions of activities.
    last_contact_on = models.DateField(null=True, blank=True)
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        constraints = [
            within_limit("amount_minor", "opportunity_amount_limit"),
            within_limit("most_minor", "opportunity_most_limit"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gte=0),
                name="opportunity_amount_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(place__gte=1, place__lte=4), name="opportunity_place"
            ),
            models.CheckConstraint(
                condition=models.Q(own_rate_bp__isnull=True) | models.Q(own_rate_bp__lte=10000),
                name="opportunity_own_rate",
            ),
        ]
        indexes = [
            models.Index(fields=["close_sort", "id"], name="opp_close", condition=OPEN_AND_THERE),
            models.Index(fields=["base_minor", "id"], name="opp_amount", condition=OPEN_AND_THERE),
            models.Index(fields=["sort_key", "id"], name="opp_name", condition=OPEN_AND_THERE),
            models.Index(fields=["updated_at", "id"], name="opp_updated"),
            models.Index(
                fields=["place", "close_sort", "id"],
                name="opp_place_close",
                condition=models.Q(voided=False),
            ),
            models.Index(fields=["owner", "place", "close_sort", "id"], name="opp_owner_close"),
            models.Index(fields=["unit", "place", "close_sort", "id"], name="opp_unit_close"),
            models.Index(
                fields=["account", "place", "close_sort", "id"],
                name="opp_account_close",
            ),
            models.Index(fields=["stage", "place", "close_sort", "id"], name="opp_stage_close"),
            # The rows behind a stage, the largest first.
            models.Index(
                fields=["stage", "-amount_minor", "id"],
                name="opp_stage_amount",
                condition=OPEN_AND_THERE,
            ),
            models.Index(fields=["-most_minor", "created_on", "last_on"], name="opp_most"),
            # The slowest at a stage (FUN-9).
            models.Index(
                fields=["stage", "stage_since", "id"],
                name="opp_stage_since",
                condition=OPEN_AND_THERE,
            ),
            # The board: the first cards of a stage, and sums of columns, from the index alone.
            models.Index(
                fields=["stage", "close_sort", "id", "unit", "owner"],
                name="opp_board_cards",
                condition=OPEN_AND_THERE,
            ),
            models.Index(
                fields=[
                    "unit",
                    "stage",
                    "currency",
                    "own_rate_bp",
                    "close_sort",
                    "amount_minor",
                    "category",
                ],
                name="opp_board_tallies",
                condition=OPEN_AND_THERE,
            ),
            # The same of the whole company, in the order in which it is told apart.
            models.Index(
                fields=[
                    "stage",
                    "currency",
                    "own_rate_bp",
                    "category",
                    "close_sort",
                    "amount_minor",
                ],
                name="opp_company_tallies",
                condition=OPEN_AND_THERE,
            ),
            # What a list adds up to, of all or of units: read from the index alone.
            models.Index(
                fields=["place", "currency", "amount_minor"],
                name="opp_place_sum",
                condition=models.Q(voided=False),
            ),
            models.Index(
                fields=["unit", "place", "currency", "owner", "amount_minor"],
                name="opp_unit_sum",
                condition=models.Q(voided=False),
            ),
            # The few that stood once and are gone: looked for from a day on.
            models.Index(
                fields=["last_on", "id"], name="opp_voided", condition=models.Q(voided=True)
            ),
        ]


class LineSet(models.Model):
    """The product lines of an opportunity as of a change; sets are kept, never edited."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="line_sets")
    on = models.DateField()
    recorded_at = models.DateTimeField()
    correlation_id = models.UUIDField()
    is_current = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["opportunity", "on", "id"], name="line_set_on")]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity"],
                condition=models.Q(is_current=True),
                name="line_set_one_current",
            )
        ]


class ProductLine(models.Model):
    """A product with quantity, price and delivery month; the amount is rounded per line."""

    line_set = models.ForeignKey(LineSet, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey("dakehu.Product", on_delete=models.PROTECT)
    quantity = models.DecimalField(max_digits=15, decimal_places=3)
    unit_price = models.DecimalField(max_digits=19, decimal_places=6)
    amount_minor = MinorField()
    delivery_month = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [within_limit("amount_minor", "product_line_amount_limit")]


class Competitor(models.Model):
    """A rival met on an opportunity."""

    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.CASCADE, related_name="competitors"
    )
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=240, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "name"], name="competitor_once")
        ]
