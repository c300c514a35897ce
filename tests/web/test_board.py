"""The board: columns with whole sums, cards with lights, moves through the gate, and refusals."""

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.actions.opportunities import Saved
from dakehu.core.ledger import Category, Kind, Place, Way
from dakehu.models import Evidence, EvidenceFile, Movement, Opportunity, Person
from dakehu.queries.board.columns import month_after, same_day_in
from tests.world import World

pytestmark = pytest.mark.django_db

#: The pages ask the clock: the day of the organisation, not that of the cast.
NOW = datetime.now(ZoneInfo("Asia/Shanghai")).date()
MONTH = NOW.replace(day=1)
PART = {"HX-Request": "true", "HX-Target": "board-arrived"}
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}


def column(body: str, token: str) -> str:
    found = re.search(
        rf'<section class="board-col"\s+id="col-{token}".*?</section>', body, re.DOTALL
    )
    assert found, token
    return found[0]


def cards(body: str, token: str) -> list[int]:
    return [int(n) for n in re.findall(r'data-card="(\d+)"', column(body, token))]


def count(body: str, token: str) -> int:
    found = re.search(rf'id="name-{token}">.*?data-count="(\d+)"', body, re.DOTALL)
    assert found, token
    return int(found[1])


def move(
    world: World, login: str, made: Saved, to: str, *, seen: int | None = None, **more: Any
) -> Any:
    query = more.pop("query", "")
    data = {"to": to, "seen": str(made.version if seen is None else seen), **more}
    return world.client(login).post(
        f"/board/{made.opportunity_id}/move/?{query}", data, headers=PART
    )


def placed(answer: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer["HX-Trigger-After-Swap"])["board:placed"]
    return told


def tick_all(world: World, login: str, made: Saved, to: str, **more: Any) -> Any:
    return move(world, login, made, to, asked="1", **more)


def test_columns_hold_whole_sums_and_the_first_cards(world: World) -> None:
    for number in range(23):
        world.create(close_on=NOW + timedelta(days=number + 1), amount=Decimal(100))
    world.create(currency="EUR", amount=Decimal(10), close_on=NOW)
    body = world.client("wen").get("/board/").content.decode()
    assert len(cards(body, "stage-interest")) == 20
    assert count(body, "stage-interest") == 24
    # 23 × 100 CNY and 10 EUR at 7.8, weighted with 5%.
    assert 'value="2378.00"' in column(body, "stage-interest")
    assert 'value="118.90"' in column(body, "stage-interest")
    assert cards(body, "stage-nurture") == []
    more = re.search(r'hx-get="([^"]+)"', column(body, "stage-interest"))
    assert more
    rest = world.client("wen").get(more[1].replace("&amp;", "&"), headers=PART).content.decode()
    found = [int(n) for n in re.findall(r'data-card="(\d+)"', rest)]
    assert len(found) == 4
    assert not set(found) & set(cards(body, "stage-interest"))
    assert "board-more" not in rest


def test_what_is_kept_of_a_board_is_told_to_each_in_their_words(world: World) -> None:
    """Heads and cards are kept as HTML; language, unit of amounts and what changed tell apart."""
    made = world.create(amount=Decimal(1_230_000), close_on=NOW)
    world.create(amount=Decimal(50), close_on=NOW)

    def seen(**chosen: str) -> str:
        client = world.client("wen")
        Person.objects.filter(login="wen").update(**chosen)
        return column(client.get("/board/?by=owner").content.decode(), f"owner-{owner}")

    owner = world.row(made).owner_id
    for _turn in range(2):
        english = seen(language="en", amount_unit="wan")
        assert "weighted" in english
        assert "123.0" in english
        assert "evidence missing" in english
        chinese = seen(language="zh-hans", amount_unit="wan")
        assert "加权" in chinese
        assert "weighted" not in chinese
        assert "还缺" in chinese
        assert "1,230,000" in re.sub(r'(title|value)="[^"]*"', "", seen(amount_unit="plain"))
    Opportunity.objects.filter(pk=made.opportunity_id).update(next_step="phone them")
    assert "phone them" in seen(language="en")
    Evidence.objects.create(
        opportunity_id=made.opportunity_id, stage_id=world.row(made).stage_id,
        key="purchase_request", ticked_by_id=owner, ticked_on=NOW, ticked_at=world.at,
    )  # fmt: skip
    assert "Evidence complete" in seen(language="en")


@pytest.mark.parametrize("by", ["stage", "owner", "category", "month"])
def test_each_way_shows_every_card_once_within_twelve_queries(world: World, by: str) -> None:
    for number in range(6):
        world.create(close_on=month_after(MONTH, number), category=Category(number % 4))
    world.create(close_on=None)
    world.create(close_on=date(2026, 1, 1))
    for login in ("wen", "mei", "director"):
        client = world.client(login)
        client.get("/board/")
        with CaptureQueriesContext(connection) as queries:
            body = client.get(f"/board/?by={by}").content.decode()
        assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 12
        shown = re.findall(r'data-card="(\d+)"', body)
        assert len(shown) == len(set(shown)) == 8, (login, by)
        counts = re.findall(r'data-count="(\d+)"', body)
        assert sum(map(int, counts)) == 8
    assert world.client("lu").get(f"/board/?by={by}").content.decode().count("data-card=") == 0


def test_the_filters_of_the_list_narrow_the_board(world: World) -> None:
    world.create(name="Crane", amount=Decimal(5000))
    world.create(name="Belt")
    wen = world.client("wen")
    for query, number in (("q=crane", 1), ("amount_from=3000", 1), ("own=1", 2), ("category=3", 0)):
        body = wen.get(f"/board/?{query}").content.decode()
        assert body.count('data-card="') == number, query
    answer = wen.get("/opportunities/?layout=board&q=crane", headers=DIALOG)
    assert answer["HX-Redirect"] == "/board/?q=crane"
    assert wen.get("/board/?by=colour").status_code == 422
    assert wen.get("/board/cards/?column=stage-nowhere").status_code == 404
    assert wen.get("/board/cards/?by=category&column=category-1&after=x").status_code == 422


def test_a_card_tells_step_age_and_what_is_missing(world: World) -> None:
    made = world.create(next_step="Call", next_step_on=date(2026, 6, 1), on=date(2026, 5, 1))
    days = (NOW - date(2026, 5, 1)).days
    body = world.client("wen").get("/board/").content.decode()
    assert "Next step overdue: 06-01" in body
    assert f"{days} days at this stage; too few have left it for a median" in body
    assert "1 item of evidence missing" in body
    assert f'data-card="{made.opportunity_id}" data-version="1" data-may="fbwlae"' in body
    assert 'data-may="fwr"' in world.client("mei").get("/board/").content.decode()
    assert 'data-may=""' in world.client("director").get("/board/").content.decode()


def test_forward_through_an_advising_gate_at_once(world: World) -> None:
    made = world.create()
    answer = move(world, "wen", made, "stage-nurture")
    assert answer.status_code == 200
    assert placed(answer) == {
        "id": made.opportunity_id, "column": "stage-nurture", "refused": False,
    }  # fmt: skip
    body = answer.content.decode()
    assert "Still missing" in body
    assert count(body, "stage-interest") == 0
    assert count(body, "stage-nurture") == 1
    movement = Movement.objects.latest("id")
    assert (movement.kind, movement.way) == (Kind.ADVANCED, Way.BOARD)
    # Undo, by the toast.
    save = re.search(r'name="save" value="([^"]+)"', body)
    assert save
    undone = world.client("wen").post(
        f"/board/{made.opportunity_id}/undo/", {"save": save[1], "seen": "2"}, headers=PART
    )
    assert placed(undone)["column"] == "stage-interest"
    assert world.row(made).stage.key == "interest"


def test_a_strict_gate_asks_in_place_and_moves_once_it_is_proven(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create()
    row = world.row(made)
    answer = move(world, "wen", made, "stage-nurture")
    assert answer.status_code == 200
    assert answer["HX-Retarget"] == "#dialog-content"
    field = f"{row.stage_id}-purchase_request"
    assert f'name="note-{field}"' in answer.content.decode()
    assert world.row(made).stage.key == "interest"
    again = tick_all(world, "wen", made, "stage-nurture")
    assert again.status_code == 422
    assert "no evidence of" in again.content.decode()
    bad = tick_all(world, "wen", made, "stage-nurture", **{f"link-{field}": "ftp://x"})
    assert bad.status_code == 422
    assert Evidence.objects.count() == 0
    photo = SimpleUploadedFile("p.jpg", b"\xff\xd8\xff", content_type="image/jpeg")
    moved = tick_all(world, "wen", made, "stage-nurture", **{f"photo-{field}": photo})
    assert placed(moved)["column"] == "stage-nurture"
    assert Evidence.objects.get().file is not None


def test_evidence_is_kept_though_the_move_is_not_and_of_each_item_every_file(
    world: World,
) -> None:
    made = world.create()
    field = f"{world.row(made).stage_id}-purchase_request"
    photo = SimpleUploadedFile("p.jpg", b"\xff\xd8\xff", content_type="image/jpeg")
    file = SimpleUploadedFile("letter.txt", b"signed", content_type="text/plain")
    answer = tick_all(
        world, "wen", made, "won",
        **{f"note-{field}": "Seen it", f"photo-{field}": photo, f"file-{field}": file},
    )  # fmt: skip
    assert answer.status_code == 422
    assert world.row(made).version == made.version
    kept = Evidence.objects.get()
    assert (kept.note, kept.file.name) == ("Seen it", "letter.txt")
    assert EvidenceFile.objects.get(evidence=kept).file.name == "p.jpg"


def test_a_superior_moves_with_a_reason_and_others_not_at_all(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create()
    assert move(world, "mei", made, "stage-nurture")["HX-Retarget"] == "#dialog-content"
    assert tick_all(world, "mei", made, "stage-nurture").status_code == 422
    answer = tick_all(world, "mei", made, "stage-nurture", overrule="seen the letter")
    assert placed(answer)["column"] == "stage-nurture"
    for login, status in (("director", 403), ("lu", 404), ("rong", 403), ("bo", 404)):
        for to in ("stage-design", "stage-interest", "won", "lost", "owner-1", "category-2"):
            assert move(world, login, made, to, seen=2).status_code in (status, 403), (login, to)
    assert world.row(made).version == 2


def test_what_a_dropped_card_asks_is_a_dialog_with_its_title_and_why(world: World) -> None:
    made = world.create()
    world.client("wen").post(
        f"/opportunities/{made.opportunity_id}/evidence/{world.row(made).stage_id}"
        "/purchase_request/",
        {"note": "letter"},
    )
    body = move(world, "mei", made, "stage-nurture").content.decode()
    title = re.search(r'<h2 id="dialog-title">(.*?)</h2>', body, re.DOTALL)
    assert title
    assert title[1].split() == ["Interest", "→", "Nurture:", "Stacker,", "2", "sets"]
    assert 'class="dialog-body"' in body
    # All evidence is there: a reason is asked because it is not hers to move.
    assert "1 item of evidence missing" not in body
    assert "This opportunity is Wen’s to move. As their superior you may overrule" in body
    assert "(optional)" not in body
    assert re.search(r'<textarea name="overrule"[^>]* autofocus', body)
    asked = tick_all(world, "mei", made, "stage-nurture")
    assert "Give a reason: without one you may not move what is Wen’s." in asked.content.decode()
    assert 'id="dialog-title"' in move(world, "wen", made, "lost").content.decode()


def test_back_and_outcomes_ask_why(world: World) -> None:
    made = world.create(stage_key="interest")
    move(world, "wen", made, "stage-nurture")
    asked = move(world, "wen", made, "stage-interest", seen=2)
    assert asked["HX-Retarget"] == "#dialog-content"
    assert world.row(made).stage.key == "nurture"
    back = tick_all(world, "wen", made, "stage-interest", seen=2, why="budget is gone")
    assert placed(back)["column"] == "stage-interest"
    assert move(world, "wen", made, "lost", seen=3)["HX-Retarget"] == "#dialog-content"
    lost = tick_all(world, "wen", made, "lost", seen=3, reason="price", competitor="Zeta")
    assert placed(lost)["column"] == ""
    assert world.row(made).place == Place.LOST


def test_owner_category_and_month(world: World) -> None:
    made = world.create(close_on=date(2026, 8, 31))
    answer = move(world, "mei", made, f"owner-{world.people['bo']}", query="by=owner")
    assert placed(answer)["column"] == f"owner-{world.people['bo']}"
    answer = move(world, "bo", made, "category-3", seen=2, query="by=category")
    assert placed(answer)["column"] == "category-3"
    next_month = month_after(MONTH, 1)
    there = f"month-{next_month:%Y-%m}"
    answer = move(world, "bo", made, there, seen=3, query="by=month")
    assert placed(answer)["column"] == there
    row = world.row(made)
    assert (row.owner_id, row.category, row.close_on) == (
        world.people["bo"], 3, same_day_in(next_month, date(2026, 8, 31)),
    )  # fmt: skip
    assert move(world, "bo", made, "month-overdue", seen=4, query="by=month").status_code == 404


def test_who_comes_second_is_told_and_loses_nothing(world: World) -> None:
    made = world.create()
    move(world, "wen", made, "stage-nurture")
    answer = move(world, "wen", made, "stage-design", seen=1)
    assert answer.status_code == 409
    assert placed(answer) == {
        "id": made.opportunity_id, "column": "stage-nurture", "refused": True,
    }  # fmt: skip
    assert "last by Wen at " in answer.content.decode()
    world.grant("bo", made)
    world.client("bo").post(
        f"/cells/opportunities/{made.opportunity_id}/next_step/", {"value": "call"}
    )
    answer = move(world, "wen", made, "stage-design", seen=2)
    assert "last by Bo at " in answer.content.decode()
    world.gate("industrial-6", "require")
    field = f"{world.row(made).stage_id}-budget"
    answer = tick_all(
        world, "wen", made, "stage-design", seen=1, **{f"note-{field}": "letter of May"}
    )
    assert answer.status_code == 422
    assert 'name="seen" value="3"' in answer.content.decode()
    assert Opportunity.objects.get().stage.key == "nurture"


def test_the_sheet_offers_what_may_be_done(world: World) -> None:
    made = world.create()
    one = f"/board/{made.opportunity_id}/move/"
    for headers in ({}, PART, DIALOG):
        answer = world.client("wen", "zh-hans").get(one, headers=headers)
        assert answer.status_code == 200
        assert 'value="stage-nurture"' in answer.content.decode()
    assert "nowhere" in world.client("director").get(one).content.decode()
    assert world.client("lu").get(one).status_code == 404
    answer = world.client("wen").post(one, {"to": "stage-nurture", "seen": "1"})
    assert (answer.status_code, answer["Location"]) == (303, "/board/")


def test_what_waits_for_a_superior_is_asked_for_in_place(world: World) -> None:
    world.gate("industrial-6", "validate")
    made = world.create()
    field = f"{world.row(made).stage_id}-purchase_request"
    first = move(world, "wen", made, "stage-nurture").content.decode()
    assert "Ask for validation" not in first
    asked = tick_all(world, "wen", made, "stage-nurture", **{f"note-{field}": "letter"})
    assert asked.status_code == 422
    there = re.search(r'hx-post="([^"]+/requests/)"', asked.content.decode())
    assert there
    sent = {"verb": "advance", "to_stage": "nurture", "seen": "1", "note": "please look"}
    answer = world.client("wen").post(there[1], sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    body = world.client("wen").get("/board/").content.decode()
    assert "Waits for the manager" in column(body, "stage-interest")


def test_conditions_of_the_filter_language_narrow_the_board_and_are_named(world: World) -> None:
    world.create(amount=Decimal(5000))
    world.create()
    body = world.client("wen").get("/board/?where=amount+%3E%3D+3000").content.decode()
    assert body.count('data-card="') == 1
    assert body.count('class="chip set"') == 1
