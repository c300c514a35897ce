"""The sales organisation as a page: the tree of a day with its people, and the same as a file."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.errors import NotFound
from dakehu.core.periods import parse_day
from dakehu.core.units import Tree
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries.appointments import Seat, seats_on
from dakehu.queries.units import Units, all_units
from dakehu.web.exports import list_as_file
from dakehu.web.roles import ROLE_WORDS
from dakehu.web.units.words import KINDS

#: Above so many people the tree names heads only, and counts the others.
MOST_NAMED = 300


@dataclass(frozen=True)
class UnitRow:
    """A unit in the tree, with who heads it and who works in it."""

    id: int
    name: str
    code: str
    kind: str
    depth: int
    heads: list[str]
    others: list[tuple[str, str]]
    count: int


@signed_in
@require_safe
def unit_tree(request: SignedRequest) -> HttpResponse:
    """Show the tree of a day, ?on= (default today), or of one unit of it."""
    text = request.GET.get("on", "")
    on = parse_day(text) if text else request.today
    units = all_units()
    tree = units.tree(on)
    root = _unit_asked(request, tree)
    seats = seats_on(viewer=request.viewer, day=on)
    facts = {
        "on": on,
        "is_today": on == request.today,
        "rows": _rows(units, tree, root, seats, request.viewer.language),
        "root": units.names[root].name(request.viewer.language) if root is not None else "",
        "may_edit": request.viewer.holds("unit.edit"),
        "changed_on": _recent(units, on),
        "people": len({seat.person.id for seat in seats}),
    }
    return render_page(request, "units/tree.html", facts)


@signed_in
@require_safe
def unit_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the tree of the day as a file: a row per unit, with the way to it from the root."""
    text = request.GET.get("on", "")
    on = parse_day(text) if text else request.today
    units, language = all_units(), request.viewer.language
    tree = units.tree(on)
    root = _unit_asked(request, tree)
    rows = _rows(units, tree, root, seats_on(viewer=request.viewer, day=on), language)
    head = [_("Code"), _("Unit"), _("Kind"), _("Path"), _("Heads"), _("Others"), _("People")]
    lines = (
        (
            row.code, row.name, row.kind,
            " › ".join(units.names[u].name(language) for u in tree.path(row.id)),
            " · ".join(row.heads), " · ".join(" ".join(one) for one in row.others), row.count,
        )
        for row in rows
    )  # fmt: skip
    return list_as_file(request, kind, name="units", head=head, rows=lines, on=on)


def _rows(
    units: Units, tree: Tree, root: int | None, seats: tuple[Seat, ...], language: str
) -> list[UnitRow]:
    found: dict[int, list[Seat]] = {}
    for seat in seats:
        found.setdefault(seat.unit_id, []).append(seat)
    roots = tree.roots() if root is None else (root,)
    shown = [unit for top in roots for unit in tree.walk(top)]
    named = sum(len(found.get(unit, ())) for unit in shown) <= MOST_NAMED
    base = len(tree.path(root)) - 1 if root is not None else 0
    return [
        UnitRow(
            id=unit,
            name=units.names[unit].name(language),
            code=units.names[unit].code,
            kind=str(KINDS.get(units.names[unit].kind, units.names[unit].kind)),
            depth=len(tree.path(unit)) - 1 - base,
            heads=[s.person.shown(language) for s in found.get(unit, ()) if s.role == "unit_head"],
            others=[
                (s.person.shown(language), str(ROLE_WORDS.get(s.role, s.role)))
                for s in found.get(unit, ())
                if s.role != "unit_head" and named
            ],
            count=len({s.person.id for s in found.get(unit, ())}),
        )
        for unit in shown
    ]


def _recent(units: Units, on: date) -> list[date]:
    days = units.changes(date.min, date.max)
    return [day for day in days if day != on][-5:]


def _unit_asked(request: SignedRequest, tree: Tree) -> int | None:
    text = request.GET.get("unit", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 17 or int(text) not in tree:
        raise NotFound("unit.unknown", unit=text)
    return int(text)
