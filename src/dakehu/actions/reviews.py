"""Saving a view of the funnel as a review, its notes, and what is agreed in it."""

from dataclasses import replace
from datetime import date, datetime
from uuid import uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.funnel import Figure
from dakehu.core.ledger import Way
from dakehu.core.reviews import Frozen, FrozenStage, FrozenSum, kept
from dakehu.models import Review, ReviewAction, ReviewNote, ReviewUnit
from dakehu.queries.funnel import WEEK, FunnelOnDay, FunnelQuestion, MethodFunnel, funnel_on
from dakehu.queries.organisation import organisation
from dakehu.queries.people import people_in_sight
from dakehu.queries.reviews import review_in_sight
from dakehu.queries.units import all_units

MOST_TEXT, MOST_NOTE = 240, 20_000


@transaction.atomic
def save_review(
    *,
    actor: Viewer,
    question: FunnelQuestion,
    method_key: str,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Freeze what the funnel page shows of a unit; give the review's id.

    NotAllowed `review.save`, NotFound `unit.unknown`, RuleBroken `review.of_a_unit`,
    `review.partly_in_sight`, `method.unknown`, `funnel.future`.
    """
    if question.unit_id is None or question.person_id is not None or question.accounts is not None:
        raise RuleBroken("review.of_a_unit")
    right = actor.right_to("review.save", owner_id=None, unit_id=question.unit_id)
    if right is None:
        raise NotAllowed("review.save")
    covered = _covered(actor, question, question.unit_id, today)
    # One reading of the week, so that reviews compare and their funnel can be asked for again.
    asked = replace(question, week_as_known_then=False)
    answer = funnel_on(actor, question=asked, today=today)
    shown = next((one for one in answer.methods if one.method.key == method_key), None)
    if shown is None:
        raise RuleBroken("method.unknown", method=method_key[:40])
    row = Review.objects.create(
        unit_id=question.unit_id,
        method_id=shown.method.id,
        on=question.on,
        period_kind=question.period.kind,
        period_key=question.period.key,
        currency=answer.currency,
        as_organised_today=question.as_organised_today,
        known_at=question.known_at or at,
        figures=kept(_frozen(answer, shown)),
        saved_at=at,
        saved_by_id=actor.person_id,
        for_person_id=right.for_person,
    )
    ReviewUnit.objects.bulk_create(
        [ReviewUnit(review=row, unit_id=unit) for unit in sorted(covered)]
    )
    ReviewNote.objects.create(review=row)
    _record(actor, row.pk, {"created": (None, question.on)}, way, at)
    return row.pk


def _covered(actor: Viewer, question: FunnelQuestion, unit_id: int, today: date) -> frozenset[int]:
    """Give the units whose positions the figures add up; all of them must be in sight."""
    units, covered = all_units(), set[int]()
    # The figures of a week ago are added up in the tree of that day.
    for on in (question.on, question.on - WEEK):
        day = today if question.as_organised_today else on
        tree = units.tree(day, question.known_at, with_closed=True)
        covered |= tree.subtree(unit_id) if unit_id in tree else frozenset()
    if not actor.sees_all and not covered <= actor.units:
        raise RuleBroken("review.partly_in_sight")
    return frozenset(covered | {unit_id})


def _frozen(answer: FunnelOnDay, shown: MethodFunnel) -> Frozen:
    labels = {stage.lineage_id: stage for stage in shown.method.stages}
    table = shown.table
    return Frozen(
        currency=answer.currency,
        digits=answer.digits,
        with_vat=organisation().amounts_with_vat,
        stages=tuple(
            FrozenStage(
                labels[row.lineage_id].key,
                labels[row.lineage_id].name_zh,
                labels[row.lineage_id].name_en,
                row.rate,
                FrozenSum(row.all.count, row.all.amount, row.all.weighted),
            )
            for row in table.rows
        ),
        sums={
            name: FrozenSum(one.count, one.amount, one.weighted)
            for name, one in (
                ("total", table.total), ("in_period", table.in_period), ("overdue", table.overdue),
            )
        },
        indicators={
            "forecast": Figure(answer.forecast.value, answer.forecast.reason),
            "progress": Figure(answer.progress.value, answer.progress.reason),
            "small": answer.small,
            "closed": answer.closed.amount,
            "weighted": answer.weighted,
            "quota": answer.quota,
        },
    )  # fmt: skip


@transaction.atomic
def note_review(
    *,
    actor: Viewer,
    review_id: int,
    seen_version: int,
    text: str,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Write the notes of a review anew; what stood there before is in its history.

    NotFound `review.not_found`, NotAllowed `review.save`, Conflict `review.changed`, RuleBroken
    `text.too_long`.
    """
    _check_may_edit(actor, review_id)
    text = text.strip()
    if len(text) > MOST_NOTE:
        raise RuleBroken("text.too_long", field="text", limit=MOST_NOTE)
    note = ReviewNote.objects.select_for_update().get(review_id=review_id)
    if note.version != seen_version:
        raise Conflict(
            "review.changed", version=note.version, theirs={"text": note.text}, yours={"text": text}
        )
    if note.text == text:
        return
    _record(actor, review_id, {"note": (note.text, text)}, way, at)
    ReviewNote.objects.filter(pk=note.pk).update(text=text, version=note.version + 1)


@transaction.atomic
def agree_action(
    *,
    actor: Viewer,
    review_id: int,
    text: str,
    owner_id: int,
    due_on: date,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Agree in a review who does what by when; give the action's id.

    NotFound `review.not_found`, NotAllowed `review.save`, RuleBroken `review.action_missing`,
    `review.not_in_unit`, `text.too_long`.
    """
    unit_id = _check_may_edit(actor, review_id)
    text = text.strip()
    if not text:
        raise RuleBroken("review.action_missing", field="text")
    if len(text) > MOST_TEXT:
        raise RuleBroken("text.too_long", field="text", limit=MOST_TEXT)
    units = all_units().tree(today, with_closed=True).subtree(unit_id)
    if owner_id not in {p.id for p in people_in_sight(actor, units=units, today=today)}:
        raise RuleBroken("review.not_in_unit", field="owner")
    row = ReviewAction.objects.create(
        review_id=review_id, text=text, owner_id=owner_id, due_on=due_on
    )
    _record(actor, review_id, {"agreed": (None, text)}, way, at)
    return row.pk


@transaction.atomic
def do_action(
    *,
    actor: Viewer,
    action_id: int,
    seen_version: int,
    done: bool,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Mark an agreed action as done, or as not done after all; its owner and the head may.

    NotFound `review.action_not_found`, NotAllowed `review.save`, Conflict `review.changed`.
    """
    row = (
        ReviewAction.objects.select_for_update(of=("self",))
        .select_related("review")
        .filter(pk=action_id)
        .first()
    )
    if row is None:
        raise NotFound("review.action_not_found")
    if row.owner_id != actor.person_id:
        try:
            _check_may_edit(actor, row.review_id)
        except NotFound as error:
            raise NotFound("review.action_not_found") from error
    if row.version != seen_version:
        raise Conflict("review.changed", version=row.version)
    on = today if done else None
    if (row.done_on is None) == (on is None):
        return
    ReviewAction.objects.filter(pk=row.pk).update(done_on=on, version=row.version + 1)
    _record(actor, row.review_id, {"done" if done else "undone": (None, row.text)}, way, at)


def _check_may_edit(actor: Viewer, review_id: int) -> int:
    unit_id = review_in_sight(actor, review_id=review_id)
    if not actor.may("review.save", owner_id=None, unit_id=unit_id):
        raise NotAllowed("review.save")
    return unit_id


def _record(
    actor: Viewer, review_id: int, changes: dict[str, tuple[object, object]], way: Way, at: datetime
) -> None:
    record_changes(
        actor=actor, object_type="review", object_id=review_id, changes=changes,
        correlation_id=uuid4(), way=way, at=at, for_person_id=actor.acts_for("review.save"),
    )  # fmt: skip
