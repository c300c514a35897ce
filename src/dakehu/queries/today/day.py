"""What a day asks of somebody: agenda, next steps, what waits, deals that need a look."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityState
from dakehu.core.ledger import Place
from dakehu.core.money import from_minor
from dakehu.core.speed import is_slow, slow_since
from dakehu.models import (
    Account,
    Contact,
    Opportunity,
)
from dakehu.queries.activities.list import ActivityRow, activity_rows, own_activities, tied
from dakehu.queries.contacts import contact_row
from dakehu.queries.notes import MentionRow, mentions_waiting
from dakehu.queries.rates import currency_digits
from dakehu.queries.speed import stage_medians
from dakehu.queries.validations import RequestRow, waiting_requests

DAY = timedelta(days=1)
#: How many rows of each kind stand on the page; the rest is a link.
SHOWN = 8
#: What is read at most: of one's own deals, activities, requests and mentions.
MOST_DEALS, MOST_ACTIVITIES, MOST_WAITING = 600, 80, 20


@dataclass(frozen=True, slots=True)
class DealRow:
    """An own open opportunity that asks for something; the amount in units of its currency."""

    id: int
    version: int
    name: str
    account_id: int | None
    account: str
    amount: Decimal
    currency: str
    next_step: str
    next_step_on: date | None
    close_on: date | None
    still_days: int
    median_days: int | None
    is_stalled: bool
    phone: str = ""
    phone_of: str = ""


@dataclass(frozen=True, slots=True)
class Some:
    """The first rows of a list and how many there are; `is_cut`: at least so many."""

    rows: tuple[DealRow, ...] = ()
    count: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """What a day asks of somebody."""

    late: tuple[ActivityRow, ...]
    agenda: tuple[ActivityRow, ...]
    tomorrow: tuple[ActivityRow, ...]
    steps_late: Some
    steps_today: Some
    steps_tomorrow: Some
    close_passed: Some
    stalled: Some
    waiting: tuple[RequestRow, ...]
    mentions: tuple[MentionRow, ...]

    @property
    def is_calm(self) -> bool:
        """Test if nothing asks for anything."""
        some = (self.steps_late, self.steps_today, self.close_passed, self.stalled)
        return not (
            self.late or self.agenda or self.waiting or self.mentions or any(s.count for s in some)
        )


def today(*, viewer: Viewer, on: date) -> Today:
    """Give what the day asks of the viewer. Bounded, in at most nine questions."""
    deals, is_cut = _deals(viewer, on)
    mine = _activities(viewer, on)
    late = tuple(r for r in mine if r.on < on)
    agenda = tuple(r for r in mine if r.on == on)
    steps = {
        "late": [d for d in deals if d.next_step_on is not None and d.next_step_on < on],
        "today": [d for d in deals if d.next_step_on == on],
        "tomorrow": [d for d in deals if d.next_step_on == on + DAY],
        "passed": [d for d in deals if d.close_on is not None and d.close_on < on],
        "stalled": [d for d in deals if d.is_stalled],
    }
    steps["late"].sort(key=lambda d: (d.next_step_on or on, d.id))
    steps["passed"].sort(key=lambda d: (d.close_on or on, d.id))
    steps["stalled"].sort(key=lambda d: (-d.still_days, d.id))
    shown = {name: rows[:SHOWN] for name, rows in steps.items()}
    phones = _phones(viewer, {d.account_id for rows in shown.values() for d in rows})

    def some(name: str) -> Some:
        rows = tuple(_with_phone(deal, phones) for deal in shown[name])
        return Some(rows, len(steps[name]), is_cut)

    return Today(
        late=late,
        agenda=agenda,
        tomorrow=tuple(r for r in mine if r.on > on),
        steps_late=some("late"),
        steps_today=some("today"),
        steps_tomorrow=some("tomorrow"),
        close_passed=some("passed"),
        stalled=some("stalled"),
        waiting=waiting_requests(viewer, today=on, limit=MOST_WAITING),
        mentions=mentions_waiting(viewer, limit=MOST_WAITING),
    )


def _deals(viewer: Viewer, on: date) -> tuple[list[DealRow], bool]:
    """Give the viewer's own open opportunities that ask for something."""
    if not viewer.owners:
        return [], False
    medians = stage_medians(viewer, today=on)
    asks = Q(next_step_on__lte=on + DAY) | Q(close_sort__lt=on) | stuck_since(on, medians)
    rows = (
        Opportunity.objects.filter(owner_id__in=viewer.owners, place=Place.OPEN, voided=False)
        .filter(asks)
        .select_related("account")
        .order_by("close_sort", "id")
    )
    digits = currency_digits()
    found = list(rows[: MOST_DEALS + 1])
    return [
        _deal(row, on, medians.get(row.stage_id), digits[row.currency_id])
        for row in found[:MOST_DEALS]
    ], len(found) > MOST_DEALS


def _deal(row: Any, on: date, median: int | None, digits: int) -> DealRow:
    still = (on - row.last_on).days
    return DealRow(
        id=row.pk,
        version=row.version,
        name=row.name,
        account_id=row.account_id,
        account=row.account.name if row.account else "",
        amount=from_minor(row.amount_minor, digits),
        currency=row.currency_id,
        next_step=row.next_step,
        next_step_on=row.next_step_on,
        close_on=row.close_on,
        still_days=still,
        median_days=median,
        is_stalled=is_slow(still, median),
    )


def stuck_since(on: date, medians: Mapping[int, int]) -> Q:
    """Give the condition for opportunities that stand still too long at their stage (FUN-9)."""
    stuck = Q(pk__in=[])
    for stage_id, median in medians.items():
        stuck |= Q(stage_id=stage_id, last_on__lte=slow_since(on, median))
    return stuck


def _with_phone(deal: DealRow, phones: Mapping[int, tuple[str, str]]) -> DealRow:
    if deal.account_id not in phones or deal.account_id is None:
        return deal
    phone, whose = phones[deal.account_id]
    return replace(deal, phone=phone, phone_of=whose)


def _phones(viewer: Viewer, accounts: Iterable[int | None]) -> dict[int, tuple[str, str]]:
    """Give per account in sight whom to ring: whoever was spoken to last, as it may be read."""
    wanted = [one for one in accounts if one is not None]
    if not wanted:
        return {}
    rows = (
        Contact.objects.filter(
            account_id__in=wanted, account__in=Account.visible_to(viewer), deleted_at=None
        )
        .exclude(phone="")
        .select_related("account")
        .order_by(F("last_contact_on").desc(nulls_last=True), "id")
    )
    found: dict[int, tuple[str, str]] = {}
    for row in rows[:300]:
        who = contact_row(row, row.account, viewer=viewer)
        if who.phone:
            found.setdefault(row.account_id, (who.phone, who.name))
    return found


def _activities(viewer: Viewer, on: date) -> tuple[ActivityRow, ...]:
    """Give what is planned and was not closed, what today and tomorrow hold, in order."""
    planned = Q(state=ActivityState.PLANNED, on__lte=on + DAY)
    rows = tied(viewer, own_activities(viewer).filter(planned | Q(state=ActivityState.DONE, on=on)))
    found = list(rows.order_by("-on", "starts_at", "id")[:MOST_ACTIVITIES])
    found.sort(key=lambda r: (r.on, r.starts_at is not None, r.starts_at or r.created_at, r.pk))
    return activity_rows(viewer, found)
