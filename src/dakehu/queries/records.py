"""A record that notes, files and a timeline hang on: an opportunity, an account or a contact.

Whoever sees the record sees what hangs on it. Notes on a contact are notes about a person: they
are read where the contact's personal note is (docs/decisions/0008, 0023).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.models import Account, Contact, Grant, Mark, Opportunity
from dakehu.models.visibility import is_in_scope
from dakehu.queries.people import PersonName, viewer_of


@dataclass(frozen=True, slots=True)
class Until:
    """Up to where newest-first rows are read: before this moment, at it below this number."""

    at: datetime
    id: int

    def within(self, column: str) -> Q:
        """Give the condition on a table whose moments stand in `column`."""
        return Q(**{f"{column}__lt": self.at}) | Q(**{column: self.at, "id__lt": self.id})


KINDS = ("opportunity", "account", "contact")
#: SQLite's driver refuses a greater number instead of finding nothing.
LARGEST_ID = 2**63 - 1
_UNKNOWN = {
    "opportunity": "opportunity.not_found",
    "account": "account.unknown",
    "contact": "contact.unknown",
}


@dataclass(frozen=True, slots=True)
class Record:
    """A record in sight: whose it is, and what the viewer was granted on it."""

    kind: str
    id: int
    name: str
    owner_id: int | None
    unit_id: int | None
    account_id: int | None
    granted: str | None
    #: Voided or deleted: it can be read, nothing is added to it.
    is_gone: bool
    #: Of an opportunity: its account's name, which whoever sees the deal may read.
    account_name: str = ""
    #: When the viewer last had it before them.
    last_look: datetime | None = None

    @property
    def manager_id(self) -> int | None:
        """Give whose account it is (of accounts and contacts)."""
        return self.owner_id

    @property
    def column(self) -> dict[str, int]:
        """Give the column by which notes, files and activities hang on it."""
        return {f"{self.kind}_id": self.id}

    def right(self, viewer: Viewer, permission: str) -> Right | None:
        """Give the right by which the viewer may do this to the record."""
        return viewer.right_to(
            permission, owner_id=self.owner_id, unit_id=self.unit_id, granted=self.granted
        )

    def require(self, viewer: Viewer, permission: str) -> Right:
        """Give that right, or refuse with NotAllowed(permission)."""
        right = self.right(viewer, permission)
        if right is None:
            raise NotAllowed(permission)
        return right


def record_in_sight(viewer: Viewer, *, kind: str, record_id: int) -> Record:
    """Give a record. NotFound where there is none of that kind that the viewer may know of."""
    if kind not in KINDS:
        raise NotFound("record.unknown_kind")
    if record_id > LARGEST_ID:
        raise NotFound(_UNKNOWN[kind])
    found = _READ[kind](viewer, record_id)
    if found is None:
        raise NotFound(_UNKNOWN[kind])
    return found


def reads_notes(viewer: Viewer, record: Record) -> bool:
    """Test if the viewer may read notes on a record that they see."""
    if record.kind != "contact":
        return True
    own = viewer.person_id is not None and record.owner_id == viewer.person_id
    return own or viewer.reads_field("contact.note")


def who_sees(
    viewer: Viewer, *, record: Record, people: Iterable[PersonName], today: date
) -> frozenset[int]:
    """Give which of these people see the record, and its notes."""
    people = list(people)
    column = "opportunity_id" if record.kind == "opportunity" else "account_id"
    on = record.id if record.kind == "opportunity" else record.account_id
    granted = set(
        Grant.objects.filter(
            person_id__in=[person.id for person in people], **{column: on}
        ).values_list("person_id", flat=True)
    )
    del viewer  # who works where is no secret inside the organisation
    seeing: set[int] = set()
    for person in people:
        asked = viewer_of(person_id=person.id, login=person.login, today=today, language="en")
        sees = is_in_scope(asked, owner_id=record.owner_id, unit_id=record.unit_id)
        if (sees or person.id in granted) and reads_notes(asked, record):
            seeing.add(person.id)
    return frozenset(seeing)


def _work(viewer: Viewer, column: str, outer: str) -> Exists:
    return Exists(
        Grant.objects.filter(
            person_id=viewer.person_id or 0, right="work", **{column: OuterRef(outer)}
        )
    )


def _looked(viewer: Viewer, kind: str) -> Subquery:
    marks = Mark.objects.filter(
        person_id=viewer.person_id or 0, object_type=kind, object_id=OuterRef("pk")
    )
    return Subquery(marks.values("seen_at")[:1])


def _opportunity(viewer: Viewer, record_id: int) -> Record | None:
    row: Any = (
        Opportunity.objects.visible_to(viewer)
        .annotate(work=_work(viewer, "opportunity_id", "pk"), looked=_looked(viewer, "opportunity"))
        .filter(pk=record_id)
        .values_list(
            "name", "owner_id", "unit_id", "account_id", "work", "voided", "account__name", "looked"
        )
        .first()
    )
    if row is None:
        return None
    name, owner, unit, account, work, voided, account_name, looked = row
    return Record(
        "opportunity", record_id, name, owner, unit, account, "work" if work else None, voided,
        account_name or "", looked,
    )  # fmt: skip


def _account(viewer: Viewer, record_id: int) -> Record | None:
    row: Any = (
        Account.visible_to(viewer)
        .annotate(work=_work(viewer, "account_id", "pk"), looked=_looked(viewer, "account"))
        .filter(pk=record_id)
        .values_list("name", "manager_id", "unit_id", "work", "deleted_at", "looked")
        .first()
    )
    if row is None:
        return None
    name, manager, unit, work, gone, looked = row
    return Record(
        "account", record_id, name, manager, unit, record_id, "work" if work else None,
        gone is not None, "", looked,
    )  # fmt: skip


def _contact(viewer: Viewer, record_id: int) -> Record | None:
    row: Any = (
        Contact.objects.filter(pk=record_id, account__in=Account.visible_to(viewer))
        .annotate(work=_work(viewer, "account_id", "account_id"), looked=_looked(viewer, "contact"))
        .values_list(
            "name",
            "account__manager_id",
            "account__unit_id",
            "account_id",
            "work",
            "deleted_at",
            "looked",
        )
        .first()
    )
    if row is None:
        return None
    name, manager, unit, account, work, gone, looked = row
    return Record(
        "contact", record_id, name, manager, unit, account, "work" if work else None,
        gone is not None, "", looked,
    )  # fmt: skip


_READ = {"opportunity": _opportunity, "account": _account, "contact": _contact}
