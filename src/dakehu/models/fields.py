"""Column types that several tables share."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.lookups import IntegerFieldExact

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
    """One of the few places there are; conditions on it say which in the statement's text.

    As a parameter PostgreSQL would plan each statement anew, every time: what is open is rare in
    one company and common in the next, and partial indexes hold one place only. A page's plans
    take as long as its answers.
    """

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.PositiveSmallIntegerField", args, kwargs


@PlaceField.register_lookup
class WrittenOut(IntegerFieldExact):
    """`place=1` as text."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        """Give the place itself where it is one, else what Django gives."""
        rhs, params = super().process_rhs(compiler, connection)
        if self.rhs_is_direct_value():
            return str(rhs) % tuple(int(param) for param in params), ()
        return rhs, params


def within_limit(column: str, name: str) -> models.CheckConstraint:
    """Give the CHECK that keeps an amount column within LARGEST_MINOR."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__gte": -LARGEST_MINOR, f"{column}__lte": LARGEST_MINOR}),
        name=name,
    )
