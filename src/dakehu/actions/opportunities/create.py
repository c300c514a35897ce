"""Creating an opportunity: checks, gate, row, first movement."""

from datetime import date, datetime

from django.db import connection, transaction

from dakehu.actions.ledger.rows import insert
from dakehu.actions.names import sort_key
from dakehu.actions.opportunities.checks import (
    check_account,
    check_close_day,
    check_source,
    check_text,
    unit_of_owner,
)
from dakehu.actions.opportunities.commands import NewOpportunity, Saved
from dakehu.actions.opportunities.gate import pass_gate
from dakehu.actions.opportunities.held import (
    LAST_DAY,
    Save,
    amount_minor,
    base_amount,
    check_posting_day,
    digits_of,
    note_changes,
    post_steps,
    standing_of,
    store,
)
from dakehu.actions.opportunities.home import come_home
from dakehu.actions.opportunities.lines import (
    check_products,
    competitor_names,
    first_competitors,
    keep_lines,
)
from dakehu.actions.search import OPPORTUNITY, write_tokens
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Category, Kind, Place, Step, Way
from dakehu.core.opportunities import check_rate, lines_amount
from dakehu.models import Opportunity
from dakehu.queries.stages import StageInForce, VersionInForce, version_in_force


@transaction.atomic
def create_opportunity(
    *,
    actor: Viewer,
    new: NewOpportunity,
    on: date,
    today: date,
    at: datetime,
    way: Way,
    overrule: str = "",
    reason: str = "",
) -> Saved:
    """Create an open opportunity on a day; beyond the first stage the gate asks (FUN-2, FUN-3).

    In a unit closed since it moves on to the owner's at the closing. `reason` opens closed
    books to those who may. NotAllowed `opportunity.create`, NotFound
    `account.not_found`, `method.unknown_version`, RuleBroken as the checks and the gate say.
    """
    # The locks first: a unit that is being closed is closed when it is read (decision 15).
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way).holding()
    unit_id = unit_of_owner(new.owner_id, on, chosen=new.unit_id)
    right = actor.right_to("opportunity.create", owner_id=new.owner_id, unit_id=unit_id)
    if right is None:
        raise NotAllowed("opportunity.create")
    save = save.under(right)
    check_posting_day(save, last_on=None, reason=reason)
    version = version_in_force(new.method_version_id)
    if not version.is_current:
        raise RuleBroken("method.not_current", field="method")
    stage = starting_stage(version, new.stage_key)
    passed = pass_gate(
        actor=actor,
        version=version,
        opportunity_id=None,
        owner_id=new.owner_id,
        unit_id=unit_id,
        leaving=None,
        to=stage.key,
        today=today,
        overrule=overrule,
    )
    row = _row(actor, new, unit_id, version, stage, save)
    insert([row])
    if not new.code.strip():
        row.code = _give_code(on, row.pk)
    write_tokens(OPPORTUNITY, [(row.pk, (row.name,), (row.code,))])
    if passed.overruled_by is not None:
        save = save.under(passed.overruled_by)
    why = overrule if passed.overruled else reason
    post_steps(
        row,
        (Step(Kind.CREATED, None, standing_of(row)),),
        save,
        reason="gate_overruled" if passed.overruled else "",
        text=why.strip(),
    )
    names = competitor_names(new.competitors)
    if names:
        first_competitors(row.pk, names)
    if new.lines:
        keep_lines(row.pk, new.lines, digits_of(new.currency), save)
    if passed.overruled:
        note_changes(row.pk, {"gate_overruled": (None, passed.overruled_keys)}, save)
    # Of today it stands in a unit that stands: nothing to ask for.
    if on < today and _comes_home(row, save):
        store(row, save)
    return Saved(row.pk, row.version, str(save.correlation_id), passed.warnings(actor.language))


def _comes_home(row: Opportunity, save: Save) -> bool:
    """Move what was dated back into a unit closed since on to its owner's; tell if it moved."""
    unit_id = row.unit_id
    come_home(row, save)
    return row.unit_id != unit_id


def starting_stage(version: VersionInForce, key: str | None) -> StageInForce:
    """Give the stage to start in. RuleBroken `…stage_of_other_method`, `…win_instead`."""
    if key is None:
        return version.open_stages[0]
    stage = version.by_key(key)
    if stage is None:
        raise RuleBroken("opportunity.stage_of_other_method", field="stage")
    if stage.after_win:
        raise RuleBroken("opportunity.win_instead", field="stage")
    return stage


def _row(
    actor: Viewer,
    new: NewOpportunity,
    unit_id: int,
    version: VersionInForce,
    stage: StageInForce,
    save: Save,
) -> Opportunity:
    name = check_text("name", new.name)
    code = check_text("code", new.code)
    if code and Opportunity.objects.filter(code=code).exists():
        raise RuleBroken("opportunity.code_taken", field="code", taken=code)
    check_account(actor, new.account_id)
    check_source(new.source)
    check_close_day("close_on", new.close_on)
    check_close_day("next_step_on", new.next_step_on)
    check_rate(new.own_rate_bp)
    if new.category is Category.CLOSED:
        raise RuleBroken("opportunity.closed_by_winning", field="category")
    digits = digits_of(new.currency)
    check_products(new.lines)
    amount = lines_amount(new.lines, digits)
    if not new.amount_follows_lines:
        amount = amount_minor(new.amount, digits)
    return Opportunity(
        code=code or save.correlation_id.hex,
        name=name,
        sort_key=sort_key(name),
        account_id=new.account_id,
        owner_id=new.owner_id,
        unit_id=unit_id,
        method_version_id=version.id,
        stage_id=stage.id,
        place=Place.OPEN,
        amount_minor=amount,
        most_minor=amount,
        currency_id=new.currency,
        base_minor=base_amount(amount, new.currency, save.on),
        close_on=new.close_on,
        close_sort=new.close_on or LAST_DAY,
        category=new.category,
        own_rate_bp=new.own_rate_bp,
        source=new.source,
        compelling_event=check_text("compelling_event", new.compelling_event),
        next_step=check_text("next_step", new.next_step),
        next_step_on=new.next_step_on,
        created_on=save.on,
        stage_since=save.on,
        last_on=save.on,
        updated_at=save.at,
    )


def _give_code(on: date, pk: int) -> str:
    # Other ways in bring codes of their own; one that looks like ours makes ours step aside.
    code = f"OP-{on.year}-{pk:05}"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dakehu_opportunity SET code = %s WHERE id = %s"
            " AND NOT EXISTS (SELECT 1 FROM dakehu_opportunity t WHERE t.code = %s)",
            [code, pk, code],
        )
        if cursor.rowcount:
            return code
    code = f"{code}-{pk}"
    Opportunity.objects.filter(pk=pk).update(code=code)
    return code
