"""Records that somebody looked at, pinned, follows; names of records as far as one sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityKind
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Place
from dakehu.models import Account, Activity, Contact, Grant, Mark, Opportunity
from dakehu.models.visibility import visible_accounts_sql, visible_sql
from dakehu.queries.ledger import fetch

#: What can be marked.
OBJECT_TYPES = ("opportunity", "account", "contact")
RECENT, PINNED = 20, 8
#: More are read than shown: some may have gone out of sight since.
_READ = 60
Ref = tuple[str, int]


@dataclass(frozen=True, slots=True)
class RecordName:
    """A record in sight as a list of records shows it."""

    object_type: str
    id: int
    name: str
    beside: str
    place: Place | None = None
    #: Of an activity, which need not have a subject.
    kind: ActivityKind | None = None


@dataclass(frozen=True, slots=True)
class RecordAtHand:
    """One record in sight with one's marks on it and what one may do with it."""

    record: RecordName
    is_pinned: bool
    is_followed: bool
    #: Only where the account is in sight too.
    account_id: int | None
    may: frozenset[str]


def names_in_sight(viewer: Viewer, refs: Iterable[Ref]) -> dict[Ref, RecordName]:
    """Give the names of those of these records that the viewer may see, one question a kind."""
    wanted: dict[str, set[int]] = {}
    for object_type, pk in refs:
        wanted.setdefault(object_type, set()).add(pk)
    found: dict[Ref, RecordName] = {}
    for object_type, ids in wanted.items():
        read = _NAMES.get(object_type)
        for row in read(viewer, sorted(ids)) if read else ():
            found[object_type, row.id] = row
    return found


def _opportunities(viewer: Viewer, ids: list[int]) -> list[RecordName]:
    rows = Opportunity.objects.visible_to(viewer).filter(pk__in=ids, voided=False)
    return [
        RecordName("opportunity", pk, name, account or "", Place(place))
        for pk, name, account, place in rows.values_list("pk", "name", "account__name", "place")
    ]


def _accounts(viewer: Viewer, ids: list[int]) -> list[RecordName]:
    rows = Account.visible_to(viewer).filter(pk__in=ids, deleted_at=None)
    return [
        RecordName("account", pk, name, code)
        for pk, name, code in rows.values_list("pk", "name", "code")
    ]


def _contacts(viewer: Viewer, ids: list[int]) -> list[RecordName]:
    rows = Contact.objects.filter(pk__in=ids, deleted_at=None, account__deleted_at=None)
    if not viewer.sees_all:
        rows = rows.filter(account__in=Account.visible_to(viewer))
    return [
        RecordName("contact", pk, name, account)
        for pk, name, account in rows.values_list("pk", "name", "account__name")
    ]


def _activities(viewer: Viewer, ids: list[int]) -> list[RecordName]:
    rows = Activity.objects.there().visible_to(viewer).filter(pk__in=ids)
    return [
        RecordName("activity", pk, subject, on.isoformat(), kind=ActivityKind(kind))
        for pk, subject, on, kind in rows.values_list("pk", "subject", "on", "kind")
    ]


_NAMES: Mapping[str, Any] = {
    "opportunity": _opportunities, "account": _accounts, "contact": _contacts,
    "activity": _activities,
}  # fmt: skip


#: Marks of somebody, as far as their records are in sight: which mark and when, then the record.
#: By plain SQL: this is what stands in the palette before anything is typed.
_MARKED = """
SELECT m.mark, m.marked_at, m.id, 'opportunity', x.id, x.name, v.name, x.place
FROM mine m JOIN dakehu_opportunity x ON x.id = m.object_id
  LEFT JOIN dakehu_account v ON v.id = x.account_id
WHERE m.object_type = 'opportunity' AND NOT x.voided AND ({deals})
UNION ALL
SELECT m.mark, m.marked_at, m.id, 'account', x.id, x.name, x.code, NULL
FROM mine m JOIN dakehu_account x ON x.id = m.object_id
WHERE m.object_type = 'account' AND ({accounts})
UNION ALL
SELECT m.mark, m.marked_at, m.id, 'contact', x.id, x.name, v.name, NULL
FROM mine m JOIN dakehu_contact x ON x.id = m.object_id
  JOIN dakehu_account v ON v.id = x.account_id
WHERE m.object_type = 'contact' AND x.deleted_at IS NULL AND ({of_contacts})
"""
_MINE = (
    "SELECT * FROM (SELECT '{mark}' AS mark, {mark} AS marked_at, id, object_type, object_id"
    " FROM dakehu_mark WHERE person_id = %s AND {mark} IS NOT NULL"
    " ORDER BY {mark} DESC, id DESC LIMIT {read}) AS {mark}"
)


def pins(viewer: Viewer) -> tuple[RecordName, ...]:
    """Give the records in sight that the viewer pinned, the last first."""
    return _marked(viewer, "pinned_at")["pinned_at"][:PINNED]


def recents_and_pins(viewer: Viewer) -> tuple[tuple[RecordName, ...], tuple[RecordName, ...]]:
    """Give both in one question: the records that the viewer looked at last, and the pinned."""
    found = _marked(viewer, "seen_at", "pinned_at")
    return found["seen_at"][:RECENT], found["pinned_at"][:PINNED]


def _marked(viewer: Viewer, *marks: str) -> dict[str, tuple[RecordName, ...]]:
    mine = " UNION ALL ".join(_MINE.format(mark=mark, read=_READ) for mark in marks)
    told = _MARKED.format(
        deals=visible_sql(viewer, "x"),
        accounts=visible_accounts_sql(viewer, "x"),
        of_contacts=visible_accounts_sql(viewer, "v"),
    )
    rows = fetch(f"WITH mine AS ({mine}) {told}", [viewer.person_id or 0] * len(marks))
    rows.sort(key=lambda row: row[1:3], reverse=True)
    found: dict[str, list[RecordName]] = {mark: [] for mark in marks}
    for mark, _at, _mark_id, object_type, pk, name, beside, place in rows:
        record = RecordName(
            object_type, pk, name, beside or "", None if place is None else Place(place)
        )
        found[mark].append(record)
    return {mark: tuple(records) for mark, records in found.items()}


def record_at_hand(viewer: Viewer, *, object_type: str, object_id: int) -> RecordAtHand:
    """Give one record in sight, one's marks on it, and what one may do with it.

    Raises NotFound("mark.unknown_record").
    """
    found = names_in_sight(viewer, [(object_type, object_id)]).get((object_type, object_id))
    if found is None or object_type not in OBJECT_TYPES:
        raise NotFound("mark.unknown_record")
    mark = Mark.objects.filter(
        person_id=viewer.person_id or 0, object_type=object_type, object_id=object_id
    ).first()
    account_id, may = _MAY[object_type](viewer, object_id)
    if viewer.holds("activity.log"):
        may |= {"activity.log"}
    return RecordAtHand(
        found,
        is_pinned=mark is not None and mark.pinned_at is not None,
        is_followed=mark is not None and mark.followed_at is not None,
        account_id=account_id,
        may=may,
    )


Rights = tuple[int | None, frozenset[str]]
_ON_OPPORTUNITY = (
    "opportunity.advance", "opportunity.edit", "opportunity.win", "opportunity.lose",
)  # fmt: skip


def _may_on_opportunity(viewer: Viewer, pk: int) -> Rights:
    owner, unit, place, account = Opportunity.objects.values_list(
        "owner_id", "unit_id", "place", "account_id"
    ).get(pk=pk)
    granted = _granted(viewer, opportunity_id=pk)
    found = {
        permission
        for permission in _ON_OPPORTUNITY
        if viewer.may(permission, owner_id=owner, unit_id=unit, granted=granted)
    }
    if place != Place.OPEN:
        found &= {"opportunity.edit"}
    # To see a deal shows its account's name and nothing more of the account.
    in_sight = Account.visible_to(viewer).filter(pk=account).values_list("pk", flat=True)
    return in_sight.first(), frozenset(found)


def _may_on_account(viewer: Viewer, pk: int) -> Rights:
    manager, unit = Account.objects.values_list("manager_id", "unit_id").get(pk=pk)
    granted = _granted(viewer, account_id=pk)
    found = {
        permission
        for permission in ("account.edit", "contact.edit")
        if viewer.may(permission, owner_id=manager, unit_id=unit, granted=granted)
    }
    return pk, frozenset(found)


def _may_on_contact(viewer: Viewer, pk: int) -> Rights:
    account = Contact.objects.values_list("account_id", flat=True).get(pk=pk)
    _account, may = _may_on_account(viewer, account)
    return account, may & {"contact.edit"}


_MAY: Mapping[str, Any] = {
    "opportunity": _may_on_opportunity, "account": _may_on_account, "contact": _may_on_contact,
}  # fmt: skip


def _granted(viewer: Viewer, **record: int) -> str | None:
    work = Grant.objects.filter(person_id=viewer.person_id or 0, right="work", **record)
    return "work" if work.exists() else None
