"""What is carried from the ledger (FUN-5): caches that the entries prove and can remake."""

from django.db import models
from django.db.models import Q


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
    """What leaked of the whole company, by stage, product and rival (FUN-9); carried as stays are.

    `key_id` is the product, 0 of what has none, and `rival` the name, empty of what has none; where
    the other two tell rows apart they say nothing. Where an opportunity's rivals change, what
    leaked of it is taken off the one and added to the other by further rows.
    """

    class Span(models.IntegerChoices):
        """What a row adds up; `on` is the day, or the first of the month."""

        DAY = 1
        MONTH = 2

    class By(models.IntegerChoices):
        """What rows are told apart by, beside the stage."""

        STAGE = 1
        PRODUCT = 2
        RIVAL = 3

    span = models.PositiveSmallIntegerField(choices=Span.choices)
    on = models.DateField()
    by = models.PositiveSmallIntegerField(choices=By.choices)
    key_id = models.BigIntegerField()
    rival = models.CharField(max_length=120, default="", db_default="")
    stage_id = models.BigIntegerField()
    kind = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    count = models.IntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["span", "by", "on"], name="leak_sum_on")]


class FlowSum(models.Model):
    """From where to where opportunities of the whole company went; carried as stays are.

    In the `days` up to and with `on`: one day, of all days; and the last days' weeks. Each counts
    once, by what it held before and after them; 0 and '' where it had no place.
    """

    on = models.DateField()
    days = models.PositiveSmallIntegerField(default=1, db_default=1)
    was_place = models.PositiveSmallIntegerField()
    was_stage = models.BigIntegerField()
    was_code = models.CharField(max_length=3)
    now_place = models.PositiveSmallIntegerField()
    now_stage = models.BigIntegerField()
    now_code = models.CharField(max_length=3)
    count = models.IntegerField()
    was_minor = models.BigIntegerField()
    now_minor = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["on"], name="flow_sum_on")]


class CarriedMonth(models.Model):
    """The months at whose start balances stand; turnover stands for all months before them.

    Of the last one, whose entries are still to come, turnover of the days before `days_until`
    stands too (None: of none), and stays, leaks and flows of all days before `stays_until`; in the
    others both say nothing.
    """

    month = models.DateField(primary_key=True)
    days_until = models.DateField(null=True)
    stays_until = models.DateField(null=True)
    carried_at = models.DateTimeField()
