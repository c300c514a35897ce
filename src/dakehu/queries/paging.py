"""Keyset paging over one or several ordered sets: a page costs the same wherever it stands."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from dakehu.core.errors import RuleBroken

T = TypeVar("T")

#: Longer than the cursor of any row: its longest text is a name.
MOST_CURSOR = 4000


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows in order, and the cursors of the pages around them (None: there is none)."""

    rows: tuple[T, ...]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a page begins: after a cursor, before one, or at the start."""

    after: str = ""
    before: str = ""
    size: int = 50


def cursor_of(key: Sequence[Any]) -> str:
    """Write the key of a row as a cursor for a URL."""
    plain = [k.isoformat() if isinstance(k, date) else k for k in key]
    text = json.dumps(plain, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(cursor: str) -> list[Any]:
    """Read the list that a cursor holds. RuleBroken `list.bad_cursor`."""
    if len(cursor) > MOST_CURSOR:
        raise RuleBroken("list.bad_cursor")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded.encode("ascii"), b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise RuleBroken("list.bad_cursor") from error
    if not isinstance(key, list):
        raise RuleBroken("list.bad_cursor")
    return key


def key_of(cursor: str, *, length: int) -> list[Any]:
    """Read a cursor. Raises RuleBroken("list.bad_cursor")."""
    key = decoded(cursor)
    if len(key) != length or not isinstance(key[-1], int) or isinstance(key[-1], bool):
        raise RuleBroken("list.bad_cursor")
    if not all(isinstance(k, int) or (isinstance(k, str) and storable(k)) for k in key):
        raise RuleBroken("list.bad_cursor")
    return key


def storable(text: str) -> bool:
    """Test for text that a database takes: neither NUL nor half a character."""
    return not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in text)


def page_of(
    sets: Sequence[QuerySet[Any]],
    *,
    order: tuple[str, ...],
    descending: bool = False,
    cut: Cut,
) -> Page[Any]:
    """Give a page of model rows out of sets that each have an index for `order`.

    `order` names columns without NULL, `id` last; a row that is in several sets comes once.
    """
    backwards = bool(cut.before)
    cursor = cut.before or cut.after
    down = descending != backwards
    found: dict[int, Any] = {}
    for rows in sets:
        part = rows
        if cursor:
            key = _typed(rows.model, order, key_of(cursor, length=len(order)))
            part = part.filter(_beyond(order, key, down))
        part = part.order_by(*(f"-{c}" if down else c for c in order))
        for row in part[: cut.size + 1]:
            found[row.pk] = row
    ordered = sorted(found.values(), key=lambda row: [getattr(row, c) for c in order], reverse=down)
    more = len(ordered) > cut.size
    shown = ordered[: cut.size]
    if backwards:
        shown.reverse()
    if not shown:
        return Page((), None, None)
    first, last = (cursor_of([getattr(row, c) for c in order]) for row in (shown[0], shown[-1]))
    return Page(
        tuple(shown),
        next=last if (more or backwards) else None,
        previous=first if (more if backwards else bool(cursor)) else None,
    )


def _typed(model: type[Model], order: tuple[str, ...], key: Sequence[Any]) -> list[Any]:
    """Give the key in the types of its columns: engines differ in what else they compare."""
    try:
        return [
            model._meta.get_field(column).to_python(value)  # type: ignore[union-attr]
            for column, value in zip(order, key, strict=True)
        ]
    except (ValidationError, TypeError) as error:
        raise RuleBroken("list.bad_cursor") from error


def _beyond(order: tuple[str, ...], key: Sequence[Any], down: bool) -> Q:
    """Keep what comes after the key; the first column alone bounds the range of the index."""
    beyond, at_least = ("lt", "lte") if down else ("gt", "gte")
    condition = Q(**{f"{order[-1]}__{beyond}": key[-1]})
    for column, value in zip(reversed(order[:-1]), reversed(key[:-1]), strict=True):
        condition = Q(**{f"{column}__{at_least}": value}) & (
            Q(**{f"{column}__{beyond}": value}) | condition
        )
    return condition
