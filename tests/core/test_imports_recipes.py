"""Recipes recognise files by their headers and plan what stands in them."""

from datetime import date

import pytest

from dakehu.core.errors import RuleBroken
from dakehu.core.imports.pipeline import login_of
from dakehu.core.imports.plan import Plan
from dakehu.core.imports.planning import plan_import
from dakehu.core.imports.recipes import recipes, recognise
from dakehu.core.imports.records import Reading
from dakehu.core.imports.tables import Table, read_csv
from dakehu.core.ledger import Place

TODAY = date(2026, 6, 30)
READING = Reading("USD", 2)
TEAMS = "sales_agent,manager,regional_office\nAnn Ames,Max Mori,North\nBea Bell,Max Mori,North\n"
PRODUCTS = "product,series,sales_price\nPump A,P,500\n"
PIPELINE = (
    "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
)


def csv(name: str, text: str) -> Table:
    return read_csv(text, file=name, encoding="utf-8")


def plan(*rows: str, state_of: date | None = None) -> Plan:
    tables = [
        csv("teams.csv", TEAMS), csv("products.csv", PRODUCTS),
        csv("pipeline.csv", PIPELINE + "".join(f"{row}\n" for row in rows)),
    ]  # fmt: skip
    bound = recognise(tables)
    assert bound.recipe.key == "crm-sales-opportunities"
    return plan_import(bound, READING, today=TODAY, state_of=state_of)


def refusals(found: Plan) -> list[tuple[int | None, str]]:
    return [(p.row, p.code) for p in found.problems if p.severity == "refused"]


def test_every_recipe_speaks_both_languages() -> None:
    assert {r.key for r in recipes()} == {
        "crm-sales-opportunities", "accounts", "contacts", "products", "people", "quotas",
        "opportunities", "stage_log",
    }  # fmt: skip
    assert all(r.name.zh and r.name.en for r in recipes())


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ("客户名称,行业,地区", "accounts"),
        ("Account Name,Industry,Phone", "accounts"),
        ("姓名,客户名称,手机,邮箱", "contacts"),
        ("Contact Name,Account Name,Email", "contacts"),
        ("产品名称,价格,产品编码", "products"),
        ("姓名,部门,角色", "people"),
        ("期间,部门,销售指标", "quotas"),
        ("商机名称,客户名称,负责人,销售阶段,商机金额,预计成交日期", "opportunities"),
        (
            "Deal ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Create Date,Deal Owner",
            "opportunities",
        ),
        ("OPPORTUNITY_NAME,STAGE NAME,AMOUNT,CLOSEDATE,OWNER", "opportunities"),
    ],
)  # fmt: skip
def test_headers_tell_the_recipe(headers: str, key: str) -> None:
    width = headers.count(",")
    bound = recognise([csv("a.csv", f"{headers}\n{',' * width}\n")])
    assert bound.recipe.key == key


def test_headers_that_nobody_knows_are_refused_with_what_was_found() -> None:
    with pytest.raises(RuleBroken, match=r"import\.not_recognised") as refusal:
        recognise([csv("a.csv", "foo,bar\n1,2\n")])
    assert refusal.value.facts["headers"] == ["foo", "bar"]


def test_a_named_recipe_says_which_column_it_misses() -> None:
    with pytest.raises(RuleBroken, match=r"import\.missing_column") as refusal:
        recognise([csv("a.csv", "客户名称\nA\n")], "contacts")
    assert refusal.value.facts["columns"] == ["name"]
    with pytest.raises(RuleBroken, match=r"import\.unknown_recipe"):
        recognise([csv("a.csv", "客户名称\nA\n")], "nonsense")


def test_log_ins_are_first_dot_last_in_ascii() -> None:
    assert login_of("Ann Ames") == "ann.ames"
    assert login_of("Mei-Mei Johns") == "mei-mei.johns"
    assert login_of("Zoë Müller") == "zoe.muller"


def test_a_won_row_starts_at_list_price_and_wins_with_its_value() -> None:
    (deal,) = plan("X1,Ann Ames,Pump A,Acme,Won,2017-01-02,2017-03-04,480").deals
    assert (deal.stage, deal.start_on, deal.amount) == ("engaging", date(2017, 1, 2), None)
    assert (deal.outcome, deal.outcome_on, deal.outcome_amount) == (
        Place.WON, date(2017, 3, 4), 480,
    )  # fmt: skip


def test_a_lost_row_leaves_with_what_it_had_though_the_file_says_zero() -> None:
    (deal,) = plan("X1,Ann Ames,Pump A,Acme,Lost,2017-01-02,2017-03-04,0").deals
    assert (deal.outcome, deal.outcome_amount) == (Place.LOST, None)


def test_rows_without_a_start_begin_on_the_last_day_of_the_data_or_the_one_said() -> None:
    rows = (
        "X1,Ann Ames,Pump A,,Prospecting,,,", "X2,Bea Bell,Pump A,,Won,2017-01-02,2017-03-04,9",
    )  # fmt: skip
    found = plan(*rows)
    assert (found.deals[0].start_on, found.deals[0].start_unknown) == (date(2017, 3, 4), True)
    later = plan(*rows, state_of=date(2017, 12, 31))
    assert later.deals[0].start_on == date(2017, 12, 31)
    assert not later.deals[1].start_unknown


def test_what_contradicts_itself_is_refused_by_row_and_the_others_go_in() -> None:
    found = plan(
        "X1,Ann Ames,Pump A,,Sleeping,2017-01-02,,",
        "X2,Ann Ames,Pump A,,Won,2017-03-04,2017-01-02,5",
        "X3,Ann Ames,Pump A,,Won,2017-01-02,,5",
        "X4,Ann Ames,Pump A,,Won,2017-01-02,2017-03-04,",
        "X5,Ann Ames,Pump A,,Engaging,2017-01-02,2017-03-04,",
        "X6,Ann Ames,Pump A,,Engaging,2017-01-02,,",
        "X6,Ann Ames,Pump A,,Engaging,2017-01-02,,",
        ",Ann Ames,Pump A,,Engaging,2017-01-02,,",
        "X9,Ann Ames,Pump A,,Engaging,2017-02-30,,",
        "XA,Ann Ames,Pump A,,Won,2017-01-02,2017-03-04,a lot",
        "XB,Ann Ames,Pump A,,Won,2017-01-02,2017-03-04,-5",
        "XC,Ann Ames,Pump A",
    )
    assert sorted(refusals(found), key=str) == sorted(
        [
            (2, "import.unknown_stage"), (3, "import.closed_before_start"),
            (4, "import.close_day_missing"), (5, "import.value_missing"),
            (6, "import.open_but_closed"), (8, "import.listed_twice"),
            (9, "import.cell_missing"), (10, "day.not_in_calendar"),
            (11, "money.malformed"), (12, "money.negative"), (13, "import.ragged_row"),
        ],
        key=str,
    )  # fmt: skip
    assert [deal.external_id for deal in found.deals] == ["X6"]


def test_a_manager_in_two_offices_is_refused() -> None:
    teams = csv("teams.csv", TEAMS + "Cy Cole,Max Mori,South\n")
    tables = [teams, csv("products.csv", PRODUCTS), csv("pipeline.csv", PIPELINE)]
    found = plan_import(recognise(tables), READING, today=TODAY)
    assert refusals(found) == [(4, "import.manager_in_two_offices")]


def test_a_column_that_is_of_no_use_is_said() -> None:
    bound = recognise([csv("a.csv", "客户名称,星座\nAcme,狮子\n")])
    found = plan_import(bound, READING, today=TODAY)
    assert [(p.column, p.code) for p in found.problems] == [("星座", "import.column_not_used")]


def test_days_of_which_nobody_knows_the_order_are_refused_and_proven_ones_read() -> None:
    headers = "商机名称,负责人,阶段,金额,创建日期,预计成交日期\n"
    bound = recognise([csv("a.csv", headers + "A,Ann,x,1,3/4/2026,25/12/2026\n"
                                              "B,Ann,x,1,2026-04-03,1/2/2027\n")])  # fmt: skip
    found = plan_import(bound, READING, today=TODAY)
    assert (2, "day.ambiguous") in refusals(found)
    assert [(d.name, d.close_on) for d in found.deals] == [("B", date(2027, 2, 1))]


def test_an_outcome_may_stand_in_the_stage_column() -> None:
    headers = "Deal Name,Deal Stage,Amount,Close Date,Create Date,Deal Owner\n"
    bound = recognise([csv("a.csv", headers + "A,Closed Won,100,2026-03-01,2026-01-01,ann\n")])
    (deal,) = plan_import(bound, READING, today=TODAY).deals
    assert (deal.outcome, deal.outcome_on, deal.stage) == (Place.WON, date(2026, 3, 1), "")


def test_a_heading_that_says_whose_name_it_is_goes_before_a_bare_one() -> None:
    bound = recognise([csv("a.csv", "Name,Company Name,Website,City\nPumps wanted,Acme,,Bonn\n")])
    (account,) = plan_import(bound, READING, today=TODAY).accounts
    assert (bound.recipe.key, account.name) == ("accounts", "Acme")


def test_a_long_id_of_another_system_is_known_again_but_not_shown() -> None:
    long = "DEAL-" + "b2b19d36" * 6
    headers = "Deal ID,Deal Name,Deal Stage,Amount,Deal Owner\n"
    bound = recognise([csv("a.csv", f"{headers}{long},A,Engaging,100,ann\n")])
    (deal,) = plan_import(bound, READING, today=TODAY).deals
    assert (deal.external_id, deal.code) == (long, "")


def test_units_are_written_as_paths() -> None:
    bound = recognise(
        [csv("a.csv", "姓名,部门,角色\n李雷,华东大区/上海团队,销售\n韩梅,华东大区,总监\n")]
    )
    found = plan_import(bound, READING, today=TODAY)
    assert [unit.path for unit in found.units] == [("华东大区",), ("华东大区", "上海团队")]
    assert [(a.person, a.unit, a.role) for a in found.appointments] == [
        ("李雷", "华东大区 / 上海团队", "salesperson"), ("韩梅", "华东大区", "unit_head"),
    ]  # fmt: skip
