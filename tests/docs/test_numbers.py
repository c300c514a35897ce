"""Every number on a screen has an address, and docs/numbers.md lists exactly those there are."""

import importlib
import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from dakehu.models import Person
from dakehu.web.numbers import INPUT_ADDRESSES, NUMBERS
from tests.docs.test_rules import TOLD
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "src" / "dakehu" / "templates"
NUMBERS_MD = (ROOT / "docs" / "numbers.md").read_text(encoding="utf-8")
ADDRESS = re.compile(r"""(?:\{%\s*number\s+|data-number=)["']([a-z_.]+)["']""")


def lines() -> list[str]:
    """Give the lines of the page as the registry has them; paste them where a test fails."""
    with translation.override("en"):
        return [
            f"| `{address}` | {one.title} | {one.formula} | {one.rule} | `{one.computed_by}` |"
            for address, one in sorted(NUMBERS.items())
        ]


def test_the_page_lists_exactly_the_registry() -> None:
    assert [line for line in NUMBERS_MD.splitlines() if line.startswith("| `")] == lines()


def test_every_address_of_a_template_is_registered_and_shown_somewhere() -> None:
    used = {
        address
        for template in TEMPLATES.rglob("*.html")
        for address in ADDRESS.findall(template.read_text(encoding="utf-8"))
    }
    # Terms of a formula stand in the dialog of the number that they make up.
    assert used | set(INPUT_ADDRESSES.values()) == set(NUMBERS)


@pytest.mark.parametrize("address", sorted(NUMBERS))
def test_an_address_leads_to_the_function_that_computes_it(address: str) -> None:
    module, name = NUMBERS[address].computed_by.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), name))
    assert NUMBERS[address].rule in TOLD


@pytest.fixture
def opened(world: World) -> tuple[World, Client, int]:
    client = Client()
    client.force_login(Person.objects.get(pk=world.people["wen"]))
    return world, client, world.create().opportunity_id


@pytest.mark.parametrize("address", sorted(NUMBERS))
def test_every_number_explains_itself(opened: tuple[World, Client, int], address: str) -> None:
    world, client, made = opened
    asked = {"opportunity": made, "account": world.accounts["harbour"]}
    answer = client.get(f"/number/{address}/", asked)
    assert answer.status_code == 200
    assert str(NUMBERS[address].rule) in answer.content.decode()


def test_the_page_of_an_opportunity_opens_its_weighted_amount(
    opened: tuple[World, Client, int],
) -> None:
    _world, client, made = opened
    page = client.get(f"/opportunities/{made}/").content.decode()
    assert f'href="/number/opportunity.weighted/?opportunity={made}"' in page
    words = client.get("/number/opportunity.weighted/", {"opportunity": made}).content.decode()
    assert "5%" in words
    assert 'value="60.00"' in words  # 1,200 × 5%


@pytest.mark.parametrize("asked", ["", "abc", "0", "9" * 40])
def test_a_number_of_no_opportunity_is_not_found(
    opened: tuple[World, Client, int], asked: str
) -> None:
    _world, client, _made = opened
    answer = client.get("/number/opportunity.weighted/", {"opportunity": asked})
    assert answer.status_code == 404


def test_a_number_of_somebody_elses_opportunity_is_not_found(world: World) -> None:
    made = world.create().opportunity_id
    client = Client()
    client.force_login(Person.objects.get(pk=world.people["lu"]))
    answer = client.get("/number/opportunity.amount/", {"opportunity": made})
    assert answer.status_code == 404
