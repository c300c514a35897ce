"""The columns that a list of contacts can show, and the words of its filters."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from dakehu.core.filters import Field, Value
from dakehu.http import SignedRequest
from dakehu.queries.contacts import ContactRow
from dakehu.queries.contacts_asked import PLACES
from dakehu.web.links import dial
from dakehu.web.lists.columns import Column, Columns, Look, day, escape, text
from dakehu.web.lists.records import account_called, vocabulary_of
from dakehu.web.lists.words import Vocabulary

Row = ContactRow

LABELS = {
    "name": pgettext_lazy("person", "Name"),
    "account": lazy("Account and its group"),
    "title": lazy("Title"),
    "department": lazy("Department"),
    "email": lazy("Email"),
    "phone": lazy("Phone"),
    "contact": lazy("Last contact"),
    "created": lazy("Created on"),
}


def _name(row: Row, look: Look) -> str:
    below = " · ".join(filter(None, (escape(row.title), escape(row.account_name))))
    return (
        f'<a href="/contacts/{row.id}/">{escape(row.name)}</a>'
        f'<span class="sub on-phone">{below}</span>'
    )


def _account(row: Row, look: Look) -> str:
    return f'<a href="/accounts/{row.account_id}/">{escape(row.account_name)}</a>'


def _phone(row: Row, look: Look) -> str:
    if row.phone_hidden:
        return f'<span class="muted">{escape(_("phone not shown to your role"))}</span>'
    number = dial(row.phone)
    return f'<a href="{escape(number)}">{escape(row.phone)}</a>' if number else text(row.phone)


def _email(row: Row, look: Look) -> str:
    mail = escape(row.email)
    return f'<a href="mailto:{mail}">{mail}</a>' if mail else ""


COLUMNS: Columns[Row] = Columns(
    Column(
        "name", pgettext_lazy("person", "Name"), _name, lambda r: r.name, sort="name", css="clip",
        is_head=True,
    ),
    Column(
        "account", lazy("Account"), _account, lambda r: r.account_name, css="clip", is_usual=True
    ),
    Column(
        "department", lazy("Department"), lambda r, _k: text(r.department),
        lambda r: r.department, is_usual=True,
    ),
    Column("title", lazy("Title"), lambda r, _k: text(r.title), lambda r: r.title, is_usual=True),
    Column(
        "phone", lazy("Phone"), _phone, lambda r: r.phone, css="nowrap on-card", is_usual=True
    ),
    Column("email", lazy("Email"), _email, lambda r: r.email, css="clip", is_usual=True),
    Column(
        "contact", lazy("Last contact"),
        lambda r, _k: day(r.last_contact_on, "opportunity.never_contacted"),
        lambda r: r.last_contact_on, css="nowrap", is_usual=True,
    ),
    Column(
        "created", lazy("Created on"), lambda r, _k: r.created_on.isoformat(),
        lambda r: r.created_on, css="nowrap",
    ),
)  # fmt: skip


def vocabulary(request: SignedRequest) -> Vocabulary:
    """Give the words of the filters for whoever asks."""
    return vocabulary_of(request, PLACES, LABELS, called=_called)


def _called(request: SignedRequest, field: Field, value: Value) -> str:
    return account_called(request, value) if field.key == "account" else str(value)
