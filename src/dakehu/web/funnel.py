"""The funnel page: whose funnel, on which day, for which period, in which currency and method."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.funnel import Figure, StageRow
from dakehu.core.money import from_minor, round_money
from dakehu.core.periods import Kind, Period, containing, parse_day, parse_period
from dakehu.core.units import Tree
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import reads_customers
from dakehu.queries.funnel import (
    FunnelOnDay,
    FunnelQuestion,
    MethodFunnel,
    funnel_on,
)
from dakehu.queries.groups import AccountGroup, account_group
from dakehu.queries.opportunities import account_by_name
from dakehu.queries.organisation import Org
from dakehu.queries.people import people_in_sight
from dakehu.queries.units import Units, all_units, units_in_sight
from dakehu.web.exports import Cell, list_as_file, vat_words

KINDS: tuple[Kind, ...] = ("month", "quarter", "year")
YEARS_BACK = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What the URL asks for, checked: the question, and how the page shows the answer."""

    question: FunnelQuestion
    method_key: str | None
    units: Units
    tree: Tree
    #: The account group that the figures are narrowed to.
    group: AccountGroup | None = None


def asked_of(request: SignedRequest) -> Asked:
    """Read the question from the URL; a malformed part is refused with its own code."""
    get = request.GET
    viewer, org = request.viewer, request.organisation
    on = parse_day(get["on"]) if get.get("on") else request.today
    if on > request.today:
        raise RuleBroken("funnel.future", on=on, today=request.today)
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=request.today)
    person_id = _number(get.get("person"))
    unit_id = _number(get.get("unit"))
    if unit_id is not None and unit_id not in tree:
        raise NotFound("unit.unknown", unit=unit_id)
    if unit_id is None and person_id is None:
        unit_id, person_id = _default_subject(viewer, tree)
    group = _group(viewer, get.get("group", ""))
    question = FunnelQuestion(
        on=on,
        period=_period(get.get("period", ""), on, org.fiscal_first_month),
        unit_id=unit_id,
        person_id=person_id,
        known_at=_moment(get.get("known_at"), org),
        as_organised_today=get.get("organised") == "today",
        currency=get.get("currency") or None,
        week_as_known_then=get.get("week") == "then",
        accounts=group.accounts if group else None,
    )
    return Asked(question, get.get("method") or None, units, tree, group)


def _group(viewer: Viewer, text: str) -> AccountGroup | None:
    """Read the account group of the URL: an id, or the name or code of the account at its head."""
    if not text.strip():
        return None
    if text.isascii() and text.isdecimal() and len(text) < 18:
        return account_group(viewer, account_id=int(text))
    found = account_by_name(viewer=viewer, text=text)
    if len(found) != 1:
        raise NotFound("account.unknown")
    return account_group(viewer, account_id=found[0].id)


def _default_subject(viewer: Viewer, tree: Tree) -> tuple[int | None, int | None]:
    """Give the unit one heads, the whole company for those who see all, else oneself."""
    heads = [reach.unit_id for reach in viewer.reaches if reach.units & viewer.units]
    if viewer.sees_all:
        roots = tree.roots()
        return (roots[0] if len(roots) == 1 else None), None
    if heads:
        return max(heads, key=lambda unit: len(tree.subtree(unit))), None
    return None, viewer.owns


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise RuleBroken("url.not_a_number", text=text[:40])
    return int(text)


def _moment(text: str | None, org: Org) -> datetime | None:
    """Read a moment; without an offset it is meant in the organisation's time zone."""
    if not text:
        return None
    try:
        return org.moment(text)
    except ValueError as error:
        raise RuleBroken("url.not_a_moment", text=text[:40]) from error


def _period(text: str, on: date, first_month: int) -> Period:
    if text in KINDS:
        return containing(on, text, first_month)
    return parse_period(text, first_month) if text else containing(on, "quarter", first_month)


@dataclass(frozen=True, slots=True)
class RowShown:
    """One line of the stage table, with the widths of its bar in thousandths."""

    key: str
    name: str
    seller: str
    row: StageRow
    share: int
    weighted_share: int


@dataclass(frozen=True, slots=True)
class Tab:
    """A method to choose, with how many open opportunities it holds."""

    key: str
    name: str
    count: int
    is_shown: bool


@signed_in
def funnel(request: SignedRequest) -> HttpResponse:
    """Show the funnel."""
    if not reads_customers(request.viewer):
        return redirect("people")
    asked = asked_of(request)
    answer = funnel_on(request.viewer, question=asked.question, today=request.today)
    shown = method_shown(answer, asked)
    language = request.viewer.language
    return render_page(
        request,
        "funnel/page.html",
        {
            "answer": answer,
            "question": asked.question,
            "group": asked.group,
            "is_today": asked.question.on == request.today,
            "today": request.today,
            "first_day": request.today - timedelta(days=366 * YEARS_BACK),
            "week_ago": asked.question.on - timedelta(days=7),
            "method": shown.method if shown else None,
            "table": shown.table if shown else None,
            "rows": rows_shown(shown, language) if shown else [],
            "tabs": _tabs(answer, shown, language),
            "periods": _periods(asked.question, request.organisation.fiscal_first_month),
            "may_choose_units": bool(asked.tree.parents),
            "units_url": f"{reverse('funnel_units')}?{request.GET.urlencode()}",
            "may_save": asked.question.person_id is None
            and asked.group is None
            and asked.question.unit_id is not None
            and request.viewer.may("review.save", owner_id=None, unit_id=asked.question.unit_id),
            "query": request.GET.urlencode(),
            "hygiene_url": _hygiene_url(asked),
            "unit_path": _unit_path(asked, language),
            "may_choose_people": request.viewer.sees_all or bool(request.viewer.units),
            "currencies": answer.currencies,
            "stack": _stack(answer),
            "gap": _gap(answer),
            "largest_figure": answer.quota.value or answer.total.amount.value,
            "weekly": {
                "weighted": (answer.weighted - answer.weighted_before).value,
                "closed": (answer.closed.amount - answer.closed_before).value,
                "small": (answer.small - answer.small_before).value,
            },
            "kept": _kept(request),
            "known_at": (
                asked.question.known_at.astimezone(
                    ZoneInfo(request.organisation.time_zone)
                ).strftime("%Y-%m-%dT%H:%M")
                if asked.question.known_at
                else ""
            ),
            "changed_since": [
                (from_minor(minor, answer.digits_of[code]), code)
                for code, minor in (answer.closing.amounts_minor if answer.closing else ())
            ],
        },
    )


def _hygiene_url(asked: Asked) -> str:
    """Lead to what the same unit's or person's open opportunities lack."""
    question, parts = asked.question, dict[str, object]()
    if question.unit_id is not None and question.unit_id in asked.tree:
        parts["unit"] = question.unit_id
    if question.person_id is not None:
        parts["person"] = question.person_id
    return f"{reverse('hygiene')}?{urlencode(parts)}"


def _kept(request: SignedRequest) -> list[tuple[str, str]]:
    """Give what the form of days leaves alone but the URL must keep."""
    own = {"on", "person", "currency", "organised", "week", "known_at", "group"}
    return [(name, request.GET[name]) for name in request.GET if name not in own]


@signed_in
def funnel_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Hand out the stage tables of every method as csv or xlsx."""
    asked = asked_of(request)
    answer = funnel_on(request.viewer, question=asked.question, today=request.today)
    language = request.viewer.language
    vat = vat_words(request)
    head = [
        _("Method"), _("Stage"), _("Opportunities"), _("Amount"), _("Win rate"), _("Weighted"),
        _("Currency"), _("VAT"), _("As of"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for one in answer.methods:
        name = one.method.name_en if language == "en" else one.method.name_zh
        for line in rows_shown(one, language):
            whole = line.row.all
            rows.append(
                [
                    name, line.name, whole.count, _rounded(whole.amount, answer),
                    _plain_rate(line.row.rate), _rounded(whole.weighted, answer),
                    answer.currency, vat, asked.question.on,
                ]
            )  # fmt: skip
    return list_as_file(request, kind, name="funnel", head=head, rows=rows, on=asked.question.on)


def _rounded(figure: Figure, answer: FunnelOnDay) -> Decimal | None:
    return None if figure.value is None else round_money(figure.value, answer.digits)


def _plain_rate(rate: Fraction | None) -> Decimal | None:
    return None if rate is None else Decimal(rate.numerator) / Decimal(rate.denominator)


def method_shown(answer: FunnelOnDay, asked: Asked) -> MethodFunnel | None:
    """Give the method of the URL, else the unit's, else the one with most open opportunities."""
    by_key = {one.method.key: one for one in answer.methods}
    if asked.method_key is not None:
        if asked.method_key not in by_key:
            raise RuleBroken("method.unknown", method=asked.method_key)
        return by_key[asked.method_key]
    unit = asked.units.names.get(asked.question.unit_id or 0)
    of_unit = [m for m in answer.methods if unit is not None and m.method.id == unit.method_id]
    ranked = sorted(answer.methods, key=lambda m: -m.table.total.count)
    found = of_unit or ranked
    return found[0] if found else None


def rows_shown(shown: MethodFunnel, language: str) -> list[RowShown]:
    """Give the lines of the table; bars are drawn to the largest amount of a stage."""
    labels = {stage.lineage_id: stage for stage in shown.method.stages}
    largest = max((_value(row.all.amount) for row in shown.table.rows), default=Fraction(0))
    rows = []
    for row in shown.table.rows:
        label = labels[row.lineage_id]
        first, second = (label.name_en, label.name_zh)
        if language != "en":
            first, second = second, first
        amount = _value(row.all.amount)
        rows.append(
            RowShown(
                label.key,
                first or second,
                "",
                row,
                _thousandths(amount, largest),
                _thousandths(_value(row.all.weighted), amount),
            )
        )
    return rows


def _value(figure: Figure) -> Fraction:
    return figure.value or Fraction(0)


def _thousandths(part: Fraction, whole: Fraction) -> int:
    return 0 if whole <= 0 else min(1000, round(1000 * part / whole))


def _tabs(answer: FunnelOnDay, shown: MethodFunnel | None, language: str) -> list[Tab]:
    tabs = []
    for one in answer.methods:
        name = one.method.name_en if language == "en" else one.method.name_zh
        is_shown = shown is not None and one.method.key == shown.method.key
        if one.table.total.count or is_shown:
            tabs.append(Tab(one.method.key, name, one.table.total.count, is_shown))
    return tabs


def _periods(question: FunnelQuestion, first_month: int) -> dict[str, object]:
    return {
        "previous": question.period.previous(),
        "next": question.period.next(),
        "kinds": [
            (kind, containing(_anchor(question), kind, first_month), kind == question.period.kind)
            for kind in KINDS
        ],
    }


def _anchor(question: FunnelQuestion) -> date:
    return question.on if question.on in question.period else question.period.start


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit that the viewer may choose, at its depth in today's tree."""

    id: int
    name: str
    depth: int


def _unit_choices(asked: Asked, language: str) -> list[UnitChoice]:
    return [
        UnitChoice(unit, asked.units.names[unit].name(language), len(asked.tree.path(unit)) - 1)
        for root in asked.tree.roots()
        for unit in asked.tree.walk(root)
    ]


def _unit_path(asked: Asked, language: str) -> list[str]:
    unit = asked.question.unit_id
    if unit is None:
        return []
    return [asked.units.names[u].name(language) for u in asked.tree.path(unit)]


@signed_in
def funnel_units(request: SignedRequest) -> HttpResponse:
    """Give the units that can be chosen as a tree of links: fetched when the picker opens."""
    asked = asked_of(request)
    query = request.GET.copy()
    for name in ("unit", "person"):
        query.pop(name, None)
    kept = query.urlencode()
    return render_page(
        request,
        "funnel/_units.html",
        {
            "units": _unit_choices(asked, request.viewer.language),
            "unit_id": asked.question.unit_id,
            "base": f"{reverse('funnel')}?{kept}{'&' if kept else ''}unit=",
        },
    )


@signed_in
def funnel_people(request: SignedRequest) -> HttpResponse:
    """Give the people whose funnel can be chosen, as options: fetched after the first answer."""
    asked = asked_of(request)
    units = None
    if asked.question.unit_id is not None:
        units = asked.tree.subtree(asked.question.unit_id)
    people = people_in_sight(request.viewer, units=units, today=request.today)
    return render_page(
        request,
        "funnel/_people.html",
        {"people": people, "chosen": asked.question.person_id},
    )


def _stack(answer: FunnelOnDay) -> dict[str, int] | None:
    """Give the bar of the forecast index in thousandths of the quota, cut at one and a half."""
    quota, forecast = answer.quota.value, answer.forecast.numerator.value
    if not quota or forecast is None:
        return None
    whole = max(quota, forecast)
    closed = _value(answer.closed.amount) + (
        _value(answer.small) if answer.small_in_use else Fraction(0)
    )
    return {
        "closed": _thousandths(closed, whole),
        "weighted": _thousandths(_value(answer.weighted), whole),
        "expected": _thousandths(_value(answer.small_expected), whole),
        "quota": _thousandths(quota, whole),
    }


def _gap(answer: FunnelOnDay) -> Fraction | None:
    quota, forecast = answer.quota.value, answer.forecast.numerator.value
    return None if quota is None or forecast is None else quota - forecast


def home(request: HttpRequest) -> HttpResponse:
    """Lead to Today: what do I do next is the question of every morning."""
    return redirect("today")


urlpatterns = [
    path("", home, name="home"),
    path("funnel/", funnel, name="funnel"),
    path("funnel/units/", funnel_units, name="funnel_units"),
    path("funnel/people/", funnel_people, name="funnel_people"),
    path("funnel/export.<str:kind>", funnel_export, name="funnel_export"),
]
