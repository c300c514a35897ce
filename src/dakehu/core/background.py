"""When unattended work is due: every day, once a week, or every few hours, by the local clock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One job and its hours: at a time of each day, of one weekday (Monday is 0), or every n hours.

    `late`: how long after its hour it is still begun; what is missed by more waits for the next.
    """

    job: str
    at: time = time(0)
    weekday: int | None = None
    every_hours: int | None = None
    late: timedelta = DAY


def last_due(schedule: Schedule, now: datetime) -> datetime:
    """Give the latest moment at or before `now` (aware, in local time) at which the job was due."""
    return _turn(schedule, now, -1)


def next_due(schedule: Schedule, now: datetime) -> datetime:
    """Give the first moment after `now` (aware, in local time) at which the job will be due."""
    return _turn(schedule, now, 1)


def _turn(schedule: Schedule, now: datetime, step: int) -> datetime:
    # Days by the calendar, not by 24 hours: where clocks change, a job stays at its hour.
    # Eight days hold every weekday twice over, so that one of them lies on the wanted side.
    days = [now.date() + DAY * number for number in range(-8, 9)]
    hours = range(0, 24, schedule.every_hours) if schedule.every_hours else [schedule.at.hour]
    moments = [
        datetime.combine(day, schedule.at.replace(hour=hour), now.tzinfo)
        for day in days
        if schedule.weekday is None or day.weekday() == schedule.weekday
        for hour in hours
    ]
    # In UTC: two local times of one zone are compared by their clock faces.
    stamp = now.timestamp()
    if step < 0:
        return max(one for one in moments if one.timestamp() <= stamp)
    return min(one for one in moments if one.timestamp() > stamp)
