"""Out-of-funnel sales: only under the unit's threshold, taken back by a mirror (FUN-4)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from dakehu.actions.small_sales import (
    NewSmallSale,
    record_small_sale,
    reverse_small_sale,
)
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.models import Account, BooksClosing, Person, SalesUnit, SmallSale
from dakehu.queries.paging import Cut
from dakehu.queries.small_sales import small_sales
from tests.world import World


@pytest.fixture
def shop(world: World) -> World:
    """Give a world whose east team takes orders under 10,000.00 CNY out of the funnel."""
    SalesUnit.objects.filter(pk=world.units["east_team"]).update(
        small_sale_threshold_minor=1_000_000
    )
    return world


def record(world: World, login: str = "wen", **facts: Any) -> int:
    given: dict[str, Any] = {
        "owner_id": world.people["wen"], "amount": Decimal("9999.99"), "currency": "CNY",
        "on": world.today,
    }  # fmt: skip
    return record_small_sale(
        actor=world.viewer(login), sale=NewSmallSale(**(given | facts)), today=world.today,
        at=world.at,
    )  # fmt: skip


def test_an_order_under_the_threshold_is_recorded_and_a_larger_one_is_an_opportunity(
    shop: World,
) -> None:
    row = SmallSale.objects.get(pk=record(shop))
    assert (row.base_minor, row.unit_id) == (999999, shop.units["east_team"])
    with pytest.raises(RuleBroken, match=r"small_sale\.too_large") as refused:
        record(shop, amount=Decimal(10000))
    assert refused.value.facts["threshold"] == Decimal("10000.00")
    # In euro at 7.8: 1,282 is under, 1,283 over.
    record(shop, amount=Decimal(1282), currency="EUR")
    with pytest.raises(RuleBroken, match=r"small_sale\.too_large"):
        record(shop, amount=Decimal(1283), currency="EUR")


def test_without_a_threshold_there_are_none(world: World) -> None:
    with pytest.raises(RuleBroken, match=r"small_sale\.no_threshold"):
        record(world)


def test_a_total_is_judged_by_its_mean_order_and_its_period_has_ended(shop: World) -> None:
    june = {"on": date(2026, 6, 1), "until_on": date(2026, 7, 1)}
    record(shop, amount=Decimal(30000), orders=4, **june)
    with pytest.raises(RuleBroken, match=r"small_sale\.too_large"):
        record(shop, amount=Decimal(30000), orders=3, **june)
    with pytest.raises(RuleBroken, match=r"ledger\.future"):
        record(shop, on=date(2026, 6, 1), until_on=date(2026, 7, 2))
    with pytest.raises(RuleBroken, match=r"small_sale\.upside_down"):
        record(shop, until_on=shop.today)


@pytest.mark.parametrize(
    ("on", "until_on"),
    [
        (date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 5, 31), date(2026, 6, 2)),
        (date(2025, 6, 1), date(2026, 6, 2)),
    ],
)
def test_a_total_lies_within_one_month(shop: World, on: date, until_on: date) -> None:
    with pytest.raises(RuleBroken, match=r"small_sale\.over_months"):
        record(shop, on=on, until_on=until_on, orders=9)


JUNE = {"on": date(2026, 6, 1), "until_on": date(2026, 7, 1), "orders": 4}
WEEK = {"on": date(2026, 6, 8), "until_on": date(2026, 6, 15), "orders": 4}


@pytest.mark.parametrize(
    ("first", "second", "counted"),
    [
        (JUNE, JUNE, False),
        (JUNE, WEEK, False),
        (WEEK, JUNE, False),
        (JUNE, {"on": date(2026, 6, 30)}, False),
        ({"on": date(2026, 6, 1)}, JUNE, False),
        (WEEK, {"on": date(2026, 6, 14)}, False),
        (WEEK, {"on": date(2026, 6, 15)}, True),
        (WEEK, {"on": date(2026, 6, 7)}, True),
        ({"on": date(2026, 6, 15)}, WEEK, True),
        (WEEK, {"on": date(2026, 6, 15), "until_on": date(2026, 6, 22)}, True),
        (JUNE, {"on": date(2026, 5, 1), "until_on": date(2026, 6, 1)}, True),
        ({"on": date(2026, 6, 9)}, {"on": date(2026, 6, 9)}, True),
        (JUNE | {"account": "harbour"}, {"on": date(2026, 6, 9), "account": "harbour"}, False),
        (JUNE | {"account": "harbour"}, {"on": date(2026, 6, 9), "account": "mill"}, True),
        (JUNE | {"account": "harbour"}, {"on": date(2026, 6, 9)}, False),
        (JUNE, {"on": date(2026, 6, 9), "account": "harbour"}, False),
    ],
)
def test_an_order_is_counted_alone_or_in_a_total_never_twice(
    shop: World, first: dict[str, Any], second: dict[str, Any], counted: bool
) -> None:
    Account.objects.update(manager_id=shop.people["wen"])

    def facts(given: dict[str, Any]) -> dict[str, Any]:
        account = given.get("account")
        rest = {key: value for key, value in given.items() if key != "account"}
        return {**rest, "account_id": shop.accounts[account] if account else None}

    key = record(shop, **facts(first))
    # Somebody else's total is another one.
    record(shop, "fin", owner_id=shop.people["bo"], **JUNE)
    if counted:
        record(shop, **facts(second))
        return
    with pytest.raises(RuleBroken, match=r"small_sale\.counted_already"):
        record(shop, **facts(second))
    reverse_small_sale(
        actor=shop.viewer("wen"), small_sale_id=key, today=shop.today, at=shop.at
    )  # fmt: skip
    record(shop, **facts(second))


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"amount": Decimal(0)}, "small_sale.not_positive"),
        ({"amount": Decimal(-5)}, "small_sale.not_positive"),
        ({"amount": Decimal(10) ** 14}, "money.too_large"),
        ({"orders": 0}, "small_sale.orders"),
        ({"currency": "KWD", "amount": Decimal(1)}, "money.no_exchange_rate"),
        ({"on": date(2026, 7, 1)}, "ledger.future"),
    ],
)
def test_bad_input_is_refused(shop: World, facts: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        record(shop, **facts)
    assert not SmallSale.objects.exists()


def test_the_owner_and_finance_record_others_may_not(shop: World) -> None:
    record(shop, "wen")
    record(shop, "fin")
    for login in ("bo", "lu", "mei", "rong", "director", "ops", "auditor", "admin"):
        with pytest.raises(NotAllowed, match=r"small_sale\.record"):
            record(shop, login)


def test_each_sees_their_own_their_units_or_all(shop: World) -> None:
    record(shop)
    seen = {
        login: len(small_sales(viewer=shop.viewer(login), cut=Cut()).rows)
        for login in ("wen", "bo", "lu", "mei", "rong", "director", "fin", "ops", "admin")
    }
    assert seen == {
        "wen": 1, "bo": 0, "lu": 0, "mei": 1, "rong": 1, "director": 1, "fin": 1, "ops": 1,
        "admin": 0,
    }  # fmt: skip


def test_taking_back_leaves_both_rows_and_nothing_in_sum(shop: World) -> None:
    key = record(shop)

    def reverse(login: str) -> int:
        return reverse_small_sale(
            actor=shop.viewer(login), small_sale_id=key, today=shop.today, at=shop.at
        )

    for login, error in (("lu", NotFound), ("mei", NotAllowed), ("director", NotAllowed)):
        with pytest.raises(error):
            reverse(login)
    mirror = reverse("wen")
    assert sum(SmallSale.objects.values_list("base_minor", flat=True)) == 0
    for other in (key, mirror):
        with pytest.raises(RuleBroken, match=r"small_sale\.already_reversed"):
            reverse_small_sale(
                actor=shop.viewer("fin"), small_sale_id=other, today=shop.today, at=shop.at
            )


def test_closed_books_take_no_sale(shop: World) -> None:
    BooksClosing.objects.create(until_on=shop.today, recorded_at=shop.at)
    with pytest.raises(RuleBroken, match=r"ledger\.books_closed"):
        record(shop)


def test_the_page_records_lists_and_takes_back(shop: World) -> None:
    wen = Client()
    wen.force_login(Person.objects.get(login="wen"))
    day = str(shop.today - timedelta(days=1))
    data = {
        "owner": str(shop.people["wen"]), "amount": "99,999", "currency": "CNY", "on": day,
        "orders": "1", "account": "Harbour Group",
    }  # fmt: skip
    answer = wen.post("/small-sales/record/", data)
    assert answer.status_code == 422
    assert "is an opportunity" in answer.content.decode()
    assert 'value="99,999"' in answer.content.decode()
    assert wen.post("/small-sales/record/", data | {"amount": "100"}).status_code == 303
    row = SmallSale.objects.get()
    assert f"/small-sales/{row.pk}/reverse/" in wen.get("/small-sales/").content.decode()
    assert wen.post(f"/small-sales/{row.pk}/reverse/").status_code == 303
    assert "<del>" in wen.get("/small-sales/").content.decode()
