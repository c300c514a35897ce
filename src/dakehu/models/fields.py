"""Column types that several tables share."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

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


def within_limit(column: str, name: str) -> models.CheckConstraint:
    """Give the CHECK that keeps an amount column within LARGEST_MINOR."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__gte": -LARGEST_MINOR, f"{column}__lte": LARGEST_MINOR}),
        name=name,
    )
