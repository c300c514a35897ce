"""Contacts as pages: the list, one contact, creating and editing."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from dakehu.actions import contacts as actions
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.filters import Expression
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import accounts as account_queries
from dakehu.queries import contacts as queries
from dakehu.queries.paging import Cut
from dakehu.web.accounts.words import PLACES
from dakehu.web.contacts.columns import COLUMNS, vocabulary
from dakehu.web.contacts.words import WORDS, attitude_shown, roles_shown
from dakehu.web.exports import list_as_file
from dakehu.web.forms import done, status_of
from dakehu.web.links import dial, link
from dakehu.web.lists.builder import has_lines
from dakehu.web.lists.columns import keys_of
from dakehu.web.lists.pages import columns_of, filter_form, lines_applied, list_facts, where_of
from dakehu.web.lists.standing import standing_of

MOST_EXPORTED = 100_000


class ContactForm(forms.Form):
    """The fields that people edit; what of them may not be read is left out."""

    name = forms.CharField(label=WORDS["name"], max_length=80)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=80, required=False)
    title = forms.CharField(label=WORDS["title"], max_length=120, required=False)
    department = forms.CharField(label=WORDS["department"], max_length=120, required=False)
    phone = forms.CharField(label=WORDS["phone"], max_length=60, required=False)
    email = forms.EmailField(label=WORDS["email"], required=False)
    note = forms.CharField(label=WORDS["note"], required=False, widget=forms.Textarea)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, str]:
        """Give the columns typed."""
        return {n: v for n, v in self.cleaned_data.items() if n in actions.FIELDS}


@signed_in
@require_safe
def contact_list(request: SignedRequest) -> HttpResponse:
    """Show a page of the list."""
    words = vocabulary(request)
    if has_lines(request.GET):
        return lines_applied(request, "contacts", "contacts", words)
    standing = standing_of(request, "contacts", "contacts")
    try:
        where = _where(request, where_of(standing.get, words))
    except RuleBroken as error:
        return filter_form(request, "contacts", "contacts", words, wrong=error)
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = queries.contacts(viewer=request.viewer, where=where, cut=cut)
    facts = {
        "page": page,
        "where": where,
        "filtered": standing.is_filtered,
        "total": queries.contact_count(viewer=request.viewer, where=where),
        **list_facts(
            request, standing, columns_of(standing, COLUMNS), page.rows, sort=where.sort,
            words=words, where=where.asked,
        ),
    }  # fmt: skip
    return render_page(request, "contacts/list.html", facts)


@signed_in
@require_safe
def contact_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the list as a file; a phone that is masked on the page is empty in it."""
    asked = where_of(request.GET, vocabulary(request))
    where = _where(request, asked)
    rows = queries.every_contact(viewer=request.viewer, where=where, limit=MOST_EXPORTED)
    if keys := keys_of(request.GET.get("columns", "")):
        columns = COLUMNS.chosen(keys)
        seen = [str(column.label) for column in columns]
        cells = (tuple(column.plain(row) for column in columns) for row in rows)
        return list_as_file(request, kind, name=_("contacts"), head=seen, rows=cells)
    head = [
        pgettext("person", "Name"),
        _("Account"),
        _("Department"),
        _("Title"),
        _("Phone"),
        _("Email"),
        _("Last contact"),
    ]
    lines = (
        (r.name, r.account_name, r.department, r.title, r.phone, r.email, r.last_contact_on)
        for r in rows
    )
    return list_as_file(request, kind, name=_("contacts"), head=head, rows=lines)


@signed_in
@require_safe
def contact_page(request: SignedRequest, contact_id: int) -> HttpResponse:
    """Show one contact with the opportunities in which they have a part."""
    viewer = request.viewer
    page = queries.contact(viewer=viewer, contact_id=contact_id)
    contact = page.contact
    facts = {
        "contact": contact,
        "page": page,
        "dial": dial(contact.phone),
        "deals": [
            (deal, PLACES[deal.place], deal.owner.shown(viewer.language),
             roles_shown(deal.roles), attitude_shown(deal.attitude))
            for deal in page.deals
        ],
        "timeline": link("timeline", "contact", contact_id),
        "files": link("record_files", "contact", contact_id),
        "log": link("activity_log", query=f"contact={contact_id}&account={contact.account_id}"),
        "history": link("history", "contact", contact_id),
    }  # fmt: skip
    return render_page(request, "contacts/page.html", facts)


@signed_in
def contact_create(request: SignedRequest, account_id: int) -> HttpResponse:
    """Create a contact of an account."""
    account = account_queries.account(viewer=request.viewer, account_id=account_id)
    if not account.may_edit_contacts:
        raise NotAllowed("contact.edit")
    form = ContactForm(request.POST if request.method == "POST" else None)

    def save(cleaned: dict[str, Any]) -> int:
        return actions.create_contact(
            actor=request.viewer,
            account_id=account_id,
            values=form.values(),
            today=request.today,
            at=request.now,
        )

    if done(form, save) is not None:
        toast(request, _("The contact is created."))
        return go(request, "account", account_id)
    facts = {"form": form, "account_id": account.id, "account_name": account.name}
    return render_page(request, "contacts/form.html", facts, status=status_of(form))


@signed_in
def contact_edit(request: SignedRequest, contact_id: int) -> HttpResponse:
    """Edit a contact."""
    page = queries.contact(viewer=request.viewer, contact_id=contact_id)
    if not page.may_edit:
        raise NotAllowed("contact.edit")
    contact = page.contact
    held = {name: getattr(contact, name) for name in actions.FIELDS}
    form = ContactForm(
        request.POST if request.method == "POST" else None,
        initial={**held, "seen": contact.version},
    )
    if contact.phone_hidden:
        del form.fields["phone"]
    if contact.note_hidden:
        del form.fields["note"]

    def save(cleaned: dict[str, Any]) -> bool:
        actions.edit_contact(
            actor=request.viewer,
            contact_id=contact_id,
            seen_version=cleaned["seen"] or 0,
            values=form.values(),
            at=request.now,
        )
        return True

    if done(form, save):
        toast(request, _("The contact is saved."))
        return go(request, "contact", contact_id)
    facts = {
        "form": form,
        "contact": contact,
        "account_id": contact.account_id,
        "account_name": contact.account_name,
    }
    return render_page(request, "contacts/form.html", facts, status=status_of(form))


def _where(request: SignedRequest, asked: Expression | None) -> queries.ContactFilter:
    return queries.ContactFilter(
        text=request.GET.get("q", "")[:100].replace("\x00", ""),
        sort=request.GET.get("sort", "name"),
        asked=asked,
        today=request.today,
    )
