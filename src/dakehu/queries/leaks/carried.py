"""Leaks of the whole company from what is carried of them: whole months, and days at both ends."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dakehu.core.periods import whole_months
from dakehu.models import LeakSum
from dakehu.queries.leaks.entries import KINDS, LeakBy, Window
from dakehu.queries.ledger import Where, day_literal, fetch
from dakehu.queries.stays import carried_until

#: What is carried, by the code that its sums have.
BYS: dict[LeakBy, int] = {
    "stage": LeakSum.By.STAGE, "product": LeakSum.By.PRODUCT, "rival": LeakSum.By.RIVAL,
}  # fmt: skip
#: What tells rows of each apart, beside the kind and the currency.
_KEYS: dict[int, str] = {
    LeakSum.By.STAGE: "stage_id", LeakSum.By.PRODUCT: "key_id", LeakSum.By.RIVAL: "rival",
}  # fmt: skip
DAY = timedelta(days=1)


def rest_of(where: Sequence[Where], window: Window) -> Window | None:
    """Give the window of the days that are read from entries: all, the last ones, or None."""
    until = carried_until(where, window.question.known_at)
    if until is None or until <= window.begin:
        return window
    return None if until > window.question.on else replace(window, begin=until)


def carried_sums(window: Window, rest: Window | None, by: int) -> Iterator[Sequence[Any]]:
    """Give what is carried of the window before the rest: key, kind, currency, n, minor."""
    end = rest.begin if rest is not None else window.question.on + DAY
    parts = [
        f'(span = {int(span)} AND "on" >= {day_literal(first)} AND "on" < {day_literal(last)})'
        for span, first, last in _spans(window.begin, end)
    ]
    if not parts:
        return
    chosen = ""
    if window.stages is not None:
        chosen = f" AND stage_id IN ({', '.join(str(int(s)) for s in window.stages) or '-1'})"
    yield from fetch(
        f"SELECT {_KEYS[by]}, kind, currency, SUM(count), SUM(amount_minor)"
        f" FROM dakehu_leaksum WHERE by = {int(by)} AND ({' OR '.join(parts)}){chosen}"
        f" AND kind IN ({', '.join(str(int(kind)) for kind in KINDS)}) GROUP BY 1, 2, 3"
        " HAVING SUM(count) <> 0 OR SUM(amount_minor) <> 0",
        [],
    )


def _spans(begin: date, end: date) -> list[tuple[int, date, date]]:
    """Cut [begin, end) into whole months and the days before and after."""
    first, after = whole_months(begin, end)
    cuts = [
        (LeakSum.Span.DAY, begin, min(first, end)),
        (LeakSum.Span.MONTH, first, after),
        (LeakSum.Span.DAY, max(after, begin), end),
    ]
    return [(span, start, last) for span, start, last in cuts if start < last]
