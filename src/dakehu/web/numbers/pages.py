"""The page of a number: formula, inputs, and the rows behind it by groups that add up to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from django.http import HttpResponse, HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.errors import NotFound
from dakehu.core.funnel import WHOLE_BP, Figure
from dakehu.core.money import from_minor, round_money
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries.funnel import FunnelOnDay, MethodFunnel, funnel_on, quota_subject
from dakehu.queries.opportunities.single import OpportunityShown, opportunity
from dakehu.queries.quotas import QuotaRow, quota_rows
from dakehu.queries.rows_behind import Behind, BehindRow, rows_behind
from dakehu.web.analysis import ADDRESSES, explain
from dakehu.web.exports import CHUNK, Cell, amount_head, list_as_file
from dakehu.web.funnel import Asked, asked_of, method_shown
from dakehu.web.numbers.accounts import account_number
from dakehu.web.numbers.inputs import InputShown, inputs_of
from dakehu.web.numbers.parts import GroupShown, computed_of, groups_shown, parts_of
from dakehu.web.numbers.registry import ACCOUNT_NUMBERS, INPUTS, NUMBERS, Number

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@signed_in
def number(request: SignedRequest, address: str) -> HttpResponse:
    """Explain one number: of the funnel page with the page's own filters, or of an opportunity."""
    if address not in NUMBERS:
        raise NotFound("number.unknown", address=address)
    about = NUMBERS[address]
    if address in ACCOUNT_NUMBERS:
        return account_number(request, address, about)
    if address.startswith("opportunity."):
        return _of_opportunity(request, address, about)
    if address in ADDRESSES:
        return _of_analysis(request, address, about)
    asked = asked_of(request)
    answer = funnel_on(request.viewer, question=asked.question, today=request.today)
    shown = method_shown(answer, asked)
    stage = _stage(request.GET.get("stage"), shown)
    facts: dict[str, object] = {
        "address": address,
        "about": about,
        "currency": answer.currency,
        "on": asked.question.on - (WEEK if address.endswith("_before") else timedelta(0)),
        "period": asked.question.period,
        "inputs": inputs_of(address, answer, shown, stage),
        "opportunity_base": "/opportunities/",
        "exports": address != "funnel.quota",
        "query": request.GET.urlencode(),
    }
    if address == "funnel.quota":
        digits = request.organisation.base_digits
        facts["quota_rows"] = [
            (row, row.end - DAY, from_minor(row.amount_minor, digits))
            for row in _quota_rows(request, asked)
        ]
        facts["base_currency"] = request.organisation.base_currency
    else:
        facts |= _behind(request, address, asked, answer, shown, stage)
    return render_page(request, "funnel/number.html", facts)


def _behind(
    request: SignedRequest,
    address: str,
    asked: Asked,
    answer: FunnelOnDay,
    shown: MethodFunnel | None,
    stage: int | None,
) -> dict[str, object]:
    parts = parts_of(
        address,
        stages=_stages(shown, stage),
        with_small=answer.small_in_use,
        all_open=request.organisation.weighted_scope == "all_open",
    )
    behind = rows_behind(
        request.viewer,
        question=asked.question,
        today=request.today,
        parts=parts,
        after=request.GET.get("after", ""),
    )
    groups = groups_shown(parts, behind, answer, request.viewer.language)
    return {
        "behind": behind,
        "groups": groups,
        "rows": [
            (groups[row.part, row.group], row, before is None or _group(before) != _group(row))
            for before, row in pairwise([None, *behind.rows])
            if row is not None
        ],
        "computed": computed_of(
            address, behind, answer, literal=request.organisation.progress_literal
        ),
        "weighs": any(part.what in ("open", "moved") for part in parts),
    }


@signed_in
@require_safe
def number_export(request: SignedRequest, address: str, kind: str) -> HttpResponseBase:
    """Give the rows behind a number of the funnel as a file, then what moved elsewhere."""
    if address not in NUMBERS or not address.startswith("funnel.") or address == "funnel.quota":
        raise NotFound("number.unknown", address=address)
    asked = asked_of(request)
    answer = funnel_on(request.viewer, question=asked.question, today=request.today)
    shown = method_shown(answer, asked)
    parts = parts_of(
        address,
        stages=_stages(shown, _stage(request.GET.get("stage"), shown)),
        with_small=answer.small_in_use,
        all_open=request.organisation.weighted_scope == "all_open",
    )

    def read(after: str) -> Behind:
        return rows_behind(
            request.viewer, question=asked.question, today=request.today, parts=parts,
            after=after, limit=CHUNK,
        )  # fmt: skip

    head = [
        _("Made of"), _("Code"), _("Name"), _("Account"), _("Owner"), _("Count"),
        amount_head(request), _("Currency"), f"{_('Adds')} {answer.currency}",
    ]  # fmt: skip
    first = read("")
    groups = groups_shown(parts, first, answer, request.viewer.language)
    return list_as_file(
        request, kind, name=address, head=head, rows=_exported(first, read, groups, answer),
        on=asked.question.on,
    )  # fmt: skip


def _exported(
    first: Behind,
    read: Callable[[str], Behind],
    groups: Mapping[tuple[int, int], GroupShown],
    answer: FunnelOnDay,
) -> Iterator[Sequence[Cell]]:
    page = first
    while True:
        for row in page.rows:
            yield (
                groups[row.part, row.group].name, row.code, row.name, row.account, row.owner,
                row.count, row.amount, row.currency, _rounded(row.adds, answer),
            )  # fmt: skip
        if not page.after:
            break
        page = read(page.after)
    for shown in groups.values():
        gone = shown.group.elsewhere
        if gone.lines:
            moved = _("moved elsewhere")
            adds = _rounded(gone.adds, answer)
            yield (shown.name, "", moved, "", "", gone.count, None, "", adds)


def _rounded(figure: Figure, answer: FunnelOnDay) -> Cell:
    return None if figure.value is None else round_money(figure.value, answer.digits)


def _group(row: BehindRow) -> tuple[int, int]:
    return row.part, row.group


def _quota_rows(request: SignedRequest, asked: Asked) -> Sequence[QuotaRow]:
    question = asked.question
    subject = quota_subject(request.viewer, question, asked.units)
    if subject is None:
        return ()
    return quota_rows(
        request.viewer,
        person_id=subject[0],
        unit_id=subject[1],
        start=question.period.start,
        end=question.period.end,
        today=request.today,
        known_at=question.known_at,
    )


def _of_analysis(request: SignedRequest, address: str, about: Number) -> HttpResponse:
    asked, explained = asked_of(request), explain(request, address)
    behind = explained.behind
    facts = {
        "address": address,
        "about": about,
        "currency": explained.currency,
        "on": asked.question.on,
        "period": asked.question.period,
        "inputs": explained.terms,
        "behind": behind,
        "rows": [(None, row, False) for row in behind.rows] if behind else [],
        "weighs": True,
        "moved": explained.moved,
        "opportunity_base": "/opportunities/",
    }
    return render_page(request, "funnel/number.html", facts)


def _of_opportunity(request: SignedRequest, address: str, about: Number) -> HttpResponse:
    text = request.GET.get("opportunity", "")
    if not text.isdecimal():
        raise NotFound("opportunity.not_found", opportunity_id=text[:40])
    shown = opportunity(viewer=request.viewer, opportunity_id=int(text[:18]), today=request.today)
    inputs = [InputShown(str(INPUTS["amount"]), Figure(Fraction(shown.amount)), "amount")]
    if address == "opportunity.weighted":
        inputs += _weighing(shown)
    return render_page(
        request,
        "funnel/number.html",
        {
            "address": address,
            "about": about,
            "currency": shown.currency,
            "on": request.today,
            "inputs": inputs,
        },
    )


def _weighing(shown: OpportunityShown) -> list[InputShown]:
    rate = shown.rates.used_bp
    used = Figure(None, "no_rate") if rate is None else Figure(Fraction(rate, WHOLE_BP))
    inputs = [InputShown(str(INPUTS["rate"]), used, "rate")]
    if shown.is_open:
        known = shown.weighted is not None
        weighted = Figure(Fraction(shown.weighted or 0)) if known else Figure(None, "no_rate")
        inputs.append(InputShown(str(INPUTS["weighted"]), weighted, "amount"))
    return inputs


def _stage(key: str | None, shown: MethodFunnel | None) -> int | None:
    if not key or shown is None:
        return None
    for label in shown.method.stages:
        if label.key == key:
            return label.lineage_id
    raise NotFound("stage.unknown", stage=key)


def _stages(shown: MethodFunnel | None, stage: int | None) -> tuple[int, ...]:
    if stage is not None:
        return (stage,)
    return tuple(label.lineage_id for label in shown.method.stages) if shown else ()


urlpatterns = [
    path("number/<str:address>/", number, name="number"),
    path("number/<str:address>/export.<str:kind>", number_export, name="number_export"),
]
