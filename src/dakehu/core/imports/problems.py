"""What is wrong with a row or a file: a code and facts, worded on reading (messages.py)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dakehu.core.errors import DakehuError


class Severity(StrEnum):
    """A refused row stays out; a warning goes in and should be looked at."""

    REFUSED = "refused"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `row` counts as a spreadsheet does: the header is row 1; None: the file."""

    file: str
    row: int | None
    column: str
    severity: Severity
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def refused(file: str, row: int | None, column: str, code: str, **facts: Any) -> Problem:
    """Say why a row stays out."""
    return Problem(file, row, column, Severity.REFUSED, code, plain(facts))


def warned(file: str, row: int | None, column: str, code: str, **facts: Any) -> Problem:
    """Say what is doubtful about something that goes in."""
    return Problem(file, row, column, Severity.WARNING, code, plain(facts))


def from_error(file: str, row: int, column: str, error: DakehuError) -> Problem:
    """Turn the refusal of one value into the problem of its row."""
    return Problem(file, row, column, Severity.REFUSED, error.code, plain(error.facts))


def plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Give the facts as JSON holds them."""
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | str | None) else str(value)
