"""Logging what was done and planning what is to come: one action, from wherever one stands."""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction

from dakehu.actions.activities.checks import (
    account_in_sight,
    check_day,
    check_minutes,
    check_outcome,
    check_text,
    colleagues,
    contacts_in_sight,
    opportunity_in_sight,
    right_to_log,
    unit_of,
)
from dakehu.actions.activities.commands import Logged, NewActivity
from dakehu.actions.activities.touch import touch
from dakehu.actions.audit import record_changes
from dakehu.actions.notices import tell
from dakehu.actions.opportunities import NextStep, set_next_step
from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityState
from dakehu.core.errors import Conflict, NotAllowed, RuleBroken
from dakehu.core.ledger import Place, Way
from dakehu.models import Activity, ActivityContact, ActivityPerson


@transaction.atomic
def log_activity(
    *, actor: Viewer, new: NewActivity, today: date, at: datetime, way: Way = Way.FORM
) -> Logged:
    """Log or plan an activity of the actor's own on records in sight.

    A next step given with it becomes the opportunity's, where the actor may edit that and nobody
    has written another since it was seen; else it stays with the activity. NotAllowed
    `activity.log`, NotFound `opportunity.not_found`, `account.unknown`, `contact.unknown`,
    RuleBroken as the checks say.
    """
    person, right = right_to_log(actor)
    if new.client_key is not None and (known := _sent_before(person, new)) is not None:
        return known
    texts = {name: check_text(name, getattr(new, name)) for name in _TEXTS}
    check_day(new.on, state=new.state, today=today)
    check_minutes(new.minutes)
    check_outcome(new.kind, new.state, new.outcome)
    deal, account = _records(actor, new)
    contacts, account = contacts_in_sight(actor, new.contact_ids, account)
    people = colleagues(new.person_ids, person)
    unit = unit_of(person, today, preferred=deal.unit_id if deal else None)
    row = Activity(
        kind=new.kind, state=new.state, owner_id=person, unit_id=unit, account_id=account,
        opportunity_id=new.opportunity_id, on=new.on, starts_at=new.starts_at,
        minutes=new.minutes, outcome=new.outcome, next_step_on=new.next_step_on, created_at=at,
        created_by_id=person, client_key=new.client_key, updated_at=at, **texts,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # The same draft came by two ways at the same moment.
        known = _sent_before(person, new) if new.client_key is not None else None
        if known is None:
            raise
        return known
    keep_people(row.pk, contacts, people)
    took = None
    if texts["next_step"] or new.finishes_step:
        step = NextStep(texts["next_step"], new.next_step_on if texts["next_step"] else None)
        took = take_next_step(actor, deal, step, new.seen_step, today, at, way)
    touch(accounts=[account], opportunities=[new.opportunity_id], contacts=contacts)
    record_changes(
        actor=actor,
        object_type="activity",
        object_id=row.pk,
        changes={"created": (None, texts["subject"] or new.kind.name.lower())},
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=right.for_person,
    )
    if new.state is ActivityState.PLANNED:
        invite(actor, row, people, at)
    return Logged(row.pk, took_next_step=took)


_TEXTS = ("subject", "location", "result", "next_step")


def _sent_before(person: int, new: NewActivity) -> Logged | None:
    """Give what the same draft made before. RuleBroken `activity.key_taken` if by another."""
    row = Activity.objects.filter(client_key=new.client_key).values("id", "created_by_id").first()
    if row is None:
        return None
    if row["created_by_id"] != person:
        raise RuleBroken("activity.key_taken")
    return Logged(row["id"], is_new=False)


def _records(actor: Viewer, new: NewActivity) -> tuple[Any, int | None]:
    """Give the opportunity and the account: an opportunity brings its own."""
    if new.opportunity_id is not None:
        deal = opportunity_in_sight(actor, new.opportunity_id)
        if deal.account_id is not None and new.account_id not in (None, deal.account_id):
            raise RuleBroken("activity.account_elsewhere", field="account")
        if deal.account_id is not None:
            return deal, deal.account_id
    else:
        deal = None
    if new.account_id is not None:
        account_in_sight(actor, new.account_id)
    return deal, new.account_id


def keep_people(activity_id: int, contacts: tuple[int, ...], people: tuple[int, ...]) -> None:
    """Write who takes part on either side of an activity that has nobody yet."""
    ActivityContact.objects.bulk_create(
        [ActivityContact(activity_id=activity_id, contact_id=one) for one in contacts]
    )
    ActivityPerson.objects.bulk_create(
        [ActivityPerson(activity_id=activity_id, person_id=one) for one in people]
    )


def invite(actor: Viewer, row: Activity, people: tuple[int, ...], at: datetime) -> None:
    """Tell colleagues that they were named for something planned."""
    tell(
        kind="assigned",
        people=people,
        actor=actor,
        at=at,
        object_type="activity",
        object_id=row.pk,
        facts={"name": row.subject, "on": row.on.isoformat()},
    )


def take_next_step(
    actor: Viewer,
    deal: Any,
    step: NextStep,
    seen: NextStep | None,
    today: date,
    at: datetime,
    way: Way,
) -> bool | None:
    """Make it the opportunity's next step; gives None where there is no opportunity.

    One that differs from what was `seen` is a colleague's and newer: it stays.
    """
    if deal is None:
        return None
    if deal.place != Place.OPEN:
        return False
    try:
        set_next_step(
            actor=actor, opportunity_id=deal.pk, step=step, seen=seen, today=today, at=at, way=way
        )
    except (NotAllowed, Conflict):
        return False
    return True
