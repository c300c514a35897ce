"""Every list leaves as csv and xlsx: what is seen, stamped, with nothing that runs."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from dakehu.actions.small_sales import NewSmallSale, record_small_sale
from dakehu.models import Product, SalesUnit
from tests.permission.test_addresses import addresses
from tests.world import TODAY, World

#: Lists by who may read them.
LISTS = {
    "accounts": "wen", "contacts": "wen", "opportunities": "wen", "small-sales": "mei",
    "products": "wen", "people": "admin", "units": "wen", "quotas": "mei", "rates": "fin",
    "audit/look-ups": "auditor", "hygiene": "mei", "reviews": "mei", "funnel": "mei",
    "number/funnel.count": "mei", "number/funnel.forecast_index": "director",
    "activities": "wen",
}  # fmt: skip
#: Lists whose rows are in currencies of the rows, or of the base currency.
WITH_AMOUNTS = {
    "opportunities", "small-sales", "products", "quotas", "hygiene", "funnel",
    "number/funnel.count",
}  # fmt: skip


def text_of(client: Client, url: str) -> list[str]:
    answer = client.get(url)
    assert answer.status_code == 200, url
    body: bytes = answer.getvalue()
    assert body.startswith(b"\xef\xbb\xbf"), url
    return body.decode("utf-8-sig").splitlines()


@pytest.fixture
def filled(world: World) -> World:
    SalesUnit.objects.update(small_sale_threshold_minor=100_000_00)
    record_small_sale(
        actor=world.viewer("wen"),
        sale=NewSmallSale(
            owner_id=world.people["wen"], amount=Decimal(20), currency="CNY", on=TODAY,
            note="=1+2",
        ),
        today=TODAY, at=world.at,
    )  # fmt: skip
    Product.objects.filter(pk=world.products["crane"]).update(name_zh="=crane()")
    world.create("wen", name="=SUM(A1)", amount=Decimal("1234.50"))
    world.create("lu", name="western")
    return world


@pytest.mark.parametrize("subject", LISTS)
def test_every_list_leaves_in_both_kinds_stamped_and_harmless(filled: World, subject: str) -> None:
    client = filled.client(LISTS[subject])
    lines = text_of(client, f"/{subject}/export.csv")
    assert re.search(r"As of \d{4}-\d\d-\d\d", lines[0]), lines[0]
    assert not re.search(r"(^|,)[=@+]", "\n".join(lines[1:]), re.MULTILINE), lines
    if subject in WITH_AMOUNTS:
        text = "\n".join(lines)
        assert "with VAT" in text
        assert "CNY" in text
    answer = client.get(f"/{subject}/export.xlsx")
    assert answer.status_code == 200
    sheet = CalamineWorkbook.from_filelike(BytesIO(answer.getvalue())).get_sheet_by_index(0)
    assert len(sheet.to_python()) == len(lines)
    assert client.get(f"/{subject}/export.pdf").status_code == 404


@pytest.mark.parametrize("subject", LISTS)
def test_the_page_of_every_list_offers_its_file(filled: World, subject: str) -> None:
    page = filled.client(LISTS[subject]).get(f"/{subject}/").content.decode()
    for kind in ("csv", "xlsx"):
        assert f"/{subject}/export.{kind}" in page


@pytest.mark.parametrize(
    ("subject", "login", "status"),
    [("people", "wen", 403), ("audit/look-ups", "mei", 403), ("people", "director", 403)],
)
def test_a_file_is_refused_to_whom_its_list_is(
    filled: World, subject: str, login: str, status: int
) -> None:
    assert filled.client(login).get(f"/{subject}/export.csv").status_code == status


def test_files_hold_the_filtered_rows_and_only_what_is_in_sight(filled: World) -> None:
    wen, mei = filled.client("wen"), filled.client("mei")
    assert len(text_of(wen, "/products/export.csv?q=belt")) == 2
    behind = "\n".join(text_of(mei, "/number/funnel.count/export.csv"))
    assert "SUM(A1)" in behind
    assert "1234.50" in behind
    assert "western" not in behind
    assert len(text_of(filled.client("lu"), "/small-sales/export.csv")) == 1
    assert len(text_of(mei, "/small-sales/export.csv")) == 2


def test_every_address_of_a_file_is_in_these_tests_or_of_one_record() -> None:
    lists = {a.route.split("/export.")[0] for a in addresses() if "/export." in a.route}
    of_records = {r for r in lists if "<int:" in r}
    named = {re.sub(r"number/.*", "number/<str:address>", subject) for subject in LISTS}
    assert lists - of_records == named
    assert of_records == {"reviews/<int:review_id>", "bulk/<int:bulk_id>"}
