"""What can be chosen in the palette, as its template shows it; records found become options."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.ledger import Place
from dakehu.http import SignedRequest
from dakehu.http.frame import reads_customers
from dakehu.http.signs import Sign
from dakehu.queries.marks import RecordName
from dakehu.queries.search import Found, Piece
from dakehu.web.opportunities.wording import PLACES

#: The signs of records; other options bring their own.
ICONS = {
    "opportunity": Sign(icon="list-details"), "account": Sign(icon="building"),
    "contact": Sign(icon="user"), "person": Sign(icon="id"),
}  # fmt: skip
GROUPS: Mapping[str, str | Promise] = {
    "opportunity": lazy("Opportunities"),
    "account": lazy("Accounts"),
    "contact": lazy("Contacts"),
    "person": lazy("Colleagues"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One line: a link, a dialog's link, or something that is sent (`sent`: name and value)."""

    url: str
    pieces: tuple[Piece, ...]
    icon: str
    beside: tuple[str, ...] = ()
    state: str = ""
    is_dialog: bool = False
    is_sent: bool = False
    sent: tuple[tuple[str, str], ...] = ()
    #: opportunity:12 where it has actions of its own.
    of: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """A group of the list; `more` leads to all of it."""

    key: str
    label: str
    rows: tuple[Option, ...]
    more: str = ""


def plain(label: str) -> tuple[Piece, ...]:
    """Give a label with nothing marked."""
    return (Piece(label, False),)


def of_found(request: SignedRequest, found: Found) -> Option:
    """Show a record that was found."""
    state = ""
    if found.place is not None and found.place is not Place.OPEN:
        state = str(PLACES[found.place])
    return Option(
        url=_url_of(request, found.kind, found.id),
        pieces=found.pieces,
        icon=ICONS[found.kind].icon,
        beside=tuple(part for part in found.beside if part),
        state=state,
        of="" if found.kind == "person" else f"{found.kind}:{found.id}",
    )


def of_record(record: RecordName) -> Option:
    """Show a record that was looked at or pinned."""
    state = ""
    if record.place is not None and record.place is not Place.OPEN:
        state = str(PLACES[record.place])
    return Option(
        url=f"{_below(record.object_type)}{record.id}/",
        pieces=plain(record.name),
        icon=ICONS[record.object_type].icon,
        beside=(record.beside,) if record.beside else (),
        state=state,
        of=f"{record.object_type}:{record.id}",
    )


def of_records(records: Iterable[RecordName]) -> tuple[Option, ...]:
    """Show records that were looked at or pinned."""
    return tuple(of_record(record) for record in records)


@cache
def _below(kind: str) -> str:
    """Give what the addresses of a kind's records begin with: a list asks for twenty of them."""
    return reverse(kind, args=[0]).removesuffix("0/")


def _url_of(request: SignedRequest, kind: str, pk: int) -> str:
    if kind != "person" or request.viewer.holds("person.edit"):
        return f"{_below(kind)}{pk}/"
    # Colleagues have no page of their own: what they own, as far as one sees it.
    if reads_customers(request.viewer):
        return f"{reverse('opportunities')}?owner={pk}"
    return ""
