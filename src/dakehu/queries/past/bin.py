"""The bin: what the viewer or their units deleted in the last 30 days, and can bring back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from dakehu.core.access import Viewer
from dakehu.core.ledger import Kind
from dakehu.core.past import KEPT
from dakehu.models import (
    Account,
    Activity,
    Attachment,
    Change,
    Contact,
    Grant,
    Movement,
    Note,
    Opportunity,
    SavedView,
)
from dakehu.models.visibility import AccountQuerySet, in_scope
from dakehu.queries.past.removed import REMOVED, removals
from dakehu.queries.people import PersonName, person_name
from dakehu.queries.views import may_share_with

KINDS = (
    "opportunity", "account", "contact", "activity", "note", "file", "stakeholder", "member",
    "view",
)  # fmt: skip
#: So many of each kind are listed, the last deleted first.
LISTED = 100


@dataclass(frozen=True, slots=True)
class BinRow:
    """Something that was deleted: what, whose, by whom, when, and how many days it is kept."""

    kind: str
    id: int
    name: str
    #: The account or opportunity that it hangs on.
    about: str
    deleted_at: datetime
    by: PersonName | None
    days_left: int
    may_restore: bool
    may_erase: bool = False


@dataclass(frozen=True)
class Bin:
    """What is in it; `cut` where a kind has more than are listed."""

    rows: tuple[BinRow, ...]
    cut: bool


def bin_rows(*, viewer: Viewer, at: datetime, kind: str = "") -> Bin:
    """Give what was deleted by the viewer or in their units, the last first.

    In it is only what the viewer could see while it stood: one kind, or all of them.
    """
    rows: list[BinRow] = []
    cut = False
    for name, read in _READERS.items():
        if kind in ("", name):
            found = list(read(viewer, at))
            cut = cut or len(found) > LISTED
            rows += found[:LISTED]
    if kind in ("", *REMOVED):
        gone, more = removals(viewer, at=at, kinds=[kind] if kind else list(REMOVED), most=LISTED)
        rows += [
            BinRow(one.kind, one.id, one.name, one.about, one.at, one.by,
                   _days_left(one.at, at), one.may_restore)
            for one in gone
        ]  # fmt: skip
        cut = cut or more
    rows.sort(key=lambda row: (row.deleted_at, row.kind, row.id), reverse=True)
    return Bin(tuple(rows), cut)


def _mine(viewer: Viewer, *, by: str = "deleted_by_id", unit: str = "unit_id") -> Q:
    """Keep what the viewer deleted, or whom they stand in for, or anybody in their units."""
    if viewer.sees_all:
        return Q()
    people = viewer.owners | ({viewer.person_id} if viewer.person_id is not None else frozenset())
    return Q(**{f"{by}__in": people}) | Q(**{f"{unit}__in": viewer.units})


def _recent(rows: Any, viewer: Viewer, at: datetime, *, unit: str = "unit_id") -> Any:
    """Keep what can still be brought back, the last deleted first."""
    return (
        rows.filter(_mine(viewer, unit=unit), deleted_at__gte=at - KEPT)
        .select_related("deleted_by")
        .order_by("-deleted_at", "-pk")[: LISTED + 1]
    )


def _days_left(deleted_at: datetime, at: datetime) -> int:
    """Count a day that has begun: what was deleted just now is kept for 30."""
    return max(-((at - deleted_at - KEPT) // timedelta(days=1)), 0)


def _row(kind: str, row: Any, at: datetime, **more: Any) -> BinRow:
    return BinRow(
        kind=kind,
        id=row.pk,
        deleted_at=row.deleted_at,
        by=person_name(row.deleted_by) if row.deleted_by else None,
        days_left=_days_left(row.deleted_at, at),
        **more,
    )


def _may(viewer: Viewer, permissions: Iterable[str], owner: int | None, unit: int | None) -> bool:
    return any(viewer.may(each, owner_id=owner, unit_id=unit) for each in permissions)


def _accounts(viewer: Viewer, at: datetime) -> Iterable[BinRow]:
    rows = AccountQuerySet(Account).visible_once_to(viewer)
    for row in _recent(rows, viewer, at):
        may = _may(viewer, ("account.delete", "account.assign"), row.manager_id, row.unit_id)
        yield _row("account", row, at, name=row.name, about="", may_restore=may)


def _contacts(viewer: Viewer, at: datetime) -> Iterable[BinRow]:
    # With its account out of sight a contact is, too: the account comes back first.
    rows: Any = Contact.with_deleted.filter(account__in=Account.visible_to(viewer))
    found = _recent(
        rows.exclude(name="").select_related("account"), viewer, at, unit="account__unit_id"
    )
    for row in found.select_related("account", "deleted_by"):
        may = _may(
            viewer, ("contact.delete", "account.assign"), row.account.manager_id,
            row.account.unit_id,
        )  # fmt: skip
        yield _row(
            "contact", row, at, name=row.name, about=row.account.name, may_restore=may,
            may_erase=may,
        )  # fmt: skip


def _opportunities(viewer: Viewer, at: datetime) -> Iterable[BinRow]:
    seen = Opportunity.objects.filter(voided=True).visible_to(viewer)
    work = Grant.objects.filter(
        person_id=viewer.person_id or 0, right="work", opportunity_id=OuterRef("opportunity_id")
    )
    moves = (
        Movement.objects.filter(
            kind=Kind.VOIDED,
            on__gte=(at - KEPT).date(),
            recorded_at__gte=at - KEPT,
            opportunity__in=seen,
        )
        .annotate(granted_work=Exists(work))
        .filter(_of_mine(viewer))
        .select_related("actor", "opportunity__account")
        .order_by("-recorded_at", "-id")[: LISTED + 1]
    )
    known: set[int] = set()
    for move in moves:
        row: Any = move.opportunity
        if row.pk in known:
            continue
        known.add(row.pk)
        yield BinRow(
            kind="opportunity",
            id=row.pk,
            name=row.name,
            about=row.account.name if row.account else "",
            deleted_at=move.recorded_at,
            by=person_name(move.actor) if move.actor else None,
            days_left=_days_left(move.recorded_at, at),
            may_restore=viewer.may(
                "opportunity.restore",
                owner_id=row.owner_id,
                unit_id=row.unit_id,
                granted="work" if move.granted_work else None,
            ),
        )


def _of_mine(viewer: Viewer) -> Q:
    """Keep those of others that the viewer may bring back too, whoever voided them."""
    if viewer.sees_all:
        return Q()
    mine = _mine(viewer, by="actor_id", unit="opportunity__unit_id")
    return mine | Q(opportunity__owner_id__in=viewer.owners) | Q(granted_work=True)


def _activities(viewer: Viewer, at: datetime) -> Iterable[BinRow]:
    rows: QuerySet[Any] = Activity._base_manager.filter(deleted_at__isnull=False)
    rows = rows.filter(in_scope(viewer))
    for row in _recent(rows, viewer, at):
        mine = viewer.person_id in (row.owner_id, row.deleted_by_id)
        yield _row("activity", row, at, name=row.subject, about="", may_restore=mine)


def _notes(viewer: Viewer, at: datetime) -> Iterable[BinRow]:
    yield from _hanging(viewer, at, "note", Note)


def _files(viewer: Viewer, at: datetime) -> Iterable[BinRow]:
    yield from _hanging(viewer, at, "file", Attachment)


def _hanging(viewer: Viewer, at: datetime, kind: str, model: Any) -> Iterable[BinRow]:
    """Give what hangs on a record, as long as the record itself is in sight."""
    accounts = Account.visible_to(viewer).values("pk")
    seen = (
        Q(opportunity__in=Opportunity.objects.filter(voided=False).visible_to(viewer).values("pk"))
        | Q(account__in=accounts)
        | Q(contact__in=Contact.objects.visible_to(viewer).values("pk"))
    )
    rows = model._base_manager.filter(seen, deleted_at__isnull=False)
    # Only what one deleted oneself: of a colleague's note nobody else reads what stood in it.
    if not viewer.is_operator:
        rows = rows.filter(deleted_by_id=viewer.person_id)
    found = (
        rows.filter(deleted_at__gte=at - KEPT)
        .select_related("deleted_by", "opportunity", "account", "contact")
        .order_by("-deleted_at", "-pk")[: LISTED + 1]
    )
    if kind == "file":
        found = found.annotate(called=F("file__name"))
    else:
        found = found.annotate(called=F("text"))
    for row in found:
        about = row.opportunity or row.account or row.contact
        yield _row(
            kind, row, at, name=" ".join(str(row.called).split())[:80], about=about.name,
            may_restore=True,
        )  # fmt: skip


def _views(viewer: Viewer, at: datetime) -> Iterable[BinRow]:
    """Give one's own views, and shared ones that one deleted oneself and may share still."""
    deletions = Change.objects.filter(object_type="view", field="deleted_at", new__isnull=False)
    mine = deletions.filter(actor_id=viewer.person_id or 0).values("object_id")
    last = deletions.filter(object_id=OuterRef("pk")).order_by("-id")
    rows: Any = SavedView.objects.filter(
        Q(owner_id=viewer.person_id or 0) | Q(pk__in=mine), deleted_at__gte=at - KEPT
    )
    rows = rows.annotate(
        **{f"by_{name}": Subquery(last.values(f"actor__{name}")[:1]) for name in _NAMES}
    )
    for row in rows.order_by("-deleted_at", "-pk")[: LISTED + 1]:
        own = row.owner_id == viewer.person_id
        if not own and row.by_id != viewer.person_id:
            continue
        shares = row.unit_id is not None and may_share_with(viewer, row.unit_id)
        by = PersonName(*(getattr(row, f"by_{name}") for name in _NAMES)) if row.by_id else None
        yield BinRow(
            kind="view",
            id=row.pk,
            name=row.name,
            about="",
            deleted_at=row.deleted_at,
            by=by,
            days_left=_days_left(row.deleted_at, at),
            may_restore=own or shares,
        )


_NAMES = ("id", "login", "name", "name_en")
_READERS = {
    "opportunity": _opportunities,
    "account": _accounts,
    "contact": _contacts,
    "activity": _activities,
    "note": _notes,
    "file": _files,
    "view": _views,
}
