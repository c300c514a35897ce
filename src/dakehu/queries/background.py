"""Unattended work: what is on the schedule of this installation, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max, Q

from dakehu.core.access import Viewer
from dakehu.core.background import HOUR, Schedule, next_due
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.models import BackgroundRun
from dakehu.queries.organisation import organisation

#: The jobs, in the order in which they are shown.
JOBS = ("carry", "calibrate", "weekly_mail", "clean_up", "tell_due", "notice_mail")
#: How many past runs are told.
RECENT = 50


@dataclass(frozen=True, slots=True)
class Run:
    """One time that a job was due, and what came of it; problem is a code of messages."""

    job: str
    due_at: datetime
    status: str
    begun_at: datetime | None
    ended_at: datetime | None
    attempts: int
    result: dict[str, int]
    problem: str
    facts: dict[str, Any]

    @property
    def took(self) -> timedelta | None:
        """Give how long it took."""
        return self.ended_at - self.begun_at if self.ended_at and self.begun_at else None


@dataclass(frozen=True, slots=True)
class Job:
    """A job with its hours (None: switched off), when it is due next, and its latest run."""

    job: str
    schedule: Schedule | None
    next_at: datetime | None
    last: Run | None


@dataclass(frozen=True, slots=True)
class Background:
    """All jobs, and the latest runs of any, the newest first."""

    jobs: tuple[Job, ...]
    runs: tuple[Run, ...]


def schedules() -> tuple[Schedule, ...]:
    """Give what is on the schedule, as the settings say; what is off is left out."""
    found = [Schedule("carry", every_hours=1)]
    if settings.NIGHTLY_AT is not None:
        found.append(Schedule("calibrate", settings.NIGHTLY_AT))
        found.append(Schedule("clean_up", settings.NIGHTLY_AT))
        found.append(Schedule("tell_due", settings.NIGHTLY_AT))
    if settings.MAIL != "off":
        # Quiet hours end, and digests come, at a full hour; each is a turn of its own.
        found.append(Schedule("notice_mail", every_hours=1, late=HOUR))
    if settings.MAIL != "off" and settings.WEEKLY_MAIL_AT is not None:
        weekday, at = settings.WEEKLY_MAIL_AT
        found.append(Schedule("weekly_mail", at, weekday=weekday))
    return tuple(found)


def local(at: datetime) -> datetime | None:
    """Give a moment by the organisation's clock; None before there is an organisation."""
    try:
        return at.astimezone(ZoneInfo(organisation().time_zone))
    except NotFound:
        return None


def background_work(viewer: Viewer, *, at: datetime) -> Background:
    """Give every job with its next hour and its last run, and the latest runs.

    Raises NotAllowed("settings.edit"): it is the administrator's.
    """
    if not viewer.holds("settings.edit"):
        raise NotAllowed("settings.edit")
    now = local(at)
    on = {one.job: one for one in schedules()}
    newest = BackgroundRun.objects.values("job").annotate(last=Max("id")).values("last")
    last = {row.job: _run(row) for row in BackgroundRun.objects.filter(pk__in=newest)}
    jobs = tuple(
        Job(job, on.get(job), next_due(on[job], now) if now and job in on else None, last.get(job))
        for job in JOBS
    )
    # Every hour there is one that mailed nothing: it would leave no room for the others.
    idle = Q(job="notice_mail", status="done", result__sent=0)
    rows = BackgroundRun.objects.exclude(idle).order_by("-due_at", "-id")[:RECENT]
    return Background(jobs, tuple(_run(row) for row in rows))


def _run(row: BackgroundRun) -> Run:
    return Run(
        row.job, row.due_at, row.status, row.begun_at, row.ended_at, row.attempts, row.result,
        row.problem, row.facts,
    )  # fmt: skip
