"""Cells of the list: saved where they stand, refused there, and two people at the same one."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dakehu.actions.opportunities import EditOpportunity, Saved, edit_opportunity
from dakehu.core.ledger import Kind, Way
from dakehu.models import BulkEdit, Movement
from tests.world import World

pytestmark = pytest.mark.django_db


def put(
    client: Client, made: Saved, cell: str, value: str, *, status: int = 200, **more: Any
) -> dict[str, Any]:
    answer = client.post(
        f"/cells/opportunities/{made.opportunity_id}/{cell}/", {"value": value, **more}
    )
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("cell", "typed", "value", "shown"),
    [
        ("name", "  New   name ", "New name", "New name"),
        ("amount", "120万", "1,200,000", "1,200,000"),
        ("close_on", "2026年12月24日", "2026-12-24", "2026-12-24"),
        ("close_on", "", "", "—"),
        ("category", "3", "3", "Commit"),
        ("category", "承诺", "3", "Commit"),
        ("source", "Referral", "referral", "Referral"),
        ("source", "", "", "—"),
        ("own_rate", "65.5%", "65.5", "65.5%"),
        ("own_rate", "", "", "—"),
        ("next_step", "Call", "Call", "Call"),
        ("next_step_on", "2026/7/9", "2026-07-09", "2026-07-09"),
    ],
)
def test_what_people_type_is_read_and_saved(
    world: World, cell: str, typed: str, value: str, shown: str
) -> None:
    made = world.create(close_on=date(2026, 8, 1), source="web", own_rate_bp=100)
    told = put(world.client("wen"), made, cell, typed, seen=1)
    assert (told["value"], told["shown"]) == (value, shown)
    assert told["version"] == world.row(made).version == 2
    moved = Movement.objects.filter(opportunity_id=made.opportunity_id).exclude(kind=Kind.CREATED)
    assert all(movement.way == Way.GRID for movement in moved)


def test_the_next_save_does_not_clash_with_oneself(world: World) -> None:
    made, wen = world.create(), world.client("wen")
    told = put(wen, made, "amount", "10", seen=1)
    told = put(wen, made, "amount", "20", seen=told["version"])
    assert put(wen, made, "amount", "20", seen=told["version"])["version"] == told["version"]


@pytest.mark.parametrize(
    ("cell", "typed"),
    [
        ("amount", "1,23"), ("amount", ""), ("amount", "1.234"), ("close_on", "3/4/2026"),
        ("close_on", "1899-01-01"), ("category", "closed"), ("source", "rumour"),
        ("own_rate", "101"), ("name", " "), ("next_step", "x" * 241), ("stage", "won"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_at_the_cell(world: World, cell: str, typed: str) -> None:
    made = world.create()
    told = put(world.client("wen"), made, cell, typed, seen=1, status=422)
    assert told["message"]
    assert world.row(made).version == 1


def test_two_people_at_the_same_cell_see_both_values(world: World) -> None:
    made = world.create()
    world.grant("bo", made)
    wen, bo = world.client("wen"), world.client("bo")
    put(bo, made, "next_step", "theirs", seen=1, was="")
    told = put(wen, made, "next_step", "mine", seen=1, was="", status=409)
    assert (told["theirs"]["shown"], told["yours"]["shown"]) == ("theirs", "mine")
    assert world.row(made).next_step == "theirs"
    put(wen, made, "next_step", "mine", seen=told["version"], was="theirs")
    assert world.row(made).next_step == "mine"


def test_another_cell_of_the_row_is_no_clash(world: World) -> None:
    made = world.create(close_on=date(2026, 8, 1))
    world.grant("bo", made)
    put(world.client("bo"), made, "next_step", "theirs", seen=1)
    wen = world.client("wen")
    assert put(wen, made, "amount", "5", seen=1, was="1,200.00")["version"] == 3
    assert put(wen, made, "close_on", "2026-09-01", seen=1, was="2026-08-01")["version"] == 4
    row = world.row(made)
    assert (row.next_step, row.amount_minor, row.close_on) == ("theirs", 500, date(2026, 9, 1))


@pytest.mark.parametrize("typed", ["1,200", "1,000"])
def test_an_amount_is_not_saved_in_a_currency_that_was_not_seen(world: World, typed: str) -> None:
    made = world.create()
    today = timezone.localdate(timezone=ZoneInfo("Asia/Shanghai"))
    world.grant("bo", made)
    put(world.client("bo"), made, "amount", "1,000", seen=1)
    edit_opportunity(
        actor=world.viewer("bo"), opportunity_id=made.opportunity_id, seen_version=None,
        edit=EditOpportunity(currency="EUR"), on=today, today=today, at=timezone.now(),
        way=Way.FORM,
    )  # fmt: skip
    seen = {"seen": 2, "was": "1,000.00", "currency": "CNY"}
    told = put(world.client("wen"), made, "amount", typed, status=409, **seen)
    assert (told["theirs"]["shown"], told["yours"]["shown"]) == ("1,000.00 EUR", f"{typed} EUR")
    assert world.row(made).amount_minor == 100_000
    chosen = {"seen": told["version"], "was": told["theirs"]["value"], "currency": "EUR"}
    put(world.client("wen"), made, "amount", typed, **chosen)


def test_rows_out_of_sight_or_not_ones_own_are_refused(world: World) -> None:
    made = world.create()
    assert put(world.client("lu"), made, "next_step", "x", seen=1, status=404)["message"]
    assert put(world.client("director"), made, "next_step", "x", seen=1, status=403)["message"]


def test_a_cell_is_saved_by_few_statements(world: World) -> None:
    made, wen = world.create(close_on=date(2026, 8, 1)), world.client("wen")
    seen = put(wen, made, "amount", "10", seen=1)["version"]
    for cell, value in (("amount", "11"), ("close_on", "2026-09-02"), ("next_step", "Call")):
        with CaptureQueriesContext(connection) as asked:
            seen = put(wen, made, cell, value, seen=seen)["version"]
        statements = [q["sql"] for q in asked if not q["sql"].startswith(("BEGIN", "COMMIT"))]
        assert len(statements) <= 12, "\n".join(statements)


def paste(client: Client, status: int = 200, **said: str) -> str:
    answer = client.post("/cells/opportunities/paste/", said)
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def test_a_block_from_a_cell_on_is_shown_and_then_done(world: World) -> None:
    made = [world.create(name=f"Deal {n}", close_on=date(2026, 8, 1)) for n in range(2)]
    block = {
        "rows": ",".join(f"{one.opportunity_id}.1" for one in made),
        "fields": "amount,-,close_on",
        "text": '"300万"\tx\t2026-10-01\n7\t\tfoo\n9\t\t\n',
    }
    wen = world.client("wen")
    shown = paste(wen, **block)
    assert "3,000,000" in shown
    assert "2026-08-01" in shown
    assert "foo" in shown
    assert "This column cannot be changed" in shown
    assert "longer than the list" in shown
    assert [world.row(one).version for one in made] == [1, 1]
    paste(wen, 303, **block, step="do")
    rows = [world.row(one) for one in made]
    assert [(row.amount_minor, row.close_on) for row in rows] == [
        (300_000_000, date(2026, 10, 1)), (700, date(2026, 8, 1)),
    ]  # fmt: skip
    bulk = BulkEdit.objects.get()
    assert (bulk.way, bulk.changed) == (Way.GRID, 2)
    page = wen.get(f"/bulk/{bulk.pk}/").content.decode()
    assert "Undo 2 rows" in page
    assert wen.post(f"/bulk/{bulk.pk}/undo/").status_code == 303
    assert [world.row(one).amount_minor for one in made] == [120_000, 120_000]


def test_a_block_with_heads_finds_its_rows_by_code(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(2)]
    far = world.create("lu")
    codes = [world.row(one).code for one in (*made, far)]
    text = f"编号\tAmount CNY\t来源\n{codes[0]}\t5\t转介绍\nno-such\t6\t\n{codes[2]}\t7\t\n"
    text = text.replace("Amount CNY", "Amount (with VAT)").replace("转介绍", "Referral")
    text = text.replace("来源", "Source").replace("编号", "Code")
    wen = world.client("wen")
    shown = paste(wen, text=text)
    assert shown.count("has the code") == 2
    assert "5.00" in shown
    paste(wen, 303, text=text, step="do")
    row = world.row(made[0])
    assert (row.amount_minor, row.source) == (500, "referral")
    assert world.row(far).amount_minor == 120_000


@pytest.mark.parametrize(
    "text",
    ["", "Name\tAmount\nx\t1", "Code\nx", 'Code\tName\nx\t"' + "never closed\n" * 20_000],
    ids=["nothing", "no code", "no column", "a quote never closed"],
)
def test_a_block_that_says_nothing_is_refused_and_kept(world: World, text: str) -> None:
    shown = paste(world.client("wen"), 422, text=text)
    assert "alert" in shown
    assert text.rsplit("\n", maxsplit=1)[-1] in shown


def test_heads_are_known_as_the_list_has_them_and_what_is_left_out_is_named(world: World) -> None:
    made = world.create()
    code, wen = world.row(made).code, world.client("wen")
    text = f"Code\tOwner\tCloses\tNext step\r{code}\tBo\t2026-12-24\tcall\rback"
    shown = paste(wen, text=text)
    assert "Left out" in shown
    assert "Owner" in shown.partition("Left out")[2].partition("</p>")[0]
    assert "2026-12-24" in shown
    assert paste(wen, text=f"编码\t预计成交\n{code}\t2026-12-25").count("2026-12-25")


def test_choices_and_words_are_prepared_in_the_language(world: World) -> None:
    shown = world.client("wen", "zh-hans").get("/cells/opportunities/editors/").content.decode()
    assert "data-editors" in shown
    assert '<option value="0">' in shown
