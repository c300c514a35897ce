"""Updating opportunities that came before, by their external id: what needs no gate (FUN-3).

Amount, close date, account, name and next step follow the file on the day of the import, as one
save under the import's own id. Stage, outcome and owner are left to people, and are said.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dakehu.actions.imports.finding import Ready
from dakehu.actions.imports.work import Work
from dakehu.actions.opportunities.held import (
    Save,
    check_posting_day,
    hold,
    note_changes,
    post_steps,
    store,
)
from dakehu.actions.search import index_opportunity
from dakehu.core.errors import DakehuError, NotAllowed
from dakehu.core.ledger import Place, Standing, Way, month_of, steps_between
from dakehu.models import Opportunity

#: What an update brings along; anything else that differs is only said.
FOLLOWS = frozenset({"amount_minor", "close_on", "account_id", "name", "next_step"})


def update(work: Work, found: Ready, pk: int, differing: Sequence[str]) -> None:
    """Let a row follow the file, inside the caller's transaction; what can't be is refused."""
    left = sorted(set(differing) - FOLLOWS)
    if left:
        work.changed(found.deal.at, found.deal.external_id, left)
    wanted = set(differing) & FOLLOWS
    if not wanted:
        return
    try:
        _update(work, found, pk, wanted)
    except DakehuError as error:
        work.refuse(found.deal.at, error.code, **error.facts)
    else:
        work.created["updated"] += 1
        work.mark(found.deal.at, "created")


def _update(work: Work, found: Ready, pk: int, wanted: set[str]) -> None:
    save = Save(
        work.actor, work.today, work.today, work.at, Way.IMPORT, work.correlation_id
    )  # fmt: skip
    held = hold(actor=work.actor, opportunity_id=pk, seen_version=None)
    row: Opportunity = held.row
    if not work.reaches(row.unit_id):
        raise NotAllowed("import.run")
    before = held.standing
    plain = {name: getattr(row, name) for name in wanted - {"amount_minor"}}
    for name in plain:
        setattr(row, name, _value(found, name))
    after = before
    if row.place == Place.OPEN:
        position = replace(before.position, close_month=month_of(row.close_on))
        minor = found.amount_minor if "amount_minor" in wanted else before.amount_minor
        after = Standing(position, minor)
    if after != before:
        check_posting_day(save, last_on=row.last_on)
        post_steps(row, steps_between(before, after, order_of_stage={}), save)
    changes = {name: (_plain(old), _plain(getattr(row, name))) for name, old in plain.items()}
    note_changes(row.pk, changes, save)
    store(row, save)
    if "name" in wanted:
        index_opportunity(row)
    work.made.append(("opportunity", pk))


def _value(found: Ready, name: str) -> Any:
    return found.account_id if name == "account_id" else getattr(found.deal, name)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
