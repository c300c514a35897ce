"""Bulk edits as pages: ask, preview, do, look at what was done, take it back."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.core.bulk_edits import VERBS
from dakehu.models import BulkEdit
from tests.world import World

pytestmark = pytest.mark.django_db

URL = "/bulk/opportunities/"


def post(client: Client, status: int = 200, **said: str) -> str:
    answer = client.post(URL, said)
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def frozen(page: str) -> str:
    return re.search(r'name="rows" value="([^"]*)"', page)[1]  # type: ignore[index]


def test_from_the_ticked_rows_to_undo(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(3)]
    far = world.create("lu")
    mei = world.client("mei")
    ids = [str(one.opportunity_id) for one in (*made, far)]
    page = mei.get(URL, {"verb": "reassign", "pick": ids}).content.decode()
    assert "3 opportunities are chosen" in page
    assert "1 is no longer visible" in page
    bo = str(world.people["bo"])
    said = {"verb": "reassign", "owner_id": bo, "text": "leave"}
    page = post(mei, pick=",".join(ids), step="preview", **said)
    assert "Change 3 opportunities" in page
    assert "薄云" not in page
    assert BulkEdit.objects.count() == 0
    post(mei, 303, rows=frozen(page), step="do", **said)
    bulk = BulkEdit.objects.get()
    assert {world.row(one).owner_id for one in made} == {world.people["bo"]}
    page = mei.get(f"/bulk/{bulk.pk}/").content.decode()
    assert "Undo 3 rows" in page
    assert "Wen" in page
    assert mei.post(f"/bulk/{bulk.pk}/undo/").status_code == 303
    assert {world.row(one).owner_id for one in made} == {world.people["wen"]}
    page = mei.get(f"/bulk/{bulk.pk}/").content.decode()
    assert "Taken back" in page
    assert "/undo/" not in page
    assert "Reassign" in mei.get("/bulk/").content.decode()


def test_the_way_back_leads_to_the_list_that_it_came_from(world: World) -> None:
    world.create()
    wen = world.client("wen")
    listed = "http://testserver/opportunities/?place=open&order=name"
    said = {"verb": "category", "category": "3", "pick": str(world.create().opportunity_id)}
    page = wen.post(URL, {**said, "step": "preview"}).content.decode()
    headers = {"HX-Request": "true", "HX-Current-URL": listed}
    answer = wen.post(URL, {**said, "rows": frozen(page), "step": "do"}, headers=headers)
    back = 'href="/opportunities/?place=open&amp;order=name"'
    page = wen.get(answer.headers["HX-Redirect"]).content.decode()
    assert back in page
    undo = unescape(re.search(r'action="([^"]*undo[^"]*)"', page)[1])  # type: ignore[index]
    assert back in wen.get(wen.post(undo).headers["Location"]).content.decode()
    hostile = wen.get("/bulk/1/", {"list": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in hostile


def test_all_that_fit_the_filter_are_frozen_at_the_preview(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(2)]
    world.create(name="Another")
    wen = world.client("wen")
    page = wen.get(URL, {"all": "1", "q": "Deal", "verb": "category"}).content.decode()
    assert "All 2 opportunities that fit" in page
    page = post(wen, all="1", query="q=Deal", verb="category", category="3", step="preview")
    world.create(name="Deal 3")
    post(wen, 303, rows=frozen(page), verb="category", category="3", step="do")
    assert BulkEdit.objects.get().changed == 2
    assert {world.row(one).category for one in made} == {3}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_verb_asks_in_words(world: World, language: str) -> None:
    made = world.create()
    wen = world.client("wen", language)
    for verb in VERBS:
        answer = wen.get(URL, {"verb": verb, "pick": str(made.opportunity_id)})
        assert answer.status_code == 200, verb


def test_what_is_typed_is_kept_through_a_refusal(world: World) -> None:
    made = world.create()
    wen = world.client("wen")
    ids = str(made.opportunity_id)
    page = post(wen, 422, pick=ids, verb="lose", step="preview", competitor="Rival")
    assert "Rival" in page
    page = post(wen, 422, pick=ids, verb="shift", days="0", step="preview")
    assert "at least one day" in page
    assert "Nothing is chosen" in post(wen, 422, verb="void", step="preview")


def test_refusals_are_grouped_by_reason_and_in_the_file(world: World) -> None:
    made = [world.create(name=f"Deal {n}", close_on=None) for n in range(2)]
    fine = world.create(name="Fine", close_on=world.today)
    wen = world.client("wen")
    ids = ",".join(str(one.opportunity_id) for one in (*made, fine))
    page = post(wen, pick=ids, verb="shift", days="9", step="preview")
    assert page.count("no close date that could be shifted") == 1
    post(wen, 303, rows=frozen(page), verb="shift", days="9", step="do")
    bulk = BulkEdit.objects.get()
    text = wen.get(f"/bulk/{bulk.pk}/export.csv").content.decode()
    assert text.count("Refused") == 2
    assert "Deal 1" in text


def test_who_sees_a_changed_row_sees_the_edit_and_what_was_refused_only_who_did_it(
    world: World,
) -> None:
    made = [world.create(name="Given"), world.create(name="Undated")]
    wen = world.client("wen")
    page = post(
        wen, pick=",".join(str(one.opportunity_id) for one in made), verb="category",
        category="3", step="preview",
    )  # fmt: skip
    post(wen, 303, rows=frozen(page), verb="category", category="3", step="do")
    bulk = BulkEdit.objects.get()
    page = world.client("mei").get(f"/bulk/{bulk.pk}/").content.decode()
    assert "Given" in page
    assert "<dt>refused" not in page
    assert "<dt>refused" in wen.get(f"/bulk/{bulk.pk}/").content.decode()
    assert world.client("lu").get(f"/bulk/{bulk.pk}/").status_code == 404
    assert world.client("lu").post(f"/bulk/{bulk.pk}/undo/").status_code == 404
    assert world.client("admin").get(URL).status_code == 403


def test_pages_ask_little(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(20)]
    wen = world.client("wen")
    ids = ",".join(str(one.opportunity_id) for one in made)
    page = post(wen, pick=ids, verb="category", category="3", step="preview")
    post(wen, 303, rows=frozen(page), verb="category", category="3", step="do")
    bulk = BulkEdit.objects.get()
    for url in (f"{URL}?all=1", f"/bulk/{bulk.pk}/", "/bulk/", "/cells/opportunities/paste/"):
        with CaptureQueriesContext(connection) as asked:
            assert wen.get(url).status_code == 200
        assert len(asked) <= 12, (url, "\n".join(q["sql"] for q in asked))
