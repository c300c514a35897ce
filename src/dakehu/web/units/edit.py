"""Changing the sales organisation: a unit's fields, its place in the tree, its closing."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from dakehu.actions import units as actions
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.money import from_minor
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.audit import changes
from dakehu.queries.methods import method_book
from dakehu.queries.units import UnitName, Units, all_units
from dakehu.web.forms import done, status_of, unit_choices
from dakehu.web.history import events_of
from dakehu.web.units.forms import CloseForm, PlaceForm, UnitForm
from dakehu.web.units.words import WORDS


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
