"""Column types that several tables share."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.lookups import In, IntegerFieldExact

#: The largest amount in minor units that a row may hold; SQLite's SUM overflows far above it.
LARGEST_MINOR = 10**15


class MinorField(models.BigIntegerField):  # type: ignore[type-arg]
    """Money in whole minor units of the currency that stands beside it in the row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault(
            "validators",
            [MinValueValidator(-LARGEST_MINOR), MaxValueValidator(LARGEST_MINOR)],
        )
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, path, args, kwargs


class PlaceField(models.PositiveSmallIntegerField):  # type: ignore[type-arg]
    """One of the few places there are; which, or which of several, stands in the statement's text.

    As a parameter PostgreSQL would plan each statement anew, every time: what is open is rare in
    one company and common in the next, and partial indexes hold one place only. A page's plans
    take as long as its answers.
    """

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.PositiveSmallIntegerField", args, kwargs


class _WrittenOut:
    """Writes the places of a condition out, where they are not asked of the database."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        """Give SQL without parameters; what Django gives for columns and subqueries."""
        asked: Any = super()
        rhs, params = asked.process_rhs(compiler, connection)
        if asked.rhs_is_direct_value():
            return str(rhs) % tuple(int(param) for param in params), ()
        return rhs, params


@PlaceField.register_lookup
class PlaceIs(_WrittenOut, IntegerFieldExact):
    """`place=1` as text."""


@PlaceField.register_lookup
class PlaceAmong(_WrittenOut, In):
    """`place__in=(1, 2)` as text."""


def within_limit(column: str, name: str) -> models.CheckConstraint:
    """Give the CHECK that keeps an amount column within LARGEST_MINOR."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__gte": -LARGEST_MINOR, f"{column}__lte": LARGEST_MINOR}),
        name=name,
    )
