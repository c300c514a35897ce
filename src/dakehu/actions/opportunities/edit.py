"""Editing: what the ledger knows becomes movements, the rest field history (FUN-5)."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db import transaction

from dakehu.actions.names import sort_key
from dakehu.actions.opportunities.checks import (
    check_account,
    check_close_day,
    check_source,
    check_text,
)
from dakehu.actions.opportunities.commands import KEEP, EditOpportunity, Keep, Saved
from dakehu.actions.opportunities.held import (
    Held,
    Save,
    amount_minor,
    base_amount,
    check_posting_day,
    digits_of,
    hold,
    note_changes,
    post_steps,
    require_open,
    store,
)
from dakehu.actions.opportunities.lines import (
    check_products,
    competitor_names,
    current_competitors,
    current_lines,
    keep_competitors,
    keep_lines,
    plain_lines,
)
from dakehu.actions.search import index_opportunity
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, RuleBroken
from dakehu.core.ledger import Category, Standing, Way, month_of, steps_between
from dakehu.core.money import from_minor, to_minor
from dakehu.core.opportunities import Line, check_rate, lines_amount
from dakehu.models import Change, Movement, Opportunity

_TEXTS = ("name", "compelling_event", "next_step")
_PLAIN = ("account_id", "close_on", "source", "next_step_on", *_TEXTS)


@transaction.atomic
def edit_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    edit: EditOpportunity,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
    reason: str = "",
) -> Saved:
    """Change several fields in one save: a movement per kind, under one correlation id.

    NotFound, NotAllowed `opportunity.edit`, Conflict `opportunity.changed` (`theirs`, `yours` by
    field), RuleBroken as the checks say; what the ledger knows changes only while it is open.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    save = save.under(held.require(actor, "opportunity.edit"))
    if _touches_ledger(edit) and on >= today.replace(day=1):
        # Both locks by one statement; a day of another month may need the ledger alone, and
        # takes it only where something is posted.
        save = save.holding()
    row = held.row
    was = dict(row.__dict__)
    lines = current_lines(row.pk) if _touches_lines(edit) else ()
    rivals = () if isinstance(edit.competitors, Keep) else current_competitors(row.pk)
    if seen_version is not None and seen_version != row.version:
        raise _conflict(row, edit, seen_version)
    before, plain = held.standing, _plain_values(row)
    digits = _digits(row, edit)
    lines_now, changes = _changed_lines(edit, lines, digits)
    after = _standing_wanted(held, edit, lines_now, digits)
    _set_plain(actor, row, edit)
    after = replace(after, position=replace(after.position, close_month=month_of(row.close_on)))
    changes |= {name: (plain[name], value) for name, value in _plain_values(row).items()}
    moved = after != before
    if moved:
        require_open(row)
        check_posting_day(save, last_on=row.last_on, reason=reason)
        _post(row, before, after, save, reason)
    if lines_now is not None:
        if not moved:
            check_posting_day(save, last_on=row.last_on, reason=reason)
        keep_lines(row.pk, lines_now, digits, save)
    # After what is posted has taken the locks of its day: these ask for the ledger's, too.
    gone = _change_rivals(row.pk, edit, rivals, changes)
    if not moved and all(old == new for old, new in changes.values()):
        return Saved(row.pk, row.version, "")
    note_changes(row.pk, changes, save)
    for known in gone:
        note_changes(row.pk, {"competitor_note": (known, None)}, save)
    store(row, save, only=_changed_columns(row, was))
    if row.name != plain["name"]:
        index_opportunity(row)
    return Saved(row.pk, row.version, str(save.correlation_id))


def _touches_ledger(edit: EditOpportunity) -> bool:
    names = ("amount", "currency", "close_on", "category", "own_rate_bp", "lines")
    return edit.amount_follows_lines or any(getattr(edit, name) is not KEEP for name in names)


def _digits(row: Opportunity, edit: EditOpportunity) -> int:
    """Give the digits of the currency; where no amount is touched nobody asks for them."""
    if isinstance(edit.amount, Keep) and not _touches_lines(edit):
        return 0
    currency = row.currency_id if isinstance(edit.currency, Keep) else edit.currency
    return digits_of(currency, held=row.currency_id)


def _changed_columns(row: Opportunity, was: Mapping[str, Any]) -> set[str]:
    """Give the fields that differ from what they were; the close date is stored twice."""
    changed = {
        field.name
        for field in row._meta.concrete_fields
        if row.__dict__[field.attname] != was[field.attname]
    }
    return changed | {"close_sort"} if "close_on" in changed else changed


def _touches_lines(edit: EditOpportunity) -> bool:
    return not (
        isinstance(edit.lines, Keep)
        and isinstance(edit.currency, Keep)
        and not edit.amount_follows_lines
    )


def _changed_lines(
    edit: EditOpportunity, before: tuple[Line, ...], digits: int
) -> tuple[tuple[Line, ...] | None, dict[str, tuple[Any, Any]]]:
    """Give the new set of lines (None: the old one stays) and its history."""
    if isinstance(edit.lines, Keep):
        # In another currency the same lines are other amounts: the set is kept anew.
        recount = before and not isinstance(edit.currency, Keep)
        if recount:
            lines_amount(before, digits)
        return (before if recount else None), {}
    check_products(edit.lines, before)
    lines_amount(edit.lines, digits)
    old, new = plain_lines(before), plain_lines(edit.lines)
    if old == new and isinstance(edit.currency, Keep):
        return None, {}
    return edit.lines, {"lines": (old, new)}


def _standing_wanted(
    held: Held, edit: EditOpportunity, lines: tuple[Line, ...] | None, digits: int
) -> Standing:
    before = held.standing
    position = before.position
    if isinstance(edit.category, Category) and edit.category != position.category:
        if edit.category is Category.CLOSED:
            raise RuleBroken("opportunity.closed_by_winning", field="category")
        position = replace(position, category=edit.category)
    if not isinstance(edit.own_rate_bp, Keep):
        check_rate(edit.own_rate_bp)
        position = replace(position, own_rate_bp=edit.own_rate_bp)
    if not isinstance(edit.currency, Keep):
        position = replace(position, currency=edit.currency)
    amount = before.amount_minor
    if edit.amount_follows_lines:
        amount = lines_amount(current_lines(held.row.pk) if lines is None else lines, digits)
    elif not isinstance(edit.amount, Keep):
        amount = amount_minor(edit.amount, digits)
    elif position.currency != before.position.currency:
        # The figure stays, in the new currency and with its digits.
        old_digits = digits_of(before.position.currency, held=before.position.currency)
        amount = to_minor(from_minor(amount, old_digits), digits)
    return Standing(position, amount)


def _set_plain(actor: Viewer, row: Opportunity, edit: EditOpportunity) -> None:
    for name in _TEXTS:
        value = getattr(edit, name)
        if value is not KEEP:
            setattr(row, name, check_text(name, value))
    if edit.name is not KEEP:
        row.sort_key = sort_key(row.name)
    if not isinstance(edit.account_id, Keep) and edit.account_id != row.account_id:
        check_account(actor, edit.account_id)
        row.account_id = edit.account_id
    if not isinstance(edit.source, Keep):
        check_source(edit.source)
        row.source = edit.source
    if not isinstance(edit.close_on, Keep) and edit.close_on != row.close_on:
        check_close_day("close_on", edit.close_on)
        row.close_on = edit.close_on
    if not isinstance(edit.next_step_on, Keep):
        check_close_day("next_step_on", edit.next_step_on)
        row.next_step_on = edit.next_step_on


def _plain_values(row: Opportunity) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _PLAIN}


def _change_rivals(
    row_id: int,
    edit: EditOpportunity,
    before: tuple[str, ...],
    changes: dict[str, tuple[Any, Any]],
) -> tuple[dict[str, str], ...]:
    """Change the rivals and their history; give what was known of those that go."""
    if isinstance(edit.competitors, Keep):
        return ()
    names = competitor_names(edit.competitors)
    if set(names) == set(before):
        return ()
    changes["competitors"] = (list(before), list(names))
    return keep_competitors(row_id, names)


def _post(row: Opportunity, before: Standing, after: Standing, save: Save, reason: str) -> None:
    steps = steps_between(before, after, order_of_stage={})
    post_steps(row, steps, save, text=reason.strip())
    worth = (after.amount_minor, after.position.currency)
    if worth != (before.amount_minor, before.position.currency):
        row.base_minor = base_amount(after.amount_minor, row.currency_id, save.on)


def _conflict(row: Opportunity, edit: EditOpportunity, seen: int) -> Conflict:
    theirs: dict[str, Any] = {}
    yours: dict[str, Any] = {}
    for name, (now, wanted) in _compared(row, edit).items():
        if now != wanted:
            theirs[name], yours[name] = now, wanted
    moved = Movement.objects.filter(opportunity_id=row.pk).order_by("-id")
    changed = Change.objects.filter(object_type="opportunity", object_id=row.pk).order_by("-id")
    last = [
        *moved.values_list("recorded_at", "actor__name")[:1],
        *changed.values_list("at", "actor__name")[:1],
    ]
    return Conflict(
        "opportunity.changed",
        seen=seen,
        now=row.version,
        at=row.updated_at,
        who=max(last, key=itemgetter(0))[1] or "",
        theirs=theirs,
        yours=yours,
    )


def _compared(row: Opportunity, edit: EditOpportunity) -> Mapping[str, tuple[Any, Any]]:
    """Give, per field that the edit sets, the value in the row and the one wanted."""
    digits = digits_of(row.currency_id, held=row.currency_id)
    now: dict[str, Any] = {
        **_plain_values(row),
        "amount": from_minor(row.amount_minor, digits),
        "currency": row.currency_id,
        "category": Category(row.category),
        "own_rate_bp": row.own_rate_bp,
    }
    pairs = {}
    for field in fields(edit):
        wanted = getattr(edit, field.name)
        if field.name in now and wanted is not KEEP:
            if field.name == "amount" and isinstance(wanted, Decimal):
                wanted = wanted.quantize(now["amount"]) if now["amount"] == wanted else wanted
            pairs[field.name] = (now[field.name], wanted)
    return pairs
