"""The figures of the command line: the contract of its JSON, and who is told what."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from dakehu.actions.opportunities import Outcome, lose_opportunity
from dakehu.core.access import operator
from dakehu.core.ledger import Place, Way
from dakehu.core.periods import containing
from dakehu.models import Opportunity, Person, SalesUnit
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from tests.cli.conftest import Demo, Terminal

pytestmark = pytest.mark.django_db


def test_funnel_names_its_currency_and_each_stage_with_decimal_strings(
    demo: Demo, terminal: Terminal
) -> None:
    answer = terminal.json("funnel", "--on", demo.on)
    assert answer["currency"] == "CNY"
    assert {s["method"] for s in answer["stages"]} == {"industrial-6", "solution-7", "tender-8"}
    for stage in answer["stages"]:
        assert {"method", "key", "count", "amount", "weighted"} <= stage.keys()
        assert isinstance(stage["count"], int)
        assert isinstance(stage["amount"], str)
        assert Decimal(stage["weighted"]) <= Decimal(stage["amount"])


def test_funnel_counts_every_open_opportunity_once(demo: Demo, terminal: Terminal) -> None:
    answer = terminal.json("funnel", "--on", demo.on)
    open_now = Opportunity.objects.filter(place=Place.OPEN, voided=False).count()
    assert open_now > 0
    assert sum(stage["count"] for stage in answer["stages"]) == open_now
    assert answer["total"]["count"] == open_now


def test_command_and_page_share_one_query(demo: Demo, terminal: Terminal) -> None:
    answer = terminal.json("funnel", "--on", demo.on)
    question = FunnelQuestion(on=demo.last, period=containing(demo.last, "quarter"))
    page = funnel_on(operator(), question=question, today=demo.last + timedelta(days=1))
    assert answer["total"]["count"] == page.total.count
    assert page.total.amount.value is not None
    assert Decimal(answer["total"]["amount"]) == round(
        Decimal(str(float(page.total.amount.value))), 2
    )


def test_one_method_shows_its_stages_only(demo: Demo, terminal: Terminal) -> None:
    answer = terminal.json("funnel", "--on", demo.on, "--method", "tender-8")
    assert {stage["method"] for stage in answer["stages"]} == {"tender-8"}
    assert answer["total"]["count"] == sum(stage["count"] for stage in answer["stages"])


def test_indicators_answer_with_indices_and_what_they_are_made_of(
    demo: Demo, terminal: Terminal
) -> None:
    period = containing(demo.last, "quarter").key
    answer = terminal.json("indicators", "--on", demo.on, "--period", period)
    assert answer["period"] == period
    parts = sum(Decimal(answer[key]) for key in ("closed", "weighted", "small"))
    assert Decimal(answer["forecast_amount"]) >= parts
    index = Decimal(answer["forecast_amount"]) / Decimal(answer["quota"])
    assert abs(Decimal(answer["forecast_index"]) - index) < Decimal("0.000002")


def test_an_index_of_one_method_is_not_known_because_quotas_are_across(
    demo: Demo, terminal: Terminal
) -> None:
    period = containing(demo.last, "quarter").key
    answer = terminal.json(
        "indicators", "--on", demo.on, "--period", period, "--method", "solution-7"
    )
    assert answer["forecast_index"] is None
    assert answer["forecast_index_reason"] == "across_methods"
    assert Decimal(answer["forecast_amount"]) == Decimal(answer["closed"]) + Decimal(
        answer["weighted"]
    )


def test_where_no_quota_is_set_the_index_is_null_with_the_reason(
    demo: Demo, terminal: Terminal
) -> None:
    # No targets stand for a year so long ago.
    answer = terminal.json("indicators", "--on", demo.on, "--period", "2001Q1")
    assert answer["quota"] is None
    assert answer["forecast_index"] is None
    assert answer["forecast_index_reason"] == "no_quota"
    shown = terminal.run("indicators", "--on", demo.on, "--period", "2001Q1")
    assert "— (No quota is set for this period.)" in shown.stdout


def test_opening_and_kinds_give_closing(demo: Demo, terminal: Terminal) -> None:
    start = (demo.last - timedelta(days=60)).isoformat()
    answer = terminal.json("waterfall", "--from", start, "--to", demo.after)
    for name in ("count", "amount"):
        moved = sum(Decimal(kind[name]) for kind in answer["kinds"])
        opening, closing = (Decimal(answer[side][name]) for side in ("opening", "closing"))
        # Each amount is rounded by itself: half a cent a bar at most.
        assert abs(opening + moved - closing) <= Decimal("0.005") * len(answer["kinds"])
    assert {"created", "won", "lost"} <= {kind["kind"] for kind in answer["kinds"]}


def test_the_last_day_of_a_range_is_left_out(demo: Demo, terminal: Terminal) -> None:
    row = Opportunity.objects.filter(place=Place.WON, voided=False).order_by("-decided_on").first()
    assert row is not None
    day = row.decided_on
    with_day = terminal.json(
        "outcomes", "--from", str(day), "--to", str(day + timedelta(days=1)), "--by", "owner"
    )
    before = terminal.json(
        "outcomes", "--from", str(day - timedelta(days=1)), "--to", str(day), "--by", "owner"
    )
    on_the_day = Opportunity.objects.filter(place=Place.WON, voided=False, decided_on=day).count()
    assert with_day["total"]["won_count"] == on_the_day
    assert (
        before["total"]["won_count"]
        == Opportunity.objects.filter(
            place=Place.WON, voided=False, decided_on=day - timedelta(days=1)
        ).count()
    )


@pytest.mark.parametrize("by", ["unit", "owner", "quarter", "product", "account"])
def test_outcomes_have_a_row_for_each_and_the_same_total(
    demo: Demo, terminal: Terminal, by: str
) -> None:
    answer = terminal.json("outcomes", "--from", "2000-01-01", "--to", demo.after, "--by", by)
    won = Opportunity.objects.filter(place=Place.WON, voided=False)
    assert answer["total"]["won_count"] == won.count()
    assert answer["rows"]
    for row in answer["rows"]:
        assert {"key", "won_count", "won_amount", "lost_count"} <= row.keys()
        assert isinstance(row["won_amount"], str)
    tops = [row for row in answer["rows"] if row["depth"] == 0]
    assert sum(Decimal(row["won_amount"]) for row in tops) == Decimal(answer["total"]["won_amount"])


# --- who is told what --------------------------------------------------------------------------


def test_a_salesperson_is_told_of_their_own(demo: Demo, terminal: Terminal) -> None:
    answer = terminal.json("funnel", "--on", demo.on, "--as", "demo-sales")
    own = Opportunity.objects.filter(
        owner__login="demo-sales", place=Place.OPEN, voided=False
    ).count()
    assert answer["total"]["count"] == own > 0


def test_a_head_is_told_of_the_units_below(demo: Demo, terminal: Terminal) -> None:
    answer = terminal.json("funnel", "--on", demo.on, "--as", "demo-head")
    below = Opportunity.objects.filter(
        unit__code__startswith="FLUID-1", place=Place.OPEN, voided=False
    ).count()
    assert 0 < below < Opportunity.objects.filter(place=Place.OPEN, voided=False).count()
    assert answer["total"]["count"] == below


def test_an_administrator_is_told_of_no_customer(demo: Demo, terminal: Terminal) -> None:
    assert terminal.json("funnel", "--on", demo.on, "--as", "demo-admin")["total"]["count"] == 0


def test_the_director_is_told_what_the_operator_is(demo: Demo, terminal: Terminal) -> None:
    operators = terminal.json("funnel", "--on", demo.on)
    assert terminal.json("funnel", "--on", demo.on, "--as", "demo-director") == operators


def test_a_unit_out_of_sight_is_not_found(demo: Demo, terminal: Terminal) -> None:
    assert SalesUnit.objects.filter(code="PLANT").exists()
    for login in ("demo-sales", "demo-head"):
        refused = terminal.refused("funnel", "--on", demo.on, "--as", login, "--unit", "PLANT")
        assert refused["code"] == "unit.unknown"
    found = terminal.json("funnel", "--on", demo.on, "--as", "demo-head", "--unit", "FLUID-1")
    assert found["total"]["count"] > 0


def test_who_has_left_can_not_be_asked_as(demo: Demo, terminal: Terminal) -> None:
    gone = Person.objects.filter(is_active=False).values_list("login", flat=True).first()
    assert gone is not None
    assert terminal.refused("funnel", "--on", demo.on, "--as", gone)["code"] == (
        "person.unknown_login"
    )


# --- what is refused ---------------------------------------------------------------------------

REFUSED = [
    (("funnel", "--on", "30.6.2017"), "day.ambiguous"),
    (("funnel", "--on", "2017-02-30"), "day.not_in_calendar"),
    (("funnel", "--on", "yesterday"), "day.malformed"),
    (("funnel", "--on", ""), "day.missing"),
    (("funnel", "--on", "2199-01-01"), "funnel.future"),
    (("funnel", "--on", "2020-01-01", "--unit", "nowhere"), "unit.unknown"),
    (("funnel", "--on", "2020-01-01", "--as", "nobody"), "person.unknown_login"),
    (("funnel", "--on", "2020-01-01", "--method", "luck"), "method.unknown"),
    (("funnel", "--on", "2020-01-01", "--currency", "XXX"), "money.unknown_currency"),
    (("funnel", "--on", "2020-01-01", "--currency", "USD"), "money.no_exchange_rate"),
    (("indicators", "--on", "2020-01-01", "--period", "2017Q5"), "period.malformed"),
    (("waterfall", "--from", "2020-02-01", "--to", "2020-01-01"), "range.upside_down"),
    (("waterfall", "--from", "2020-02-01", "--to", "2020-02-01"), "range.upside_down"),
    (("outcomes", "--from", "2020-02-01", "--to", "2020-01-01", "--by", "unit"),
     "range.upside_down"),
    (("outcomes", "--from", "2020-01-01", "--to", "2020-02-01", "--by", "unit",
      "--currency", "USD"), "outcomes.base_currency_only"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code"), REFUSED)
def test_what_makes_no_sense_is_refused_with_its_code(
    demo: Demo, terminal: Terminal, words: tuple[str, ...], code: str
) -> None:
    refused = terminal.refused(*words)
    assert refused["code"] == code
    assert code not in refused["detail"], "a sentence for it is missing in messages.py"


def test_a_refusal_is_one_sentence_on_stderr(demo: Demo, terminal: Terminal) -> None:
    result = terminal.run("funnel", "--on", "30.6.2017")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "30.6.2017" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("funnel",),
        ("funnel", "--on"),
        ("funnel", "--at", "2020-01-01"),
        ("outcomes", "--from", "2020-01-01", "--to", "2020-02-01", "--by", "weather"),
        ("foretell",),
    ],
)
def test_misuse_is_told_apart_from_refusal(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.run(*words).exit_code == 2


def test_amounts_are_restated_in_another_currency(demo: Demo, terminal: Terminal) -> None:
    cny = terminal.json("funnel", "--on", demo.on)
    usd = terminal.json("funnel", "--on", demo.on, "--currency", "USD")
    assert usd["currency"] == "USD"
    ratio = Decimal(cny["total"]["amount"]) / Decimal(usd["total"]["amount"])
    assert Decimal(5) < ratio < Decimal(10)


def test_the_terminal_answers_in_its_language(demo: Demo) -> None:
    english = Terminal("en").run("funnel", "--on", demo.on, "--method", "industrial-6").stdout
    chinese = Terminal("zh-hans").run("funnel", "--on", demo.on, "--method", "industrial-6").stdout
    assert "Interest" in english
    assert "兴趣" in chinese
    assert date.fromisoformat(demo.on).isoformat() in chinese


@pytest.mark.parametrize(
    "words",
    [
        ("funnel", "--on", "{on}"),
        ("indicators", "--on", "{on}", "--period", "{period}"),
        ("waterfall", "--from", "{start}", "--to", "{after}"),
        *(
            ("outcomes", "--from", "{start}", "--to", "{after}", "--by", by)
            for by in ("unit", "owner", "quarter", "product", "account")
        ),
    ],
)
@pytest.mark.parametrize("login", [None, "demo-head", "demo-sales"])
def test_as_known_at_repeats_to_the_byte(
    demo: Demo, terminal: Terminal, words: tuple[str, ...], login: str | None
) -> None:
    start = (demo.last - timedelta(days=60)).isoformat()
    period = containing(demo.last, "quarter").key
    facts = {"on": demo.on, "after": demo.after, "start": start, "period": period}
    asked = [word.format(**facts) for word in words]
    asked += ["--json", *(["--as", login] if login else [])]
    known = ["--known-at", datetime.now(UTC).isoformat()]
    with transaction.atomic():
        before, now = terminal.run(*asked, *known), terminal.run(*asked)
        assert before.exit_code == 0, before.output
        for deal in Opportunity.objects.filter(place=1, owner__login="demo-sales")[:3]:
            lose_opportunity(
                actor=operator(), opportunity_id=deal.pk, outcome=Outcome(reason="price"),
                seen_version=None, on=max(deal.last_on, demo.last), today=demo.last,
                at=datetime.now(UTC), way=Way.COMMAND,
            )  # fmt: skip
        assert terminal.run(*asked, *known).stdout == before.stdout
        assert terminal.run(*asked).stdout != now.stdout
        transaction.set_rollback(True)


def test_a_moment_that_is_none_is_refused(demo: Demo, terminal: Terminal) -> None:
    refused = terminal.refused("funnel", "--on", demo.on, "--known-at", "yesterday")
    assert refused["code"] == "moment.malformed"
