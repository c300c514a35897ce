"""Notices as their reader may read them: a record's name only while it is in sight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.notices import DIGEST_AT, KINDS
from dakehu.models import Notice, NoticeChoice, NoticeHours
from dakehu.queries.marks import RecordName, names_in_sight
from dakehu.queries.paging import cursor_of, key_of
from dakehu.queries.people import PersonName

#: More unread ones are not counted.
MOST_COUNTED = 99
#: What a notice may be about that is not a record of customers, and is its reader's own.
_OWN = ("import", "bulk_edit", "view", "")


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice; the record is None where it is out of sight, and so is what is told of it."""

    id: int
    kind: str
    at: datetime
    is_read: bool
    who: PersonName | None
    object_type: str
    object_id: int | None
    record: RecordName | None
    facts: Mapping[str, Any]

    @property
    def is_hidden(self) -> bool:
        """Test if it tells of a record that its reader sees no longer."""
        return self.record is None and self.object_type not in _OWN


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A page of notices, the unread first, each the newest first."""

    rows: tuple[NoticeRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What somebody wants to be told: by kind (in the product, by mail), and when."""

    kinds: Mapping[str, tuple[bool, str]]
    quiet_from: int | None
    quiet_until: int | None
    digest_at: int
    version: int


def notices(viewer: Viewer, *, kind: str = "", after: str = "", size: int = 30) -> NoticePage:
    """Give a page of the viewer's own notices. Raises RuleBroken("notice.unknown_kind", …)."""
    if kind and kind not in KINDS:
        raise RuleBroken("notice.unknown_kind", kind=kind[:40])
    mine = _mine(viewer)
    mine = mine.filter(kind=kind) if kind else _wanted(viewer, mine)
    read, last = key_of(after, length=2) if after else (0, None)
    found: list[Notice] = []
    for state in (0, 1)[1 if read else 0 :]:
        rows = mine.filter(read_at__isnull=state == 0).order_by("-id")
        if state == read and last is not None:
            rows = rows.filter(pk__lt=last)
        found += rows.select_related("actor")[: size + 1 - len(found)]
        if len(found) > size:
            break
    shown = found[:size]
    end = shown[-1] if len(found) > size else None
    return NoticePage(
        _rows(viewer, shown),
        cursor_of([0 if end.read_at is None else 1, end.pk]) if end else None,
    )


def notices_by_id(viewer: Viewer, *, ids: Sequence[int]) -> tuple[NoticeRow, ...]:
    """Give some of the viewer's own notices, the newest first, for a mail."""
    rows = _mine(viewer).filter(pk__in=ids)
    return _rows(viewer, list(rows.select_related("actor").order_by("-id")))


def notice(viewer: Viewer, *, notice_id: int) -> NoticeRow | None:
    """Give one of the viewer's own notices."""
    return next(iter(notices_by_id(viewer, ids=[notice_id])), None)


def unread_count(viewer: Viewer) -> int:
    """Count the unread notices of the list; of very many no more than one above MOST_COUNTED."""
    rows = _wanted(viewer, _mine(viewer)).filter(read_at=None)
    return rows.order_by()[: MOST_COUNTED + 1].count()


def notice_settings(viewer: Viewer) -> NoticeSettings:
    """Give what the viewer wants to be told."""
    mine = {"person_id": viewer.person_id or 0}
    chosen = {
        kind: (in_product, mail)
        for kind, in_product, mail in NoticeChoice.objects.filter(**mine).values_list(
            "kind", "in_product", "mail"
        )
    }
    hours = NoticeHours.objects.filter(**mine).first()
    return NoticeSettings(
        kinds={key: chosen.get(key, (True, kind.mail)) for key, kind in KINDS.items()},
        quiet_from=hours.quiet_from if hours else None,
        quiet_until=hours.quiet_until if hours else None,
        digest_at=hours.digest_at if hours else DIGEST_AT,
        version=hours.version if hours else 0,
    )


def _mine(viewer: Viewer) -> QuerySet[Notice]:
    return Notice.objects.filter(person_id=viewer.person_id or 0)


def _wanted(viewer: Viewer, rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Leave out kinds that the viewer wants in the product no longer."""
    off = NoticeChoice.objects.filter(person_id=viewer.person_id or 0, in_product=False)
    return rows.exclude(kind__in=off.values("kind"))


def _rows(viewer: Viewer, found: Sequence[Notice]) -> tuple[NoticeRow, ...]:
    names = names_in_sight(
        viewer, {(n.object_type, n.object_id) for n in found if n.object_id is not None}
    )
    rows = []
    for one in found:
        record = names.get((one.object_type, one.object_id or 0))
        hidden = record is None and one.object_type not in _OWN
        rows.append(
            NoticeRow(
                id=one.pk,
                kind=one.kind,
                at=one.at,
                is_read=one.read_at is not None,
                who=None if hidden or one.actor is None else _name(one.actor),
                object_type=one.object_type,
                object_id=None if hidden else one.object_id,
                record=record,
                facts={} if hidden else one.facts,
            )
        )
    return tuple(rows)


def _name(person: Any) -> PersonName:
    return PersonName(person.pk, person.login, person.name, person.name_en)
