"""An opportunity held for a change: locked, permitted, of the version that was seen (DESIGN)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F

from dakehu.actions.audit import record_changes
from dakehu.actions.ledger import Booked, LedgerHold, Posting, hold_books, hold_for_posting, post
from dakehu.actions.notices import waits_no_more
from dakehu.actions.together import gathering
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import (
    Category,
    Kind,
    Place,
    Position,
    Standing,
    Step,
    Way,
    check_day,
    month_of,
)
from dakehu.core.money import to_minor
from dakehu.core.validations import RequestState
from dakehu.models import Grant, MoveRequest, Opportunity
from dakehu.models.visibility import visible_sql
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_book

#: What moves it to another stage or outcome, whatever else was asked for it.
OVERTAKES = frozenset(
    {
        Kind.METHOD_MOVED, Kind.ADVANCED, Kind.REGRESSED, Kind.WON, Kind.LOST, Kind.ABANDONED,
        Kind.REOPENED, Kind.VOIDED,
    }
)  # fmt: skip
#: Stored as `close_sort` where no close date is known: order knows no NULL.
LAST_DAY = date.max


@dataclass(frozen=True, slots=True)
class Save:
    """Who saves when, for which day, by which way in; all rows of it share the correlation id."""

    actor: Viewer
    on: date
    today: date
    at: datetime
    way: Way
    correlation_id: UUID
    #: Whom the actor stands in for, where they may do it only as a deputy.
    for_person_id: int | None = None
    #: Books and ledger, where they are held already.
    hold: LedgerHold | None = None

    @classmethod
    def begin(cls, *, actor: Viewer, on: date, today: date, at: datetime, way: Way) -> "Save":
        """Start a save under a new correlation id; of many saves as one all share theirs."""
        gathered = gathering()
        if gathered is None:
            return cls(actor, on, today, at, way, uuid4())
        save = cls(actor, on, today, at, way, gathered.correlation_id)
        return replace(save, hold=gathered.hold)

    def under(self, right: Right) -> "Save":
        """Record the save as done under this right: for the person a deputy stands in for."""
        return replace(self, for_person_id=right.for_person)

    def holding(self) -> "Save":
        """Hold books and ledger for this save's day, before anything that may change is read."""
        if self.hold is not None and self.hold.since <= self.on:
            return self
        return replace(self, hold=hold_for_posting(self.on, today=self.today))

    @property
    def posting(self) -> Posting:
        """Give what the movements of this save share."""
        return Posting(
            on=self.on,
            at=self.at,
            actor_id=self.actor.person_id,
            way=self.way,
            correlation_id=self.correlation_id,
            for_person_id=self.for_person_id,
            hold=self.hold,
        )


@dataclass(slots=True)
class Held:
    """A locked row, and by which right the actor reached it."""

    row: Opportunity

    def right(self, actor: Viewer, permission: str) -> Right | None:
        """Give the right by which the actor may do this to the opportunity: best their own."""
        owner_id, unit_id = self.row.owner_id, self.row.unit_id
        own = actor.right_to(permission, owner_id=owner_id, unit_id=unit_id)
        if own is not None and own.for_person is None:
            return own
        granted = granted_on(actor, self.row.pk)
        return actor.right_to(permission, owner_id=owner_id, unit_id=unit_id, granted=granted)

    def require(self, actor: Viewer, permission: str) -> Right:
        """Give that right, or refuse with NotAllowed(permission)."""
        right = self.right(actor, permission)
        if right is None:
            raise NotAllowed(permission)
        return right

    @property
    def standing(self) -> Standing:
        """Give where the opportunity stands, as the row says and the ledger adds up to."""
        return standing_of(self.row)


def standing_of(row: Opportunity) -> Standing:
    """Read the standing that a row holds."""
    position = Position(
        Place(row.place),
        row.owner_id,
        row.unit_id,
        row.stage_id,
        Category(row.category),
        month_of(row.close_on),
        row.currency_id,
        row.own_rate_bp,
    )
    return Standing(position, row.amount_minor)


def hold(
    *,
    actor: Viewer,
    opportunity_id: int,
    seen_version: int | None,
    voided: bool = False,
) -> Held:
    """Lock the row for the rest of the transaction.

    NotFound `opportunity.not_found` where the actor may not know of it (or it is voided),
    Conflict `opportunity.changed` where it has another version than was seen.
    """
    gathered = gathering()
    if gathered is not None:
        row = gathered.row(opportunity_id, voided=voided)
    else:
        row = _locked(actor, opportunity_id, voided)
    if row is None:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    held = Held(row)
    if seen_version is not None and seen_version != row.version:
        raise Conflict("opportunity.changed", seen=seen_version, now=row.version)
    return held


def _locked(actor: Viewer, opportunity_id: int, voided: bool) -> Opportunity | None:
    locked = "FOR UPDATE" if connection.vendor == "postgresql" else ""
    found = Opportunity.objects.raw(
        "SELECT o.* FROM dakehu_opportunity o WHERE o.id = %s AND o.voided = %s"
        f" AND ({visible_sql(actor, 'o')}) {locked}",
        [opportunity_id, voided],
    )
    return next(iter(found), None)


def granted_on(actor: Viewer, opportunity_id: int) -> str | None:
    """Give the right of the actor's own grant on an opportunity: work, read or None."""
    if actor.person_id is None:
        return None
    gathered = gathering()
    if gathered is not None:
        return gathered.granted.get(opportunity_id)
    rights = set(
        Grant.objects.filter(person_id=actor.person_id, opportunity_id=opportunity_id).values_list(
            "right", flat=True
        )
    )
    return "work" if "work" in rights else "read" if rights else None


def require_open(row: Opportunity) -> None:
    """Refuse what only an open opportunity can do; RuleBroken `opportunity.not_open`."""
    if row.place != Place.OPEN:
        raise RuleBroken("opportunity.not_open", place=Place(row.place).name.lower())


def check_posting_day(save: Save, *, last_on: date | None, reason: str = "") -> None:
    """Refuse a day in the future, before the last movement, or in closed books (FUN-5).

    Who holds `books.post` and gives a reason posts into closed books.
    """
    if save.hold is None:
        hold_books()
    closed_until = organisation().closed_until
    if reason.strip() and save.actor.holds("books.post"):
        closed_until = None
    check_day(on=save.on, last_on=last_on, today=save.today, closed_until=closed_until)


def digits_of(currency: str, *, held: str | None = None) -> int:
    """Give the digits of a currency that amounts may be entered in.

    `held` is the currency the opportunity already has: it stays usable when no longer active.
    RuleBroken `money.unknown_currency`, `money.currency_not_active`.
    """
    found = exchange_book().currencies.get(currency)
    if found is None:
        raise RuleBroken("money.unknown_currency", currency=currency)
    if not found.is_active and currency != held:
        raise RuleBroken("money.currency_not_active", currency=currency)
    return found.digits


def amount_minor(amount: Decimal, digits: int) -> int:
    """Give the minor units of an opportunity's amount. RuleBroken `money.…`."""
    minor = to_minor(amount, digits)
    if minor < 0:
        raise RuleBroken("money.negative", text=str(amount), field="amount")
    return minor


def base_amount(minor: int, currency: str, on: date) -> int | None:
    """Give the amount in minor units of the base currency, at the rate in force on the day.

    None where no rate is known; nothing is worth nothing at any rate.
    """
    org = organisation()
    if currency == org.base_currency:
        return minor
    if minor == 0:
        return 0
    book = exchange_book()
    rate = book.rate(currency, on)
    if rate is None:
        return None
    return book.booked(minor, currency, rate, org.base_digits)


def booked_base(minor: int, currency: str, on: date, kept: Booked | None = None) -> int:
    """Give what an outcome books in base currency. RuleBroken `money.no_exchange_rate`.

    `kept` is an earlier booking of the same day: its rate holds, though another may be in force.
    """
    org = organisation()
    if kept is not None and minor and currency != org.base_currency:
        book = exchange_book()
        for rate in reversed(book.once_in_force(currency, on)):
            booked = book.booked(kept.amount_minor, currency, rate, org.base_digits)
            if booked == kept.base_minor:
                return book.booked(minor, currency, rate, org.base_digits)
    base = base_amount(minor, currency, on)
    if base is None:
        raise RuleBroken("money.no_exchange_rate", currency=currency, to=org.base_currency)
    return base


def settle(row: Opportunity, after: Standing, save: Save) -> None:
    """Make the row what the ledger adds up to after a change; the caller saves it."""
    position = after.position
    if position.stage_id != row.stage_id:
        row.stage_since = save.on
    was = Place(row.place)
    row.place = position.place
    row.owner_id = position.owner_id
    row.unit_id = position.unit_id
    row.stage_id = position.stage_id
    row.category = position.category
    row.own_rate_bp = position.own_rate_bp
    row.currency_id = position.currency
    row.amount_minor = after.amount_minor
    row.most_minor = max(row.most_minor, after.amount_minor)
    if position.place is Place.OPEN:
        row.decided_on = None
    elif was is Place.OPEN:
        row.decided_on = save.on
    row.last_on = save.on


def store(row: Opportunity, save: Save, *, only: Collection[str] | None = None) -> None:
    """Save the row as its next version; `only` names the fields that can have changed."""
    row.close_sort = row.close_on or LAST_DAY
    row.version += 1
    row.updated_at = save.at
    gathered = gathering()
    if gathered is not None:
        gathered.stored[row.pk] = row
        return
    row.save(update_fields=None if only is None else {*only, "version", "updated_at"})


def post_steps(
    row: Opportunity,
    steps: tuple[Step, ...],
    save: Save,
    *,
    base_minor: int | None = None,
    reason: str = "",
    competitor: str = "",
    text: str = "",
) -> None:
    """Post the steps and make the row follow; nothing happens where there are none."""
    if not steps:
        return
    post(
        opportunity_id=row.pk,
        steps=steps,
        posting=save.posting,
        base_minor=base_minor,
        reason=reason,
        competitor=competitor[:120],
        text=text,
    )
    if any(step.kind in OVERTAKES for step in steps):
        overtake(row.pk, save)
    after = steps[-1].after
    if after is not None:
        settle(row, after, save)


def overtake(opportunity_id: int, save: Save) -> None:
    """Close a request that waits for a superior: the opportunity has moved otherwise (FUN-3)."""
    gathered = gathering()
    if gathered is not None:
        gathered.overtaken[opportunity_id] = save.at
        return
    overtake_all([opportunity_id], save.at)


def overtake_all(opportunity_ids: Collection[int], at: datetime) -> None:
    """Do the same for several at once; who was asked need not look any more."""
    waiting = MoveRequest.objects.filter(
        opportunity_id__in=opportunity_ids, state=RequestState.WAITING
    )
    asked = dict(waiting.values_list("opportunity_id", "asked_at"))
    if not asked:
        return
    waiting.update(state=RequestState.OVERTAKEN, decided_at=at, version=F("version") + 1)
    waits_no_more(
        kind="validation_asked", object_type="opportunity", object_ids=asked,
        since=min(asked.values()), at=at,
    )  # fmt: skip


def note_changes(row_id: int, changes: Mapping[str, tuple[Any, Any]], save: Save) -> None:
    """Record fields that the ledger does not know."""
    changed = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if changed:
        record_changes(
            actor=save.actor,
            object_type="opportunity",
            object_id=row_id,
            changes=changed,
            correlation_id=save.correlation_id,
            way=save.way,
            at=save.at,
            for_person_id=save.for_person_id,
        )
