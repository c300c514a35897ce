"""The double-entry ledger of the funnel (FUN-5): append-only."""

from django.db import models
from django.db.models import Q

from dakehu.core.speed import LEAKING, TURNS
from dakehu.models.fields import MinorField, within_limit


class Movement(models.Model):
    """A change that moves the funnel; its entries sum to zero. Holds no free text."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity",
        on_delete=models.PROTECT,
        related_name="movements",
        db_index=False,
    )
    kind = models.PositiveSmallIntegerField()
    on = models.DateField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    for_person = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    way = models.PositiveSmallIntegerField()
    correlation_id = models.UUIDField()
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(fields=["opportunity", "id"], name="movement_opportunity"),
            # Which opportunities moved is read from it alone.
            models.Index(fields=["on", "kind", "opportunity"], name="movement_on_kind"),
            models.Index(fields=["correlation_id"], name="movement_correlation"),
            models.Index(fields=["recorded_at", "on"], name="movement_recorded"),
            models.Index(
                fields=["reverses"],
                name="movement_reverses",
                condition=Q(reverses__isnull=False),
            ),
        ]


class MovementNote(models.Model):
    """Why it moved, in words; stands apart so that it can be erased."""

    movement = models.OneToOneField(Movement, on_delete=models.CASCADE, related_name="note")
    reason = models.CharField(max_length=40, blank=True, default="")
    competitor = models.CharField(max_length=120, blank=True, default="")
    text = models.TextField(blank=True, default="")


class Entry(models.Model):
    """One side of a movement: a signed count and amount at a position.

    Codes instead of NULL in the position columns, so that carried rows have a plain unique key:
    place 0 is nowhere; 0 for no stage, owner, unit; -1 for no own rate; day 1 of close month or
    date.max for no close date.
    """

    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="entries")
    opportunity = models.ForeignKey(
        "dakehu.Opportunity",
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
    )
    kind = models.PositiveSmallIntegerField()
    on = models.DateField()
    recorded_at = models.DateTimeField()
    count = models.SmallIntegerField()
    amount_minor = MinorField()
    place = models.PositiveSmallIntegerField()
    owner_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    stage_id = models.BigIntegerField()
    category = models.PositiveSmallIntegerField()
    close_month = models.DateField()
    currency = models.CharField(max_length=3)
    own_rate_bp = models.SmallIntegerField()
    base_minor = MinorField(null=True)

    class Meta:
        constraints = [
            within_limit("amount_minor", "entry_amount_limit"),
            models.CheckConstraint(condition=Q(count__gte=-1, count__lte=1), name="entry_count"),
        ]
        indexes = [
            models.Index(
                fields=[
                    "on",
                    "place",
                    "unit_id",
                    "owner_id",
                    "stage_id",
                    "close_month",
                    "currency",
                    "own_rate_bp",
                    "kind",
                    "count",
                    "amount_minor",
                    "opportunity",
                ],
                name="entry_on_whose",
            ),
            models.Index(
                fields=[
                    "unit_id",
                    "on",
                    "place",
                    "owner_id",
                    "stage_id",
                    "close_month",
                    "currency",
                    "own_rate_bp",
                    "kind",
                    "count",
                    "amount_minor",
                ],
                name="entry_unit_on",
            ),
            models.Index(
                fields=[
                    "owner_id",
                    "on",
                    "place",
                    "unit_id",
                    "stage_id",
                    "close_month",
                    "currency",
                    "own_rate_bp",
                    "kind",
                    "count",
                    "amount_minor",
                ],
                name="entry_owner_on",
            ),
            models.Index(
                fields=["place", "on", "unit_id", "owner_id", "stage_id", "base_minor", "count"],
                name="entry_outcome",
                condition=Q(place__gte=2),
            ),
            # What some opportunities held on a day is read from this index alone.
            models.Index(
                fields=[
                    "opportunity",
                    "place",
                    "on",
                    "stage_id",
                    "unit_id",
                    "owner_id",
                    "own_rate_bp",
                    "currency",
                    "close_month",
                    "count",
                    "amount_minor",
                ],
                name="entry_of_opportunity",
            ),
            # How fast it goes (FUN-9): where opportunities came, in the order of their chains. The
            # last column is for SQLite, which reads from an index alone only what stands in it.
            models.Index(
                fields=[
                    "opportunity",
                    "on",
                    "movement",
                    "kind",
                    "place",
                    "stage_id",
                    "unit_id",
                    "owner_id",
                    "count",
                ],
                name="entry_turn",
                condition=Q(count=1, kind__in=[int(kind) for kind in TURNS]),
            ),
            # Where value leaks (FUN-9).
            models.Index(
                fields=[
                    "on",
                    "kind",
                    "stage_id",
                    "unit_id",
                    "owner_id",
                    "currency",
                    "count",
                    "amount_minor",
                    "opportunity",
                    "movement",
                    "place",
                ],
                name="entry_leak",
                condition=Q(place=1, count__lte=0, kind__in=[int(kind) for kind in LEAKING]),
            ),
            # The same of some units, of a company in which much more leaks.
            models.Index(
                fields=[
                    "unit_id",
                    "on",
                    "kind",
                    "stage_id",
                    "owner_id",
                    "currency",
                    "count",
                    "amount_minor",
                    "opportunity",
                    "movement",
                    "place",
                ],
                name="entry_leak_unit",
                condition=Q(place=1, count__lte=0, kind__in=[int(kind) for kind in LEAKING]),
            ),
        ]


class BooksClosing(models.Model):
    """Finance closed the books up to and including a day; the latest row rules."""

    until_on = models.DateField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)
