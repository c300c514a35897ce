"""What is on record: the field history of an object, and look-ups beyond one's sight."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import Way
from dakehu.models import Change, LookUp
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.people import PersonName, person_name


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field changed; values as they were kept, worded by the page."""

    at: datetime
    actor: PersonName | None
    #: Whom a deputy stood in for.
    for_person: PersonName | None
    field: str
    old: Any
    new: Any
    way: Way


def changes(
    *,
    viewer: Viewer,
    object_type: str,
    object_id: int,
    hidden: frozenset[str] = frozenset(),
    limit: int = 50,
) -> tuple[ChangeRow, ...]:
    """Give what changed of an object, newest first; `hidden` fields of it are out.

    The caller has looked the object up under the viewer's permission.
    """
    rows = (
        Change.objects.filter(object_type=object_type, object_id=object_id)
        .exclude(field__in=hidden)
        .select_related("actor", "for_person")
        .order_by("-id")[:limit]
    )
    del viewer
    return tuple(
        ChangeRow(
            at=row.at,
            actor=person_name(row.actor) if row.actor else None,
            for_person=person_name(row.for_person) if row.for_person else None,
            field=row.field,
            old=row.old,
            new=row.new,
            way=Way(row.way),
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class LookUpRow:
    """Who asked when for which name, and of how many hidden accounts they were told."""

    id: int
    at: datetime
    who: PersonName
    name: str
    hidden: int


def look_ups(*, viewer: Viewer, cut: Cut) -> Page[LookUpRow]:
    """Give a page of the look-ups beyond people's sight, the latest first.

    Raises NotAllowed("audit.read").
    """
    if not viewer.holds("audit.read"):
        raise NotAllowed("audit.read")
    rows = LookUp.objects.select_related("person")
    page = page_of([rows], order=("id",), descending=True, cut=cut)
    shown = tuple(
        LookUpRow(row.pk, row.at, person_name(row.person), row.name, row.hidden)
        for row in page.rows
    )
    return Page(shown, page.next, page.previous)
