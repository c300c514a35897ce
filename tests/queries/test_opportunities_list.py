"""The list of opportunities: exactly what one may see, in order, page by page (DESIGN)."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Place
from dakehu.models import Account, Opportunity
from dakehu.queries.opportunities.filters import SORTS, OpportunityFilter
from dakehu.queries.opportunities.list import every_opportunity, opportunities
from tests.world import World

CAST = ("wen", "bo", "lu", "mei", "rong", "director", "fin", "ops", "auditor", "admin")


@pytest.fixture
def many(world: World) -> World:
    """Give a world with 40 opportunities that have ties in every column of order."""
    chance = random.Random(3)
    for number in range(40):
        login = ("wen", "bo", "lu")[number % 3]
        made = world.create(
            login,
            name=f"Line {number % 7}",
            amount=Decimal(chance.randrange(5) * 100),
            currency=chance.choice(["CNY", "CNY", "EUR", "KWD"]),
            close_on=chance.choice([None, *(world.today + timedelta(days=d) for d in (-3, 0, 4))]),
            stage_key=chance.choice(["interest", "nurture", "design"]),
        )
        if number % 5 == 0:
            world.grant("lu", made, "read")
    return world


def oracle(world: World, login: str) -> set[int]:
    """Say naively who may see what: role by role, row by row."""
    me = world.people[login]
    seen = set()
    for row in Opportunity.objects.all():
        team = {world.units["east_team"]}
        reach = {
            "mei": team,
            "rong": team | {world.units["east"]},
            "ops": set(world.units.values()) - {world.units["company"]},
            "director": set(world.units.values()),
            "fin": set(world.units.values()),
            "auditor": set(world.units.values()),
        }.get(login, set())
        granted = row.grant_set.filter(person_id=me).exists()
        if row.unit_id in reach or row.owner_id == me or granted:
            seen.add(row.pk)
    return seen


def walk(world: World, login: str, sort: str, limit: int = 7) -> list[int]:
    """Follow every next link, and every previous link back."""
    forth: list[list[int]] = []
    after = ""
    while True:
        page = opportunities(
            viewer=world.viewer(login), asked=OpportunityFilter(), sort=sort,
            after=after, today=world.today, limit=limit,
        )  # fmt: skip
        forth.append([row.id for row in page.rows])
        last, after = page, page.after
        if not after:
            break
    back = [forth[-1]]
    before = last.before
    while before:
        page = opportunities(
            viewer=world.viewer(login), asked=OpportunityFilter(), sort=sort,
            before=before, today=world.today, limit=limit,
        )  # fmt: skip
        back.append([row.id for row in page.rows])
        before = page.before
    assert list(reversed(back)) == forth
    return [key for page_ids in forth for key in page_ids]


@pytest.mark.parametrize("login", ["director", "mei", "lu"])
def test_pages_make_up_the_whole_order(many: World, login: str) -> None:
    seen = oracle(many, login)
    rows = [r for r in Opportunity.objects.all() if r.pk in seen]
    for sort in [s for key in SORTS for s in (key, f"-{key}")]:
        assert walk(many, login, sort) == whole_order(rows, sort), sort


def whole_order(rows: list[Opportunity], sort: str) -> list[int]:
    columns = SORTS[sort.removeprefix("-")]
    known = [r for r in rows if getattr(r, columns[0]) is not None]
    unknown = [r for r in rows if getattr(r, columns[0]) is None]
    falling = sort.startswith("-")
    known.sort(key=lambda r: tuple(getattr(r, c) for c in columns), reverse=falling)
    unknown.sort(key=lambda r: r.pk, reverse=falling)
    return [r.pk for r in (*known, *unknown)]


def test_list_total_and_export_are_exactly_what_one_may_see(many: World) -> None:
    for login in CAST:
        asked, viewer = OpportunityFilter(), many.viewer(login)
        page = opportunities(viewer=viewer, asked=asked, today=many.today, limit=7)
        every = list(every_opportunity(viewer=viewer, asked=asked, today=many.today, chunk=7))
        assert page.total == len(oracle(many, login)), login
        assert {row.id for row in every} == oracle(many, login), login
        assert len(every) == len(oracle(many, login)), login


def test_filters_narrow_and_voided_ones_are_gone(many: World) -> None:
    director = many.viewer("director")

    def ids(**facts: object) -> set[int]:
        asked = OpportunityFilter(**facts)  # type: ignore[arg-type]
        rows = every_opportunity(viewer=director, asked=asked, today=many.today)
        return {row.id for row in rows}

    west = set(
        Opportunity.objects.filter(unit_id=many.units["west_team"]).values_list("id", flat=True)
    )
    assert ids(unit_id=many.units["west"]) == west
    assert ids(owner_id=many.people["bo"]) | ids(owner_id=many.people["wen"]) | west == ids()
    assert ids(text="harbour") == ids(account_id=many.accounts["harbour"])
    assert ids(text="ｈａｒｂｏｕｒ") == ids(text="harbour")
    assert ids(amount_from=Decimal(300)) == {
        r.pk for r in Opportunity.objects.all() if (r.base_minor or -1) >= 30000
    }
    Opportunity.objects.filter(pk__in=west).update(voided=True)
    assert not ids() & west
    assert ids(state="voided") == west
    assert ids(state="won") == set()


def test_a_search_finds_the_last_of_many_accounts_with_a_name_in_common(world: World) -> None:
    namesakes = [
        Account(
            code=f"tide {n}", name=f"Tide Works {n}", folded=f"tideworks{n}", sort_key=f"tide {n}",
            created_on=world.today, path=Account._get_path("", 1, 100 + n), depth=1,
            manager_id=world.people["wen"],
        )
        for n in range(600)
    ]  # fmt: skip
    Account.objects.bulk_create(namesakes)
    for account in (namesakes[0], namesakes[-1]):
        world.create(account_id=Account.objects.get(code=account.code).pk)
    asked = OpportunityFilter(text="tide works")
    page = opportunities(viewer=world.viewer("director"), asked=asked, today=world.today)
    assert {row.account for row in page.rows} == {"Tide Works 0", "Tide Works 599"}


def test_a_list_that_makes_no_sense_is_refused(world: World) -> None:
    def ask(sort: str = "close", after: str = "", **facts: object) -> None:
        opportunities(
            viewer=world.viewer("wen"), asked=OpportunityFilter(**facts),  # type: ignore[arg-type]
            sort=sort, after=after, today=world.today,
        )  # fmt: skip

    for code, kwargs in (
        ("list.unknown_sort", {"sort": "owner__password"}),
        ("list.unknown_state", {"state": "maybe"}),
        ("list.bad_cursor", {"after": "%%%"}),
        ("list.bad_cursor", {"after": "WyJjbG9zZSIsMSwyXQ"}),
        ("list.upside_down", {"amount_from": Decimal(5), "amount_to": Decimal(5)}),
    ):
        with pytest.raises(RuleBroken) as refused:
            ask(**kwargs)  # type: ignore[arg-type]
        assert refused.value.code == code


def test_decided_ones_stand_under_their_outcome(world: World) -> None:
    made = world.create()
    Opportunity.objects.filter(pk=made.opportunity_id).update(place=Place.LOST)
    page = opportunities(
        viewer=world.viewer("wen"), asked=OpportunityFilter(state="lost"), today=world.today
    )
    assert [row.id for row in page.rows] == [made.opportunity_id]
