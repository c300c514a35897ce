"""Planning how an item that nobody ticked is to be got (FUN-3)."""

from datetime import date, datetime

from django.db import transaction

from dakehu.actions.evidence.ticks import held_tick, plain_plan
from dakehu.actions.opportunities.held import note_changes
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import EvidencePlan
from dakehu.queries.opportunities.path import moment_seen
from dakehu.queries.people import person_name

MOST_PLAN = 240


@transaction.atomic
def plan_evidence(
    *,
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    action: str,
    due_on: date | None,
    seen: str | None = None,
    today: date,
    at: datetime,
    way: Way,
) -> None:
    """Say how an item that nobody ticked is to be got, and by when; nothing said drops the plan.

    A plan is no evidence and lets no move pass; without a day it shows as incomplete (FUN-3).
    `seen` is the moment of the plan that was looked at (empty: there was none). NotFound,
    NotAllowed `evidence.tick`, Conflict `evidence.plan_changed`, RuleBroken
    `evidence.ticked_already`, `opportunity.text_too_long`, `opportunity.not_open`.
    """
    save, _row, ticked = held_tick(actor, opportunity_id, stage_id, key, today, at, way)
    if ticked is not None:
        raise RuleBroken("evidence.ticked_already")
    action = action.strip()
    if len(action) > MOST_PLAN:
        raise RuleBroken("opportunity.text_too_long", field="action", limit=MOST_PLAN)
    where = {"opportunity_id": opportunity_id, "stage_id": stage_id, "key": key}
    plan = EvidencePlan.objects.filter(**where).first()
    _check_plan_seen(plan, seen, action, due_on)
    old = plain_plan(plan)
    if not action:
        EvidencePlan.objects.filter(**where).delete()
        note_changes(opportunity_id, {"evidence_plan": (old, None)}, save)
        return
    plan = plan or EvidencePlan(**where)
    plan.action, plan.due_on = action, due_on
    plan.planned_by_id, plan.planned_at = actor.person_id, at
    plan.save()
    note_changes(opportunity_id, {"evidence_plan": (old, plain_plan(plan))}, save)


def _check_plan_seen(
    plan: EvidencePlan | None, seen: str | None, action: str, due_on: date | None
) -> None:
    now = moment_seen(plan.planned_at) if plan else ""
    if seen is None or seen == now:
        return
    theirs = {"action": plan.action if plan else "", "due_on": plan.due_on if plan else None}
    yours = {"action": action, "due_on": due_on}
    differing = [name for name in yours if theirs[name] != yours[name]]
    if differing:
        raise Conflict(
            "evidence.plan_changed",
            version=now,
            theirs={name: theirs[name] for name in differing},
            yours={name: yours[name] for name in differing},
            who=person_name(plan.planned_by) if plan and plan.planned_by else None,
            at=plan.planned_at if plan else None,
        )
