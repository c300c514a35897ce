"""Reviews in the browser's terms: saved from the funnel page, budget, language, files."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.models import Review, ReviewAction
from tests.world import World


def saved(world: World, client: Client) -> Review:
    page = client.get("/funnel/").content.decode()
    start = page.index("/reviews/save/?")
    url = page[start : page.index('"', start)].replace("&amp;", "&")
    assert client.post(url).status_code == 303
    return Review.objects.latest("id")


def test_the_funnel_page_of_a_unit_is_saved_and_shown(world: World) -> None:
    world.create("wen", amount=Decimal(1000))
    client = world.client("mei")
    kept = saved(world, client)
    assert kept.unit_id == world.units["east_team"]
    page = client.get(f"/reviews/{kept.pk}/").content.decode()
    assert "1,000" in page
    assert "the first review of this view" in page
    again = saved(world, client)
    page = client.get(f"/reviews/{again.pk}/").content.decode()
    assert "Last review" in page
    assert f'href="/reviews/{kept.pk}/"' in page


@pytest.mark.parametrize("login", ["wen", "director"])
def test_who_may_not_save_is_offered_nothing(world: World, login: str) -> None:
    assert "/reviews/save/" not in world.client(login).get("/funnel/").content.decode()


def test_the_pages_ask_at_most_twelve_times(world: World) -> None:
    client = world.client("mei")
    kept = saved(world, client)
    saved(world, client)
    for url in ("/reviews/", f"/reviews/{kept.pk}/"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        plain = [q["sql"][:90] for q in asked if "SAVEPOINT" not in q["sql"]]
        assert len(plain) <= 12, plain


def test_notes_and_actions_are_written_on_the_page(world: World) -> None:
    client = world.client("mei")
    kept = saved(world, client)
    url = f"/reviews/{kept.pk}/"
    assert client.post(f"{url}note/", {"text": "Few leads", "seen": 1}).status_code == 303
    stale = client.post(f"{url}note/", {"text": "Other", "seen": 1})
    assert stale.status_code == 422
    assert "Few leads" in stale.content.decode()
    form = {"text": "Visit", "owner": world.people["wen"], "due_on": "2026-07-01"}
    assert client.post(f"{url}agree/", form | {"text": ""}).status_code == 422
    assert client.post(f"{url}agree/", form | {"owner": world.people["lu"]}).status_code == 422
    assert client.post(f"{url}agree/", form).status_code == 303
    action = ReviewAction.objects.get()
    hers = world.client("wen")
    page = hers.get("/reviews/").content.decode()
    assert "Visit" in page
    assert url not in page
    assert "Overdue" in page
    done = hers.post(f"/reviews/actions/{action.pk}/do/", {"seen": action.version})
    assert done.status_code == 303
    assert "Visit" not in hers.get("/reviews/").content.decode()
    assert "Visit" in client.get(url).content.decode()


def test_a_review_is_worded_in_the_reader_s_language(world: World) -> None:
    kept = saved(world, world.client("mei"))
    page = world.client("mei", "zh-hans").get(f"/reviews/{kept.pk}/").content.decode()
    assert "复盘" in page
    assert "约定的行动" in page
    assert "Agreed actions" not in page


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_figures_and_list_leave_as_files(world: World, kind: str) -> None:
    world.create("wen", amount=Decimal("1234.50"))
    client = world.client("mei")
    kept = saved(world, client)
    figures = client.get(f"/reviews/{kept.pk}/export.{kind}")
    assert figures.status_code == 200
    if kind == "csv":
        text = figures.getvalue().decode("utf-8-sig")
        assert "1234.50" in text
        assert "with VAT" in text
        assert "CNY" in text
    assert client.get(f"/reviews/export.{kind}").status_code == 200
    assert world.client("lu").get(f"/reviews/{kept.pk}/export.{kind}").status_code == 404


def test_every_frozen_figure_opens_what_it_was_made_of(world: World) -> None:
    world.create("wen", name="Quay crane", amount=Decimal(1000))
    client = world.client("mei")
    kept = saved(world, client)
    world.at = kept.known_at + timedelta(hours=1)
    world.create("wen", name="Belt drive", amount=Decimal(500))
    page = client.get(f"/reviews/{kept.pk}/").content.decode()
    cells = re.findall(
        r'data-number="([a-z_.]+)" href="([^"]*)" data-dialog>(.*?)</a>', page, re.DOTALL
    )
    frozen = kept.figures
    assert len(cells) == 3 * (len(frozen["stages"]) + len(frozen["sums"])) + 6
    for address, url, _shown in cells:
        assert client.get(unescape(url)).status_code == 200, address
    [(_address, url, shown)] = [
        c for c in cells if c[0] == "funnel.amount" and "stage=interest" in c[1]
    ]
    assert 'value="1000.00"' in shown
    opened = client.get(unescape(url)).content.decode()
    assert "Quay crane" in opened
    assert "Belt drive" not in opened
    assert 'value="1000.00"' in opened
    # Who was not in the room opens no more than their own part, and no review.
    assert world.client("lu").get(f"/reviews/{kept.pk}/").status_code == 404
    assert "Quay crane" not in world.client("bo").get(unescape(url)).content.decode()


def test_a_group_of_accounts_is_no_review(world: World) -> None:
    client = world.client("mei")
    group = world.accounts["harbour"]
    assert "/reviews/save/" in client.get("/funnel/").content.decode()
    assert "/reviews/save/" not in client.get(f"/funnel/?group={group}").content.decode()
    unit = world.units["east_team"]
    saving = f"/reviews/save/?unit={unit}&group={group}&method=industrial-6"
    assert client.post(saving).status_code == 422
    assert not Review.objects.exists()


def test_a_review_reads_the_week_in_one_way(world: World) -> None:
    world.create("wen", amount=Decimal(1000))
    client = world.client("mei")
    unit = world.units["east_team"]
    for week in ("", "then"):
        saving = f"/reviews/save/?unit={unit}&week={week}&method=industrial-6"
        assert client.post(saving).status_code == 303
    now, then = Review.objects.order_by("id")
    assert now.figures == then.figures
