"""Quotas as a page: units and people by quarters or months, what is divided and what is left."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.actions import quotas as actions
from dakehu.core.errors import RuleBroken
from dakehu.core.money import from_minor
from dakehu.core.periods import Kind, Period, containing, parse_period
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import quotas as queries
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.exports import Cell, list_as_file, vat_words
from dakehu.web.forms import AmountField, done, status_of

LEVELS = {
    "target": lazy("Target"),
    "stretch": lazy("Stretch"),
    "challenge": lazy("Challenge"),
}


@dataclass(frozen=True, slots=True)
class CellShown:
    """A cell in units of the base currency, with its field where it may be set."""

    period: str
    amount: Decimal | None
    is_sum: bool
    parts_gap: Decimal | None
    children: Decimal | None
    children_gap: Decimal | None
    unset: int
    field: Any


@dataclass(frozen=True)
class RowShown:
    """A row of the grid."""

    row: queries.GridRow
    cells: list[CellShown]


class QuotaForm(forms.Form):
    """One field for each cell that may be set."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, grid: queries.QuotaGrid, digits: int, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.targets: dict[str, tuple[queries.GridRow, queries.Cell]] = {}
        self.digits = digits
        rows = ([grid.head] if grid.head else []) + list(grid.rows)
        for row in rows:
            for cell, period in zip(row.cells, grid.periods, strict=True):
                if row.may_set:
                    name = field_name(row, period)
                    self.targets[name] = row, cell
                    self.fields[name] = AmountField(
                        digits=digits,
                        required=False,
                        label=f"{row.name} {period.key}",
                        initial=typed(cell.exact, digits),
                    )

    def changed(self, level: str) -> list[actions.QuotaTarget]:
        """Give the cells that were typed otherwise than they stood."""
        found = []
        for name, (row, cell) in self.targets.items():
            amount = self.cleaned_data[name]
            held = None if cell.exact is None else from_minor(cell.exact, self.digits)
            if amount != held:
                found.append(
                    actions.QuotaTarget(
                        cell.start, cell.end, amount, row.unit_id, row.person_id, level
                    )
                )
        return found


def field_name(row: queries.GridRow, period: Period) -> str:
    """Name the field of a cell."""
    subject = f"u{row.unit_id}" if row.unit_id is not None else f"p{row.person_id}"
    return f"{subject}_{period.kind}_{period.key}"


def typed(minor: int | None, digits: int) -> str:
    """Give an amount as it stands in a field: no needless decimals."""
    if minor is None:
        return ""
    text = f"{from_minor(minor, digits):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@signed_in
def quota_page(request: SignedRequest) -> HttpResponse:
    """Show the grid of a unit and a fiscal year, and set what was typed in it."""
    org, viewer = request.organisation, request.viewer
    year, kind, level, units = _year(request), _kind(request), _level(request), all_units()
    grid = _grid(request)
    form = QuotaForm(
        request.POST if request.method == "POST" else None,
        grid=grid,
        digits=org.base_digits,
        initial={"seen": grid.seen_id},
    )

    def save(cleaned: dict[str, Any]) -> bool:
        actions.set_quotas(
            actor=viewer,
            targets=form.changed(level),
            today=request.today,
            at=request.now,
            seen_id=cleaned["seen"],
        )
        return True

    if done(form, save):
        toast(request, _("The quotas are set."))
        return go(request, "quotas", query=request.GET.urlencode())
    tree = units_in_sight(viewer, units=units, today=request.today)
    path_units = tree.path(grid.unit_id) if grid.unit_id is not None else ()
    facts = {
        "grid": grid,
        "form": form,
        "head": _shown(grid.head, grid, form, org.base_digits) if grid.head else None,
        "rows": [_shown(row, grid, form, org.base_digits) for row in grid.rows],
        "path": [units.names[u].name(viewer.language) for u in path_units],
        "units": [
            {"id": u, "name": units.names[u].name(viewer.language), "depth": len(tree.path(u)) - 1}
            for root in tree.roots()
            for u in tree.walk(root)
        ],
        "unit_id": grid.unit_id,
        "year": year,
        "years": [year.previous().key, year.key, year.next().key],
        "kind": kind,
        "level": level,
        "levels": LEVELS.items(),
        "currency": org.base_currency,
        "may_set": bool(form.targets),
        "wrong": [
            (form[name].label, form.errors[name]) for name in form.targets if name in form.errors
        ],
    }
    return render_page(request, "quotas/page.html", facts, status=status_of(form))


@signed_in
@require_safe
def quota_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the grid that the URL asks for as a file."""
    org, grid = request.organisation, _grid(request)
    head = [
        _("Unit or person"), *(f"{p.key} {org.base_currency}" for p in grid.periods), _("Level"),
        _("VAT"),
    ]  # fmt: skip
    word, vat = str(LEVELS[_level(request)]), vat_words(request)

    def units(cell: queries.Cell) -> Cell:
        return None if cell.amount is None else from_minor(cell.amount, org.base_digits)

    rows = ([grid.head] if grid.head else []) + list(grid.rows)
    lines = ((row.name, *(units(cell) for cell in row.cells), word, vat) for row in rows)
    return list_as_file(request, kind, name="quotas", head=head, rows=lines)


def _kind(request: SignedRequest) -> Kind:
    return "month" if request.GET.get("by") == "month" else "quarter"


def _level(request: SignedRequest) -> str:
    level = request.GET.get("level", "target")
    return level if level in LEVELS else "target"


def _grid(request: SignedRequest) -> queries.QuotaGrid:
    unit = request.GET.get("unit", "")
    return queries.quota_grid(
        viewer=request.viewer,
        units=all_units(),
        unit_id=int(unit) if unit.isdecimal() and len(unit) < 18 else None,
        year=_year(request),
        kind=_kind(request),
        today=request.today,
        level=_level(request),
    )


def _year(request: SignedRequest) -> Period:
    first = request.organisation.fiscal_first_month
    text = request.GET.get("year", "")
    if not text:
        return containing(request.today, "year", first)
    period = parse_period(text, first)
    if period.kind != "year":
        raise RuleBroken("period.malformed", text=text)
    return period


def _shown(row: queries.GridRow, grid: queries.QuotaGrid, form: QuotaForm, digits: int) -> RowShown:
    def units(minor: int | None) -> Decimal | None:
        return None if minor is None else from_minor(minor, digits)

    cells = []
    for cell, period in zip(row.cells, grid.periods, strict=True):
        name = field_name(row, period)
        cells.append(
            CellShown(
                period=period.key,
                amount=units(cell.amount),
                is_sum=cell.exact is None and cell.parts is not None,
                parts_gap=units(cell.parts_gap),
                children=units(cell.children),
                children_gap=units(cell.children_gap),
                unset=cell.unset,
                field=form[name] if name in form.fields else None,
            )
        )
    return RowShown(row, cells)


urlpatterns = [
    path("quotas/", quota_page, name="quotas"),
    path("quotas/export.<str:kind>", quota_export, name="quota_export"),
]
