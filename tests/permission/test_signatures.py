"""No viewer, no row: every public query asks who asks, every action knows who acts."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import dakehu.actions
import dakehu.queries
from dakehu.core.access import Viewer

INSIDE = "the same for everybody inside: settings, rates, methods, units are no secret"
WHERE = "adds up positions that positions_of(viewer) has chosen"
SHAPE = "shapes what the caller has already found for the viewer; reads nothing"
ROW_IN_SIGHT = "the caller has found the row to be in sight"
ASKED = "is handed the viewer within what is asked (rows_behind.lines.Ask)"
WHO = "says who the viewer is, before there is one"

#: Queries that ask for nobody, and why they need not.
NO_VIEWER: dict[str, str] = {
    "activities.asked.taken_part_in": SHAPE,
    "activities.list.narrowed": SHAPE,
    "activities.meant.account_place": SHAPE,
    "activities.meant.person_fit": SHAPE,
    "activities.meant.runs": SHAPE,
    "calendar.feed_owner": WHO,
    "today.day.stuck_since": SHAPE,
    "names.masked": SHAPE,
    "accounts.list.unit_name": SHAPE,
    "accounts.page.path_end": SHAPE,
    "accounts.rollup.along_the_tree": SHAPE,
    "accounts.rollup.fiscal_years": INSIDE,
    "accounts.rollup.scales_of": INSIDE,
    "past.held.is_held": SHAPE,
    "past.held.is_undoable": SHAPE,
    "past.held.kept_id": SHAPE,
    "past.held.price_of": SHAPE,
    "past.held.values_now": ROW_IN_SIGHT,
    "alike.best_of": SHAPE,
    "alike.likeness": SHAPE,
    "appointments.in_force": SHAPE,
    "background.local": INSIDE,
    "background.schedules": INSIDE,
    "backup.applied": "names migrations; holds no row",
    "backup.checksum": "sums up rows that backup or restore_backup, the operator's, has chosen",
    "backup.columns_of": SHAPE,
    "backup.kept_models": SHAPE,
    "backup.lines": "reads rows for backup or restore_backup, the operator's",
    "conditions.accounts_meet": SHAPE,
    "conditions.column_meets": SHAPE,
    "conditions.measured": SHAPE,
    "conditions.numbered": SHAPE,
    "conditions.one_of": SHAPE,
    "conditions.units_meet": SHAPE,
    "contacts.contact_row": SHAPE,
    "board.columns.by_of": SHAPE,
    "board.columns.category_columns": SHAPE,
    "board.columns.month_after": SHAPE,
    "board.columns.month_columns": SHAPE,
    "board.columns.same_day_in": SHAPE,
    "board.columns.stage_columns": SHAPE,
    "board.columns.values_sql": SHAPE,
    "board.sums.count_by_stage": SHAPE,
    "board.sums.summed": SHAPE,
    "by_product.joined_lines": SHAPE,
    "by_product.weighted_scope": INSIDE,
    "compare.known_by_then": SHAPE,
    "deal_reviews.claim_of": SHAPE,
    "deal_reviews.evidence_seen": SHAPE,
    "superiors.superiors_of": "who heads whom is no secret inside; actions and pages name them",
    "days.any_entry_by": WHERE,
    "days.open_by_steps": WHERE,
    "days.open_on_days": WHERE,
    "days.same_sight": SHAPE,
    "funnel.facts.method_labels": INSIDE,
    "health.method_asked": SHAPE,
    "hygiene.finding_of": SHAPE,
    "funnel.day.shown_for_base": SHAPE,
    "funnel.whose.week_known_at": SHAPE,
    "imports.kept_tables": "reads files of a run for those who asked for the run as themselves",
    "imports.upload_folder": SHAPE,
    "leaks.entries.exchange_of": INSIDE,
    "leaks.entries.leaving": SHAPE,
    "leaks.entries.product_shares": WHERE,
    "leaks.entries.worth": SHAPE,
    "ledger.closing": WHERE,
    "ledger.is_company": SHAPE,
    "ledger.day_literal": SHAPE,
    "ledger.fetch": "runs the SQL of queries that have a viewer",
    "ledger.carried_before": INSIDE,
    "ledger.carried_until": INSIDE,
    "ledger.open_cells": WHERE,
    "ledger.open_sources": WHERE,
    "ledger.outcome_sums": WHERE,
    "ledger_booked.booked_apart_sql": "verify_ledger runs it, for those who may",
    "ledger_booked.held_booked_sql": "verify_ledger runs it, for those who may",
    "ledger_moved.moved_cells": WHERE,
    "ledger_moved.shrunk_sql": SHAPE,
    "ledger_booked.wrongly_booked": "verify_ledger runs it, for those who may",
    "methods.book.version_of": SHAPE,
    "methods.stored.spec_of": SHAPE,
    "opportunities.filters.check_filter": SHAPE,
    "opportunities.filters.cursor_of": SHAPE,
    "opportunities.filters.narrowed": SHAPE,
    "opportunities.filters.place_of": SHAPE,
    "opportunities.statements.facts_of": ROW_IN_SIGHT,
    "opportunities.history.day_of": SHAPE,
    "opportunities.history.history_of": ROW_IN_SIGHT,
    "opportunities.history.stays_of": SHAPE,
    "opportunities.history.undoable": SHAPE,
    "opportunities.list.stage_names": INSIDE,
    "opportunities.path.evidence_name": INSIDE,
    "opportunities.path.gaps_of": SHAPE,
    "opportunities.path.in_tongue": SHAPE,
    "opportunities.path.loss_proof_of": SHAPE,
    "opportunities.path.is_picture": SHAPE,
    "opportunities.path.missing_of": SHAPE,
    "opportunities.path.moment_seen": SHAPE,
    "opportunities.path.next_after": SHAPE,
    "opportunities.path.path_of": SHAPE,
    "opportunities.path.plans_of": ROW_IN_SIGHT,
    "opportunities.path.ticks_of": ROW_IN_SIGHT,
    "opportunities.parts.lines_of": ROW_IN_SIGHT,
    "opportunities.parts.rivals_of": ROW_IN_SIGHT,
    "organisation.organisation": INSIDE,
    "opportunities.filters.asked_by_itself": SHAPE,
    "paging.cursor_of": SHAPE,
    "paging.key_of": SHAPE,
    "paging.page_of": SHAPE,
    "log_in.person_by_id": WHO,
    "log_in.session_with": WHO,
    "written.written_once": "decorates a query; asks nothing itself",
    "people.appointed_unit": "actions ask it of owners; no page shows it",
    "people.demo_log_ins": "the log-in page of a demo asks before anybody is signed in",
    "people.named_like": SHAPE,
    "people.person_name": SHAPE,
    "people.viewer_by_login": WHO,
    "people.viewer_of": WHO,
    "quotas.find.quota_of_rows": SHAPE,
    "quotas.grid.people_seated": "quota_grid and set_quotas ask it of units that they have checked",
    "rates.currency_digits": INSIDE,
    "rates.exchange_on": INSIDE,
    "rates.is_used": INSIDE,
    "rates.used_currencies": INSIDE,
    "rates.win_rates": INSIDE,
    "rows_behind.facts.total": SHAPE,
    "rows_behind.lines.cells_of_moved": ASKED,
    "rows_behind.lines.held_then": ASKED,
    "rows_behind.lines.lines_of": ASKED,
    "rows_behind.lines.standing": ASKED,
    "rows_behind.whole.day_of": ASKED,
    "rows_behind.whole.largest_then": ASKED,
    "rows_behind.whole.least_amounts": ASKED,
    "rows_behind.whole.first_lines": ASKED,
    "rows_behind.whole.is_whole": ASKED,
    "rows_behind.whole.voided_since": ASKED,
    "rows_behind.whole.whole_sums": ASKED,
    "rows_behind.read.index_scopes": SHAPE,
    "rows_behind.weigh.groups_of": SHAPE,
    "rows_behind.weigh.rows_of": SHAPE,
    "snapshot.agreed": "no query: how queries read",
    "snapshot.once_in_a_snapshot": "no query: how queries read",
    "snapshot.read_alias": "no query: how queries read",
    "snapshot.is_reading": "no query: how queries read",
    "snapshot.reading": "no query: how queries read",
    "leaks.carried.carried_sums": "read where `rest_of` says that the whole company is asked for",
    "leaks.carried.rest_of": WHERE,
    "flow_pairs.carried_sql": "read where `carried_until` says that the whole company is asked for",
    "flow_pairs.days_sql": "no answer: what is carried of the whole company",
    "flow_pairs.pairs_sql": WHERE,
    "flow_pairs.week_of": SHAPE,
    "flow_pairs.week_sql": "no answer: what is carried of the whole company",
    "stays.carried_stays": WHERE,
    "stays.carried_until": WHERE,
    "stays.month_of": SHAPE,
    "stays.days_between_sql": SHAPE,
    "stays.is_sqlite": SHAPE,
    "stays.not_taken_back": SHAPE,
    "stays.stays_sql": "read where `carried_stays` says that the whole company is asked for",
    "stays.turned_sql": "no answer: what is carried, or what stays_sql adds to it",
    "stays_check.stays_deviating": INSIDE,
    "speed.stage_speeds": WHERE,
    "stages.stage_name": INSIDE,
    "stages.version_in_force": INSIDE,
    "units.all_units": INSIDE,
    "waterfall.bar_of": SHAPE,
    "waterfall.stages_of": INSIDE,
    "rates.calibrated_on": INSIDE,
    "rates.exchange_book": INSIDE,
    "stages.versions_in_force": INSIDE,
    "seats.seats": INSIDE,
    "seats.units_of_owner": INSIDE,
    "opportunities.history.moment_of": SHAPE,
    "search.candidates.bounds_for": SHAPE,
    "search.counting.chosen_probes": "counts tokens up to a bound; no count leaves the search",
    "search.probes.asked_for": SHAPE,
    "opportunities.path.digest_seen": SHAPE,
    "past.history.told_change": SHAPE,
    "paging.decoded": SHAPE,
    "paging.storable": SHAPE,
    "search.ranking.glance": SHAPE,
    "search.ranking.may_fit": SHAPE,
    "search.ranking.pieces_of": SHAPE,
    "search.ranking.score_of": SHAPE,
    "spelling.core": SHAPE,
    "spelling.found_by": SHAPE,
    "spelling.initials_of": SHAPE,
    "spelling.is_spelt": SHAPE,
    "spelling.letters_of": SHAPE,
    "spelling.plainly": SHAPE,
    "spelling.readings": SHAPE,
    "spelling.span_of": SHAPE,
    "spelling.spelt_plainly": SHAPE,
    "spelling.thirds_of": SHAPE,
    "spelling.typed_with": SHAPE,
    "spelling.words_of": SHAPE,
    "spelling.initials": SHAPE,
    "spelling.simplified": SHAPE,
    "spelling.spellings": SHAPE,
    "spelling.tokens_of": SHAPE,
    "snapshot.acting": "no query: how queries read",
    "stamps.kept_while": "no query: how queries read",
    "stamps.marks_change": "no query: how queries read",
    "stamps.stamps": "no query: how queries read",
}
#: What pages and commands take from actions that nobody does, and why.
NO_ACTOR: dict[str, str] = {
    "background.enqueue": "queues a job by name; the job asks who acts",
    "background.queue_due": "a job: it queues what the schedule says, and touches nothing else",
    "background.work_scheduled": "a job: it runs a body, which acts as the operator",
    "names.index_from": "a job: makes names findable, whoever may see them",
    "search.index_unfound": "a job: makes names findable, whoever may see them",
    "imports.engine.work_import": "a job: it acts as whoever started the run, with today's rights",
    "imports.lease.take_up_stale": "a job: it queues runs again, and touches nothing in them",
    "imports.reading.source_files": "names the files at a path; touches no table",
    "ledger.most.raise_most": "remakes a column from the entries; the command is the operator's",
    "ledger.carry.carry_forward": "remakes a cache from the entries; the command is the operator's",
    "ledger.carry.rebuild": "remakes a cache from the entries; the command is the operator's",
    "organisation.settings_of": SHAPE,
}

#: The layers in which people and scripts come in.
DOORS = ("web", "cli", "api", "jobs", "http")


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def public_functions(package: ModuleType) -> dict[str, Callable[..., Any]]:
    """Give what a module defines at its top without an underscore, by its whole name."""
    found: dict[str, Callable[..., Any]] = {}
    for module in modules(package):
        source = ast.parse(inspect.getsource(module))
        for node in source.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                function = inspect.unwrap(getattr(module, node.name))
                name = f"{module.__name__}.{node.name}".removeprefix(f"{package.__name__}.")
                found[name] = function
    return found


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def test_every_query_asks_who_asks() -> None:
    found = public_functions(dakehu.queries)
    assert len(found) > 40
    without = {
        name
        for name, function in found.items()
        if not any(p.annotation in ("Viewer", Viewer) for p in parameters(function)[:1])
    }
    assert without == set(NO_VIEWER), (sorted(without), sorted(NO_VIEWER))


def asked_by_doors() -> set[Callable[..., Any]]:
    """Give the functions of actions that pages, commands and jobs call."""
    root = Path(dakehu.actions.__file__).parent.parent
    files = [
        path for door in DOORS for path in (*root.glob(f"{door}/**/*.py"), root / f"{door}.py")
    ]
    found: set[Callable[..., Any]] = set()
    for path in (path for path in files if path.exists()):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            if not f"{node.module}.".startswith("dakehu.actions."):
                continue
            module = importlib.import_module(node.module)
            for alias in node.names:
                taken = getattr(module, alias.name, None) or importlib.import_module(
                    f"{node.module}.{alias.name}"
                )
                if inspect.isfunction(taken):
                    found.add(inspect.unwrap(taken))
                elif inspect.ismodule(taken):
                    found |= of_module(tree, alias.asname or alias.name, taken)
    return found


def of_module(tree: ast.Module, name: str, module: ModuleType) -> set[Callable[..., Any]]:
    """Give the functions that are taken as `name.function`."""
    taken = (
        getattr(module, node.attr, None)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    )
    return {inspect.unwrap(one) for one in taken if inspect.isfunction(one)}


def is_action(function: Callable[..., Any]) -> bool:
    found = parameters(function)
    return found[0].name == "actor" and all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in found)


def test_every_action_is_told_by_keyword_who_acts() -> None:
    names = {function: name for name, function in public_functions(dakehu.actions).items()}
    asked = asked_by_doors()
    assert len(asked) > 40
    without = {names[f] for f in asked if not parameters(f) or not is_action(f)}
    assert without == set(NO_ACTOR), (sorted(without), sorted(NO_ACTOR))
