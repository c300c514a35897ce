"""What happened to an opportunity: movements and field changes, merged, newest first (FUN-5)."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from dakehu.core.access import Viewer
from dakehu.core.ledger import NO_MONTH, Category, Kind, Place, Way
from dakehu.core.money import from_minor
from dakehu.models import Change, Currency, Entry, MethodStage, Person, SalesUnit

#: No opportunity in earnest has more; the page says so where one does.
MOST = 1000


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
    """A field that the ledger does not know, from what to what, as it was stored."""

    field: str
    old: Any
    new: Any


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


def history_of(*, opportunity_id: int, language: str) -> History:
    """Give what happened; the caller has checked that the viewer may see the opportunity."""
    english = language.startswith("en")
    movements = _movements(opportunity_id, english)
    changes = _changes(opportunity_id, english)
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
    if not ledger.events:
        return None
    last = max(ledger.events, key=lambda e: (e.at, e.id or 0))
    mixed = any(e.taken_back for e in ledger.events if e.correlation_id == last.correlation_id)
    if last.reversed or last.way is Way.UNDO or last.taken_back or mixed:
        return None
    own = last.actor_id == viewer.person_id
    if not (may_correct or (own and may_edit)):
        return None
    return Undoable(last.correlation_id, last.at, last.who)


def _movements(opportunity_id: int, english: bool) -> dict[int, dict[str, Any]]:
    """Give each movement with the entry it left and the one it entered."""
    person = Person.objects.filter(pk=OuterRef("owner_id"))
    unit = SalesUnit.objects.filter(pk=OuterRef("unit_id"))
    stage = MethodStage.objects.filter(stage_id=OuterRef("stage_id")).order_by("-id")
    tongue = ("name_en", "name_zh") if english else ("name_zh", "name_en")
    rows: Any = (
        Entry.objects.filter(opportunity_id=opportunity_id)
        .order_by("id")
        .annotate(
            owner_zh=Subquery(person.values("name")[:1]),
            owner_en=Subquery(person.values("name_en")[:1]),
            unit_first=Subquery(unit.values(tongue[0])[:1]),
            unit_second=Subquery(unit.values(tongue[1])[:1]),
            stage_first=Subquery(stage.values(tongue[0])[:1]),
            stage_second=Subquery(stage.values(tongue[1])[:1]),
            digits=Subquery(
                Currency.objects.filter(pk=OuterRef("currency")).values("digits")[:1]
            ),
        )
        .values(
            "movement_id", "count", "amount_minor", "place", "category", "close_month",
            "currency", "own_rate_bp", "stage_id", "owner_zh", "owner_en", "unit_first",
            "unit_second", "digits", "stage_first", "stage_second", "movement__kind",
            "movement__on", "movement__recorded_at", "movement__way", "movement__correlation_id",
            "movement__reverses_id", "movement__actor_id", "movement__actor__name",
            "movement__actor__name_en", "movement__note__reason",
            "movement__note__competitor", "movement__note__text",
        )[: 2 * MOST]
    )  # fmt: skip
    movements: dict[int, dict[str, Any]] = {}
    for row in rows:
        movement = movements.setdefault(
            row["movement_id"],
            {
                "id": row["movement_id"],
                "kind": Kind(row["movement__kind"]),
                "on": row["movement__on"],
                "at": row["movement__recorded_at"],
                "way": Way(row["movement__way"]),
                "correlation": row["movement__correlation_id"],
                "reverses": row["movement__reverses_id"],
                "actor_id": row["movement__actor_id"],
                "who": _either(
                    english, row["movement__actor__name"], row["movement__actor__name_en"]
                ),
                "reason": row["movement__note__reason"] or "",
                "competitor": row["movement__note__competitor"] or "",
                "text": row["movement__note__text"] or "",
                "sides": [],
            },
        )
        movement["sides"].append((row, _side(row, english)))
    return movements


def _side(row: dict[str, Any], english: bool) -> Side:
    return Side(
        place=Place(row["place"]),
        owner=_either(english, row["owner_zh"], row["owner_en"]),
        unit=row["unit_first"] or row["unit_second"] or "",
        stage_id=row["stage_id"],
        stage=row["stage_first"] or row["stage_second"] or "",
        category=Category(row["category"]),
        close_month=None if row["close_month"] == NO_MONTH else row["close_month"],
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
                taken_back=len(rows),
                changes=() if correlation in shown else tuple(by_save[correlation]),
            )
        )
        shown.add(correlation)
    return events


def _changes(opportunity_id: int, english: bool) -> dict[UUID, list[tuple[Any, ...]]]:
    rows = (
        Change.objects.filter(object_type="opportunity", object_id=opportunity_id)
        .order_by("-id")
        .values_list(
            "correlation_id", "field", "old", "new", "at", "way", "actor_id",
            "actor__name", "actor__name_en",
        )[:MOST]
    )  # fmt: skip
    saves: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for correlation, field, old, new, at, way, actor, zh, en in rows:
        saves[correlation].append((field, old, new, at, Way(way), actor, _either(english, zh, en)))
    return saves


def _field_event(correlation: UUID, rows: list[tuple[Any, ...]]) -> Event:
    _field, _old, _new, at, way, actor_id, who = rows[0]
    return Event(
        id=None,
        kind=None,
        on=timezone.localtime(at).date(),
        at=at,
        who=who,
        actor_id=actor_id,
        way=way,
        correlation_id=correlation,
        changes=tuple(FieldChange(r[0], r[1], r[2]) for r in rows),
    )


def _either(english: bool, zh: str | None, en: str | None) -> str:
    return ((en or zh) if english else (zh or en)) or ""
