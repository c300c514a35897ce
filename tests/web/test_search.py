"""The search page and the palette: without scripts too, in few queries, with what may be done."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.actions.search import index_everything
from dakehu.models import Grant, Mark, Notice
from tests.world import World

pytestmark = pytest.mark.django_db
PALETTE = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "palette-results"}


@pytest.fixture
def found_world(world: World) -> World:
    world.create("wen", name="Quay crane")
    world.create("lu", name="Quay of the west")
    index_everything()
    return world


def asked(client: Client, url: str, **more: Any) -> str:
    answer = client.get(url, **more)
    assert answer.status_code == 200, url
    return str(answer.content.decode())


def test_without_scripts_it_is_a_page_with_every_kind(found_world: World) -> None:
    page = asked(found_world.client("wen"), "/search/?q=quay")
    assert "<html" in page
    assert "<mark>Quay</mark> crane" in page
    assert "Quay of the west" not in page.replace("<mark>", "").replace("</mark>", "")
    assert "<mark>Harb</mark>our Group" in asked(
        found_world.client("wen"), "/search/?q=harb&kind=account"
    )
    assert "Nothing that you may see fits" in asked(found_world.client("wen"), "/search/?q=zzzz")


def test_the_palette_gets_the_list_alone(found_world: World) -> None:
    part = asked(found_world.client("wen"), "/search/?q=quay", **PALETTE)
    assert "<html" not in part
    assert 'role="listbox"' not in part
    assert part.count('role="option"') >= 1
    assert re.search(r'data-said="\d+ results?"', part)


@pytest.mark.parametrize("text", ["quay", "q", "harbour", "", "lu", "港", "x" * 300])
def test_it_asks_few_queries(found_world: World, text: str) -> None:
    client = found_world.client("wen")
    client.get("/search/", {"q": text}, **PALETTE)
    with CaptureQueriesContext(connection) as queries:
        client.get("/search/", {"q": text}, **PALETTE)
    assert len(queries) <= 12


def test_commands_are_found_in_both_languages_and_only_what_may_be_done(
    found_world: World,
) -> None:
    wen, admin = found_world.client("wen"), found_world.client("admin")
    assert 'href="/opportunities/create/"' in asked(wen, "/search/?q=new opp", **PALETTE)
    assert 'href="/opportunities/create/"' not in asked(admin, "/search/?q=new opp", **PALETTE)
    assert 'href="/people/"' in asked(admin, "/search/?q=people", **PALETTE)
    assert 'href="/people/"' not in asked(wen, "/search/?q=people", **PALETTE)
    chinese = found_world.client("wen", "zh-hans")
    for text in ("xiaoshouloudou", "xsld", "funnel", "销售漏斗"):
        assert 'href="/funnel/"' in asked(chinese, f"/search/?q={text}", **PALETTE), text


def test_units_periods_language_and_theme_are_switched(found_world: World) -> None:
    mei = found_world.client("mei")
    unit = found_world.units["east_team"]
    part = asked(mei, "/search/?q=east_team&here=/funnel/%3Fperiod%3D2026Q2", **PALETTE)
    assert f'href="/funnel/?period=2026Q2&amp;unit={unit}"' in part
    assert f"unit={found_world.units['west_team']}" not in asked(
        mei, "/search/?q=west_team", **PALETTE
    )
    assert 'href="/funnel/?period=2026Q3"' in asked(mei, "/search/?q=2026Q3", **PALETTE)
    part = asked(mei, "/search/?q=dark", **PALETTE)
    assert 'action="/settings/me/theme/"' in part
    assert 'name="theme" value="dark"' in part
    assert 'value="zh-hans"' in asked(mei, "/search/?q=chinese", **PALETTE)


def test_the_record_one_is_on_comes_first_with_what_may_be_done(found_world: World) -> None:
    wen, director = found_world.client("wen"), found_world.client("director")
    made = found_world.create("wen", name="Gantry")
    here = f"/search/?here=/opportunities/{made.opportunity_id}/"
    part = asked(wen, here, **PALETTE)
    assert part.index("Gantry") < part.index('role="option"')
    assert f'href="/opportunities/{made.opportunity_id}/advance/"' in part
    assert {"Log an activity", "Open the account"} <= set(re.findall(r"[A-Z][\w ]+", part))
    part = asked(director, here, **PALETTE)
    assert "Gantry" in part
    assert "/advance/" not in part
    # Only what would not be refused: an auditor logs nothing, a helper sees no more of the account.
    part = asked(found_world.client("auditor"), here, **PALETTE)
    assert "Gantry" in part
    assert "Log an activity" not in part
    found_world.grant("lu", made.opportunity_id, right="read")
    part = asked(found_world.client("lu"), here, **PALETTE)
    assert "Log an activity" in part
    assert "Open the account" not in part
    Grant.objects.all().delete()
    assert "Gantry" not in asked(found_world.client("lu"), here, **PALETTE)
    of = f"/search/?of=opportunity:{made.opportunity_id}"
    assert "/advance/" in asked(wen, of, **PALETTE)
    assert found_world.client("lu").get(of).status_code == 404
    for bad in (
        "opportunity:",
        "opportunity:x",
        "person:1",
        "nothing:1",
        ":",
        "opportunity:" + "9" * 40,
    ):
        assert wen.get("/search/", {"of": bad}).status_code == 404, bad


def test_here_leads_nowhere_else(found_world: World) -> None:
    wen = found_world.client("wen")
    for evil in (
        "//evil.example/funnel/",
        "https://evil.example/",
        "/\\evil.example",
        "http://[",
        "/\t/[",
    ):
        assert "evil" not in asked(wen, "/search/", **PALETTE)
        assert (
            "evil"
            not in wen.get("/search/", {"q": "east", "here": evil}, **PALETTE).content.decode()
        )


def test_a_record_is_pinned_followed_and_looked_at(found_world: World) -> None:
    wen = found_world.client("wen")
    made = found_world.create("wen", name="Gantry")
    base = f"/marks/opportunity/{made.opportunity_id}"
    assert f'hx-get="{base}/"' in asked(wen, f"/opportunities/{made.opportunity_id}/")
    assert 'aria-pressed="false"' in asked(wen, f"{base}/")
    assert wen.post(f"{base}/pin/").status_code == 303
    assert wen.post(f"{base}/seen/").status_code == 200
    part = wen.post(f"{base}/follow/", HTTP_HX_REQUEST="true")
    assert part.content.decode().count('aria-pressed="true"') == 2
    assert "Gantry" in asked(wen, "/marks/pins/")
    assert "Gantry" in asked(wen, "/search/", **PALETTE)
    assert Mark.objects.filter(seen_at__isnull=False).count() == 1
    answer = wen.post(f"{base}/pin/", {"next": "//evil.example/"})
    assert answer["Location"] == f"/opportunities/{made.opportunity_id}/"
    assert found_world.client("lu").post(f"{base}/seen/").status_code == 404


def test_notices_are_listed_counted_and_read(found_world: World) -> None:
    wen = found_world.client("wen")
    made = found_world.create("wen", name="Gantry")
    for kind in ("assigned", "mentioned"):
        Notice.objects.create(
            person_id=found_world.people["wen"], kind=kind, object_type="opportunity",
            object_id=made.opportunity_id, at=found_world.at,
        )  # fmt: skip
    assert "2 unread notices" in asked(wen, "/notices/count/")
    page = asked(wen, "/notices/")
    assert "Gantry is yours now." in page
    assert "You are mentioned on Gantry." in page
    assert "Gantry is yours now." not in asked(wen, "/notices/?kind=mentioned")
    first = Notice.objects.order_by("id")[0]
    answer = wen.post(f"/notices/{first.pk}/open/")
    assert answer["Location"] == f"/opportunities/{made.opportunity_id}/"
    assert found_world.client("lu").post(f"/notices/{first.pk}/read/").status_code == 404
    wen.post("/notices/read/", {"upto": str(10**6)})
    assert "0 unread notices" in asked(wen, "/notices/count/")
    assert wen.get("/notices/?kind=nonsense").status_code == 422
    with CaptureQueriesContext(connection) as queries:
        asked(wen, "/notices/")
    assert len(queries) <= 12


def test_long_lists_of_notices_are_paged_the_unread_first(found_world: World) -> None:
    wen = found_world.client("wen")
    Notice.objects.bulk_create(
        Notice(
            person_id=found_world.people["wen"], kind="import_done", object_type="import",
            object_id=n, facts={"taken": n, "refused": 0}, at=found_world.at,
            read_at=found_world.at if n % 2 else None,
        )
        for n in range(2, 82)
    )  # fmt: skip
    seen: list[int] = []
    url = "/notices/"
    for _page in range(9):
        page = asked(wen, url)
        seen += [int(n) for n in re.findall(r"Your import is done: (\d+) rows are in", page)]
        link = re.search(r'rel="next"\s+href="([^"]+)"', page)
        if link is None:
            break
        url = "/notices/" + link[1].replace("&amp;", "&")
    assert seen == [*range(80, 1, -2), *range(81, 2, -2)]


def test_what_one_is_told_is_chosen(found_world: World) -> None:
    wen = found_world.client("wen")
    page = asked(wen, "/settings/notices/")
    assert 'name="in_assigned"' in page
    sent = {"mail_assigned": "digest", "in_stalled": "on", "digest_at": "9", "quiet_from": "22",
            "quiet_until": "7", "version": "0"}  # fmt: skip
    assert wen.post("/settings/notices/", sent).status_code == 303
    page = asked(wen, "/settings/notices/")
    assert not re.search(r'name="in_assigned"[^>]*checked', page)
    assert re.search(r'name="in_stalled"[^>]*checked', page)
    assert wen.post("/settings/notices/", sent).status_code == 422  # changed meanwhile
    assert wen.post("/settings/notices/", sent | {"quiet_until": ""}).status_code == 422
