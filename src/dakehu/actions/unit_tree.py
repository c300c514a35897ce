"""The tree of units while it is changed: one change at a time, tested on what really stands."""

from datetime import date

from django.db import connection

from dakehu.core.units import Placed, tree_on
from dakehu.models import UnitPlace

#: One lock for all that changes the unit tree and who works in it; the number only has to be ours.
_LOCK = 7042021


def lock_unit_tree() -> None:
    """Let the tree be changed one at a time until this transaction ends; before any row lock.

    Who is appointed takes it too: nobody is put into a unit that is being closed. Two
    moves that are each harmless make a circle together. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def places_now() -> tuple[Placed, ...]:
    """Read every place afresh: what a request keeps may be older than the lock."""
    rows = UnitPlace.objects.order_by("on", "recorded_at", "id")
    return tuple(
        Placed(*row) for row in rows.values_list("unit_id", "parent_id", "closed", "on",
                                                 "recorded_at")
    )  # fmt: skip


def first_circle(places: tuple[Placed, ...], since: date) -> date | None:
    """Give the first day from `since` on whose tree has a circle."""
    days = sorted({since, *(place.on for place in places if place.on > since)})
    return next((day for day in days if _has_circle(tree_on(places, day).parents)), None)


def _has_circle(parents: dict[int, int | None]) -> bool:
    for start in parents:
        seen = set()
        here: int | None = start
        while here is not None and here in parents:
            if here in seen:
                return True
            seen.add(here)
            here = parents[here]
    return False
