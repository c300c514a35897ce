"""Products, exchange rates, books and settings: kept by those who hold the right."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dakehu.actions.quotas import QuotaTarget, set_quotas
from dakehu.actions.rates import close_books, set_currency, set_exchange_rate
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.periods import parse_period
from dakehu.models import (
    BooksClosing,
    Currency,
    ExchangeRate,
    Opportunity,
    Organisation,
    Product,
)
from tests.cast import AT, OPERATOR, TODAY, Cast, make_cast
from tests.world import make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_pages_stay_within_their_queries(cast: Cast) -> None:
    for login, url in (
        ("amy", "/products/"), ("amy", "/rates/"), ("finance", "/rates/"), ("admin", "/settings/"),
        ("ops", "/products/create/"), ("finance", "/rates/currency/?code=USD"),
    ):  # fmt: skip
        client = cast.client(login)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200, url
        assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 12, url


@pytest.mark.parametrize(
    ("login", "method", "url"),
    [
        ("amy", "get", "/products/create/"), ("boss", "get", "/settings/"),
        ("admin", "get", "/rates/currency/"), ("boss", "post", "/rates/set/"),
        ("ops", "post", "/rates/books/"), ("exec", "post", "/products/create/"),
    ],
)  # fmt: skip
def test_without_the_right_it_is_refused(cast: Cast, login: str, method: str, url: str) -> None:
    assert getattr(cast.client(login), method)(url).status_code == 403


def product(**more: object) -> dict[str, object]:
    return {
        "code": "P1",
        "name_zh": "皮带机",
        "list_price": "12.345678",
        "currency_id": "CNY",
        **more,
    }


def test_a_product_is_made_and_changed_by_form(cast: Cast) -> None:
    client = cast.client("ops")
    assert client.post("/products/create/", product()).status_code == 303
    row = Product.objects.get()
    assert (row.list_price, row.sort_key) == (Decimal("12.345678"), "pi dai ji")
    assert client.post("/products/create/", product()).status_code == 422
    url = f"/products/{row.pk}/"
    assert client.post(url, product(name_zh="甲", seen=1, list_price="")).status_code == 303
    assert client.post(url, product(name_zh="乙", seen=1)).status_code == 422
    now = Product.objects.get()
    assert (now.name_zh, now.list_price, now.is_active) == ("甲", None, False)
    assert "甲" in cast.client("amy").get("/products/?q=jia").content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"name_zh": ""}, {"list_price": "-1"}, {"list_price": "1.2345678"}, {"currency_id": ""},
        {"currency_id": "XXX"}, {"code": " "}, {"list_price": "10000000000001"},
    ],
)  # fmt: skip
def test_bad_input_makes_no_product(cast: Cast, change: dict[str, object]) -> None:
    assert cast.client("ops").post("/products/create/", product(**change)).status_code == 422
    assert Product.objects.count() == 0


def test_a_rate_is_a_new_row_each_time(cast: Cast) -> None:
    client = cast.client("finance")
    for rate in ("7.1", "7.2"):
        form = {"currency": "USD", "rate": rate, "on": "2026-01-01"}
        assert client.post("/rates/set/", form).status_code == 303
    assert ExchangeRate.objects.count() == 2
    assert "7.2" in client.get("/rates/").content.decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rate": Decimal(0)}, "money.exchange_rate_not_positive"),
        ({"rate": Decimal("1e11")}, "rate.too_large"),
        ({"rate": Decimal("1.123456789")}, "money.too_many_digits"),
        ({"currency": "CNY"}, "rate.of_base"),
    ],
)
def test_what_is_no_rate_is_refused(cast: Cast, change: dict[str, Any], code: str) -> None:
    good: dict[str, Any] = {"currency": "USD", "rate": Decimal(7), "on": TODAY, "at": AT}
    with pytest.raises(RuleBroken, match=code):
        set_exchange_rate(actor=cast.viewer("finance"), **(good | change))
    with pytest.raises(NotAllowed):
        set_exchange_rate(actor=cast.viewer("boss"), **good)


def test_the_digits_of_a_currency_in_use_are_frozen() -> None:
    world = make_world()
    world.create("wen")
    assert Opportunity.objects.get().currency_id == "CNY"
    fin = world.viewer("fin")
    spare: dict[str, Any] = {"name_zh": "瑞", "name_en": "", "is_active": True, "at": AT}
    set_currency(actor=fin, code="chf", digits=2, **spare)
    set_currency(actor=fin, code="CHF", digits=3, **spare)
    assert Currency.objects.get(pk="CHF").digits == 3
    with pytest.raises(RuleBroken, match=r"currency.digits_frozen"):
        set_currency(actor=fin, code="CNY", digits=3, **spare)
    with pytest.raises(RuleBroken, match=r"currency.base_stays"):
        set_currency(actor=fin, code="CNY", digits=2, **(spare | {"is_active": False}))


def test_the_books_close_on_a_past_day(cast: Cast) -> None:
    finance = cast.viewer("finance")
    day = TODAY - timedelta(30)
    close_books(actor=finance, until_on=day, today=TODAY, at=AT)
    for until_on, code in ((TODAY, "books.in_future"), (day, "books.already")):
        with pytest.raises(RuleBroken, match=code):
            close_books(actor=finance, until_on=until_on, today=TODAY, at=AT)
    with pytest.raises(NotAllowed):
        close_books(actor=cast.viewer("boss"), until_on=day, today=TODAY, at=AT)
    assert BooksClosing.objects.count() == 1
    later = timezone.now().date() + timedelta(2)
    answer = cast.client("finance").post("/rates/books/", {"until_on": later})
    assert answer.status_code == 422


def settings_form(page: str, **change: object) -> dict[str, object]:
    seen = page.partition('name="seen" value="')[2].split('"')[0].replace("&quot;", '"')
    return {
        "name_zh": "海岳", "name_en": "", "time_zone": "Asia/Shanghai", "fiscal_first_month": 1,
        "weighted_scope": "in_period", "win_rate_kind": "method", "base_currency": "CNY",
        "calibration_weight": 20,
        "seen": seen, **change,
    }  # fmt: skip


def test_settings_are_changed_once_and_a_second_editor_is_told(cast: Cast) -> None:
    client = cast.client("admin")
    page = client.get("/settings/").content.decode()
    form = settings_form(page, fiscal_first_month=4)
    assert client.post("/settings/", form).status_code == 303
    assert Organisation.objects.get().fiscal_first_month == 4
    assert client.post("/settings/", form).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"name_zh": ""},
        {"time_zone": "Mars/One"},
        {"fiscal_first_month": 13},
        {"weighted_scope": "x"},
        {"win_rate_kind": "x"},
        {"calibration_weight": 1001},
        # Nobody calibrated anything yet: every weighted amount would be unknown.
        {"win_rate_kind": "calibrated"},
    ],
)
def test_bad_settings_are_refused(cast: Cast, change: dict[str, object]) -> None:
    client = cast.client("admin")
    form = settings_form(client.get("/settings/").content.decode(), **change)
    assert client.post("/settings/", form).status_code == 422
    assert Organisation.objects.get().name_zh == "海岳重工"


def test_the_base_currency_is_fixed_once_an_amount_is_booked(cast: Cast) -> None:
    client = cast.client("admin")
    form = settings_form(client.get("/settings/").content.decode(), base_currency="USD")
    assert client.post("/settings/", form).status_code == 303
    quarter = parse_period("2026Q3")
    target = QuotaTarget(quarter.start, quarter.end, Decimal(1), unit_id=cast.units["east"])
    set_quotas(actor=OPERATOR, targets=[target], today=TODAY, at=AT)
    form = settings_form(client.get("/settings/").content.decode(), base_currency="CNY")
    assert client.post("/settings/", form).status_code == 422
