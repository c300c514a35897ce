"""People as administrators see them: the list, one person, their appointments and password."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions import appointments, people
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import appointments as queries
from dakehu.queries.audit import ChangeRow
from dakehu.queries.paging import Cut, Page
from dakehu.queries.units import Units, all_units
from dakehu.web.exports import every_row, list_as_file
from dakehu.web.forms import DayField, done, status_of, unit_choices
from dakehu.web.history import events_of
from dakehu.web.roles import ROLE_WORDS, appointment_shown

WORDS = {
    "login": lazy("Log-in"),
    "name": pgettext_lazy("person", "Name"),
    "name_en": lazy("Name in English"),
    "email": lazy("Email"),
    "phone": lazy("Phone"),
    "is_active": lazy("May log in"),
    "password": lazy("Password"),
    "appointed": lazy("Appointment"),
    "created": lazy("Created"),
    "language": lazy("Language"),
    "theme": lazy("Theme"),
    "amount_unit": lazy("Amounts"),
}


class PersonForm(forms.Form):
    """Names and ways to reach somebody."""

    name = forms.CharField(label=WORDS["name"], max_length=80)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=80, required=False)
    email = forms.EmailField(label=WORDS["email"], required=False)
    phone = forms.CharField(label=WORDS["phone"], max_length=40, required=False)
    is_active = forms.BooleanField(label=WORDS["is_active"], required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class NewPersonForm(forms.Form):
    """Somebody new."""

    login = forms.CharField(label=WORDS["login"], max_length=80)
    name = forms.CharField(label=WORDS["name"], max_length=80)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=80, required=False)
    email = forms.EmailField(label=WORDS["email"], required=False)
    phone = forms.CharField(label=WORDS["phone"], max_length=40, required=False)
    password = forms.CharField(
        label=WORDS["password"],
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy("Without one they can't log in yet."),
    )


class PasswordForm(forms.Form):
    """A new password."""

    password = forms.CharField(
        label=lazy("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class AppointForm(forms.Form):
    """A role in a unit from a day on."""

    role = forms.ChoiceField(label=lazy("Role"), choices=list(ROLE_WORDS.items()))
    from_on = DayField(label=lazy("From"))
    until_on = DayField(label=lazy("Until (the day after the last)"), required=False)
    for_login = forms.CharField(
        label=lazy("Stands in for"),
        max_length=80,
        required=False,
        help_text=lazy(
            "Log-in of the person whom they deputise for, with that person's records and until a"
            " day. Empty for an appointment of their own."
        ),
    )

    def __init__(self, data: QueryDict | None, *, units: list[Any], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["unit_id"] = forms.TypedChoiceField(
            label=lazy("Unit"), choices=units, coerce=int
        )


class EndForm(forms.Form):
    """The first day on which an appointment no longer holds."""

    until_on = DayField(label=lazy("Ends on"))


class TransferForm(forms.Form):
    """Another unit, from a day on, with what they work on."""

    on = DayField(label=lazy("From day"))
    with_accounts = forms.BooleanField(
        label=lazy("The accounts that they manage there go along"), required=False, initial=True
    )

    def __init__(self, data: QueryDict | None, *, units: list[Any], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["unit_id"] = forms.TypedChoiceField(
            label=lazy("To unit"), choices=units, coerce=int
        )


@signed_in
@require_safe
def person_list(request: SignedRequest) -> HttpResponse:
    """Show a page of everybody."""
    text = request.GET.get("q", "")[:100].replace("\x00", "")
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = queries.staff(viewer=request.viewer, text=text, cut=cut, today=request.today)
    units, language = all_units(), request.viewer.language
    rows = [(row, [_seat(seat, units, language) for seat in row.seats]) for row in page.rows]
    return render_page(request, "people/list.html", {"page": page, "rows": rows, "text": text})


@signed_in
@require_safe
def person_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the filtered list as a file, for those who administer people."""
    text = request.GET.get("q", "")[:100].replace("\x00", "")
    units, language = all_units(), request.viewer.language
    head = [
        _("Log-in"), _("Name"), _("Name in English"), _("Email"), _("Appointments today"),
        _("In use"), _("Can log in"),
    ]  # fmt: skip

    def read(cut: Cut) -> Page[queries.PersonRow]:
        return queries.staff(viewer=request.viewer, text=text, cut=cut, today=request.today)

    lines = (
        (
            row.login, row.name, row.name_en, row.email,
            " · ".join(_seat(seat, units, language) for seat in row.seats),
            row.is_active, row.can_log_in,
        )
        for row in every_row(read)
    )  # fmt: skip
    return list_as_file(request, kind, name="people", head=head, rows=lines)


@signed_in
def person_create(request: SignedRequest) -> HttpResponse:
    """Create somebody."""
    if not request.viewer.holds("person.edit"):
        raise NotAllowed("person.edit")
    form = NewPersonForm(request.POST if request.method == "POST" else None)

    def save(cleaned: dict[str, Any]) -> int:
        return people.create_person(actor=request.viewer, at=request.now, **cleaned)

    made = done(form, save)
    if made is not None:
        toast(request, _("They are added. Appoint them to a unit next."))
        return go(request, "person", made)
    return render_page(request, "people/create.html", {"form": form}, status=status_of(form))


@signed_in
def person_page(request: SignedRequest, person_id: int) -> HttpResponse:
    """Show somebody and edit their names and ways to reach them."""
    page = queries.staff_member(viewer=request.viewer, person_id=person_id)
    form = PersonForm(request.POST if request.method == "POST" else None, initial=_held(page))

    def save(cleaned: dict[str, Any]) -> bool:
        seen = cleaned.pop("seen") or 0
        people.edit_person(
            actor=request.viewer, person_id=person_id, seen_version=seen, at=request.now, **cleaned
        )
        return True

    if done(form, save):
        toast(request, _("They are saved."))
        return go(request, "person", person_id)
    return _shown(request, page, form=form)


@signed_in
@require_POST
def person_password(request: SignedRequest, person_id: int) -> HttpResponse:
    """Set somebody's password."""
    page = queries.staff_member(viewer=request.viewer, person_id=person_id)
    form = PasswordForm(request.POST)

    def save(cleaned: dict[str, Any]) -> bool:
        people.set_password(
            actor=request.viewer,
            login=page.person.login,
            password=cleaned["password"],
            at=request.now,
        )
        return True

    if done(form, save):
        toast(request, _("The new password is set."))
        return go(request, "person", person_id)
    return _shown(request, page, password=form)


@signed_in
@require_POST
def person_appoint(request: SignedRequest, person_id: int) -> HttpResponse:
    """Appoint somebody to a role in a unit."""
    page = queries.staff_member(viewer=request.viewer, person_id=person_id)
    form = AppointForm(request.POST, units=_unit_choices(request))

    def save(cleaned: dict[str, Any]) -> int:
        for_login = cleaned.pop("for_login").strip()
        return appointments.appoint_person(
            actor=request.viewer,
            person_id=person_id,
            at=request.now,
            for_person_id=queries.staff_id(viewer=request.viewer, login=for_login),
            **cleaned,
        )

    if done(form, save) is not None:
        toast(request, _("They are appointed."))
        return go(request, "person", person_id)
    return _shown(request, page, appoint=form)


@signed_in
def appointment_change(request: SignedRequest, appointment_id: int) -> HttpResponse:
    """End an appointment, or move the person to another unit."""
    viewer = request.viewer
    person_id = queries.person_of_appointment(viewer=viewer, appointment_id=appointment_id)
    page = queries.staff_member(viewer=viewer, person_id=person_id)
    seat = next((s for s in page.person.seats if s.id == appointment_id), None)
    if seat is None:
        raise NotFound("appointment.unknown")
    transfers = request.method == "POST" and "unit_id" in request.POST
    transfer = TransferForm(
        request.POST if transfers else None,
        units=_unit_choices(request),
        initial={"on": request.today},
    )
    end = EndForm(
        request.POST if request.method == "POST" and not transfers else None,
        initial={"until_on": request.today},
    )

    def move(cleaned: dict[str, Any]) -> int:
        return appointments.transfer_person(
            actor=viewer, appointment_id=appointment_id, today=request.today, at=request.now,
            **cleaned,
        )  # fmt: skip

    def stop(cleaned: dict[str, Any]) -> bool:
        appointments.end_appointment(
            actor=viewer, appointment_id=appointment_id, at=request.now,
            **cleaned,
        )  # fmt: skip
        return True

    if transfers:
        moved = done(transfer, move)
        if moved is not None:
            words = _("They moved; open opportunities that went along: %(n)s.") % {"n": moved}
            toast(request, words)
            return go(request, "person", person_id)
    elif done(end, stop):
        toast(request, _("The appointment ends."))
        return go(request, "person", person_id)
    facts = {
        "page": page,
        "name": page.person.name,
        "seat": _seat(seat, all_units(), viewer.language),
        "transfer": transfer,
        "end": end,
    }
    status = max(status_of(transfer), status_of(end))
    return render_page(request, "people/appointment.html", facts, status=status)


def _shown(
    request: SignedRequest,
    page: queries.PersonPage,
    *,
    form: PersonForm | None = None,
    password: PasswordForm | None = None,
    appoint: AppointForm | None = None,
) -> HttpResponse:
    form = form or PersonForm(None, initial=_held(page))
    password = password or PasswordForm()
    appoint = appoint or AppointForm(
        None, units=_unit_choices(request), initial={"from_on": request.today}
    )
    units, language = all_units(), request.viewer.language
    facts = {
        "page": page,
        "form": form,
        "password": password,
        "appoint": appoint,
        "seats": [(seat, _seat(seat, units, language)) for seat in page.person.seats],
        "today": request.today,
        "events": events_of(_told(page.changes), words=WORDS, language=language),
    }
    status = max(status_of(f) for f in (form, password, appoint))
    return render_page(request, "people/page.html", facts, status=status)


def _told(changes: Iterable[ChangeRow]) -> list[ChangeRow]:
    return [
        replace(one, old=appointment_shown(one.old), new=appointment_shown(one.new))
        if one.field == "appointed"
        else one
        for one in changes
    ]


def _held(page: queries.PersonPage) -> dict[str, object]:
    person = page.person
    return {
        "name": person.name,
        "name_en": person.name_en,
        "email": person.email,
        "phone": page.phone,
        "is_active": person.is_active,
        "seen": page.version,
    }


def _seat(seat: queries.Seat, units: Units, language: str) -> str:
    unit = units.names.get(seat.unit_id)
    role = str(ROLE_WORDS.get(seat.role, seat.role))
    return f"{role} · {unit.name(language)}" if unit else role


def _unit_choices(request: SignedRequest) -> list[tuple[str, str]]:
    units = all_units()
    return unit_choices(units, units.tree(request.today), request.viewer.language)


urlpatterns = [
    path("people/", person_list, name="people"),
    path("people/export.<str:kind>", person_export, name="person_export"),
    path("people/create/", person_create, name="person_create"),
    path("people/<int:person_id>/", person_page, name="person"),
    path("people/<int:person_id>/password/", person_password, name="person_password"),
    path("people/<int:person_id>/appoint/", person_appoint, name="person_appoint"),
    path("appointments/<int:appointment_id>/", appointment_change, name="appointment"),
]
