"""The customer's people in a deal on pages: the map as a card, dialogs to fill its seats."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dakehu.actions.stakeholders import (
    Part,
    add_new_stakeholder,
    add_stakeholder,
    edit_stakeholder,
    remove_stakeholder,
)
from dakehu.core.errors import NotAllowed
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages.teams import ATTITUDES, BUYING_ROLES, INFLUENCES, LIGHTS
from dakehu.queries import stakeholders as queries
from dakehu.web.forms import done, status_of
from dakehu.web.undoing import toast_with_undo


class PartForm(forms.Form):
    """The part somebody has in the purchase."""

    roles = forms.MultipleChoiceField(
        label=lazy("Part in the purchase"),
        choices=BUYING_ROLES.items,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    influence = forms.TypedChoiceField(
        label=lazy("Influence"),
        choices=INFLUENCES.items,
        coerce=int,
        empty_value=None,
        required=False,
    )
    attitude = forms.TypedChoiceField(
        label=lazy("Attitude"),
        choices=[("" if key is None else key, word) for key, word in ATTITUDES.items()],
        coerce=int,
        empty_value=None,
        required=False,
    )
    note = forms.CharField(label=lazy("Note"), required=False, max_length=240)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def part(self) -> Part:
        """Give what was typed; a note that may not be read was not asked for."""
        said = self.cleaned_data
        return Part(
            roles=tuple(said["roles"]),
            influence=said["influence"] or 0,
            attitude=said["attitude"],
            note=said["note"] if "note" in self.fields else None,
        )


class NewPartForm(PartForm):
    """Who: a contact of the account or its group, or somebody new at the account."""

    contact = forms.TypedChoiceField(
        label=lazy("Contact"), coerce=int, empty_value=None, required=False
    )
    name = forms.CharField(
        label=lazy("or somebody new"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    title = forms.CharField(label=pgettext_lazy("job", "Title"), max_length=120, required=False)
    field_order = ("contact", "name", "title", "roles", "influence", "attitude", "note")

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        said = super().clean() or {}
        if not self.errors and bool(said.get("contact")) == bool(said.get("name")):
            field = "name" if said.get("contact") and "name" in self.fields else "contact"
            self.add_error(field, _("Choose a contact, or write the name of somebody new."))
        return said


@signed_in
@require_safe
def opportunity_stakeholders(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the map."""
    found = queries.decision_map(request.viewer, opportunity_id=opportunity_id)
    rows = [
        (row, [BUYING_ROLES[r] for r in row.roles], INFLUENCES[row.influence],
         ATTITUDES[row.attitude], _tone(row.attitude))
        for row in found.rows
    ]  # fmt: skip
    facts = {
        "map": found,
        "rows": rows,
        "light_words": LIGHTS[found.light],
        "empty": [(seat, BUYING_ROLES[seat]) for seat in found.empty],
    }
    return render_page(request, "stakeholders/page.html", facts)


def _tone(attitude: int | None) -> str:
    if attitude is None or attitude == 0:
        return "idle"
    return {2: "good", 1: "good", -1: "watch", -2: "act"}[attitude]


@signed_in
@require_http_methods(["GET", "POST"])
def stakeholder_add(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Put a contact on the map, a known one or a new one."""
    viewer = request.viewer
    found = queries.decision_map(viewer, opportunity_id=opportunity_id)
    if not found.may_edit:
        raise NotAllowed("stakeholder.edit")
    role = request.GET.get("role", "")
    form = NewPartForm(
        request.POST if request.method == "POST" else None,
        initial={"roles": [role] if role in BUYING_ROLES else []},
    )
    contacts = queries.contact_choices(viewer, opportunity_id=opportunity_id)
    choices = [("", "—"), *((c.id, f"{c.name} {c.title} · {c.account}") for c in contacts)]
    form.fields["contact"].choices = choices  # type: ignore[attr-defined]
    if not found.may_add_contact:
        del form.fields["name"], form.fields["title"]

    def save(said: dict[str, Any]) -> int:
        how: dict[str, Any] = {
            "actor": viewer,
            "opportunity_id": opportunity_id,
            "part": form.part,
            "today": request.today,
            "at": request.now,
        }
        if said.get("name"):
            values = {"name": said["name"], "title": said["title"]}
            return add_new_stakeholder(values=values, **how)
        return add_stakeholder(contact_id=said["contact"], **how)

    if request.method == "POST" and done(form, save) is not None:
        toast(request, _("On the map."))
        return go(request, "opportunity", opportunity_id)
    facts = {"form": form, "record": found.record, "row": None}
    return render_page(request, "stakeholders/form.html", facts, status=status_of(form))


@signed_in
@require_http_methods(["GET", "POST"])
def stakeholder_edit(
    request: SignedRequest, opportunity_id: int, stakeholder_id: int
) -> HttpResponse:
    """Change somebody's part."""
    found = queries.decision_map(request.viewer, opportunity_id=opportunity_id)
    row = found.row(stakeholder_id)
    if not found.may_edit:
        raise NotAllowed("stakeholder.edit")
    what: dict[str, Any] = {
        "actor": request.viewer,
        "opportunity_id": opportunity_id,
        "stakeholder_id": stakeholder_id,
        "at": request.now,
    }
    form = PartForm(
        request.POST if request.method == "POST" else None,
        initial={
            "roles": list(row.roles), "influence": row.influence,
            "attitude": "" if row.attitude is None else row.attitude, "note": row.note,
            "seen": row.version,
        },
    )  # fmt: skip
    if row.note_hidden:
        del form.fields["note"]

    def save(said: dict[str, Any]) -> bool:
        edit_stakeholder(**what, part=form.part, seen_version=said["seen"])
        return True

    if request.method == "POST" and done(form, save):
        toast(request, _("Saved."))
        return go(request, "opportunity", opportunity_id)
    facts = {"form": form, "record": found.record, "row": row}
    return render_page(request, "stakeholders/form.html", facts, status=status_of(form))


@signed_in
@require_http_methods(["GET", "POST"])
def stakeholder_remove(
    request: SignedRequest, opportunity_id: int, stakeholder_id: int
) -> HttpResponse:
    """Say what taking somebody off the map takes along; then do it."""
    found = queries.decision_map(request.viewer, opportunity_id=opportunity_id)
    row = found.row(stakeholder_id)
    if not found.may_edit:
        raise NotAllowed("stakeholder.edit")
    if request.method == "POST":
        removal = remove_stakeholder(
            actor=request.viewer, opportunity_id=opportunity_id, stakeholder_id=stakeholder_id,
            at=request.now,
        )  # fmt: skip
        undo = reverse("bin_restore", args=["stakeholder", removal])
        toast_with_undo(request, _("Off the map. The contact stays."), undo)
        return go(request, "opportunity", opportunity_id)
    light, empty = found.without(stakeholder_id)
    facts = {
        "record": found.record,
        "row": row,
        "seats": _(", ").join(str(BUYING_ROLES[s]) for s in empty if s not in found.empty),
        "light": None if light is found.light else light,
        "light_words": LIGHTS[light],
        "days": KEPT.days,
    }
    return render_page(request, "stakeholders/remove.html", facts)


_MAP = "opportunities/<int:opportunity_id>/stakeholders"

urlpatterns = [
    path(f"{_MAP}/", opportunity_stakeholders, name="stakeholders"),
    path(f"{_MAP}/add/", stakeholder_add, name="stakeholder_add"),
    path(f"{_MAP}/<int:stakeholder_id>/", stakeholder_edit, name="stakeholder_edit"),
    path(f"{_MAP}/<int:stakeholder_id>/remove/", stakeholder_remove, name="stakeholder_remove"),
]
