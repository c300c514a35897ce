"""What the dialog of a heavier figure shows: its terms, and the rows behind it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dakehu.core.errors import NotFound
from dakehu.core.funnel import WHOLE_BP, Figure
from dakehu.core.health import Measure
from dakehu.core.speed import window_start
from dakehu.http import SignedRequest
from dakehu.queries.by_product import product_closed_rows, product_rows
from dakehu.queries.compare import Moved, bar_rows, moved_most
from dakehu.queries.flow import flow_rows
from dakehu.queries.health import funnel_health
from dakehu.queries.leaks import leak_rows
from dakehu.queries.rows_behind import Behind, Part, rows_behind
from dakehu.queries.waterfall import waterfall_between
from dakehu.web.compare import BARS, first_day, places_in, span_of
from dakehu.web.forms import whole_in_url
from dakehu.web.funnel import Asked, asked_of
from dakehu.web.health import stage_name
from dakehu.web.speed import by_of, method_of, speed_rows

LEAKS: dict[str, str | Promise] = {
    "regressed": _("Moved back"),
    "slipped": _("Slipped"),
    "lost": _("Lost"),
    "shrunk": _("Shrunk"),
}
#: A line that has only words.
WHOLE = Figure(Fraction(1))


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the formula: its word, its value, and how it is written."""

    word: str
    figure: Figure
    kind: str  # amount, count, mean, rate, none (words alone)
    #: The terms of these formulas have no address of their own.
    address: str = ""


@dataclass(frozen=True)
class Explained:
    """What the dialog of a number shows."""

    terms: list[Term]
    currency: str
    behind: Behind | None = None
    moved: Moved | None = None


def explain(request: SignedRequest, address: str) -> Explained:
    """Explain a number of the heavier parts with the page's own filters."""
    asked = asked_of(request)
    return _EXPLAINED[address](request, asked)


def _lineage(key: str, keys: dict[str, int]) -> int:
    if key not in keys:
        raise NotFound("stage.unknown", stage=key[:40])
    return keys[key]


def _health(request: SignedRequest, asked: Asked) -> Explained:
    found = funnel_health(
        request.viewer,
        question=asked.question,
        today=request.today,
        method_key=asked.method_key,
    )
    if found is None:
        return Explained([], request.organisation.base_currency)
    keys = {stage.key: stage.lineage_id for stage in found.method.open_stages}
    stage = _lineage(request.GET.get("stage") or next(iter(keys), ""), keys)
    health = next(one for one in found.stages if one.lineage_id == stage)
    names = {one.lineage_id: one for one in found.method.open_stages}
    shown = stage_name(names[stage], request.viewer.language) if stage in names else ""
    terms = [Term(shown, WHOLE, "none")]
    sides: tuple[tuple[str, str, Measure], ...] = (
        ("count", "mean", health.count),
        ("amount", "amount", health.amount),
    )
    for side, kind, measure in sides:
        by = str(_("Opportunities") if side == "count" else _("Amount"))
        terms.append(Term(by, _known(measure.current, measure.reason), kind))
        for day in found.history.get(stage, ()):
            value = Figure(Fraction(day.count)) if side == "count" else day.amount
            terms.append(Term(f"{by} · {day.on.isoformat()}", value, kind))
        norm = str(_("Norm, entered") if health.source == "entered" else _("Norm"))
        terms.append(Term(norm, _known(measure.norm, measure.reason), kind))
        terms.append(Term(str(_("Health")), _known(measure.ratio, measure.reason), "rate"))
        if measure.ratio is not None:
            terms.append(Term(str(_("missing to 70%")), Figure(measure.to_good), kind))
            terms.append(Term(str(_("missing to 100%")), Figure(measure.to_excellent), kind))
    behind = rows_behind(
        request.viewer,
        question=asked.question,
        today=request.today,
        parts=(Part("open", stages=(stage,)),),
        after=request.GET.get("after", ""),
    )
    return Explained(terms, found.currency, behind)


def _speed(request: SignedRequest, asked: Asked) -> Explained:
    method = method_of(asked)
    found, rows = speed_rows(request, asked, method)
    wanted = request.GET.get("stage")
    row = next((one for one in rows if one.key == wanted), rows[0] if rows else None)
    if row is None or (wanted and row.key != wanted):
        raise NotFound("stage.unknown", stage=str(wanted)[:40])
    speed = row.speed
    median = None if speed.median_days is None else Fraction(speed.median_days)
    terms = [
        Term(f"{found.start.isoformat()} – {found.end.isoformat()} · {row.name}", WHOLE, "none"),
        Term(str(_("Entered")), Figure(Fraction(speed.entered)), "count"),
        Term(str(_("Left forward")), Figure(Fraction(speed.forward)), "count"),
        Term(str(_("Conversion")), _known(speed.conversion, "none_entered"), "rate"),
        Term(str(_("Stays begun")), Figure(Fraction(speed.stays)), "count"),
        Term(str(_("Still open")), Figure(Fraction(speed.still_open)), "count"),
        Term(str(_("Still in it")), _known(speed.still_in, "none_entered"), "rate"),
        Term(str(_("Median days")), _known(median, "too_few_left"), "count"),
    ]
    return Explained(terms, request.organisation.base_currency)


def _calibrated(request: SignedRequest, asked: Asked) -> Explained:
    _found, rows = speed_rows(request, asked, method_of(asked))
    wanted = request.GET.get("stage")
    row = next((one for one in rows if one.key == wanted), rows[0] if rows else None)
    if row is None or (wanted and row.key != wanted):
        raise NotFound("stage.unknown", stage=str(wanted)[:40])
    weight = request.organisation.calibration_weight
    method = None if row.method_bp is None else Fraction(row.method_bp, WHOLE_BP)
    terms = [
        Term(str(_("Method's win rate")), _known(method, "no_rate"), "rate"),
        Term(str(_("It counts for (m)")), Figure(Fraction(weight)), "count"),
    ]
    if row.calibrated is None:
        terms.append(Term(str(_("Calibrated")), Figure(None, "not_calibrated"), "rate"))
    else:
        held = row.calibrated
        terms += [
            Term(str(_("Decided (n)")), Figure(Fraction(held.decided or 0)), "count"),
            Term(str(_("Calibrated")), Figure(Fraction(held.rate_bp, WHOLE_BP)), "rate"),
            Term(f"{_('in force since')} {held.on.isoformat()}", WHOLE, "none"),
        ]
    return Explained(terms, request.organisation.base_currency)


def _leak(request: SignedRequest, asked: Asked) -> Explained:
    method = method_of(asked)
    stages = [stage.lineage_id for stage in method.stages] if method else []
    kind = request.GET.get("kind") or "lost"
    found = leak_rows(
        request.viewer,
        question=asked.question,
        today=request.today,
        kind=kind,
        by=by_of(request),
        key=request.GET.get("key"),
        stages=stages,
        offset=whole_in_url(request.GET.get("offset", "")) or 0,
    )
    window = f"{window_start(asked.question.on).isoformat()} – {asked.question.on.isoformat()}"
    terms = [
        Term(f"{LEAKS[kind]} · {window}", WHOLE, "none"),
        Term(str(_("Opportunities")), Figure(Fraction(found.count)), "count"),
    ]
    return Explained(terms, found.currency, moved=found)


def _product_closed(request: SignedRequest, asked: Asked) -> Explained:
    found = product_closed_rows(
        request.viewer,
        question=asked.question,
        today=request.today,
        product_id=whole_in_url(request.GET.get("product", "")),
        offset=whole_in_url(request.GET.get("offset", "")) or 0,
    )
    return _of_rows(found)


def _product_weighted(request: SignedRequest, asked: Asked) -> Explained:
    return _of_lines(request, asked, None)


def _product(request: SignedRequest, asked: Asked) -> Explained:
    method = method_of(asked)
    keys = {stage.key: stage.lineage_id for stage in method.open_stages} if method else {}
    wanted = request.GET.get("stage")
    stages = [_lineage(wanted, keys)] if wanted else list(keys.values())
    return _of_lines(request, asked, stages)


def _of_lines(request: SignedRequest, asked: Asked, stages: list[int] | None) -> Explained:
    found = product_rows(
        request.viewer,
        question=asked.question,
        today=request.today,
        product_id=whole_in_url(request.GET.get("product", "")),
        stages=stages,
        offset=whole_in_url(request.GET.get("offset", "")) or 0,
    )
    return _of_rows(found)


def _of_rows(found: Moved) -> Explained:
    terms = [Term(str(_("Opportunities")), Figure(Fraction(found.count)), "count")]
    return Explained(terms, found.currency, moved=found)


def _bar(request: SignedRequest, asked: Asked) -> Explained:
    method = method_of(asked)
    _measure, span = span_of(request, asked, method)
    bar = request.GET.get("bar") or "opening"
    offset = whole_in_url(request.GET.get("offset", "")) or 0
    result = waterfall_between(
        request.viewer,
        question=asked.question,
        start=span.start,
        end=span.end,
        today=request.today,
        method_key=span.method_key,
        scopes=span.scopes,
    ).result
    every = {one.kind: one for one in (result.opening, *result.bars, result.closing)}
    found = every.get(bar)
    days = f"{first_day(span).isoformat()} – {asked.question.on.isoformat()}"
    terms = [Term(f"{BARS.get(bar, bar)} · {days}", WHOLE, "none")]
    if found is not None:
        terms += [
            Term(str(_("Opportunities")), Figure(Fraction(found.count)), "count"),
            Term(str(_("Amount")), found.amount, "amount"),
            Term(str(_("Weighted")), found.weighted, "amount"),
        ]
    if bar in {"opening", "closing"}:
        on = first_day(span) if bar == "opening" else asked.question.on
        behind = rows_behind(
            request.viewer,
            question=replace(asked.question, on=on),
            today=request.today,
            parts=(
                Part(
                    "open",
                    stages=tuple(stage.lineage_id for stage in method.stages) if method else None,
                    scopes=tuple(span.scopes) if span.scopes else None,
                ),
            ),
            after=request.GET.get("after", ""),
        )
        return Explained(terms, result.currency, behind)
    moved = bar_rows(
        request.viewer,
        question=asked.question,
        span=span,
        bar=bar,
        today=request.today,
        offset=offset,
    )
    return Explained(terms, result.currency, moved=moved)


def _flow(request: SignedRequest, asked: Asked) -> Explained:
    method = method_of(asked)
    _measure, span = span_of(request, asked, method)
    was, now = places_in(request, method)
    moved = flow_rows(
        request.viewer,
        question=asked.question,
        span=span,
        was=was,
        now=now,
        today=request.today,
        offset=whole_in_url(request.GET.get("offset", "")) or 0,
    )
    days = f"{first_day(span).isoformat()} – {asked.question.on.isoformat()}"
    terms = [
        Term(days, WHOLE, "none"),
        Term(str(_("Opportunities")), Figure(Fraction(moved.count)), "count"),
    ]
    return Explained(terms, moved.currency, moved=moved)


def _most(request: SignedRequest, asked: Asked) -> Explained:
    _measure, span = span_of(request, asked, method_of(asked))
    found = moved_most(
        request.viewer, question=asked.question, span=span, today=request.today, limit=20
    )
    days = f"{first_day(span).isoformat()} – {asked.question.on.isoformat()}"
    return Explained([Term(days, WHOLE, "none")], found.currency, moved=found)


def _known(value: Fraction | None, reason: str | None) -> Figure:
    return Figure(value, None if value is not None else reason)


_EXPLAINED: dict[str, Callable[[SignedRequest, Asked], Explained]] = {
    "funnel.health": _health,
    "funnel.norm": _health,
    "funnel.missing": _health,
    "funnel.conversion": _speed,
    "funnel.median_days": _speed,
    "funnel.still_in": _speed,
    "funnel.age": _speed,
    "funnel.calibrated_rate": _calibrated,
    "funnel.leak": _leak,
    "funnel.product": _product,
    "funnel.product_closed": _product_closed,
    "funnel.product_weighted": _product_weighted,
    "funnel.bar": _bar,
    "funnel.flow": _flow,
    "funnel.moved_most": _most,
}
