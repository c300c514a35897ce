"""What happened to an opportunity: movements and field changes, merged, newest first (FUN-5)."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from dakehu.core.access import Viewer
from dakehu.core.ledger import NO_MONTH, Category, Kind, Place, Way
from dakehu.core.money import from_minor
from dakehu.core.validations import NOT_UNDONE
from dakehu.models import Change
from dakehu.queries.rates import currency_digits
from dakehu.queries.snapshot import read_alias
from dakehu.queries.stages import stage_name
from dakehu.queries.units import all_units
from dakehu.queries.written import written_once

#: No opportunity in earnest has more movements or changes; of one that has, the newest are read.
MOST = 1000

# Stages, units and currencies are named from what the process keeps: each join of a statement is
# planned anew every time it is asked.
_SIDES = f"""
SELECT e.movement_id, e.count, e.amount_minor, e.place, e.category, e.close_month, e.currency,
  e.own_rate_bp, e.stage_id, e.unit_id, o.name AS owner_zh, o.name_en AS owner_en, m.kind, m."on",
  m.recorded_at, m.way, m.correlation_id, m.reverses_id, m.actor_id, a.name AS actor_zh,
  a.name_en AS actor_en, m.for_person_id, f.name AS for_zh, f.name_en AS for_en, n.reason,
  n.competitor, n.text
FROM dakehu_entry e
  JOIN dakehu_movement m ON m.id = e.movement_id
  LEFT JOIN dakehu_movementnote n ON n.movement_id = m.id
  LEFT JOIN dakehu_person a ON a.id = m.actor_id
  LEFT JOIN dakehu_person f ON f.id = m.for_person_id
  LEFT JOIN dakehu_person o ON o.id = e.owner_id
WHERE e.opportunity_id = %s ORDER BY e.id DESC LIMIT {2 * MOST}
"""


@dataclass(frozen=True, slots=True)
class Side:
    """Where an opportunity stood before or after a movement, in names."""

    place: Place
    owner: str
    unit: str
    stage_id: int
    stage: str
    category: Category
    close_month: date | None
    currency: str
    own_rate_bp: int | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field, from what to what, as it was kept; `masked` where the viewer may not know it."""

    field: str
    old: Any
    new: Any
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """A movement, or the fields that a save changed without one (`kind` None).

    `amount` is what the opportunity gained or lost in an amount change, else what it was worth.
    `reversed` ones have been taken back; `changes` are the other fields of the same save.
    """

    id: int | None
    kind: Kind | None
    on: date
    at: datetime
    who: str
    actor_id: int | None
    way: Way
    correlation_id: UUID
    #: Whom a deputy stood in for.
    for_id: int | None = None
    whom: str = ""
    before: Side | None = None
    after: Side | None = None
    amount: Decimal | None = None
    currency: str = ""
    reason: str = ""
    competitor: str = ""
    text: str = ""
    reversed: bool = False
    taken_back: int = 0
    changes: tuple[FieldChange, ...] = ()

    @property
    def is_slip(self) -> bool:
        """Test if it slipped to a later month and was not taken back."""
        return self.kind is Kind.SLIPPED and not self.reversed


@dataclass(frozen=True, slots=True)
class Stay:
    """From `on` it stood in the stage at the place; None: nowhere."""

    on: date
    stage_id: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class History:
    """The events newest first, and where it stood from when on, oldest first."""

    events: tuple[Event, ...]
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Undoable:
    """The last save, if the viewer may take it back."""

    correlation_id: UUID
    at: datetime
    who: str


def history_of(
    *, opportunity_id: int, language: str, types: tuple[str, ...] = ("opportunity",)
) -> History:
    """Give what happened; the caller has checked that the viewer may see the opportunity.

    `types` are the objects whose field changes are told: those of the opportunity's own, which
    undo knows, and what else is kept under its number (actions.teams.OBJECT_TYPE).
    """
    english = language.startswith("en")
    movements = _movements(opportunity_id, english)
    changes = _changes(opportunity_id, english, types)
    taken_back = {m["reverses"] for m in movements.values() if m["reverses"] is not None}
    lived = sorted(
        (m for m in movements.values() if m["reverses"] is None),
        key=lambda m: (m["on"], m["id"]),
    )
    by_save: dict[UUID, list[FieldChange]] = defaultdict(list)
    for correlation, rows in changes.items():
        by_save[correlation] = [FieldChange(r[0], r[1], r[2]) for r in rows]
    events: list[Event] = []
    shown: set[UUID] = set()
    for raw in sorted(lived, key=lambda m: m["id"]):
        event = _event(raw, reversed_=raw["id"] in taken_back)
        if event.correlation_id not in shown:
            event = replace(event, changes=tuple(by_save[event.correlation_id]))
        shown.add(event.correlation_id)
        events.append(event)
    events += _mirrors(movements, by_save, shown)
    for correlation, rows in changes.items():
        if correlation not in shown:
            events.append(_field_event(correlation, rows))
    events.sort(key=lambda e: (e.at, e.id or 0), reverse=True)
    stays = tuple(Stay(m["on"], *_standing(m)) for m in lived if m["id"] not in taken_back)
    return History(tuple(events), stays)


def stays_of(ledger: History, today: date) -> dict[int, int]:
    """Give the days spent open in each stage, all stays together."""
    days: dict[int, int] = {}
    for number, stay in enumerate(ledger.stays):
        if stay.stage_id is None or stay.place is not Place.OPEN:
            continue
        later = ledger.stays[number + 1 :]
        until = later[0].on if later else today
        days[stay.stage_id] = days.get(stay.stage_id, 0) + (until - stay.on).days
    return days


def undoable(
    ledger: History, viewer: Viewer, *, may_edit: bool, may_correct: bool
) -> Undoable | None:
    """Give the last save if it can be taken back, and by this viewer."""
    # What a superior marked or was asked is no save of a field: the one before is looked at.
    saves = [
        e
        for e in ledger.events
        if e.kind is not None or not e.changes or any(c.field not in NOT_UNDONE for c in e.changes)
    ]
    if not saves:
        return None
    last = max(saves, key=lambda e: (e.at, e.id or 0))
    mixed = any(e.taken_back for e in ledger.events if e.correlation_id == last.correlation_id)
    if last.reversed or last.way is Way.UNDO or last.taken_back or mixed:
        return None
    own = viewer.person_id in (last.actor_id, last.for_id)
    if not (may_correct or (own and may_edit)):
        return None
    return Undoable(last.correlation_id, last.at, last.who)


def _movements(opportunity_id: int, english: bool) -> dict[int, dict[str, Any]]:
    """Give each movement with the entry it left and the one it entered.

    Plain SQL: the ORM takes longer to write this question than the database to answer it.
    """
    language = "en" if english else "zh-hans"
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(_SIDES, [opportunity_id])
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()[::-1]]
    digits = currency_digits() if rows else {}
    movements: dict[int, dict[str, Any]] = {}
    for row in rows:
        movement = movements.setdefault(
            row["movement_id"],
            {
                "id": row["movement_id"],
                "kind": Kind(row["kind"]),
                "on": day_of(row["on"]),
                "at": moment_of(row["recorded_at"]),
                "way": Way(row["way"]),
                "correlation": UUID(str(row["correlation_id"])),
                "reverses": row["reverses_id"],
                "actor_id": row["actor_id"],
                "who": _either(english, row["actor_zh"], row["actor_en"]),
                "for_id": row["for_person_id"],
                "whom": _either(english, row["for_zh"], row["for_en"]),
                "reason": row["reason"] or "",
                "competitor": row["competitor"] or "",
                "text": row["text"] or "",
                "sides": [],
            },
        )
        row["digits"] = digits.get(row["currency"], 2)
        movement["sides"].append((row, _side(row, language)))
    return movements


def day_of(value: date | str) -> date:
    """Read a day of a plain query: SQLite keeps days and moments as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def moment_of(value: datetime | str) -> datetime:
    """Read a moment of a plain query."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _side(row: dict[str, Any], language: str) -> Side:
    month = day_of(row["close_month"])
    unit = all_units().names.get(row["unit_id"])
    return Side(
        place=Place(row["place"]),
        owner=_either(language == "en", row["owner_zh"], row["owner_en"]),
        unit=unit.name(language) if unit else "",
        stage_id=row["stage_id"],
        stage=stage_name(row["stage_id"], language),
        category=Category(row["category"]),
        close_month=None if month == NO_MONTH else month,
        currency=row["currency"],
        own_rate_bp=None if row["own_rate_bp"] < 0 else row["own_rate_bp"],
    )


def _standing(movement: dict[str, Any]) -> tuple[int | None, Place]:
    for row, side in movement["sides"]:
        if row["count"] == 1:
            nowhere = side.place is Place.NOWHERE
            return (None if nowhere else side.stage_id), side.place
    row, side = movement["sides"][-1]
    return side.stage_id, side.place


def _event(movement: dict[str, Any], *, reversed_: bool) -> Event:
    before = after = None
    amount, currency, digits = 0, "", 2
    for row, side in movement["sides"]:
        if row["count"] == -1:
            before = side
        elif row["count"] == 1:
            after, amount, currency = side, row["amount_minor"], side.currency
            digits = row["digits"]
        elif side.place is not Place.NOWHERE:
            before = after = side
            amount, currency = row["amount_minor"], side.currency
            digits = row["digits"]
    return Event(
        id=movement["id"],
        kind=movement["kind"],
        on=movement["on"],
        at=movement["at"],
        who=movement["who"],
        actor_id=movement["actor_id"],
        way=movement["way"],
        correlation_id=movement["correlation"],
        for_id=movement["for_id"],
        whom=movement["whom"],
        before=before,
        after=after,
        amount=from_minor(amount, digits),
        currency=currency,
        reason=movement["reason"],
        competitor=movement["competitor"],
        text=movement["text"],
        reversed=reversed_,
    )


def _mirrors(
    movements: dict[int, dict[str, Any]],
    by_save: dict[UUID, list[FieldChange]],
    shown: set[UUID],
) -> list[Event]:
    """Give one event per save that took movements back."""
    saves: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for movement in movements.values():
        if movement["reverses"] is not None:
            saves[movement["correlation"]].append(movement)
    events = []
    for correlation, rows in saves.items():
        first = rows[0]
        events.append(
            Event(
                id=None,
                kind=Kind.REVERSED,
                on=first["on"],
                at=first["at"],
                who=first["who"],
                actor_id=first["actor_id"],
                way=first["way"],
                correlation_id=correlation,
                for_id=first["for_id"],
                whom=first["whom"],
                taken_back=len(rows),
                changes=() if correlation in shown else tuple(by_save[correlation]),
            )
        )
        shown.add(correlation)
    return events


def _changes(
    opportunity_id: int, english: bool, types: tuple[str, ...]
) -> dict[UUID, list[tuple[Any, ...]]]:
    saves: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    rows = _changes_asked(opportunity_id, types)
    for correlation, field, old, new, at, way, actor, zh, en, whom, whom_zh, whom_en in rows:
        who = (actor, _either(english, zh, en), whom, _either(english, whom_zh, whom_en))
        saves[correlation].append((field, old, new, at, Way(way), *who))
    return saves


@written_once
def _changes_asked(
    opportunity_id: int, types: tuple[str, ...]
) -> QuerySet[Change, tuple[Any, ...]]:
    return (
        Change.objects.filter(object_type__in=types, object_id=opportunity_id)
        # Of several kinds not by number alone: a planner may walk the whole table by its key.
        .order_by(*(["-id"] if len(types) == 1 else ["-object_type", "-id"]))
        .values_list(
            "correlation_id", "field", "old", "new", "at", "way", "actor_id",
            "actor__name", "actor__name_en", "for_person_id", "for_person__name",
            "for_person__name_en",
        )[:MOST]
    )  # fmt: skip


def _field_event(correlation: UUID, rows: list[tuple[Any, ...]]) -> Event:
    _field, _old, _new, at, way, actor_id, who, for_id, whom = rows[0]
    return Event(
        id=None,
        kind=None,
        on=timezone.localtime(at).date(),
        at=at,
        who=who,
        actor_id=actor_id,
        way=way,
        correlation_id=correlation,
        for_id=for_id,
        whom=whom,
        changes=tuple(FieldChange(r[0], r[1], r[2]) for r in rows),
    )


def _either(english: bool, zh: str | None, en: str | None) -> str:
    return ((en or zh) if english else (zh or en)) or ""
