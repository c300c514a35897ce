"""Who is named in a line of words: accounts and people in sight, by name, pinyin or initials."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, Value
from django.db.models.functions import Length, Replace, StrIndex

from dakehu.core.access import Viewer
from dakehu.core.activities import NamePart, name_parts
from dakehu.core.names import folded
from dakehu.models import Account, Contact, NameToken

#: At most so many are offered.
MOST_OFFERED = 6
#: Whole names of so many letters count wherever they stand in a line.
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account that may be meant."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NamedContact:
    """Somebody who may be meant, and at which account."""

    id: int
    name: str
    title: str
    account_id: int
    account: str


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a line names. One alone is meant; of several the reader chooses."""

    accounts: tuple[NamedAccount, ...] = ()
    contacts: tuple[NamedContact, ...] = ()

    @property
    def account(self) -> NamedAccount | None:
        """Give the one account that is meant."""
        if len(self.accounts) == 1:
            return self.accounts[0]
        if not self.accounts and len({c.account_id for c in self.contacts}) == 1:
            return NamedAccount(self.contacts[0].account_id, self.contacts[0].account)
        return None

    @property
    def contact(self) -> NamedContact | None:
        """Give the one person who is meant."""
        return self.contacts[0] if len(self.contacts) == 1 else None


def named_in(*, viewer: Viewer, words: str, account_id: int | None = None) -> Named:
    """Give which accounts and people the words name; of one account where that is known."""
    parts = name_parts(words)
    if not parts:
        return Named()
    if account_id is not None:
        return Named(contacts=_contacts(viewer, parts, [account_id]))
    accounts = _in_full(viewer, words) or _accounts(viewer, parts)
    within = [one.id for one in accounts] or None
    found = _contacts(viewer, parts, within)
    if accounts and found and len(accounts) > 1:
        # Two accounts may be meant, one of them has somebody of that name.
        having = {contact.account_id for contact in found}
        accounts = tuple(one for one in accounts if one.id in having)
    return Named(accounts, found)


def _in_full(viewer: Viewer, words: str) -> tuple[NamedAccount, ...]:
    """Give the accounts whose whole names stand in the words: 海岳（宁波） is not 海岳."""
    said = folded(words)
    rows = (
        Account.visible_to(viewer)
        .filter(deleted_at=None)
        .annotate(place=StrIndex(Value(said), F("folded")), long=Length("folded"))
        .filter(place__gt=0, long__gte=_SHORTEST)
        .order_by("-long", "id")
    )
    found = list(rows.values_list("id", "name", "long")[:MOST_OFFERED])
    # A name within a longer one that is said is not said itself.
    return tuple(NamedAccount(pk, name) for pk, name, long in found if long == found[0][2])


def _accounts(viewer: Viewer, parts: Sequence[NamePart]) -> tuple[NamedAccount, ...]:
    named = Q(pk__in=[])
    for part in parts:
        text, spelt = part.text, part.spelt
        if text.isascii():
            if len(spelt) < 2:
                continue
            keys = NameToken.objects.filter(
                kind="account", token__in=[f"={spelt}", f"~{spelt}", f"#{spelt}"]
            )
            named |= Q(pk__in=keys.values("object_id")) | Q(name_en__icontains=text)
            if len(spelt) >= 4:
                named |= Q(spelt__contains=spelt)
        elif len(text) >= 2 and not part.is_addressed:
            named |= Q(folded__contains=folded(text) or text) | Q(name__icontains=text)
    rows = (
        Account.visible_to(viewer)
        .filter(deleted_at=None)
        .annotate(spelt=Replace("sort_key", Value(" "), Value("")))
        .filter(named)
        # Of several the one that was seen last is the likeliest.
        .order_by(F("last_contact_on").desc(nulls_last=True), "sort_key", "id")
    )
    return tuple(NamedAccount(*row) for row in rows.values_list("id", "name")[:MOST_OFFERED])


def _contacts(
    viewer: Viewer, parts: Sequence[NamePart], accounts: Sequence[int] | None
) -> tuple[NamedContact, ...]:
    named = Q(pk__in=[])
    for part in parts:
        if part.text.isascii():
            if len(part.spelt) < 2:
                continue
            named |= Q(sort_key__istartswith=f"{part.text} ") | Q(spelt__istartswith=part.spelt)
            named |= Q(name_en__icontains=part.text)
        elif len(part.stem) >= 2 or (part.stem and part.is_addressed):
            named |= Q(name__startswith=part.stem) | Q(name=part.text)
    rows = Contact.objects.filter(deleted_at=None, account__in=Account.visible_to(viewer))
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    rows = (
        rows.annotate(spelt=Replace("sort_key", Value(" "), Value("")))
        .filter(named)
        .order_by(F("last_contact_on").desc(nulls_last=True), "sort_key", "id")
    )
    return tuple(
        NamedContact(*row)
        for row in rows.values_list("id", "name", "title", "account_id", "account__name")[
            :MOST_OFFERED
        ]
    )
