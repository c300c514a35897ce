"""What a person does with an opportunity, and who may (FUN-2, FUN-3, FUN-5, FOR-5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from dakehu.actions.evidence import Proof, tick_evidence
from dakehu.actions.ledger import Correction
from dakehu.actions.methods import change_method
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    Saved,
    abandon_opportunity,
    advance_opportunity,
    correct_opportunity,
    edit_opportunity,
    lose_opportunity,
    move_opportunity_method,
    reassign_opportunity,
    regress_opportunity,
    reopen_opportunity,
    restore_opportunity,
    undo_opportunity,
    void_opportunity,
    win_opportunity,
)
from dakehu.core.access import Viewer, operator
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Category, Kind, Place, Way
from dakehu.core.methods import GateMode
from dakehu.core.opportunities import Line
from dakehu.core.periods import containing
from dakehu.models import (
    Account,
    Appointment,
    BooksClosing,
    Change,
    Competitor,
    Contact,
    Entry,
    Evidence,
    LineSet,
    Method,
    Movement,
    Opportunity,
    ProductLine,
)
from dakehu.queries.by_product import funnel_by_product
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.stages import version_in_force
from tests.world import START, World


def kinds(opportunity_id: int) -> list[Kind]:
    rows = Movement.objects.filter(opportunity_id=opportunity_id).order_by("id")
    return [Kind(row.kind) for row in rows]


def act(world: World, action: Callable[..., Any], login: str, made: Saved, **facts: Any) -> Saved:
    """Do something to an opportunity as somebody, having seen its present version."""
    given = {"seen_version": world.row(made).version, **world.how()} | facts
    saved: Saved = action(actor=world.viewer(login), opportunity_id=made.opportunity_id, **given)
    return saved


def edit(world: World, login: str, made: Saved, **facts: Any) -> Saved:
    return act(world, edit_opportunity, login, made, edit=EditOpportunity(**facts))


def tick(world: World, made: Saved, *stages: str, but: str = "") -> None:
    """Tick every item of these stages except one."""
    version = version_in_force(world.row(made).method_version_id)
    for key in stages:
        stage = version.by_key(key)
        assert stage is not None
        for item in version.spec.stage(key).evidence:
            if item.key != but:
                tick_evidence(
                    actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
                    stage_id=stage.id, key=item.key, proof=Proof(note="seen"),
                    today=world.today, at=world.at, way=Way.FORM,
                )  # fmt: skip


def refused(code: str, error: type[Exception] = RuleBroken) -> Any:
    return pytest.raises(error, match=f"^{code}")


# --- creating and editing --------------------------------------------------------------------


def test_a_new_opportunity_stands_in_the_first_stage(world: World) -> None:
    made = world.create()
    row = world.row(made)
    assert row.code == f"OP-2026-{row.pk:05}"
    assert (row.place, row.amount_minor, row.base_minor) == (Place.OPEN, 120000, 120000)
    assert row.unit_id == world.units["east_team"]
    assert kinds(row.pk) == [Kind.CREATED]


def test_one_save_posts_a_movement_per_kind_in_the_order_of_the_ledger(world: World) -> None:
    made = world.create(close_on=date(2026, 7, 10))
    edit(
        world, "wen", made, own_rate_bp=3000, amount=Decimal("1500.50"), name="Stacker, 3 sets",
        close_on=date(2026, 9, 1), category=Category.COMMIT,
    )  # fmt: skip
    assert kinds(made.opportunity_id) == [
        Kind.CREATED, Kind.CATEGORY_CHANGED, Kind.SLIPPED, Kind.AMOUNT_CHANGED,
        Kind.OWN_RATE_SET,
    ]  # fmt: skip
    row = world.row(made)
    assert (row.name, row.amount_minor, row.version) == ("Stacker, 3 sets", 150050, 2)
    saves = set(
        Movement.objects.exclude(kind=Kind.CREATED).values_list("correlation_id", flat=True)
    ) | set(Change.objects.values_list("correlation_id", flat=True))
    assert len(saves) == 1
    assert set(Change.objects.values_list("field", flat=True)) == {"name", "close_on"}


def test_a_save_without_a_change_leaves_no_trace(world: World) -> None:
    made = world.create()
    edit(world, "wen", made, amount=Decimal("1200.00"), name="Stacker, 2 sets")
    assert world.row(made).version == 1
    assert kinds(made.opportunity_id) == [Kind.CREATED]


def test_another_currency_goes_through_nothing(world: World) -> None:
    made = world.create()
    edit(world, "wen", made, currency="JPY", amount=Decimal(9000))
    row = world.row(made)
    assert (row.currency_id, row.amount_minor, row.base_minor) == ("JPY", 9000, 45000)
    sums = {
        code: sum(e.amount_minor for e in Entry.objects.filter(currency=code))
        for code in ("CNY", "JPY")
    }
    assert sums == {"CNY": 0, "JPY": 0}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"amount": Decimal(-1)}, "money.negative"),
        ({"amount": Decimal(10) ** 13 + 1}, "money.too_large"),
        ({"amount": Decimal("1.234")}, "money.too_many_digits"),
        ({"amount": Decimal("NaN")}, "money.malformed"),
        ({"currency": "XXX"}, "money.unknown_currency"),
        ({"currency": "DEM"}, "money.currency_not_active"),
        ({"name": " \n"}, "opportunity.name_missing"),
        ({"name": "x" * 201}, "opportunity.text_too_long"),
        ({"name": "a\x00b"}, "opportunity.text_unreadable"),
        ({"own_rate_bp": 10001}, "opportunity.rate_out_of_range"),
        ({"category": Category.CLOSED}, "opportunity.closed_by_winning"),
        ({"source": "moon"}, "opportunity.unknown_source"),
        ({"close_on": date(9999, 1, 1)}, "opportunity.day_out_of_range"),
        ({"lines": (Line(99, Decimal(1), Decimal(1)),)}, "line.unknown_product"),
    ],
)
def test_bad_input_is_refused_on_creation_and_on_edit(
    world: World, facts: dict[str, Any], code: str
) -> None:
    with refused(code):
        world.create(**facts)
    made = world.create(name="Fine")
    with refused(code):
        edit(world, "wen", made, **facts)
    assert world.row(made).version == 1


def test_stages_of_other_methods_and_after_the_win_are_refused(world: World) -> None:
    with refused("opportunity.stage_of_other_method"):
        world.create(stage_key="shortlist")
    with refused("opportunity.win_instead"):
        world.create(method_version_id=world.methods["solution-7"], stage_key="deploy")
    made = world.create(method_version_id=world.methods["solution-7"])
    with refused("opportunity.win_instead"):
        act(world, advance_opportunity, "wen", made, to_stage="deploy")


def test_accounts_that_one_cannot_see_cannot_be_named(world: World) -> None:
    with refused("account.not_found", NotFound):
        world.create(account_id=world.accounts["mill"])


def test_lines_are_kept_as_a_set_per_change_and_may_make_the_amount(world: World) -> None:
    crane, belt = world.products["crane"], world.products["belt"]
    made = world.create(lines=(Line(crane, Decimal(2), Decimal("500.50")),))
    edit(
        world, "wen", made, amount_follows_lines=True,
        lines=(
            Line(crane, Decimal(2), Decimal("500.50")),
            Line(belt, Decimal("1.5"), Decimal("0.01"), date(2026, 9, 14)),
        ),
    )  # fmt: skip
    assert LineSet.objects.count() == 2
    current = ProductLine.objects.filter(line_set__is_current=True).order_by("id")
    # 0.015 is rounded half to even: 0.02.
    assert [line.amount_minor for line in current] == [100100, 2]
    assert current[1].delivery_month == date(2026, 9, 1)
    assert world.row(made).amount_minor == 100102


def test_a_stale_edit_shows_both_values_and_saves_nothing(world: World) -> None:
    made = world.create()
    edit(world, "wen", made, name="Theirs", amount=Decimal(1300))
    with refused("opportunity.changed", Conflict) as caught:
        edit_opportunity(
            actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
            edit=EditOpportunity(name="Yours", amount=Decimal("1300.0"), source="web"),
            seen_version=1, **world.how(),
        )  # fmt: skip
    facts = caught.value.facts
    assert facts["theirs"] == {"name": "Theirs", "source": ""}
    assert facts["yours"] == {"name": "Yours", "source": "web"}
    assert world.row(made).name == "Theirs"
    with refused("opportunity.changed", Conflict):
        act(world, advance_opportunity, "wen", made, seen_version=1)


# --- who may ---------------------------------------------------------------------------------


@dataclass
class Try:
    """One thing to do, and what it needs to stand before."""

    name: str
    action: Callable[..., Any]
    facts: dict[str, Any]
    before: str = ""


TRIES = (
    Try("edit", edit_opportunity, {"edit": EditOpportunity(name="New")}),
    Try("advance", advance_opportunity, {}),
    Try("regress", regress_opportunity, {"why": "too early"}, "advance"),
    Try("win", win_opportunity, {"outcome": Outcome("value")}),
    Try("lose", lose_opportunity, {"outcome": Outcome("price", "Zeta")}),
    Try("abandon", abandon_opportunity, {"outcome": Outcome("no_budget")}),
    Try("reopen", reopen_opportunity, {"why": "they called"}, "lose"),
    Try("void", void_opportunity, {}),
    Try("restore", restore_opportunity, {}, "void"),
)


@pytest.mark.parametrize("what", TRIES, ids=lambda one: one.name)
def test_the_owner_and_who_was_granted_work_may_others_may_not(world: World, what: Try) -> None:
    made = world.create()
    before = {one.name: one for one in TRIES}.get(what.before)
    if before is not None:
        act(world, before.action, "wen", made, **before.facts)
    world.grant("bo", made, "read")
    for login in ("bo", "mei", "rong", "director", "fin", "ops", "auditor"):
        with refused(f"opportunity.{what.name}", NotAllowed):
            act(world, what.action, login, made, **what.facts)
    for login in ("lu", "admin"):
        with refused("opportunity.not_found", NotFound):
            act(world, what.action, login, made, **what.facts)
    there = {"": [], "advance": [Kind.ADVANCED], "lose": [Kind.LOST], "void": [Kind.VOIDED]}
    assert kinds(made.opportunity_id)[1:] == there[what.before]
    world.grant("lu", made, "work")
    act(world, what.action, "lu", made, **what.facts)


def test_only_for_oneself_is_created(world: World) -> None:
    with refused("opportunity.create", NotAllowed):
        world.create("wen", owner_id=world.people["bo"])
    for login in ("mei", "director", "fin", "ops", "auditor", "admin"):
        with refused("opportunity.create", NotAllowed):
            world.create(login)


def test_the_nearest_head_who_is_not_the_owner_reassigns(world: World) -> None:
    made = world.create()
    bo = world.people["bo"]
    for login in ("wen", "rong", "director", "ops", "fin"):
        with refused("opportunity.reassign", NotAllowed):
            act(world, reassign_opportunity, login, made, owner_id=bo)
    with refused("opportunity.not_found", NotFound):
        act(world, reassign_opportunity, "lu", made, owner_id=bo)
    act(world, reassign_opportunity, "mei", made, owner_id=bo)
    row = world.row(made)
    assert (row.owner_id, row.unit_id) == (bo, world.units["east_team"])
    assert kinds(row.pk) == [Kind.CREATED, Kind.REASSIGNED]


def test_the_head_above_two_teams_gives_from_one_to_the_other_where_no_head_stands_between(
    world: World,
) -> None:
    """FOR-5: the nearest head who is not the owner; decision 8 says why no farther one."""
    machines, lu = world.units["machines"], world.people["lu"]
    Appointment.objects.filter(person_id=world.people["rong"]).update(unit_id=machines)
    of_the_head = world.create()
    act(world, reassign_opportunity, "operator", of_the_head, owner_id=world.people["mei"])
    act(world, reassign_opportunity, "rong", of_the_head, owner_id=lu)
    made = world.create()
    with refused("opportunity.reassign", NotAllowed):
        act(world, reassign_opportunity, "rong", made, owner_id=lu)  # mei heads the team
    Appointment.objects.filter(person_id=world.people["mei"]).update(until_on=world.today)
    act(world, reassign_opportunity, "rong", made, owner_id=lu)
    for saved in (of_the_head, made):
        row = world.row(saved)
        assert (row.owner_id, row.unit_id) == (lu, world.units["west_team"])
        assert kinds(row.pk)[-2:] == [Kind.REASSIGNED, Kind.UNIT_MOVED]


def test_an_owner_is_chosen_among_those_who_sell_in_the_superior_s_units(world: World) -> None:
    made = world.create()
    for login in ("lu", "rong", "fin"):  # of another unit, heads above, does not sell at all
        with refused("opportunity.owner_out_of_reach"):
            act(world, reassign_opportunity, "mei", made, owner_id=world.people[login])
    world.stand_in("lu", "wen", "salesperson", "east_team")
    with refused("opportunity.owner_out_of_reach"):
        act(world, reassign_opportunity, "mei", made, owner_id=world.people["lu"])
    act(world, reassign_opportunity, "operator", made, owner_id=world.people["lu"])
    row = world.row(made)
    assert (row.owner_id, row.unit_id) == (world.people["lu"], world.units["west_team"])
    assert kinds(row.pk) == [Kind.CREATED, Kind.REASSIGNED, Kind.UNIT_MOVED]


def test_given_to_who_heads_here_and_sells_elsewhere_it_stays_in_the_giver_s_reach(
    world: World,
) -> None:
    team = world.units["east_team"]
    Appointment.objects.create(
        person_id=world.people["lu"], unit_id=team, role="unit_head", from_on=START,
        recorded_at=world.at,
    )  # fmt: skip
    made = world.create("wen")
    act(world, reassign_opportunity, "mei", made, owner_id=world.people["lu"])
    assert world.row(made).unit_id == team
    again = world.create("wen")
    act(world, reassign_opportunity, "operator", again, owner_id=world.people["lu"])
    assert world.row(again).unit_id == world.units["west_team"]


def test_a_head_never_reassigns_or_overrules_their_own(world: World) -> None:
    Appointment.objects.create(
        person_id=world.people["mei"], unit_id=world.units["east_team"], role="salesperson",
        from_on=date(2025, 1, 1), recorded_at=world.at,
    )  # fmt: skip
    world.gate("industrial-6", "require")
    made = world.create("mei")
    with refused("opportunity.reassign", NotAllowed):
        act(world, reassign_opportunity, "mei", made, owner_id=world.people["bo"])
    with refused("gate.overrule", NotAllowed):
        act(world, advance_opportunity, "mei", made, overrule="I say so")
    act(world, reassign_opportunity, "rong", made, owner_id=world.people["bo"])


# --- the gate (FUN-3) ------------------------------------------------------------------------

STAGES = {
    "industrial-6": ("interest", "nurture", "design"),
    "solution-7": ("discover", "qualify", "develop"),
    "tender-8": ("contact", "budget", "organisation"),
}


def first_stages(world: World, method: str) -> list[str]:
    version = version_in_force(world.methods[method])
    return [stage.key for stage in version.open_stages]


@pytest.mark.parametrize("method", STAGES)
def test_advise_warns_and_require_refuses(world: World, method: str) -> None:
    keys = first_stages(world, method)
    made = world.create(method_version_id=world.methods[method])
    warned = act(world, advance_opportunity, "wen", made)
    assert warned.warnings
    world.gate(method, "require")
    with refused("gate.evidence_missing") as caught:
        act(world, advance_opportunity, "wen", made)
    spec = version_in_force(world.methods[method]).spec
    wanted = [item.key for item in spec.stage(keys[1]).evidence]
    assert caught.value.facts["keys"] == wanted
    tick(world, made, keys[1])
    assert act(world, advance_opportunity, "wen", made).warnings == ()


@pytest.mark.parametrize("method", STAGES)
def test_skipping_winning_and_starting_late_need_every_stage_passed(
    world: World, method: str
) -> None:
    world.gate(method, "require")
    keys = first_stages(world, method)
    with refused("gate.evidence_missing"):
        world.create(method_version_id=world.methods[method], stage_key=keys[1])
    made = world.create(method_version_id=world.methods[method])
    tick(world, made, keys[0])
    with refused("gate.evidence_missing"):
        act(world, advance_opportunity, "wen", made, to_stage=keys[2])
    tick(world, made, *keys[1:])
    act(world, advance_opportunity, "wen", made, to_stage=keys[-1])
    if method == "tender-8":
        with refused("gate.evidence_missing") as caught:
            act(world, win_opportunity, "wen", made, outcome=Outcome("price"))
        assert caught.value.facts["keys"] == ["signed_agreement"]
        tick(world, made, "agreement", but="loss_report")
    act(world, win_opportunity, "wen", made, outcome=Outcome("price"))
    assert world.row(made).place == Place.WON


def test_going_back_and_losing_need_no_evidence(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create()
    tick(world, made, "interest")
    act(world, advance_opportunity, "wen", made)
    Evidence.objects.all().delete()
    with refused("opportunity.why_missing"):
        act(world, regress_opportunity, "wen", made, why=" ")
    act(world, regress_opportunity, "wen", made, why="budget was cut")
    act(world, lose_opportunity, "wen", made, outcome=Outcome("price", "Zeta", "by far"))
    note = Movement.objects.get(kind=Kind.LOST).note
    assert (note.reason, note.competitor, note.text) == ("price", "Zeta", "by far")


def test_a_superior_overrules_with_a_reason_that_stays(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create()
    for login in ("wen", "rong"):
        with pytest.raises(NotAllowed):
            act(world, advance_opportunity, login, made, overrule="trust me")
    act(world, advance_opportunity, "mei", made, overrule="the board has decided")
    note = Movement.objects.get(kind=Kind.ADVANCED).note
    assert (note.reason, note.text) == ("gate_overruled", "the board has decided")
    change = Change.objects.get(field="gate_overruled")
    assert change.new == ["purchase_request"]
    assert change.actor_id == world.people["mei"]


def test_validate_asks_for_the_evidence_too(world: World) -> None:
    world.gate("industrial-6", "validate")
    made = world.create()
    with refused("gate.evidence_missing"):
        act(world, advance_opportunity, "wen", made)


# --- outcomes --------------------------------------------------------------------------------


def test_an_outcome_needs_a_reason_of_its_list(world: World) -> None:
    made = world.create()
    with refused("opportunity.reason_missing"):
        act(world, lose_opportunity, "wen", made, outcome=Outcome(""))
    with refused("opportunity.unknown_reason"):
        act(world, lose_opportunity, "wen", made, outcome=Outcome("no_budget"))


def test_a_win_books_the_base_amount_of_its_day_and_closes_the_category(world: World) -> None:
    made = world.create(currency="EUR", amount=Decimal(1000), on=date(2026, 5, 1))
    act(world, win_opportunity, "wen", made, outcome=Outcome("value"))
    row = world.row(made)
    assert (row.base_minor, row.category, row.decided_on) == (780000, Category.CLOSED, world.today)
    won = Entry.objects.get(place=Place.WON)
    assert (won.count, won.base_minor, won.on) == (1, 780000, world.today)


def test_without_an_exchange_rate_nothing_is_booked(world: World) -> None:
    made = world.create(currency="KWD", amount=Decimal("1.234"))
    assert world.row(made).base_minor is None
    with refused("money.no_exchange_rate"):
        act(world, win_opportunity, "wen", made, outcome=Outcome("value"))


def test_what_is_decided_stays_until_reopened(world: World) -> None:
    made = world.create()
    act(world, lose_opportunity, "wen", made, outcome=Outcome("price"))
    with refused("opportunity.not_open"):
        edit(world, "wen", made, amount=Decimal(5))
    with refused("opportunity.not_open"):
        act(world, advance_opportunity, "wen", made)
    edit(world, "wen", made, next_step="say thank you")
    with refused("opportunity.why_missing"):
        act(world, reopen_opportunity, "wen", made, why="")
    act(world, reopen_opportunity, "wen", made, why="the rival failed")
    row = world.row(made)
    assert (row.place, row.decided_on) == (Place.OPEN, None)
    act(world, win_opportunity, "wen", made, outcome=Outcome("value"))
    with refused("opportunity.won_not_reopened"):
        act(world, reopen_opportunity, "wen", made, why="again")


def test_voided_is_gone_and_restored_is_back_where_it_was(world: World) -> None:
    made = world.create(on=date(2026, 6, 1))
    act(world, lose_opportunity, "wen", made, outcome=Outcome("price"), on=date(2026, 6, 10))
    act(world, void_opportunity, "wen", made, why="test entry")
    with refused("opportunity.not_found", NotFound):
        act(world, reopen_opportunity, "wen", made, why="x")
    act(world, restore_opportunity, "wen", made)
    row = world.row(made)
    assert (row.place, row.voided, row.decided_on) == (Place.LOST, False, date(2026, 6, 10))
    booked = Entry.objects.filter(place=Place.LOST).values_list("base_minor", flat=True)
    assert sum(b or 0 for b in booked) == 120000


# --- days and books --------------------------------------------------------------------------


def test_a_day_is_neither_in_the_future_nor_before_the_last_change(world: World) -> None:
    made = world.create(on=date(2026, 6, 10))
    for day, code in (
        (world.today + timedelta(days=1), "ledger.future"),
        (date(2026, 6, 9), "ledger.before_last"),
    ):
        with refused(code):
            act(world, advance_opportunity, "wen", made, on=day)


def test_lines_alone_meet_the_same_days_and_closed_books(world: World) -> None:
    made = world.create(on=date(2026, 6, 10))
    edit = EditOpportunity(lines=(Line(world.products["crane"], Decimal(1), Decimal(10)),))
    for day, code in (
        (world.today + timedelta(days=1), "ledger.future"),
        (date(2026, 6, 9), "ledger.before_last"),
    ):
        with refused(code):
            act(world, edit_opportunity, "wen", made, edit=edit, on=day)
    BooksClosing.objects.create(until_on=date(2026, 6, 10), recorded_at=world.at)
    with refused("ledger.books_closed"):
        act(world, edit_opportunity, "wen", made, edit=edit, on=date(2026, 6, 10))
    act(world, edit_opportunity, "wen", made, edit=edit, on=date(2026, 6, 11))


def test_closed_books_open_to_a_right_and_a_reason(world: World) -> None:
    made = world.create(on=date(2026, 5, 1))
    BooksClosing.objects.create(until_on=date(2026, 5, 31), recorded_at=world.at)
    with refused("ledger.books_closed"):
        act(world, advance_opportunity, "wen", made, on=date(2026, 5, 31))
    Appointment.objects.create(
        person_id=world.people["wen"], unit_id=world.units["company"], role="finance",
        from_on=date(2025, 1, 1), recorded_at=world.at,
    )  # fmt: skip
    with refused("ledger.books_closed"):
        act(world, advance_opportunity, "wen", made, on=date(2026, 5, 31))
    act(world, advance_opportunity, "wen", made, on=date(2026, 5, 31), reason="audit agreed")


# --- methods ---------------------------------------------------------------------------------


def test_moving_to_another_method_keeps_the_amount_and_takes_its_stage(world: World) -> None:
    made = world.create()
    tender = world.methods["tender-8"]
    act(
        world, move_opportunity_method, "wen", made, method_version_id=tender,
        to_stage=first_stages(world, "tender-8")[2],
    )  # fmt: skip
    row = world.row(made)
    assert (row.method_version_id, row.amount_minor) == (tender, 120000)
    assert kinds(row.pk) == [Kind.CREATED, Kind.METHOD_MOVED]


def test_another_method_is_no_way_around_the_gate(world: World) -> None:
    world.gate("industrial-6", "require")
    world.gate("tender-8", "require")
    made = world.create()
    tender = {"method_version_id": world.methods["tender-8"]}
    stages = first_stages(world, "tender-8")
    with refused("gate.evidence_missing"):
        act(world, move_opportunity_method, "wen", made, **tender, to_stage=stages[6])
    with refused("gate.overrule", NotAllowed):
        act(
            world, move_opportunity_method, "wen", made, **tender, to_stage=stages[6],
            overrule="I know them",
        )  # fmt: skip
    act(world, move_opportunity_method, "wen", made, **tender, to_stage=stages[0])
    act(
        world, move_opportunity_method, "mei", made,
        method_version_id=world.methods["industrial-6"], to_stage="commit",
        overrule="the award is public",
    )  # fmt: skip
    assert Change.objects.filter(field="gate_overruled").count() == 1


def test_a_new_version_of_the_method_is_no_way_around_the_gate(world: World) -> None:
    made = world.create()
    newer = change_method(
        actor=operator(), method_id=Method.objects.get(key="industrial-6").pk, seen_number=1,
        at=world.at, gate=GateMode.REQUIRE,
    )  # fmt: skip
    to = {"method_version_id": newer.version_id}
    with refused("gate.evidence_missing"):
        act(world, move_opportunity_method, "wen", made, **to, to_stage="commit")
    act(world, move_opportunity_method, "wen", made, **to, to_stage="interest")


def test_opportunities_keep_their_version_until_moved(world: World) -> None:
    made = world.create()
    method = Method.objects.get(key="industrial-6")
    newer = change_method(
        actor=operator(), method_id=method.pk, seen_number=1, at=world.at,
        gate=GateMode.REQUIRE,
    )  # fmt: skip
    act(world, advance_opportunity, "wen", made)  # still advised by its own version
    act(
        world, move_opportunity_method, "wen", made, method_version_id=newer.version_id,
        to_stage="nurture",
    )  # fmt: skip
    # The same lineage: nothing moves in the funnel.
    assert kinds(made.opportunity_id) == [Kind.CREATED, Kind.ADVANCED]
    with refused("gate.evidence_missing"):
        act(world, advance_opportunity, "wen", made)


# --- taking back and correcting --------------------------------------------------------------


def undo(world: World, login: str, made: Saved, save: Saved) -> Saved:
    return undo_opportunity(
        actor=world.viewer(login), opportunity_id=made.opportunity_id,
        correlation_id=UUID(save.correlation_id), seen_version=None, today=world.today,
        at=world.at,
    )  # fmt: skip


def test_undo_takes_back_movements_and_fields_of_one_save(world: World) -> None:
    made = world.create(close_on=date(2026, 7, 10), lines=())
    before = Opportunity.objects.values().get(pk=made.opportunity_id)
    saved = edit(
        world, "wen", made, name="Other", amount=Decimal(9), close_on=date(2026, 9, 1),
        currency="EUR", account_id=None, competitors=("Zeta",), own_rate_bp=1000,
        lines=(Line(world.products["crane"], Decimal(1), Decimal(5)),),
    )  # fmt: skip
    undo(world, "wen", made, saved)
    after = Opportunity.objects.values().get(pk=made.opportunity_id)
    same = set(before) - {"version", "updated_at"}
    assert {k: after[k] for k in same} == {k: before[k] for k in same}
    assert not ProductLine.objects.filter(line_set__is_current=True).exists()
    with refused("ledger.nothing_to_undo", NotFound):
        undo(world, "wen", made, saved)


def test_lines_are_counted_again_where_an_undo_brings_another_currency_back(world: World) -> None:
    line = (Line(world.products["crane"], Decimal(2), Decimal(500)),)
    made = world.create(lines=line)

    def counted() -> int:
        return ProductLine.objects.get(line_set__is_current=True).amount_minor

    undo(world, "wen", made, edit(world, "wen", made, currency="JPY"))
    assert counted() == 100000
    other = (Line(world.products["crane"], Decimal(3), Decimal(500)),)
    undo(world, "wen", made, edit(world, "wen", made, currency="JPY", lines=other))
    assert counted() == 100000
    found = funnel_by_product(
        world.viewer("mei"), today=world.today, stages=[world.row(made).stage_id],
        question=FunnelQuestion(on=world.today, period=containing(world.today, "quarter")),
    )  # fmt: skip
    [crane] = [row for row in found.products if row.id is not None]
    assert crane.total.amount.value == 1000


def test_notes_on_rivals_that_an_edit_takes_off_come_back(world: World) -> None:
    made = world.create(competitors=("Zeta", "Eta", "Iota"))
    for number, name in enumerate(("Zeta", "Eta")):
        Competitor.objects.filter(name=name).update(note=f"cheaper by {number}")
    saved = edit(world, "wen", made, competitors=("Iota",))
    back = undo_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        correlation_id=UUID(saved.correlation_id), seen_version=None, today=world.today,
        at=world.at,
    )  # fmt: skip
    notes = dict(Competitor.objects.values_list("name", "note"))
    assert notes == {"Zeta": "cheaper by 0", "Eta": "cheaper by 1", "Iota": ""}
    told = Change.objects.filter(field="competitor_note", correlation_id=back.correlation_id)
    assert told.count() == 2


def test_an_undo_brings_nothing_back_to_an_account_that_was_deleted(world: World) -> None:
    pk = world.accounts["harbour"]
    made = world.create(account_id=pk)
    moved = edit(world, "wen", made, account_id=None)
    lost, voided = world.create(account_id=pk), world.create(account_id=pk)
    ended = act(world, lose_opportunity, "wen", lost, outcome=Outcome("price"))
    act(world, void_opportunity, "wen", voided)
    Account.objects.filter(pk=pk).update(deleted_at=world.at)
    with refused("opportunity.account_deleted"):
        undo(world, "wen", made, moved)
    with refused("opportunity.account_deleted"):
        undo(world, "wen", lost, ended)
    with refused("opportunity.account_deleted"):
        act(world, reopen_opportunity, "wen", lost, why="they called")
    with refused("opportunity.account_deleted"):
        act(world, restore_opportunity, "wen", voided)
    Opportunity.objects.update(account_id=None)
    Contact.with_deleted.filter(account_id=pk).delete()
    Account.objects.filter(pk=pk).delete()
    with refused("opportunity.account_removed"):
        undo(world, "wen", made, moved)


def test_the_evidence_of_what_is_decided_is_not_taken_back(world: World) -> None:
    made = world.create()
    tick(world, made, "interest")
    ticked = Change.objects.filter(field="evidence").first()
    assert ticked is not None
    lost = act(world, lose_opportunity, "wen", made, outcome=Outcome("price"))
    with refused("opportunity.not_open"):
        undo(world, "wen", made, Saved(made.opportunity_id, 0, str(ticked.correlation_id)))
    undo(world, "wen", made, lost)
    undo(world, "wen", made, Saved(made.opportunity_id, 0, str(ticked.correlation_id)))
    assert ticked.new["key"] not in Evidence.objects.values_list("key", flat=True)


def test_what_was_changed_since_is_not_undone(world: World) -> None:
    made = world.create()
    first = edit(world, "wen", made, amount=Decimal(5))
    edit(world, "wen", made, amount=Decimal(6))
    with refused("ledger.changed_since", Conflict):
        undo(world, "wen", made, first)
    named = edit(world, "wen", made, name="One")
    edit(world, "wen", made, name="Two")
    with refused("ledger.changed_since", Conflict):
        undo(world, "wen", made, named)


def test_who_saved_it_and_the_superior_may_undo(world: World) -> None:
    made = world.create()
    saved = edit(world, "wen", made, amount=Decimal(5))
    for login in ("rong", "director", "fin"):
        with refused("opportunity.undo", NotAllowed):
            undo(world, login, made, saved)
    with refused("opportunity.not_found", NotFound):
        undo(world, "lu", made, saved)
    undo(world, "mei", made, saved)
    assert world.row(made).amount_minor == 120000


def test_undoing_the_creation_takes_it_out(world: World) -> None:
    made = world.create()
    undo(world, "wen", made, made)
    assert world.row(made).voided


def correct(world: World, login: str, made: Saved, **facts: Any) -> Saved:
    why = facts.pop("why", "typed wrongly")
    return correct_opportunity(
        actor=world.viewer(login), opportunity_id=made.opportunity_id,
        correction=Correction(**facts), why=why, seen_version=None, today=world.today,
        at=world.at, way=Way.FORM,
    )  # fmt: skip


def test_a_correction_keeps_what_came_later(world: World) -> None:
    made = world.create(on=date(2026, 6, 1), close_on=date(2026, 8, 8))
    edit(world, "wen", made, close_on=date(2026, 10, 3))
    act(world, advance_opportunity, "wen", made)
    creation = Movement.objects.get(kind=Kind.CREATED)
    slip = Movement.objects.get(kind=Kind.SLIPPED)
    for login in ("wen", "rong", "fin"):
        with refused("ledger.correct", NotAllowed):
            correct(world, login, made, movement_id=creation.pk, amount_minor=1)
    with refused("opportunity.why_missing"):
        correct(world, "mei", made, movement_id=creation.pk, amount_minor=1, why="")
    correct(world, "mei", made, movement_id=creation.pk, amount_minor=777, on=date(2026, 5, 20))
    row = world.row(made)
    assert (row.amount_minor, row.created_on, row.stage.key) == (777, date(2026, 5, 20), "nurture")
    slip = Movement.objects.filter(kind=Kind.SLIPPED).order_by("id").last()
    assert slip is not None
    correct(world, "ops", made, movement_id=slip.pk, drop=True)
    row = world.row(made)
    assert (row.close_on, row.close_sort) == (date(2026, 8, 8), date(2026, 8, 8))


def test_an_amount_before_a_change_of_currency_is_not_corrected(world: World) -> None:
    made = world.create(amount=Decimal(0))
    edit(world, "wen", made, currency="EUR")
    creation = Movement.objects.get(kind=Kind.CREATED)
    with refused("ledger.currency_changed_since"):
        correct(world, "mei", made, movement_id=creation.pk, amount_minor=500)


def test_a_correction_books_an_outcome_at_its_own_rate(world: World) -> None:
    made = world.create(currency="EUR", amount=Decimal(1000))
    act(world, win_opportunity, "wen", made, outcome=Outcome("value"))
    creation = Movement.objects.get(kind=Kind.CREATED)
    correct(world, "mei", made, movement_id=creation.pk, amount_minor=200000)
    row = world.row(made)
    assert (row.place, row.amount_minor, row.base_minor) == (Place.WON, 200000, 1560000)


def test_the_operator_of_the_machine_may_all(world: World) -> None:
    made = world.create()
    boss: Viewer = operator()
    advance_opportunity(
        actor=boss, opportunity_id=made.opportunity_id, seen_version=None, **world.how()
    )
    assert Movement.objects.get(kind=Kind.ADVANCED).actor_id is None


def test_restored_after_its_creation_was_taken_back_it_begins_anew(world: World) -> None:
    made = world.create(on=date(2026, 6, 1))
    undo(world, "wen", made, made)
    with pytest.raises(RuleBroken) as refused:
        act(world, restore_opportunity, "wen", made, on=date(2026, 6, 20))
    assert refused.value.code == "opportunity.only_today"
    act(world, restore_opportunity, "wen", made)
    row = world.row(made)
    assert (row.created_on, row.stage_since) == (world.today, world.today)


def test_what_a_deputy_sells_stays_in_their_own_unit(world: World) -> None:
    wen = world.people["wen"]
    Appointment.objects.filter(person_id=wen).delete()
    for unit, whom in (("west_team", world.people["lu"]), ("east_team", None)):
        Appointment.objects.create(
            person_id=wen, unit_id=world.units[unit], role="salesperson",
            from_on=date(2025, 1, 1), for_person_id=whom, recorded_at=world.at,
        )  # fmt: skip
    assert world.row(world.create("wen")).unit_id == world.units["east_team"]


def test_lines_are_taken_back_at_the_day_they_were_entered_for(world: World) -> None:
    made = world.create(on=date(2026, 1, 5))
    line = Line(world.products["crane"], Decimal(1), Decimal(10), None)
    saved = act(
        world, edit_opportunity, "wen", made, edit=EditOpportunity(lines=(line,)),
        on=date(2026, 2, 5),
    )  # fmt: skip
    undo_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        correlation_id=UUID(saved.correlation_id), seen_version=None, today=world.today,
        at=world.at,
    )  # fmt: skip
    kept = LineSet.objects.filter(opportunity_id=made.opportunity_id).order_by("id").last()
    assert kept is not None
    assert (kept.on, kept.lines.count()) == (date(2026, 2, 5), 0)
