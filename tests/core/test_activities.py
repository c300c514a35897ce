"""One line of words read as an activity, and what outcomes of calls mean (PRJ-4)."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.activities import (
    ActivityKind,
    CallOutcome,
    Line,
    check_done_on,
    is_contact,
    is_not_moving,
    is_out_of_touch,
    is_success,
    name_parts,
    read_line,
    takes_outcome,
    words_without,
)
from dakehu.core.errors import RuleBroken

#: A Saturday.
TODAY = date(2026, 11, 28)
CALL, VISIT, MEETING = ActivityKind.CALL, ActivityKind.VISIT, ActivityKind.MEETING


def day(month: int, number: int) -> date:
    return date(2026, month, number)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("拜访 王工 明天 10:00", Line(VISIT, day(11, 29), time(10), words="王工")),
        ("call Li tomorrow", Line(CALL, day(11, 29), words="Li")),
        ("下午3点半 拜访海岳泵业 张总 1小时",
         Line(VISIT, at=time(15, 30), minutes=60, words="海岳泵业 张总")),
        ("明天上午10点到11点半 和王工开会 讨论报价",
         Line(MEETING, day(11, 29), time(10), 90, words="和王工 讨论报价")),
        ("visit Wang next monday at 3pm 45 min",
         Line(VISIT, day(11, 30), time(15), 45, words="Wang")),
        ("周五 电话 李经理，下一步 发报价 下周三",
         Line(CALL, day(12, 4), next_step="发报价", next_step_on=day(12, 2), words="李经理")),
        ("call Li, next: send quote on friday",
         Line(CALL, next_step="send quote", next_step_on=day(12, 4), words="Li")),
        ("12月5日 技术交流会 宏远", Line(ActivityKind.WORKSHOP, day(12, 5), words="宏远")),
        ("寄样品 3天后", Line(ActivityKind.SAMPLE, day(12, 1))),
        ("昨天 拜访 王工 谈了价格，同意试用",
         Line(VISIT, day(11, 27), words="王工 谈了价格，同意试用")),
        ("今晚7点 见面 陈总", Line(MEETING, TODAY, time(19), words="陈总")),
        ("meet with Chen 10:00-11:30 dec 5",
         Line(MEETING, day(12, 5), time(10), 90, words="Chen")),
        ("5号 拜访", Line(VISIT, day(12, 5))),
        ("发邮件给王工", Line(ActivityKind.EMAIL, words="给王工")),
        ("2026-12-01 09:30 workshop with Haiyue",
         Line(ActivityKind.WORKSHOP, day(12, 1), time(9, 30), words="with Haiyue")),
        ("拜访3号线项目部", Line(VISIT, words="3号线项目部")),
        ("上周三 电话", Line(CALL, day(11, 18))),
        ("last tuesday call", Line(CALL, day(11, 17))),
        ("in 2 weeks visit", Line(VISIT, day(12, 12))),
        ("中午12点 会面", Line(MEETING, at=time(12))),
        ("meeting 12 am", Line(MEETING, at=time(0))),
        ("电话 王工 25:99", Line(CALL, words="王工 25:99")),
        ("2月30日 拜访", Line(VISIT, words="2月30日")),
        ("讨论 报价", Line(words="讨论 报价")),
        ("", Line()),
    ],
)  # fmt: skip
def test_a_line_says_what_when_and_with_whom(text: str, line: Line) -> None:
    assert read_line(text, today=TODAY) == line


@given(st.text(max_size=120))
def test_any_line_is_read_and_nothing_is_made_up(text: str) -> None:
    line = read_line(text, today=TODAY)
    assert set(line.words) - {" "} <= set(text)
    assert line.minutes is None or 0 < line.minutes <= 24 * 60


@given(st.dates(date(2000, 1, 2), date(2090, 1, 1)), st.integers(0, 6))
def test_a_weekday_is_the_coming_one_and_next_week_s_is_next_week_s(
    today: date, weekday: int
) -> None:
    name, sign = (
        (
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ),
        "一二三四五六日",
    )
    coming = read_line(f"call {name[weekday]}", today=today).on
    assert coming == read_line(f"电话 周{sign[weekday]}", today=today).on
    assert coming is not None
    assert coming.weekday() == weekday
    assert timedelta() <= coming - today < timedelta(days=7)
    after = read_line(f"电话 下周{sign[weekday]}", today=today).on
    assert after is not None
    assert after.isocalendar()[:2] == (today + timedelta(days=7)).isocalendar()[:2]


@given(st.lists(st.sampled_from(CallOutcome), max_size=12))
def test_three_continuations_in_a_row_say_that_it_is_not_moving(
    outcomes: list[CallOutcome],
) -> None:
    told = [o for o in outcomes if o is not CallOutcome.NONE]
    naive = len(told) >= 3 and all(o is CallOutcome.CONTINUATION for o in told[:3])
    assert is_not_moving(outcomes) == naive


def test_success_is_an_order_or_an_advance() -> None:
    assert [o.name for o in CallOutcome if is_success(o)] == ["ORDER", "ADVANCE"]


def test_only_calls_have_an_outcome_and_only_a_task_is_no_contact() -> None:
    having = {kind.name for kind in ActivityKind if takes_outcome(kind)}
    assert having == {"CALL", "VISIT", "MEETING", "WORKSHOP"}
    assert {kind.name for kind in ActivityKind if not is_contact(kind)} == {"TASK"}


def test_out_of_touch_is_longer_than_thirty_days_or_never() -> None:
    assert not is_out_of_touch(TODAY - timedelta(days=30), TODAY)
    assert is_out_of_touch(TODAY - timedelta(days=31), TODAY)
    assert is_out_of_touch(None, TODAY)


def test_nothing_is_done_on_a_day_to_come() -> None:
    check_done_on(TODAY, today=TODAY)
    with pytest.raises(RuleBroken, match=r"activity\.done_in_future"):
        check_done_on(TODAY + timedelta(days=1), today=TODAY)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("海岳泵业张总", [("海岳泵业", "海岳泵业"), ("张总", "张")]),
        ("给王工 报价", [("王工", "王"), ("报价", "报价")]),
        ("王强和李梅", [("王强", "王强"), ("李梅", "李梅")]),
        ("with Li", [("li", "li")]),
        ("王总 王总", [("王总", "王")]),
        ("", []),
    ],
)
def test_names_are_looked_for_in_the_parts_of_the_words(
    words: str, parts: list[tuple[str, str]]
) -> None:
    assert [(part.text, part.stem) for part in name_parts(words)] == parts


@pytest.mark.parametrize(
    ("words", "names", "left"),
    [
        ("王工 谈付款", {"王工"}, "谈付款"),
        ("给王工 谈付款", {"王工"}, "谈付款"),
        ("王工和李工 谈付款", {"王工", "李工"}, "谈付款"),
        ("王工和李工 谈付款", {"李工"}, "王工 谈付款"),
        ("with Chen and Li about price", {"chen", "li"}, "about price"),
        ("with Chen and Li about price", {"chen"}, "Li about price"),
        ("海岳泵业张总 谈付款", {"张总"}, "海岳泵业 谈付款"),
        ("chen", {"chen"}, ""),
        ("谈付款", set(), "谈付款"),
    ],
)
def test_a_name_is_taken_out_of_the_words_and_nothing_else(
    words: str, names: set[str], left: str
) -> None:
    places = [(one.start, one.end) for one in name_parts(words) if one.text in names]
    assert words_without(words, places) == left
