"""Creating, editing and assigning an account."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from dakehu.actions import accounts as actions
from dakehu.actions.names import look_up_name
from dakehu.core.errors import NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import accounts as queries
from dakehu.queries import names
from dakehu.queries.people import people_in_sight
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.accounts.forms import AccountForm, AssignForm, NewAccountForm
from dakehu.web.forms import done, status_of, unit_choices


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
