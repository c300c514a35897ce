"""The hygiene list: what an open opportunity lacks is said, and what is whole is left alone."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dakehu.actions.opportunities import Outcome, advance_opportunity, lose_opportunity
from dakehu.queries.hygiene import FINDINGS, HygieneFilter, every_untidy, hygiene, hygiene_counts
from dakehu.queries.paging import Cut
from dakehu.queries.speed import stage_medians
from tests.world import TODAY, World

DAY = timedelta(days=1)
WHOLE: dict[str, Any] = {
    "close_on": TODAY + 30 * DAY, "next_step": "Visit", "next_step_on": TODAY + DAY,
}  # fmt: skip


def found(world: World, login: str, **where: Any) -> dict[str, tuple[str, ...]]:
    """Give what is said of each opportunity that somebody's list shows, by its name."""
    rows = every_untidy(world.viewer(login), asked=HygieneFilter(**where), today=TODAY)
    return {row.name: row.findings for row in rows}


def leave_first_stage(world: World, days: list[int]) -> None:
    """Let opportunities leave the first stage after so many days."""
    for stay in days:
        begun = date(2026, 3, 1)
        made = world.create("wen", on=begun, name=f"left after {stay}", **WHOLE)
        advance_opportunity(
            actor=world.viewer("operator"), opportunity_id=made.opportunity_id, seen_version=None,
            **world.how(begun + stay * DAY),
        )  # fmt: skip


def test_each_finding_is_said_and_what_is_whole_is_not_listed(world: World) -> None:
    world.create("wen", name="whole", **WHOLE)
    world.create("wen", name="past", **(WHOLE | {"close_on": TODAY - DAY}))
    world.create("wen", name="due today", **(WHOLE | {"close_on": TODAY, "next_step_on": TODAY}))
    world.create("wen", name="no step", close_on=TODAY + DAY)
    world.create("wen", name="step overdue", **(WHOLE | {"next_step_on": TODAY - DAY}))
    world.create("wen", name="no amount", **(WHOLE | {"amount": Decimal(0)}))
    world.create("wen", name="everything", close_on=TODAY - DAY, amount=Decimal(0))
    assert found(world, "wen") == {
        "past": ("close_passed",),
        "no step": ("no_next_step",),
        "step overdue": ("no_next_step",),
        "no amount": ("no_amount",),
        "everything": ("close_passed", "no_next_step", "no_amount"),
    }
    counts = hygiene_counts(world.viewer("wen"), asked=HygieneFilter(), today=TODAY)
    assert (counts.looked_at, counts.untidy) == (7, 5)
    assert counts.by_finding == {
        "close_passed": 2, "no_next_step": 3, "no_amount": 2, "stuck": 0,
    }  # fmt: skip


def test_the_median_is_of_the_stays_of_a_year_and_needs_five_that_ended(world: World) -> None:
    leave_first_stage(world, [2, 4, 6, 30])
    assert stage_medians(world.viewer("wen"), today=TODAY) == {}
    leave_first_stage(world, [10])
    (median,) = stage_medians(world.viewer("wen"), today=TODAY).values()
    assert median == 6
    for _ in range(4):
        world.create("bo", on=TODAY - 7 * DAY, **WHOLE)
    # Whoever still waits counts for as long as they have waited (Kaplan–Meier).
    (median,) = stage_medians(world.viewer("wen"), today=TODAY).values()
    assert median == 10
    a_year_on = date(2027, 4, 15)
    assert stage_medians(world.viewer("wen"), today=a_year_on) == {}


def test_what_has_not_moved_for_one_and_a_half_medians_stands_still(world: World) -> None:
    leave_first_stage(world, [3, 3, 3, 3, 3])
    world.create("wen", name="five days", on=TODAY - 5 * DAY, **WHOLE)
    world.create("wen", name="four days", on=TODAY - 4 * DAY, **WHOLE)
    assert found(world, "wen", finding="stuck") == {"five days": ("stuck",)}


def test_only_what_is_open_and_in_sight_is_listed(world: World) -> None:
    world.create("wen", name="hers")
    world.create("bo", name="his")
    world.create("lu", name="west")
    lost = world.create("wen", name="lost")
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=lost.opportunity_id, seen_version=None,
        outcome=Outcome("price", "Rival"), **world.how(),
    )  # fmt: skip
    assert set(found(world, "wen")) == {"hers"}
    assert set(found(world, "mei")) == {"hers", "his"}
    assert set(found(world, "director")) == {"hers", "his", "west"}
    assert set(found(world, "admin")) == set()


def test_a_grant_counts_once_beside_one_s_own(world: World) -> None:
    world.create("wen", name="hers")
    world.grant("wen", world.create("lu", name="helped"))
    world.grant("mei", world.create("bo", name="in her unit and granted"))
    assert set(found(world, "wen")) == {"hers", "helped"}
    for login, looked_at in (("wen", 2), ("mei", 2), ("lu", 1), ("admin", 0)):
        counts = hygiene_counts(world.viewer(login), asked=HygieneFilter(), today=TODAY)
        assert counts.looked_at == looked_at, login


def test_unit_person_and_method_narrow(world: World) -> None:
    world.create("wen", name="hers")
    world.create("bo", name="his")
    other = world.create("lu", name="tender", method_version_id=world.methods["tender-8"])
    method = world.row(other).stage.method_id
    assert set(found(world, "director", unit_id=world.units["west"])) == {"tender"}
    assert set(found(world, "director", owner_id=world.people["bo"])) == {"his"}
    assert set(found(world, "director", method_id=method)) == {"tender"}
    assert set(found(world, "mei", unit_id=world.units["west"])) == set()


def test_pages_lead_on_and_back_without_gap_or_repeat(world: World) -> None:
    for number in range(7):
        world.create("wen", name=f"n{number}", close_on=TODAY - (number // 2) * DAY)
    seen, cut, cuts = [], Cut(size=3), []
    while True:
        page = hygiene(world.viewer("mei"), asked=HygieneFilter(), today=TODAY, cut=cut).page
        seen += [row.name for row in page.rows]
        cuts.append(page)
        if page.next is None:
            break
        cut = Cut(after=page.next, size=3)
    assert sorted(seen) == [f"n{number}" for number in range(7)]
    assert cuts[-1].previous is not None
    back = hygiene(
        world.viewer("mei"), asked=HygieneFilter(), today=TODAY,
        cut=Cut(before=cuts[-1].previous, size=3),
    ).page  # fmt: skip
    assert [row.name for row in back.rows] == seen[3:6]


def test_the_words_for_every_finding_are_there() -> None:
    from dakehu.web.hygiene import WORDS

    assert set(WORDS) == set(FINDINGS)
