"""The sales organisation as a page: the tree of a day with its people; forms to change it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.actions import units as actions
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.money import from_minor
from dakehu.core.periods import parse_day
from dakehu.core.units import Tree
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.appointments import Seat, seats_on
from dakehu.queries.audit import changes
from dakehu.queries.methods import method_book
from dakehu.queries.units import UnitName, Units, all_units
from dakehu.web.exports import list_as_file
from dakehu.web.forms import AmountField, DayField, done, status_of, unit_choices
from dakehu.web.history import events_of
from dakehu.web.roles import ROLE_WORDS

#: Above so many people the tree names heads only, and counts the others.
MOST_NAMED = 300

KINDS = {
    "company": lazy("Company"),
    "business_unit": lazy("Business unit"),
    "region": lazy("Region"),
    "team": lazy("Team"),
}
WORDS = {
    "name_zh": lazy("Name in Chinese"),
    "name_en": lazy("Name in English"),
    "kind": lazy("Kind"),
    "method_id": lazy("Default sales method"),
    "small_sale_threshold_minor": lazy("Threshold of out-of-funnel sales"),
    "created": lazy("Created"),
}


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


class UnitForm(forms.Form):
    """The fields of a unit."""

    name_zh = forms.CharField(label=WORDS["name_zh"], max_length=120, required=False)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=120, required=False)
    kind = forms.ChoiceField(label=WORDS["kind"], choices=list(KINDS.items()))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        methods: list[tuple[int, str]],
        digits: int,
        currency: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["method_id"] = forms.TypedChoiceField(
            label=WORDS["method_id"],
            choices=[("", lazy("None")), *((str(pk), name) for pk, name in methods)],
            coerce=int,
            empty_value=None,
            required=False,
        )
        self.fields["small_sale_threshold"] = AmountField(
            label=WORDS["small_sale_threshold_minor"],
            digits=digits,
            required=False,
            help_text=_("In %(currency)s; orders under it are no opportunities. 0 for none.")
            % {"currency": currency},
        )

    def values(self) -> dict[str, Any]:
        """Give what the actions take."""
        typed = self.cleaned_data
        return {
            "name_zh": typed["name_zh"],
            "name_en": typed["name_en"],
            "kind": typed["kind"],
            "method_id": typed["method_id"],
            "small_sale_threshold": typed["small_sale_threshold"] or Decimal(0),
        }


class PlaceForm(forms.Form):
    """Where a unit hangs, and from which day on."""

    on = DayField(label=lazy("From day"))

    def __init__(self, data: QueryDict | None, *, parents: list[Any], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["parent_id"] = forms.TypedChoiceField(
            label=lazy("Under"),
            choices=[("", lazy("None: it stands at the top")), *parents],
            coerce=int,
            empty_value=None,
            required=False,
        )


class CloseForm(forms.Form):
    """From which day on a unit is closed."""

    on = DayField(label=lazy("Closed from"))


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


@signed_in
def unit_create(request: SignedRequest) -> HttpResponse:
    """Make a unit."""
    _check(request.viewer)
    units = all_units()
    data = request.POST if request.method == "POST" else None
    form = UnitForm(data, initial={"kind": "team"}, **_form_facts(request))
    form.fields["code"] = forms.CharField(label=_("Code"), max_length=60)
    place = PlaceForm(
        data,
        parents=unit_choices(units, units.tree(request.today), request.viewer.language),
        initial={"on": request.today, "parent_id": request.GET.get("parent")},
    )

    def save(cleaned: dict[str, Any]) -> int:
        return actions.create_unit(
            actor=request.viewer,
            code=cleaned["code"],
            parent_id=place.cleaned_data["parent_id"],
            on=place.cleaned_data["on"],
            at=request.now,
            **form.values(),
        )

    if request.method == "POST" and place.is_valid() and done(form, save) is not None:
        toast(request, _("The unit is made."))
        return go(request, "units")
    status = max(status_of(form), status_of(place))
    return render_page(request, "units/create.html", {"form": form, "place": place}, status=status)


@signed_in
def unit_edit(request: SignedRequest, unit_id: int) -> HttpResponse:
    """Edit a unit's names, kind, method and threshold; its place and its closing stand beside."""
    units = all_units()
    unit = _unit(request, units, unit_id)
    org = request.organisation
    form = UnitForm(
        request.POST if request.method == "POST" else None,
        initial={
            "name_zh": unit.name_zh,
            "name_en": unit.name_en,
            "kind": unit.kind,
            "method_id": unit.method_id,
            "small_sale_threshold": from_minor(unit.small_sale_threshold_minor, org.base_digits),
            "seen": unit.version,
        },
        **_form_facts(request),
    )

    def save(cleaned: dict[str, Any]) -> bool:
        actions.edit_unit(
            actor=request.viewer,
            unit_id=unit_id,
            seen_version=cleaned["seen"] or 0,
            at=request.now,
            **form.values(),
        )
        return True

    if done(form, save):
        toast(request, _("The unit is saved."))
        return go(request, "unit_edit", unit_id)
    return _edit_page(request, units, unit, form=form)


@signed_in
def unit_place(request: SignedRequest, unit_id: int) -> HttpResponse:
    """Hang a unit elsewhere from a day on."""
    units = all_units()
    unit = _unit(request, units, unit_id)
    form = PlaceForm(
        request.POST if request.method == "POST" else None,
        parents=unit_choices(units, units.tree(request.today), request.viewer.language),
        initial={"on": request.today},
    )

    def save(cleaned: dict[str, Any]) -> bool:
        actions.place_unit(
            actor=request.viewer,
            unit_id=unit_id,
            parent_id=cleaned["parent_id"],
            on=cleaned["on"],
            at=request.now,
        )
        return True

    if done(form, save):
        toast(request, _("The unit hangs there from that day on."))
        return go(request, "units")
    return _edit_page(request, units, unit, place=form)


@signed_in
def unit_close(request: SignedRequest, unit_id: int) -> HttpResponse:
    """Close a unit from a day on."""
    units = all_units()
    unit = _unit(request, units, unit_id)
    form = CloseForm(
        request.POST if request.method == "POST" else None, initial={"on": request.today}
    )

    def save(cleaned: dict[str, Any]) -> bool:
        actions.close_unit(actor=request.viewer, unit_id=unit_id, on=cleaned["on"], at=request.now)
        return True

    if done(form, save):
        toast(request, _("The unit is closed."))
        return go(request, "units")
    return _edit_page(request, units, unit, close=form)


def _edit_page(
    request: SignedRequest,
    units: Units,
    unit: UnitName,
    *,
    form: UnitForm | None = None,
    place: PlaceForm | None = None,
    close: CloseForm | None = None,
) -> HttpResponse:
    viewer, org = request.viewer, request.organisation
    tree = units.tree(request.today)
    if form is None:
        form = UnitForm(
            None,
            initial={
                "name_zh": unit.name_zh, "name_en": unit.name_en, "kind": unit.kind,
                "method_id": unit.method_id, "seen": unit.version,
                "small_sale_threshold": from_minor(
                    unit.small_sale_threshold_minor, org.base_digits
                ),
            },
            **_form_facts(request),
        )  # fmt: skip
    place = place or PlaceForm(
        None,
        parents=unit_choices(units, tree, viewer.language),
        initial={"on": request.today, "parent_id": tree.parents.get(unit.id)},
    )
    close = close or CloseForm(None, initial={"on": request.today})
    events = events_of(
        changes(viewer=viewer, object_type="unit", object_id=unit.id),
        words=WORDS,
        language=viewer.language,
    )
    status = max(status_of(f) for f in (form, place, close))
    facts = {
        "unit": unit,
        "name": unit.name(viewer.language),
        "form": form,
        "place": place,
        "close": close,
        "events": events,
        "is_open": unit.id in tree,
        "places": [
            (
                row.on,
                row.closed,
                units.names[row.parent_id].name(viewer.language) if row.parent_id else "",
            )
            for row in reversed(units.places)
            if row.unit_id == unit.id
        ],
    }
    return render_page(request, "units/edit.html", facts, status=status)


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


def _form_facts(request: SignedRequest) -> dict[str, Any]:
    book = method_book(viewer=request.viewer, with_specs=False)
    named = [(v.method_id, v.name(request.viewer.language)) for v in book.in_use]
    org = request.organisation
    return {"methods": named, "digits": org.base_digits, "currency": org.base_currency}


def _check(viewer: Viewer) -> None:
    if not viewer.holds("unit.edit"):
        raise NotAllowed("unit.edit")


def _unit(request: SignedRequest, units: Units, unit_id: int) -> UnitName:
    _check(request.viewer)
    if unit_id not in units.names:
        raise NotFound("unit.unknown", unit=unit_id)
    return units.names[unit_id]


urlpatterns = [
    path("units/", unit_tree, name="units"),
    path("units/export.<str:kind>", unit_export, name="unit_export"),
    path("units/create/", unit_create, name="unit_create"),
    path("units/<int:unit_id>/edit/", unit_edit, name="unit_edit"),
    path("units/<int:unit_id>/place/", unit_place, name="unit_place"),
    path("units/<int:unit_id>/close/", unit_close, name="unit_close"),
]
