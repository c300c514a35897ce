"""One line of words read as an activity: '拜访 王工 明天 10:00', 'call Li tomorrow 3pm'.

Simple rules, no guessing: kind, day, time, length and next step are taken out of the line; what is
left are the words, in which names are looked for elsewhere. What can't be read stays in the words.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from dakehu.core.activities.rules import ActivityKind

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says; None where it says nothing of it. `words` is what is left."""

    kind: ActivityKind | None = None
    on: date | None = None
    at: time | None = None
    minutes: int | None = None
    next_step: str = ""
    next_step_on: date | None = None
    words: str = ""


_KINDS: tuple[tuple[ActivityKind, str], ...] = (
    (
        ActivityKind.WORKSHOP,
        r"研讨会?|(?:技术)?交流会|技术交流|培训|工作坊|\bworkshops?\b|\btraining\b",
    ),
    (ActivityKind.EMAIL, r"发?邮件|\be-?mail(?:ed)?\b|\bmail\b"),
    (ActivityKind.SAMPLE, r"[送寄]样品?|样品|\bsamples?\b"),
    (
        ActivityKind.CALL,
        (
            r"打?电话(?:联系|给)?|致电|去电|来电|通话"
            r"|\b(?:phone )?call(?:ed|ing)?\b|\bphoned?\b|\bring\b"
        ),
    ),
    (ActivityKind.VISIT, r"拜访|走访|上门|登门|回访|\bvisit(?:ed|ing)?\b"),
    (
        ActivityKind.MEETING,
        r"会议|开会|会面|见面|会谈|\bmeet(?:ing|s)?(?: with)?\b|\blunch\b|\bdinner\b",
    ),
    (ActivityKind.TASK, r"任务|待办|\btasks?\b|\bto-?do\b"),
)
_NEXT = re.compile(
    r"(?:[,，;；。.]\s*|\s+|^)"
    r"(?:下一步|下步|接下来|→|->|next step\b|next(?=\s*[:：])|then(?=\s*[:：]))\s*[:：]?\s*(.+)$",
    re.IGNORECASE,
)
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_NUMBERS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2}
_EN_DAY = r"(mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_EN_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NUMBER = r"(\d{1,3}|[一二两三四五六七八九十])"

_Read = Callable[[re.Match[str], date], date | None]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else _NUMBERS[text]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _near(month: int, day: int, today: date) -> date | None:
    """Give the day of that month in the year in which it is nearest to today."""
    found = [_day(today.year + more, month, day) for more in (-1, 0, 1)]
    return min((d for d in found if d), key=lambda d: abs(d - today), default=None)


def _of_month(day: int, today: date) -> date | None:
    """Give the next day of that number: this month's, or the next month's once it is past."""
    if today.day <= day <= monthrange(today.year, today.month)[1]:
        return today.replace(day=day)
    year, month = today.year + today.month // 12, today.month % 12 + 1
    return _day(year, month, day)


def _weekday(weekday: int, which: str, today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    if which in ("下", "next"):
        return monday + timedelta(days=7 + weekday)
    if which in ("上", "last"):
        return monday + timedelta(days=weekday - 7)
    if which in ("本", "这", "this"):
        return monday + timedelta(days=weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _english_weekday(m: re.Match[str], today: date) -> date:
    return _weekday(_ENGLISH_DAYS.index(m[2][:3].lower()), (m[1] or "").strip().lower(), today)


_FIXED: dict[str, int] = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今晚": 0,
    "今早": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "大后天": 3, "后天": 2,
    "day before yesterday": -2, "day after tomorrow": 2, "yesterday": -1, "today": 0,
    "tonight": 0, "tomorrow": 1,
}  # fmt: skip
_DAYS: tuple[tuple[str, _Read], ...] = (
    (r"\b(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", lambda m, _t: _day(*map(int, m.groups()))),
    (r"(\d{1,2})月(\d{1,2})[日号]?", lambda m, t: _near(int(m[1]), int(m[2]), t)),
    (
        "|".join(
            rf"\b{word}\b" if word.isascii() else word
            for word in sorted(_FIXED, key=len, reverse=True)
        ),
        lambda m, t: t + timedelta(days=_FIXED[m[0].lower()]),
    ),
    (
        r"(下|上|本|这)?个?(?:周|星期|礼拜)([一二三四五六日天])",
        lambda m, t: _weekday(_WEEKDAYS[m[2]], m[1] or "", t),
    ),
    (
        _NUMBER + r"\s*(天|日|周|个?星期|个?礼拜)(?:以|之)?(后|前)",
        lambda m, t: (
            t
            + timedelta(days=_number(m[1]) * (1 if m[2] in "天日" else 7))
            * (1 if m[3] == "后" else -1)
        ),
    ),
    (r"下周(?![一二三四五六日天])", lambda _m, t: _weekday(0, "下", t)),
    (r"\bnext week\b", lambda _m, t: _weekday(0, "next", t)),
    (
        r"\bin (\d{1,3}|a|an) (day|week)s?\b",
        lambda m, t: (
            t
            + timedelta(
                days=(int(m[1]) if m[1].isdecimal() else 1) * (1 if m[2].lower() == "day" else 7)
            )
        ),
    ),
    (
        r"\b(\d{1,3}) (day|week)s? ago\b",
        lambda m, t: t - timedelta(days=int(m[1]) * (1 if m[2].lower() == "day" else 7)),
    ),
    (rf"\b(?:on )?(next |last |this )?{_EN_DAY}\b", _english_weekday),
    (
        rf"(?<![:\d])(\d{{1,2}})(?:st|nd|rd|th)? {_EN_MONTH}(?![a-z])",
        lambda m, t: _near(_MONTHS.index(m[2][:3].lower()) + 1, int(m[1]), t),
    ),
    (
        rf"\b{_EN_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b",
        lambda m, t: _near(_MONTHS.index(m[1][:3].lower()) + 1, int(m[2]), t),
    ),
    (r"(?<![\d-])(\d{1,2})-(\d{1,2})(?![\d-])", lambda m, t: _near(int(m[1]), int(m[2]), t)),
    (r"(?<![\d月])(\d{1,2})[日号](?!楼|线|机)", lambda m, t: _of_month(int(m[1]), t)),
)
_CLOCK = r"(\d{1,2})(?:[:：](\d{2})|\s*(?:点|时)(?:(半)|(一刻)|(\d{1,2})分?)?)"
_PART = r"(上午|早上|早晨|中午|下午|傍晚|晚上|晚)?\s*"
_AM_PM = r"(?:\s*(am|pm)\b)?"


def read_line(text: str, *, today: date) -> Line:
    """Read a line of words as it was meant on the day `today`."""
    line = Line()
    follows = _NEXT.search(text)
    if follows:
        on, step = _take_day(follows[1], today)
        line = replace(line, next_step=tidy(step), next_step_on=on)
        text = text[: follows.start()]
    kind, text = _take_kind(text)
    # A duration reads like a time (1小时) and a time like a day (10点5日): the longer ones first.
    minutes, text = _take_minutes(text)
    evening = re.search(r"(?:今|明|昨)晚|\btonight\b", text, re.IGNORECASE) is not None
    on, text = _take_day(text, today)
    at, lasting, text = _take_time(text, evening=evening)
    return replace(
        line,
        kind=kind,
        on=on,
        at=at,
        minutes=minutes if minutes is not None else lasting,
        words=tidy(text),
    )


def _take_kind(text: str) -> tuple[ActivityKind | None, str]:
    """Take the kind that is named first; the verb goes, the name of a thing stays."""
    found = [
        (match.start(), -len(match[0]), kind, match)
        for kind, words in _KINDS
        if (match := re.search(words, text, re.IGNORECASE))
    ]
    if not found:
        return None, text
    _start, _length, kind, match = min(found)
    return kind, f"{text[: match.start()]} {text[match.end() :]}"


def _take_day(text: str, today: date) -> tuple[date | None, str]:
    for pattern, read in _DAYS:
        match = re.search(pattern, text, re.IGNORECASE)
        if match is None:
            continue
        try:
            on = read(match, today)
        except OverflowError:
            on = None
        if on is not None:
            return on, f"{text[: match.start()]} {text[match.end() :]}"
    return None, text


def _take_minutes(text: str) -> tuple[int | None, str]:
    for pattern, each in (
        (rf"{_NUMBER}\s*个?半小时", 0),
        (r"半个?小时|\bhalf an hour\b", -30),
        (rf"{_NUMBER}\s*个?(?:小时|钟头)", 60),
        (r"(\d{1,3})\s*分钟", 1),
        (r"\b(\d{1,2}|an?) ?(?:hours?|hrs?|h)\b", 60),
        (r"\b(\d{1,3}) ?min(?:ute)?s?\b", 1),
    ):
        match = re.search(pattern, text, re.IGNORECASE)
        if match is None:
            continue
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        if each == -30:
            return 30, rest
        number = 1 if match[1].lower() in ("a", "an") else _number(match[1])
        minutes = number * 60 + 30 if each == 0 else number * each
        return (minutes, rest) if 0 < minutes <= 24 * 60 else (None, text)
    return None, text


def _take_time(text: str, *, evening: bool) -> tuple[time | None, int | None, str]:
    """Take a time of day, and the minutes up to a second one (10:00-11:30)."""
    found = re.search(
        rf"(?:\bat )?{_PART}{_CLOCK}{_AM_PM}(?:\s*(?:-|–|~|到|至)\s*{_PART}{_CLOCK}{_AM_PM})?",
        text,
        re.IGNORECASE,
    )
    if found is not None:
        groups = found.groups()
        part = groups[0] or ("晚" if evening else None)
        start = _clock(part, *groups[1:7])
        end = _clock(groups[7] or part, *groups[8:14]) if groups[8] else None
    else:
        found = re.search(r"\b(?:at )?(\d{1,2})\s*(am|pm)\b", text, re.IGNORECASE)
        if found is None:
            return None, None, text
        start, end = _clock(None, found[1], None, None, None, None, found[2]), None
    if start is None:
        return None, None, text
    lasting = None
    if end is not None and end > start:
        lasting = (end.hour - start.hour) * 60 + end.minute - start.minute
    return start, lasting, f"{text[: found.start()]} {text[found.end() :]}"


def _clock(
    part: str | None,
    hour: str,
    minute: str | None,
    half: str | None,
    quarter: str | None,
    said: str | None,
    am_pm: str | None,
) -> time | None:
    hours = int(hour)
    minutes = 30 if half else 15 if quarter else int(minute or said or 0)
    afternoon = part in ("下午", "傍晚", "晚上", "晚") or (am_pm or "").lower() == "pm"
    if afternoon and hours < 12:
        hours += 12
    if (am_pm or "").lower() == "am" and hours == 12:
        hours = 0
    if part == "中午" and hours < 3:
        hours += 12
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def tidy(text: str) -> str:
    """Give words with single spaces, without punctuation at their ends."""
    return re.sub(r"\s+", " ", text).strip(" ,，;；。.、:：-")
