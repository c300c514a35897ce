"""A bulk edit: one verb for all chosen opportunities, each by the action of one."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from dakehu.actions import opportunities as actions
from dakehu.actions.bulk_edits.run import Act, Picked, Ran, do_many, try_many
from dakehu.actions.opportunities import EditOpportunity, Outcome, Saved
from dakehu.actions.together import within
from dakehu.core.access import Viewer
from dakehu.core.bulk_edits import Ask, check_ask, shifted
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Category, Way
from dakehu.models import Opportunity
from dakehu.queries.stages import version_in_force

How = dict[str, Any]


def preview_bulk_edit(
    *, actor: Viewer, picked: Sequence[Picked], ask: Ask, today: date, at: datetime
) -> Ran:
    """Say what a bulk edit would do to each row, by trying it: nothing is kept.

    RuleBroken `bulk.nothing_picked`, `bulk.too_many`, and as `check_ask` says.
    """
    check_ask(ask)
    return try_many(
        actor=actor, picked=picked, act=_act(ask), follows_chains=ask.verb == "restore",
        today=today, at=at, way=Way.BULK,
    )  # fmt: skip


def do_bulk_edit(
    *, actor: Viewer, picked: Sequence[Picked], ask: Ask, today: date, at: datetime
) -> Ran:
    """Do it to every row that allows it, in one transaction and under one correlation id.

    What is refused is left and kept with its reason; `Ran.bulk_id` names what can be taken back.
    RuleBroken `bulk.nothing_done` where no row changes, and as the preview refuses.
    """
    check_ask(ask)
    return do_many(
        actor=actor, picked=picked, act=_act(ask), follows_chains=ask.verb == "restore",
        asked=ask.plain(), today=today, at=at, way=Way.BULK,
    )  # fmt: skip


def _act(ask: Ask) -> Act:
    verb = _ACTS[ask.verb]

    def act(row: Opportunity, how: How) -> Saved:
        if row.voided and ask.verb != "restore":
            raise RuleBroken("bulk.is_voided")
        return verb(ask, row, how)

    return act


def _close_on(ask: Ask, _row: Opportunity, how: How) -> Saved:
    return within(actions.edit_opportunity)(**how, edit=EditOpportunity(close_on=ask.close_on))


def _shift(ask: Ask, row: Opportunity, how: How) -> Saved:
    return actions.edit_opportunity(
        **how, edit=EditOpportunity(close_on=shifted(row.close_on, ask.days))
    )


def _category(ask: Ask, _row: Opportunity, how: How) -> Saved:
    return actions.edit_opportunity(
        **how, edit=EditOpportunity(category=Category(ask.category or 0))
    )


def _next_step(ask: Ask, _row: Opportunity, how: How) -> Saved:
    edit = EditOpportunity(next_step=ask.next_step, next_step_on=ask.next_step_on)
    return within(actions.edit_opportunity)(**how, edit=edit)


def _source(ask: Ask, _row: Opportunity, how: How) -> Saved:
    return within(actions.edit_opportunity)(**how, edit=EditOpportunity(source=ask.source))


def _own_rate(ask: Ask, _row: Opportunity, how: How) -> Saved:
    return within(actions.edit_opportunity)(
        **how, edit=EditOpportunity(own_rate_bp=ask.own_rate_bp)
    )


def _reassign(ask: Ask, _row: Opportunity, how: How) -> Saved:
    return within(actions.reassign_opportunity)(**how, owner_id=ask.owner_id or 0, why=ask.text)


def _advance(ask: Ask, row: Opportunity, how: How) -> Saved:
    to_stage = None
    if ask.stage_id is not None:
        stage = version_in_force(row.method_version_id).by_id(ask.stage_id)
        if stage is None:
            raise RuleBroken("opportunity.stage_of_other_method", field="stage")
        to_stage = stage.key
    return within(actions.advance_opportunity)(**how, to_stage=to_stage, reason=ask.text)


def _lose(ask: Ask, _row: Opportunity, how: How) -> Saved:
    outcome = Outcome(ask.reason, ask.competitor, ask.text)
    return within(actions.lose_opportunity)(**how, outcome=outcome)


def _abandon(ask: Ask, _row: Opportunity, how: How) -> Saved:
    outcome = Outcome(ask.reason, ask.competitor, ask.text)
    return within(actions.abandon_opportunity)(**how, outcome=outcome)


def _void(ask: Ask, _row: Opportunity, how: How) -> Saved:
    return within(actions.void_opportunity)(**how, why=ask.text)


def _restore(_ask: Ask, row: Opportunity, how: How) -> Saved:
    if not row.voided:
        raise RuleBroken("opportunity.not_voided")
    return within(actions.restore_opportunity)(**how)


_ACTS: dict[str, Callable[[Ask, Opportunity, How], Saved]] = {
    "close_on": _close_on,
    "shift": _shift,
    "category": _category,
    "next_step": _next_step,
    "source": _source,
    "own_rate": _own_rate,
    "reassign": _reassign,
    "advance": _advance,
    "lose": _lose,
    "abandon": _abandon,
    "void": _void,
    "restore": _restore,
}
