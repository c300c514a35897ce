"""Quotas: set from above, kept as dated rows, added up and compared (FOR-4)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dakehu.actions.quotas import QuotaTarget, set_quotas
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.periods import parse_period
from dakehu.models import Quota
from dakehu.queries.quotas import QuotaGrid, quota_for, quota_grid
from dakehu.queries.units import all_units
from tests.cast import AT, OPERATOR, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def target(cast: Cast, who: str, period: str, amount: str | None, **more: Any) -> QuotaTarget:
    span = parse_period(period)
    return QuotaTarget(
        span.start,
        span.end,
        None if amount is None else Decimal(amount),
        unit_id=cast.units.get(who),
        person_id=cast.people.get(who),
        **more,
    )


def put(cast: Cast, login: str, who: str, period: str, amount: str | None, **more: Any) -> None:
    actor = OPERATOR if login == "operator" else cast.viewer(login)
    given = target(cast, who, period, amount, **more)
    set_quotas(actor=actor, targets=[given], today=TODAY, at=AT)


def read(cast: Cast, who: str, period: str, **more: Any) -> int | None:
    span = parse_period(period)
    return quota_for(
        OPERATOR, person_id=cast.people.get(who), unit_id=cast.units.get(who),
        start=span.start, end=span.end, today=TODAY, **more,
    ).amount_minor  # fmt: skip


@pytest.mark.parametrize(
    ("login", "who", "allowed"),
    [
        ("head-east", "team-1", True), ("head-east", "amy", True), ("head-east", "head-1", True),
        ("boss", "east", True), ("head-1", "ann", True), ("operator", "company", True),
        ("boss", "company", True),  # nobody stands above
        ("head-east", "east", False), ("head-east", "head-east", False),
        ("head-1", "team-1", False),
        ("exec", "east", False), ("finance", "amy", False), ("ops", "team-1", False),
        ("auditor", "east", False),
    ],
)  # fmt: skip
def test_a_head_sets_what_is_below_and_never_their_own(
    cast: Cast, login: str, who: str, allowed: bool
) -> None:
    if allowed:
        put(cast, login, who, "2026Q3", "1000")
        assert read(cast, who, "2026Q3") == 100_000
    else:
        with pytest.raises(NotAllowed, match=r"quota.set"):
            put(cast, login, who, "2026Q3", "1000")


@pytest.mark.parametrize(
    ("login", "who"), [("head-east", "west"), ("head-east", "cat"), ("amy", "ann")]
)
def test_out_of_sight_is_not_found(cast: Cast, login: str, who: str) -> None:
    with pytest.raises(NotFound):
        put(cast, login, who, "2026Q3", "1000")


def test_the_newest_rules_and_a_report_as_known_then_does_not_change(cast: Cast) -> None:
    put(cast, "operator", "east", "2026Q3", "1000")
    later = datetime(2026, 7, 1, tzinfo=UTC)
    given = target(cast, "east", "2026Q3", None)
    set_quotas(actor=OPERATOR, targets=[given], today=TODAY, at=later)
    assert read(cast, "east", "2026Q3") is None
    assert read(cast, "east", "2026Q3", known_at=AT) == 100_000
    assert Quota.objects.count() == 2


def test_months_add_to_quarters_only_when_all_are_set(cast: Cast) -> None:
    put(cast, "operator", "amy", "2026-07", "10")
    put(cast, "operator", "amy", "2026-08", "20")
    assert read(cast, "amy", "2026Q3") is None
    put(cast, "operator", "amy", "2026-09", "0")
    assert read(cast, "amy", "2026Q3") == 3000
    put(cast, "operator", "amy", "2026Q3", "50")
    assert read(cast, "amy", "2026Q3") == 5000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"end": date(2026, 9, 30)}, "quota.not_a_period"),
        ({"amount": Decimal(-1)}, "money.negative"),
        ({"amount": Decimal("1e14")}, "money.too_large"),
        ({"amount": Decimal("1.234")}, "money.too_many_digits"),
        ({"level": "dream"}, "quota.unknown_level"),
        ({"person_id": 1}, "quota.of_one"),
    ],
)
def test_bad_input_is_refused_and_nothing_of_the_lot_is_set(
    cast: Cast, change: dict[str, Any], code: str
) -> None:
    good = target(cast, "east", "2026Q3", "1000")
    facts = {f: getattr(good, f) for f in QuotaTarget.__slots__}
    with pytest.raises(RuleBroken, match=code):
        set_quotas(
            actor=OPERATOR, targets=[good, QuotaTarget(**(facts | change))], today=TODAY, at=AT
        )
    assert Quota.objects.count() == 0


def test_what_somebody_set_meanwhile_is_a_conflict(cast: Cast) -> None:
    put(cast, "operator", "east", "2026Q3", "1000")
    with pytest.raises(Conflict, match=r"quota.changed"):
        set_quotas(
            actor=OPERATOR, targets=[target(cast, "east", "2026Q3", "900")], today=TODAY, at=AT,
            seen_id=0,
        )  # fmt: skip


def grid(cast: Cast, login: str, unit: str | None = None, kind: Any = "quarter") -> QuotaGrid:
    return quota_grid(
        viewer=cast.viewer(login), units=all_units(), unit_id=cast.units.get(unit or ""),
        year=parse_period("2026"), kind=kind, today=TODAY,
    )  # fmt: skip


def test_the_grid_shows_what_is_not_divided(cast: Cast) -> None:
    put(cast, "operator", "east", "2026Q3", "1000")
    put(cast, "operator", "team-1", "2026Q3", "600")
    found = grid(cast, "head-east", "east")
    assert found.head is not None
    third = found.head.cells[2]
    assert (third.amount, third.children, third.children_gap) == (100_000, 60_000, 40_000)
    assert third.unset == 2  # team-2 and the head
    assert [r.name for r in found.rows] == ["Team-1", "Team-2", "Head-East"]
    assert [r.may_set for r in found.rows] == [True, True, False]
    assert found.head.may_set is False
    assert found.head.cells[0].children_gap is None


def test_a_quarter_and_its_months_that_differ_show_by_how_much(cast: Cast) -> None:
    for month, amount in (("2026-07", "1"), ("2026-08", "2"), ("2026-09", "3")):
        put(cast, "operator", "east", month, amount)
    put(cast, "operator", "east", "2026Q3", "10")
    head = grid(cast, "boss", "east").head
    assert head is not None
    assert head.cells[2].parts_gap == 400


def test_a_salesperson_sees_their_own_row_only(cast: Cast) -> None:
    found = grid(cast, "amy")
    assert found.head is None
    assert [row.name for row in found.rows] == ["Amy"]
    with pytest.raises(NotFound):
        grid(cast, "amy", "team-1")
