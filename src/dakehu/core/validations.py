"""Moves that wait for a superior (FUN-3, *validate*): their states, and reviews of one deal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

#: Moves that the gate can hold back and a superior can be asked for.
VERBS = ("advance", "win", "move_method")
MOST_NOTE = 500
#: Fields of the history that no undo takes back: they are acts of their own, and a mark that came
#: back by somebody else's undo would be a validation without a superior.
NOT_UNDONE = frozenset({"evidence_mark", "move_request", "deal_review", "evidence_plan"})


class RequestState(IntEnum):
    """What became of a request."""

    WAITING = 1
    APPROVED = 2
    SENT_BACK = 3
    WITHDRAWN = 4
    OVERTAKEN = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """What was claimed then and is claimed now, where it is not the same."""

    field: str
    then: Any
    now: Any


def differences(
    then: Mapping[str, Any], now: Mapping[str, Any], fields: Sequence[str]
) -> tuple[Difference, ...]:
    """Give what has changed between two claims, in the order of `fields`."""
    return tuple(
        Difference(field, then.get(field), now.get(field))
        for field in fields
        if then.get(field) != now.get(field)
    )
