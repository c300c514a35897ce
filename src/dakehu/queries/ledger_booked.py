"""Proving what outcomes booked in base currency: amount × rate of the day, taken back whole."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import F, Q

from dakehu.core.ledger import OUTCOMES, Place
from dakehu.models import Entry
from dakehu.models.carried import POSITION
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_book

_COLUMNS = ", ".join(("place", *POSITION))
_OPEN = int(Place.OPEN)
#: Entries that are read at a time to be multiplied here: SQL would do it in floats.
BATCH = 2000


def held_booked_sql() -> str:
    """Give what is booked at an outcome that was left, or is not what the row was booked at."""
    return (
        "SELECT h.opportunity_id, h.n, h.base, o.base_minor FROM"
        f" (SELECT opportunity_id, {_COLUMNS}, SUM(count) AS n,"
        " SUM(COALESCE(base_minor, 0)) AS base FROM dakehu_entry"
        f" WHERE place > {_OPEN} GROUP BY opportunity_id, {_COLUMNS}) AS h"
        " JOIN dakehu_opportunity o ON o.id = h.opportunity_id"
        " WHERE (h.n = 0 AND h.base <> 0)"
        " OR (h.n = 1 AND NOT o.voided AND (o.base_minor IS NULL OR h.base <> o.base_minor))"
    )


def booked_apart_sql() -> str:
    """Give entries that book where nothing is decided, or book nothing where it was."""
    kinds = ", ".join(str(int(kind)) for kind in OUTCOMES.values())
    return (
        "SELECT id, opportunity_id, base_minor FROM dakehu_entry"
        f" WHERE (place <= {_OPEN} AND base_minor IS NOT NULL)"
        f" OR (place > {_OPEN} AND count = 1 AND kind IN ({kinds}) AND base_minor IS NULL)"
    )


def wrongly_booked() -> Iterator[dict[str, Any]]:
    """Give outcomes whose booking is not their amount at a rate that was in force on their day.

    A rate that was set anew for the same day later leaves what was booked before it (FUN-5), so
    each rate counts that was in force on the day as known at some moment.
    """
    org, book = organisation(), exchange_book()
    rates: dict[tuple[str, date], tuple[Fraction, ...]] = {}
    decided = Q(place__gt=Place.OPEN, count=1, kind__in=OUTCOMES.values(), base_minor__isnull=False)
    foreign = ~Q(currency=org.base_currency)
    wrong = foreign | ~Q(base_minor=F("amount_minor"))
    rows = Entry.objects.filter(decided & wrong).order_by("id")
    last = 0
    while True:
        batch = list(
            rows.filter(id__gt=last).values_list(
                "id", "opportunity_id", "currency", "on", "amount_minor", "base_minor"
            )[:BATCH]
        )
        for pk, opportunity_id, currency, on, minor, base in batch:
            if minor == 0 or currency == org.base_currency:
                right = {minor}
            else:
                if (currency, on) not in rates:
                    rates[currency, on] = book.once_in_force(currency, on)
                known = rates[currency, on]
                right = {book.booked(minor, currency, rate, org.base_digits) for rate in known}
            if base not in right:
                yield {
                    "entry": pk, "opportunity": opportunity_id, "base_minor": base,
                    "by the rate": sorted(right),
                }  # fmt: skip
        if len(batch) < BATCH:
            return
        last = batch[-1][0]
