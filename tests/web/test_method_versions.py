"""A method changes while open opportunities keep its earlier version: the funnel counts them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner
from django.urls import reverse

from dakehu.actions.methods import Installed, change_method, copy_method
from dakehu.cli.commands import dakehu
from dakehu.core.methods import MethodSpec, Words
from dakehu.queries.methods import method_book
from tests.world import OPERATOR, World

BEFORE = date(2026, 5, 29)
Change = Callable[[World], Installed]


def our_own(world: World) -> tuple[Installed, MethodSpec]:
    """Copy industrial-6, and open 1,200 in its last stage and 1,200 in its first."""
    held = method_book(viewer=OPERATOR).by_key("industrial-6")
    copied = copy_method(
        actor=OPERATOR, method_id=held.method_id, key="our-own", name=Words("", "Our own"),
        today=BEFORE, at=world.at,
    )  # fmt: skip
    for stage in ("use", "interest"):
        world.create(
            on=BEFORE, method_version_id=copied.version_id, stage_key=stage,
            close_on=world.today, name=f"In {stage}",
        )  # fmt: skip
    spec = method_book(viewer=OPERATOR).current(copied.method_id).spec
    assert spec is not None
    return copied, spec


def won_earlier(world: World) -> Installed:
    """Let what is won on leaving `use` be won on leaving `commit`: `use` comes after the win."""
    copied, spec = our_own(world)
    return change_method(
        actor=OPERATOR, method_id=copied.method_id, seen_number=1, at=world.at,
        spec=replace(spec, winning_stage="commit"),
    )  # fmt: skip


def won_earlier_with_a_new_last_stage(world: World) -> Installed:
    """Let the last open stage drop behind the new winning one, and leave a third out."""
    copied, spec = our_own(world)
    first, *others = spec.stages
    kept = [stage for stage in others if stage.key != "nurture"]
    return change_method(
        actor=OPERATOR, method_id=copied.method_id, seen_number=1, at=world.at,
        spec=replace(spec, stages=(*kept, first), signing_stage="design", winning_stage="design"),
    )  # fmt: skip


CHANGES = (won_earlier, won_earlier_with_a_new_last_stage)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("on", [date(2026, 6, 30), date(2026, 6, 1)])
def test_the_page_counts_what_stands_in_a_stage_that_a_newer_version_has_after_the_win(
    world: World, change: Change, on: date
) -> None:
    change(world)
    answer = world.client("director").get(f"/funnel/?on={on}&method=our-own")
    assert answer.status_code == 200
    rows = {one.key: one.row.all.count for one in answer.context["rows"] if one.row.all.count}
    assert rows == {"interest": 1, "use": 1}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("on", ["2026-06-30", "2026-06-01"])
def test_the_command_counts_it_too(world: World, change: Change, on: str) -> None:
    change(world)
    printed = CliRunner().invoke(dakehu, ["funnel", "--on", on, "--method", "our-own", "--json"])
    assert printed.exit_code == 0, printed.output
    told = json.loads(printed.stdout)
    assert {s["key"]: s["count"] for s in told["stages"] if s["count"]} == {
        "interest": 1, "use": 1,
    }  # fmt: skip
    assert told["total"]["count"] == 2


@pytest.mark.parametrize("change", CHANGES)
def test_the_number_behind_it_is_explained(world: World, change: Change) -> None:
    change(world)
    where = reverse("number", args=["funnel.count"])
    answer = world.client("director").get(f"{where}?on=2026-06-30&method=our-own&stage=use")
    assert answer.status_code == 200
    assert "In use" in answer.content.decode()


def test_a_stage_after_the_win_in_every_version_has_no_line(world: World) -> None:
    answer = world.client("director").get("/funnel/?on=2026-06-30&method=solution-7")
    assert "deploy" not in [one.key for one in answer.context["rows"]]
