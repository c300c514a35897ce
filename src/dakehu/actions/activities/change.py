"""Changing an activity: editing, finishing, moving, cancelling, deleting and bringing back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import uuid4

from django.db import transaction

from dakehu.actions.activities.checks import (
    check_day,
    check_minutes,
    check_outcome,
    check_text,
    colleagues,
    contacts_in_sight,
    opportunity_in_sight,
)
from dakehu.actions.activities.commands import EditActivity
from dakehu.actions.activities.log import invite, keep_people, take_next_step
from dakehu.actions.activities.touch import touch
from dakehu.actions.audit import record_changes
from dakehu.actions.opportunities import NextStep
from dakehu.core.access import Right, Viewer
from dakehu.core.activities import (
    RESTORED_WITHIN_DAYS,
    ActivityKind,
    ActivityState,
    CallOutcome,
)
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Account, Activity, ActivityContact, ActivityPerson, Contact, Person
from dakehu.queries.activities import right_to_change

_KEPT = (
    "kind", "state", "subject", "on", "starts_at", "minutes", "location", "outcome", "result",
)  # fmt: skip
_STEP = ("next_step", "next_step_on")


@dataclass(slots=True)
class _Held:
    """A locked activity, by which right, and how it was."""

    row: Activity
    right: Right
    before: dict[str, Any]
    contacts: tuple[int, ...]
    people: tuple[int, ...]


@transaction.atomic
def edit_activity(
    *,
    actor: Viewer,
    activity_id: int,
    seen_version: int,
    edit: EditActivity,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Make it as the form says; record and next step stay.

    NotFound `activity.not_found`, NotAllowed `activity.edit`, Conflict `activity.changed`
    (`theirs`, `yours`), RuleBroken as the checks say.
    """
    held = _hold(actor, activity_id)
    row = held.row
    texts = {
        name: check_text(name, getattr(edit, name)) for name in ("subject", "location", "result")
    }
    wanted = {
        **texts,
        "kind": edit.kind,
        "state": edit.state,
        "on": edit.on,
        "starts_at": edit.starts_at,
        "minutes": edit.minutes,
        "outcome": edit.outcome,
    }
    chosen = _with_hidden(actor, held, edit.contact_ids)
    people = tuple(one for one in dict.fromkeys(edit.person_ids) if one != row.owner_id)
    if row.version != seen_version:
        raise _conflict(held, {**wanted, "contacts": chosen, "people": people})
    check_day(edit.on, state=edit.state, today=today)
    check_minutes(edit.minutes)
    check_outcome(edit.kind, edit.state, edit.outcome)
    account = _account_of_new(actor, held, chosen)
    # Who took part before may have left since.
    colleagues([one for one in people if one not in held.people], row.owner_id)
    for name, value in wanted.items():
        setattr(row, name, value)
    row.account_id = account
    _change_people(held, chosen, people)
    changes = {
        # By number, named on reading to who sees them: a history outlives what one sees.
        "contacts": _differing(held.contacts, chosen),
        "people": _names(held.people, people),
    }
    _save(actor, held, at, way, also=chosen, more=changes)
    if edit.state is ActivityState.PLANNED:
        invite(actor, row, tuple(p for p in people if p not in held.people), at)


@transaction.atomic
def finish_activity(
    *,
    actor: Viewer,
    activity_id: int,
    seen_version: int | None,
    on: date,
    outcome: CallOutcome = CallOutcome.NONE,
    result: str = "",
    next_step: str = "",
    next_step_on: date | None = None,
    seen_step: NextStep | None = None,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> bool | None:
    """Say that it is done, on which day, and what came of it.

    Gives whether the opportunity took the next step, as `log_activity` does. Raises what
    `edit_activity` raises; RuleBroken `activity.not_planned` where it is done or cancelled.
    """
    held = _hold(actor, activity_id)
    row = held.row
    text, step = check_text("result", result), check_text("next_step", next_step)
    if seen_version is not None and row.version != seen_version:
        raise _conflict(held, {"on": on, "outcome": outcome, "result": text})
    if row.state != ActivityState.PLANNED:
        raise RuleBroken("activity.not_planned")
    check_day(on, state=ActivityState.DONE, today=today)
    check_outcome(ActivityKind(row.kind), ActivityState.DONE, outcome)
    row.state, row.outcome, row.result = ActivityState.DONE, outcome, text
    if on != row.on:
        # It was done on another day than planned: at which hour, nobody said.
        row.on, row.starts_at = on, None
    if step:
        row.next_step, row.next_step_on = step, next_step_on
    _save(actor, held, at, way)
    if row.opportunity_id is None or not step:
        return None
    deal, wanted = _deal(actor, row.opportunity_id), NextStep(step, next_step_on)
    return take_next_step(actor, deal, wanted, seen_step, today, at, way)


@transaction.atomic
def move_activity(
    *,
    actor: Viewer,
    activity_id: int,
    seen_version: int | None,
    on: date,
    starts_at: datetime | None,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Put what is planned on another day or hour; a cancelled one is planned again by it.

    Raises what `edit_activity` raises; RuleBroken `activity.done_stays` for what is done.
    """
    held = _hold(actor, activity_id)
    row = held.row
    if seen_version is not None and row.version != seen_version:
        raise _conflict(held, {"on": on, "starts_at": starts_at})
    if row.state == ActivityState.DONE:
        raise RuleBroken("activity.done_stays")
    check_day(on, state=ActivityState.PLANNED, today=today)
    row.state, row.on, row.starts_at = ActivityState.PLANNED, on, starts_at
    _save(actor, held, at, way)


@transaction.atomic
def cancel_activity(
    *,
    actor: Viewer,
    activity_id: int,
    seen_version: int | None,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Say that what was planned does not take place. Raises what `move_activity` raises."""
    held = _hold(actor, activity_id)
    if seen_version is not None and held.row.version != seen_version:
        raise _conflict(held, {"state": ActivityState.CANCELLED})
    if held.row.state == ActivityState.DONE:
        raise RuleBroken("activity.done_stays")
    held.row.state = ActivityState.CANCELLED
    _save(actor, held, at, way)


@transaction.atomic
def delete_activity(
    *,
    actor: Viewer,
    activity_id: int,
    seen_version: int | None,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Take it away; for 30 days it can be brought back. The next step it gave stays."""
    held = _hold(actor, activity_id)
    row = held.row
    if seen_version is not None and row.version != seen_version:
        raise _conflict(held, {})
    row.deleted_at, row.deleted_by_id = at, actor.person_id
    _save(actor, held, at, way, more={"deleted": (None, row.subject)})


@transaction.atomic
def restore_activity(*, actor: Viewer, activity_id: int, at: datetime, way: Way = Way.FORM) -> None:
    """Bring back what was deleted within the last 30 days. RuleBroken `activity.gone`."""
    held = _hold(actor, activity_id, deleted=True)
    row = held.row
    if row.deleted_at is None:
        return
    if at - row.deleted_at > timedelta(days=RESTORED_WITHIN_DAYS):
        raise RuleBroken("activity.gone", days=RESTORED_WITHIN_DAYS)
    row.deleted_at = row.deleted_by_id = None
    _save(actor, held, at, way, more={"restored": (None, row.subject)})


def _hold(actor: Viewer, activity_id: int, *, deleted: bool = False) -> _Held:
    """Lock the activity. NotFound `activity.not_found`, NotAllowed `activity.edit`."""
    # Locked first, then asked for: PostgreSQL locks no row of a question with OR over sets.
    row = Activity.objects.select_for_update(of=("self",)).filter(pk=activity_id).first()
    there = row is not None and (deleted or row.deleted_at is None)
    if not there or not Activity.objects.visible_to(actor).filter(pk=activity_id).exists():
        raise NotFound("activity.not_found", activity_id=activity_id)
    assert row is not None
    right = right_to_change(actor, owner_id=row.owner_id, unit_id=row.unit_id)
    if right is None:
        raise NotAllowed("activity.edit")
    return _Held(
        row,
        right,
        {name: getattr(row, name) for name in (*_KEPT, *_STEP, "account_id")},
        tuple(
            ActivityContact.objects.filter(activity_id=row.pk)
            .order_by("id")
            .values_list("contact_id", flat=True)
        ),
        tuple(
            ActivityPerson.objects.filter(activity_id=row.pk)
            .order_by("id")
            .values_list("person_id", flat=True)
        ),
    )


def _deal(actor: Viewer, opportunity_id: int) -> Any:
    try:
        return opportunity_in_sight(actor, opportunity_id)
    except NotFound:
        return None  # it has moved out of sight: the step stays with the activity


def _with_hidden(actor: Viewer, held: _Held, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Give who shall take part: beside those chosen, whom the actor was not shown."""
    shown = set(
        Contact.objects.filter(
            pk__in=held.contacts,
            account_id=held.row.account_id,
            account__in=Account.visible_to(actor),
        ).values_list("pk", flat=True)
    )
    hidden = (one for one in held.contacts if one not in shown)
    return tuple(dict.fromkeys((*hidden, *wanted)))


def _account_of_new(actor: Viewer, held: _Held, contacts: tuple[int, ...]) -> int | None:
    """Check those who are new: who took part before is not asked for again."""
    new = tuple(one for one in contacts if one not in held.contacts)
    if not new:
        return held.before["account_id"]  # type: ignore[no-any-return]
    return contacts_in_sight(actor, new, held.before["account_id"])[1]


def _change_people(held: _Held, contacts: tuple[int, ...], people: tuple[int, ...]) -> None:
    if set(contacts) != set(held.contacts):
        ActivityContact.objects.filter(activity_id=held.row.pk).delete()
        keep_people(held.row.pk, contacts, ())
    if set(people) != set(held.people):
        ActivityPerson.objects.filter(activity_id=held.row.pk).delete()
        keep_people(held.row.pk, (), people)


def _save(
    actor: Viewer,
    held: _Held,
    at: datetime,
    way: Way,
    *,
    also: tuple[int, ...] = (),
    more: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    row = held.row
    row.version += 1
    row.updated_at = at
    row.save()
    touch(
        accounts=[held.before["account_id"], row.account_id],
        opportunities=[row.opportunity_id],
        contacts={*held.contacts, *also},
    )
    now = {name: getattr(row, name) for name in (*_KEPT, *_STEP)}
    changes = {name: (_told(name, held.before[name]), _told(name, v)) for name, v in now.items()}
    record_changes(
        actor=actor,
        object_type="activity",
        object_id=row.pk,
        changes={**changes, **(more or {})},
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=held.right.for_person,
    )


_TOLD: dict[str, type[IntEnum]] = {
    "kind": ActivityKind, "state": ActivityState, "outcome": CallOutcome,
}  # fmt: skip


def _told(name: str, value: Any) -> Any:
    """Give a value as the history keeps it: what is a number in the table by its name."""
    return _TOLD[name](value).name.lower() if name in _TOLD else value


def _differing(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[list[int], list[int]]:
    return ([], []) if set(before) == set(after) else (list(before), list(after))


def _names(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[list[str], list[str]]:
    if set(before) == set(after):
        return [], []
    names = dict(Person.objects.filter(pk__in={*before, *after}).values_list("pk", "name"))
    return [names[one] for one in before], [names[one] for one in after]


def _conflict(held: _Held, wanted: Mapping[str, Any]) -> Conflict:
    now = {**held.before, "contacts": held.contacts, "people": held.people}
    differing = {name: value for name, value in wanted.items() if now[name] != value}
    for name in ("contacts", "people"):
        if name in differing and set(now[name]) == set(differing[name]):
            del differing[name]
    return Conflict(
        "activity.changed",
        version=held.row.version,
        theirs={name: now[name] for name in differing},
        yours=differing,
    )
