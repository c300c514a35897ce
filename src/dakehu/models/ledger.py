"""The double-entry ledger of the funnel (FUN-5): append-only, and what is carried from it."""

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
        ]


class Position(models.Model):
    """The columns of a position, for the carried tables."""

    month = models.DateField()
    place = models.PositiveSmallIntegerField()
    owner_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    stage_id = models.BigIntegerField()
    category = models.PositiveSmallIntegerField()
    close_month = models.DateField()
    currency = models.CharField(max_length=3)
    own_rate_bp = models.SmallIntegerField()
    count = models.IntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        abstract = True


POSITION = [
    "owner_id", "unit_id", "stage_id", "category", "close_month", "currency", "own_rate_bp",
]  # fmt: skip


class Balance(Position):
    """Open positions at the start of a month: a cache that `ledger verify --rebuild` remakes."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "place", *POSITION], name="balance_once")
        ]
        indexes = [
            models.Index(
                fields=[
                    "unit_id",
                    "month",
                    "owner_id",
                    "stage_id",
                    "own_rate_bp",
                    "currency",
                    "close_month",
                    "count",
                    "amount_minor",
                ],
                name="balance_unit",
            ),
            models.Index(
                fields=[
                    "owner_id",
                    "month",
                    "unit_id",
                    "stage_id",
                    "own_rate_bp",
                    "currency",
                    "close_month",
                    "count",
                    "amount_minor",
                ],
                name="balance_owner",
            ),
        ]


class Alike(models.Model):
    """What positions of the whole company have in common, whoever holds them."""

    stage_id = models.BigIntegerField()
    close_month = models.DateField()
    currency = models.CharField(max_length=3)
    own_rate_bp = models.SmallIntegerField()
    count = models.IntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        abstract = True


ALIKE = ["stage_id", "close_month", "currency", "own_rate_bp"]


class CompanyBalance(Alike):
    """The balance at the start of a month of the whole company: for those who see all of it."""

    month = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", *ALIKE], name="company_balance_once")
        ]


class Turnover(Alike):
    """Entries of the whole company by kind and position, of each finished day and whole month.

    Outcomes carry the base amount booked. `shrunk` tells changes of an amount apart by sign, as
    a waterfall does: a mirror belongs to the bar that it takes back.
    """

    class Span(models.IntegerChoices):
        """What a row adds up; `on` is the day, or the first of the month."""

        DAY = 1
        MONTH = 2

    span = models.PositiveSmallIntegerField(choices=Span.choices)
    on = models.DateField()
    kind = models.PositiveSmallIntegerField()
    shrunk = models.PositiveSmallIntegerField()
    place = models.PositiveSmallIntegerField()
    base_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["span", "on", "place", "kind", "shrunk", *ALIKE], name="turnover_once"
            )
        ]


class StaySum(models.Model):
    """Stays in stages of the whole company that are alike, whoever held them (FUN-9).

    What was taken back is not among them, so a posting into a day that is carried makes them
    stale from that day on (`CarriedMonth.stays_until`).
    """

    class Span(models.IntegerChoices):
        """What a row counts, and so what its two days are."""

        #: Stays that ended: the month they ended in, and that they began in, by length.
        ENDED_MONTH = 1
        #: The same by day.
        ENDED_DAY = 2
        #: Stays begun: the day, twice.
        CAME_DAY = 3
        #: Open stays at the start of a month: the month, and the day they began.
        OPEN_MONTH = 4
        #: Stays of what had been at that stage before: the day, and when the one before began.
        AGAIN_DAY = 5
        #: Of these, those that ended forward, as one before did: the day it ended, and when the
        #: one before began.
        FORWARD_AGAIN_DAY = 6

    span = models.PositiveSmallIntegerField(choices=Span.choices)
    on = models.DateField()
    came = models.DateField()
    stage_id = models.BigIntegerField()
    days = models.IntegerField()
    forward = models.PositiveSmallIntegerField()
    number = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["span", "on", "came", "stage_id", "days", "forward", "number"],
                name="stay_sum_on",
            ),
            models.Index(
                fields=["came", "on", "stage_id", "days", "forward", "number", "span"],
                name="stay_sum_came",
                condition=Q(span=2),
            ),
        ]


class LeakSum(models.Model):
    """What leaked of the whole company, by stage and by product (FUN-9); carried as stays are.

    `key_id` is the product, 0 of what has none; by stage it says nothing.
    """

    class Span(models.IntegerChoices):
        """What a row adds up; `on` is the day, or the first of the month."""

        DAY = 1
        MONTH = 2

    class By(models.IntegerChoices):
        """What rows are told apart by, beside the stage."""

        STAGE = 1
        PRODUCT = 2

    span = models.PositiveSmallIntegerField(choices=Span.choices)
    on = models.DateField()
    by = models.PositiveSmallIntegerField(choices=By.choices)
    key_id = models.BigIntegerField()
    stage_id = models.BigIntegerField()
    kind = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    count = models.IntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["span", "by", "on"], name="leak_sum_on")]


class CarriedMonth(models.Model):
    """The months at whose start balances stand; turnover stands for all months before them.

    Of the last one, whose entries are still to come, turnover of the days before `days_until`
    stands too (None: of none), and stays and leaks of all days before `stays_until`; in the others
    both say nothing.
    """

    month = models.DateField(primary_key=True)
    days_until = models.DateField(null=True)
    stays_until = models.DateField(null=True)
    carried_at = models.DateTimeField()


class BooksClosing(models.Model):
    """Finance closed the books up to and including a day; the latest row rules."""

    until_on = models.DateField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey("dakehu.Person", null=True, on_delete=models.PROTECT)
