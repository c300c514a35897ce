"""Who is named in a line of words: accounts and people in sight, by name, pinyin or initials."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Length, Replace, StrIndex

from dakehu.core.access import Viewer
from dakehu.core.activities import NamePart, name_parts
from dakehu.core.names import folded
from dakehu.models import Account, Contact, NameToken
from dakehu.queries.activities.meant import Fit, Place, account_place, person_fit, runs

#: At most so many are offered.
MOST_OFFERED = 6
#: So many are compared: of several whole names none is meant for certain.
_COMPARED = 24
#: Whole names of so many letters count wherever they stand in a line.
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account that may be meant."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NamedContact:
    """Somebody who may be meant, at which account, and by which words."""

    id: int
    name: str
    title: str
    account_id: int
    account: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a line names. Who is named for certain is meant; of others the reader chooses."""

    accounts: tuple[NamedAccount, ...] = ()
    contacts: tuple[NamedContact, ...] = ()
    #: The words that name the account which is known, or the only one that is named.
    account_at: Place | None = None

    @property
    def account(self) -> NamedAccount | None:
        """Give the one account that is meant."""
        if len(self.accounts) == 1:
            return self.accounts[0]
        meant = {c.account_id: NamedAccount(c.account_id, c.account) for c in self.meant}
        return None if self.accounts or len(meant) != 1 else next(iter(meant.values()))

    @property
    def meant(self) -> tuple[NamedContact, ...]:
        """Give who is meant: named for certain, by words that are nobody else's."""
        certain = [one for one in self.contacts if one.fit.is_certain]
        return tuple(
            one
            for one in certain
            if not any(_meet(one.fit.place, other.fit.place) for other in certain if other != one)
        )

    def places_of(self, contacts: Collection[int]) -> list[Place]:
        """Give the words that stand for these people and for the account."""
        found = [one.fit.place for one in self.contacts if one.id in contacts]
        return [*found, *([self.account_at] if self.account_at else [])]


def _meet(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def named_in(*, viewer: Viewer, words: str, account_id: int | None = None) -> Named:
    """Give which accounts and people the words name; of one account where that is known."""
    parts = name_parts(words)
    if not parts:
        return Named()
    if account_id is not None:
        found = _contacts(viewer, parts, [account_id], is_known=True)
        return Named(contacts=found, account_at=_account_at(words, parts, account_id))
    accounts = _in_full(viewer, words) or _accounts(viewer, parts)
    within = [one.id for one in accounts] or None
    found = _contacts(viewer, parts, within, is_known=len(accounts) == 1)
    if accounts and found and len(accounts) > 1:
        # Two accounts may be meant, one of them has somebody of that name.
        having = {contact.account_id for contact in found}
        accounts = tuple(one for one in accounts if one.id in having)
    place = _account_at(words, parts, accounts[0].id) if len(accounts) == 1 else None
    return Named(accounts, found, place)


def _account_at(words: str, parts: Sequence[NamePart], account_id: int) -> Place | None:
    """Give the words that name an account in sight."""
    row = Account.objects.filter(pk=account_id).values_list("name", "name_en", "sort_key").first()
    if row is None:
        return None
    spelt = {run.spelt for run in runs(parts) if run.spelt}
    codes: set[str] = set()
    if spelt:
        tokens = NameToken.objects.filter(
            kind="account",
            object_id=account_id,
            token__in=[s + one for one in spelt for s in "=~#"],
        )
        codes = {token[1:] for token in tokens.values_list("token", flat=True)}
    return account_place(words, parts, [name for name in row[:2] if name], row[2], codes)


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
    viewer: Viewer, parts: Sequence[NamePart], accounts: Sequence[int] | None, *, is_known: bool
) -> tuple[NamedContact, ...]:
    rows = Contact.objects.filter(deleted_at=None, account__in=Account.visible_to(viewer))
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    rows = (
        rows.annotate(spelt=Replace("sort_key", Value(" "), Value("")))
        .filter(_may_be(parts))
        # Who bears the whole name comes first, however many begin with it.
        .annotate(other=Case(When(_whole(parts), then=Value(0)), default=Value(1)))
        .order_by("other", F("last_contact_on").desc(nulls_last=True), "sort_key", "id")
    )
    columns = ("id", "name", "title", "account_id", "account__name", "name_en", "sort_key")
    found = []
    for pk, name, title, account_id, account, english, key in rows.values_list(*columns)[
        :_COMPARED
    ]:
        fit = person_fit(parts, name, english, key, at_their_account=is_known)
        if fit is not None:
            found.append(NamedContact(pk, name, title, account_id, account, fit))
    return tuple(sorted(found, key=lambda one: not one.fit.is_certain)[:MOST_OFFERED])


def _may_be(parts: Sequence[NamePart]) -> Q:
    """Give who is named by one of the parts or begins with it."""
    named = Q(pk__in=[])
    for part in parts:
        if part.text.isascii():
            if len(part.spelt) < 2:
                continue
            named |= Q(sort_key__istartswith=f"{part.text} ") | Q(spelt__istartswith=part.spelt)
            named |= Q(name_en__icontains=part.text)
        elif len(part.stem) >= 2 or (part.stem and part.is_addressed):
            named |= Q(name__startswith=part.stem) | Q(name=part.text)
    spelt = [part.spelt for part in parts if part.text.isascii() and len(part.spelt) >= 2]
    if spelt:
        # Pinyin in its other readings, and initials.
        tokens = NameToken.objects.filter(kind="c", token__in=[s + o for o in spelt for s in "=~"])
        named |= Q(pk__in=tokens.values("object_id"))
    return named


def _whole(parts: Sequence[NamePart]) -> Q:
    """Give whose whole name the parts are, as far as the row tells."""
    spelt = [run.spelt for run in runs(parts) if len(run.spelt) >= 2]
    names = [text for part in parts for text in (part.text, part.stem)]
    return Q(spelt__in=spelt) | Q(name__in=names)
