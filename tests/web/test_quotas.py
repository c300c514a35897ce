"""The page of quotas: read, typed, refused."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.models import Quota
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def seen() -> dict[str, object]:
    return {"seen": 0}


def test_what_is_typed_is_set_and_an_emptied_field_takes_it_back(cast: Cast) -> None:
    client = cast.client("head-east")
    url = f"/quotas/?unit={cast.units['east']}&year=2026"
    name = f"u{cast.units['team-1']}_quarter_2026Q3"
    assert client.post(url, {name: "120万", **seen()}).status_code == 303
    row = Quota.objects.get()
    assert row.amount_minor == 120_000_000
    assert 'value="1200000"' in client.get(url).content.decode()
    assert client.post(url, {name: "", "seen": row.pk}).status_code == 303
    assert Quota.objects.latest("id").amount_minor is None


def test_a_page_of_months_stays_within_its_queries(cast: Cast) -> None:
    client = cast.client("boss")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/quotas/?by=month").status_code == 200
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 12


@pytest.mark.parametrize("typed", ["-1", "1,5", "zwei", "1e3", "99999999999999"])
def test_what_is_no_amount_is_refused_and_kept(cast: Cast, typed: str) -> None:
    client = cast.client("head-east")
    name = f"u{cast.units['team-1']}_quarter_2026Q3"
    answer = client.post(f"/quotas/?unit={cast.units['east']}&year=2026", {name: typed, **seen()})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()
    assert Quota.objects.count() == 0


def test_a_field_that_is_not_ones_own_to_set_changes_nothing(cast: Cast) -> None:
    name = f"u{cast.units['east']}_quarter_2026Q3"
    url = f"/quotas/?unit={cast.units['east']}&year=2026"
    cast.client("head-east").post(url, {name: "5", **seen()})
    cast.client("exec").post(url, {name: "5", **seen()})
    assert Quota.objects.count() == 0


def test_periods_and_units_that_are_none(cast: Cast) -> None:
    client = cast.client("head-east")
    assert client.get("/quotas/?year=2026Q1").status_code == 422
    assert client.get(f"/quotas/?unit={cast.units['west']}").status_code == 404
