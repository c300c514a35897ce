"""When unattended work is due: at its hour by the local clock, also where clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.background import Schedule, last_due, next_due

NIGHTLY = Schedule("calibrate", time(2, 30))
MONDAYS = Schedule("weekly_mail", time(6), weekday=0)
SIX_HOURS = Schedule("carry", every_hours=6)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_every_night_at_its_hour() -> None:
    now = at("2026-06-30T02:29")
    assert last_due(NIGHTLY, now) == at("2026-06-29T02:30")
    assert next_due(NIGHTLY, now) == at("2026-06-30T02:30")
    assert last_due(NIGHTLY, at("2026-06-30T02:30")) == at("2026-06-30T02:30")
    assert next_due(NIGHTLY, at("2026-06-30T02:30")) == at("2026-07-01T02:30")


def test_on_mondays() -> None:
    assert last_due(MONDAYS, at("2026-06-29T05:59")) == at("2026-06-22T06:00")
    assert last_due(MONDAYS, at("2026-06-29T06:00")) == at("2026-06-29T06:00")
    assert next_due(MONDAYS, at("2026-06-29T06:00")) == at("2026-07-06T06:00")


def test_every_six_hours() -> None:
    assert last_due(SIX_HOURS, at("2026-06-30T05:59")) == at("2026-06-30T00:00")
    assert next_due(SIX_HOURS, at("2026-06-30T18:00")) == at("2026-07-01T00:00")


def test_where_clocks_change_it_stays_at_its_hour_and_comes_once_a_day() -> None:
    # In the night of 29 March 2026 the clocks of Berlin skip 02:30; in that of 25 October it
    # comes twice.
    for day in ("2026-03-29", "2026-10-25"):
        moment = at(f"{day}T00:00", BERLIN).astimezone(UTC)
        due = set()
        for _quarter in range(24 * 4):
            due.add(last_due(NIGHTLY, moment.astimezone(BERLIN)).timestamp())
            moment += timedelta(minutes=15)
        assert len(due) == 2  # that of the day before, and the day's own


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda n: FIRST + timedelta(minutes=n)),
    st.sampled_from([NIGHTLY, MONDAYS, SIX_HOURS]),
)
def test_it_is_due_at_or_before_now_and_then_after_it(first: datetime, schedule: Schedule) -> None:
    now = first.astimezone(BERLIN)
    before, after = last_due(schedule, now).timestamp(), next_due(schedule, now).timestamp()
    assert before <= now.timestamp() < after
    longest = {NIGHTLY: 25, MONDAYS: 7 * 24 + 1, SIX_HOURS: 7}[schedule]
    assert after - before <= longest * 3600
