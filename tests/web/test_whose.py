"""A page of analysis that stands by itself says of whom it tells."""

import re

import pytest
from django.test import Client

from dakehu.models import Person
from tests.world import World

PARTS = ["speed", "leaks", "ageing", "compare", "most", "flow", "trend", "health",
         "products"]  # fmt: skip


def browser(login: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        Person.objects.get(login=login), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def words_of(page: str) -> str:
    """Give what stands above the heading, without addresses."""
    return re.sub(r"<[^>]*>", "", page.partition("<h1>")[0].rpartition('class="path"')[2])


@pytest.mark.parametrize("part", PARTS)
def test_a_page_of_its_own_names_unit_period_and_person(world: World, part: str) -> None:
    world.create("wen")
    alone = browser("director").get(
        f"/funnel/{part}/?unit={world.units['east']}&period=2026Q2"
    ).content.decode()  # fmt: skip
    head = words_of(alone)
    assert "East" in head
    # These look at twelve months, or at the days between two.
    assert ("2026Q2" in head) == (part not in {"speed", "leaks", "ageing", "flow"})
    asked = f"/funnel/{part}/?person={world.people['wen']}"
    assert "Wen" in browser("director").get(asked).content.decode().partition("<h1>")[0]
    alone = browser("director").get(f"{asked}&organised=today&known_at=2026-06-01T12:00")
    head = words_of(alone.content.decode())
    assert "As organised today" in head
    assert "As known at 2026-06-01 12:00" in head
    beside = browser("director").get(asked, headers={"HX-Request": "true"}).content.decode()
    assert 'class="path"' not in beside
