"""What the URL of the funnel asks for, checked."""

from dataclasses import dataclass
from datetime import date, datetime

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.periods import Kind, Period, containing, parse_day, parse_period
from dakehu.core.units import Tree
from dakehu.http import SignedRequest
from dakehu.queries.funnel import (
    FunnelQuestion,
)
from dakehu.queries.groups import AccountGroup, account_group
from dakehu.queries.opportunities import account_by_name
from dakehu.queries.organisation import Org
from dakehu.queries.units import Units, all_units, units_in_sight

KINDS: tuple[Kind, ...] = ("month", "quarter", "year")


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
