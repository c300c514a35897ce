"""Accounts as pages: the list and its export, one account, creating, editing, assigning."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.actions import accounts as actions
from dakehu.actions.names import look_up_name
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import Place
from dakehu.core.money import Money, from_minor
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import accounts as queries
from dakehu.queries import names
from dakehu.queries.paging import Cut
from dakehu.queries.people import PersonName, people_in_sight
from dakehu.queries.units import Units, all_units, units_in_sight
from dakehu.web.exports import list_as_file
from dakehu.web.forms import done, status_of, unit_choices, whole_in_url
from dakehu.web.history import Event, events_of

MOST_EXPORTED = 100_000

#: Fields of an account as they are called on forms, pages and in the history.
WORDS = {
    "name": lazy("Name"),
    "name_en": lazy("Name in English"),
    "aliases": lazy("Other names"),
    "industry": lazy("Industry"),
    "region": lazy("Region"),
    "address": lazy("Address"),
    "phone": lazy("Phone"),
    "website": lazy("Website"),
    "tax_code": lazy("Unified social credit code or tax number"),
    "employees": lazy("Employees"),
    "founded": lazy("Founded in"),
    "note": lazy("Note"),
    "manager": lazy("Account manager"),
    "unit": lazy("Unit"),
    "parent": lazy("Parent account"),
    "created": lazy("Created"),
    "same_name": lazy("Same name accepted"),
}
PLACES = {
    Place.OPEN: lazy("open"),
    Place.WON: lazy("won"),
    Place.LOST: lazy("lost"),
    Place.ABANDONED: lazy("abandoned"),
}


class AccountForm(forms.Form):
    """The fields that people edit."""

    name = forms.CharField(label=WORDS["name"], max_length=200)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=200, required=False)
    aliases = forms.CharField(
        label=WORDS["aliases"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=lazy("Abbreviations, former and foreign names, one a line."),
    )
    industry = forms.CharField(label=WORDS["industry"], max_length=80, required=False)
    region = forms.CharField(label=WORDS["region"], max_length=80, required=False)
    address = forms.CharField(label=WORDS["address"], max_length=240, required=False)
    phone = forms.CharField(label=WORDS["phone"], max_length=60, required=False)
    website = forms.CharField(label=WORDS["website"], max_length=200, required=False)
    tax_code = forms.CharField(label=WORDS["tax_code"], max_length=30, required=False)
    employees = forms.IntegerField(label=WORDS["employees"], min_value=0, required=False)
    founded = forms.IntegerField(label=WORDS["founded"], min_value=1000, required=False)
    note = forms.CharField(label=WORDS["note"], required=False, widget=forms.Textarea)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """Give the columns typed."""
        return {name: self.cleaned_data[name] for name in actions.FIELDS}

    def aliases_typed(self) -> list[str]:
        """Give the other names, one a line."""
        return str(self.cleaned_data["aliases"]).splitlines()


class NewAccountForm(AccountForm):
    """A new account, with whom it is given to."""

    parent_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    same_name_is_fine = forms.BooleanField(
        label=lazy("It is another company: create it all the same"), required=False
    )

    def __init__(self, data: QueryDict | None, *, people: list[PersonName], **kwargs: Any) -> None:
        language = kwargs.pop("language")
        super().__init__(data, **kwargs)
        self.fields["manager_id"] = _person_field(people, language, required=True)


class AssignForm(forms.Form):
    """Whom an account is given to."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        people: list[PersonName],
        units: list[tuple[str, str]],
        language: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["manager_id"] = _person_field(people, language, required=False)
        self.fields["unit_id"] = forms.TypedChoiceField(
            label=WORDS["unit"],
            choices=[("", lazy("The unit of the new manager")), *units],
            coerce=int,
            empty_value=None,
            required=False,
        )


class MoveForm(forms.Form):
    """Where an account hangs in its group."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    parent_id = forms.CharField(
        label=lazy("Code of the parent account"),
        required=False,
        help_text=lazy("Leave it empty to take the account out of its group."),
    )


@signed_in
@require_safe
def account_list(request: SignedRequest) -> HttpResponse:
    """Show a page of the list, narrowed and sorted by the URL."""
    units = all_units()
    where = _where(request, units)
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = queries.accounts(viewer=request.viewer, where=where, cut=cut)
    choices = queries.account_choices(viewer=request.viewer)
    tree = units_in_sight(request.viewer, units=units, today=request.today)
    facts = {
        "page": page,
        "total": queries.account_count(viewer=request.viewer, where=where),
        "where": where,
        "industries": choices.industries,
        "managers": [(p.id, p.shown(request.viewer.language)) for p in choices.managers],
        "units": unit_choices(units, tree, request.viewer.language),
        "unit": request.GET.get("unit", ""),
        "rows": [(row, _shown(row.manager, request.viewer)) for row in page.rows],
        "filtered": bool(where.text or where.industry or where.manager_id or where.root_id)
        or where.unit_ids is not None,
        "may_create": request.viewer.holds("account.create"),
        "query": request.GET.urlencode(),
    }
    return render_page(request, "accounts/list.html", facts)


@signed_in
@require_safe
def account_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the list as a file: the same rows in the same order."""
    where = _where(request, all_units())
    rows = queries.every_account(viewer=request.viewer, where=where, limit=MOST_EXPORTED)
    head = [
        _("Code"), _("Name"), _("Name in English"), _("Industry"), _("Region"), _("Unit"),
        _("Account manager"), _("Open opportunities"), _("Created on"),
    ]  # fmt: skip
    lines = (
        (
            row.code, row.name, row.name_en, row.industry, row.region, row.unit_name,
            _shown(row.manager, request.viewer), row.open_count, row.created_on,
        )
        for row in rows
    )  # fmt: skip
    return list_as_file(request, kind, name=_("accounts"), head=head, rows=lines)


@signed_in
@require_safe
def account_page(request: SignedRequest, account_id: int) -> HttpResponse:
    """Show one account."""
    page = queries.account(viewer=request.viewer, account_id=account_id)
    return render_page(request, "accounts/page.html", _page_facts(request, page))


@signed_in
def account_create(request: SignedRequest) -> HttpResponse:
    """Create an account, or show whom it may be the same as."""
    if not request.viewer.holds("account.create"):
        raise NotAllowed("account.create")
    viewer = request.viewer
    people = people_in_sight(viewer, units=None, today=request.today)
    form = NewAccountForm(
        request.POST if request.method == "POST" else None,
        people=people,
        language=viewer.language,
        initial={"manager_id": viewer.person_id, "parent_id": request.GET.get("parent")},
    )

    def save(cleaned: dict[str, Any]) -> int:
        return actions.create_account(
            actor=viewer,
            values=form.values(),
            aliases=form.aliases_typed(),
            manager_id=cleaned["manager_id"],
            unit_id=None,
            parent_id=cleaned["parent_id"],
            same_name_is_fine=cleaned["same_name_is_fine"],
            today=request.today,
            at=request.now,
        )

    made = done(form, save)
    if made is not None:
        toast(request, _("The account is created."))
        return go(request, "account", made)
    same, used_up = _same(request, _name_typed(form))
    facts = {"form": form, "same": same, "used_up": used_up}
    return render_page(request, "accounts/create.html", facts, status=status_of(form))


def _name_typed(form: AccountForm) -> str:
    """Give the name as its field cleans it (a refusal takes it out of the form's), else none."""
    try:
        return str(form.fields["name"].clean(form.data.get("name"))) if form.is_bound else ""
    except forms.ValidationError:
        return ""


def _same(request: SignedRequest, name: str) -> tuple[tuple[names.SameName, ...], bool]:
    """Give the accounts of the name typed, and whether the day's look-ups are spent."""
    if not name.strip():
        return (), False
    looked = look_up_name(actor=request.viewer, name=name, at=request.now)
    return looked.found, looked.used_up


@signed_in
def account_edit(request: SignedRequest, account_id: int) -> HttpResponse:
    """Edit the fields of an account."""
    page = queries.account(viewer=request.viewer, account_id=account_id)
    if not page.may_edit:
        raise NotAllowed("account.edit")
    held = {name: getattr(page, name) for name in actions.FIELDS}
    form = AccountForm(
        request.POST if request.method == "POST" else None,
        initial={**held, "aliases": "\n".join(page.aliases), "seen": page.version},
    )

    def save(cleaned: dict[str, Any]) -> bool:
        actions.edit_account(
            actor=request.viewer,
            account_id=account_id,
            seen_version=cleaned["seen"] or 0,
            values=form.values(),
            aliases=form.aliases_typed(),
            today=request.today,
            at=request.now,
        )
        return True

    if done(form, save):
        toast(request, _("The account is saved."))
        return go(request, "account", account_id)
    return render_page(
        request, "accounts/edit.html", {"page": page, "form": form}, status=status_of(form)
    )


@signed_in
def account_assign(request: SignedRequest, account_id: int) -> HttpResponse:
    """Give the account to another manager or unit."""
    viewer = request.viewer
    page = queries.account(viewer=viewer, account_id=account_id)
    if not page.may_assign:
        raise NotAllowed("account.assign")
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=request.today)
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        people=people_in_sight(viewer, units=None, today=request.today),
        units=unit_choices(units, tree, viewer.language),
        language=viewer.language,
        initial={"manager_id": page.manager.id if page.manager else None, "seen": page.version},
    )

    def save(cleaned: dict[str, Any]) -> bool:
        actions.assign_account(
            actor=viewer,
            account_id=account_id,
            seen_version=cleaned["seen"],
            manager_id=cleaned["manager_id"],
            unit_id=cleaned["unit_id"],
            today=request.today,
            at=request.now,
        )
        return True

    if done(form, save):
        toast(request, _("The account is assigned."))
        return go(request, "accounts")
    return render_page(
        request, "accounts/assign.html", {"page": page, "form": form}, status=status_of(form)
    )


@signed_in
def account_move(request: SignedRequest, account_id: int) -> HttpResponse:
    """Hang the account elsewhere in a group."""
    page = queries.account(viewer=request.viewer, account_id=account_id)
    if not page.may_edit:
        raise NotAllowed("account.edit")
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        initial={
            "seen": page.version,
            "parent_id": names.account_code(viewer=request.viewer, account_id=page.parent_id),
        },
    )

    def save(cleaned: dict[str, Any]) -> bool:
        code = cleaned["parent_id"].strip()
        parent = names.account_by_code(viewer=request.viewer, code=code) if code else None
        actions.move_account(
            actor=request.viewer,
            account_id=account_id,
            seen_version=cleaned["seen"],
            parent_id=parent,
            at=request.now,
        )
        return True

    if done(form, save):
        toast(request, _("The group is changed."))
        return go(request, "account", account_id)
    return render_page(
        request, "accounts/move.html", {"page": page, "form": form}, status=status_of(form)
    )


def _where(request: SignedRequest, units: Units) -> queries.AccountFilter:
    unit, manager, group = (
        whole_in_url(request.GET.get(n, "")) for n in ("unit", "manager", "group")
    )
    below = None
    if unit is not None:
        below = units.tree(request.today, with_closed=True).subtree(unit)
    return queries.AccountFilter(
        text=request.GET.get("q", "")[:100].replace("\x00", ""),
        industry=request.GET.get("industry", "")[:80].replace("\x00", ""),
        unit_ids=below,
        manager_id=manager,
        root_id=group,
        sort=request.GET.get("sort", "name"),
    )


def _person_field(
    people: list[PersonName], language: str, *, required: bool
) -> forms.TypedChoiceField:
    named = [(str(person.id), person.shown(language)) for person in people]
    nobody = [] if required else [("", lazy("Nobody yet"))]
    return forms.TypedChoiceField(
        label=WORDS["manager"],
        choices=[*nobody, *named],
        coerce=int,
        empty_value=None,
        required=required,
    )


def _shown(person: PersonName | None, viewer: Viewer) -> str:
    return person.shown(viewer.language) if person else ""


def _page_facts(request: SignedRequest, page: queries.AccountPage) -> dict[str, object]:
    viewer = request.viewer
    events: list[Event] = events_of(page.changes, words=WORDS, language=viewer.language)
    amounts = [
        Money(from_minor(row.amount_minor, row.digits), row.currency) for row in page.opportunities
    ]
    return {
        "page": page,
        "manager": _shown(page.manager, viewer),
        "group": [(member, _shown(member.manager, viewer)) for member in page.group],
        "largest": max((abs(money.amount) for money in amounts), default=0),
        "opportunities": [
            (row, money, PLACES[row.place], row.owner.shown(viewer.language))
            for row, money in zip(page.opportunities, amounts, strict=True)
        ],
        "events": events,
        "may_sell": viewer.holds("opportunity.create"),
    }


urlpatterns = [
    path("accounts/", account_list, name="accounts"),
    path("accounts/export.<str:kind>", account_export, name="account_export"),
    path("accounts/create/", account_create, name="account_create"),
    path("accounts/<int:account_id>/", account_page, name="account"),
    path("accounts/<int:account_id>/edit/", account_edit, name="account_edit"),
    path("accounts/<int:account_id>/assign/", account_assign, name="account_assign"),
    path("accounts/<int:account_id>/move/", account_move, name="account_move"),
]
