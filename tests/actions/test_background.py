"""What is due is done once, by one worker, and again where it failed or was killed."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from dakehu import jobs
from dakehu.actions.background import (
    AGAIN,
    HELD,
    KEPT_FOR,
    MOST_ATTEMPTS,
    queue_due,
    work_scheduled,
)
from dakehu.actions.workers import mark_of_this_one
from dakehu.core.errors import RuleBroken
from dakehu.models import BackgroundRun, CarriedMonth, Organisation, Person, ReviewMail, WinRate
from dakehu.queries.background import schedules
from tests.world import World

pytestmark = pytest.mark.django_db

#: Tuesday, 30 June 2026, noon in Shanghai.
NOON = datetime(2026, 6, 30, 4, tzinfo=UTC)
MONDAY = datetime(2026, 6, 29, 4, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _hours(world: World, settings: Any) -> None:
    settings.NIGHTLY_AT, settings.WEEKLY_MAIL_AT = time(2, 30), (0, time(6))
    settings.MAIL = "off"


def queued() -> list[int]:
    """Give the runs that wait in the queue, and empty it."""
    tasks = [SignedPackage.loads(row.payload) for row in OrmQ.objects.order_by("id")]
    OrmQ.objects.all().delete()
    assert {task["func"] for task in tasks} <= {"dakehu.jobs.work_scheduled"}
    return [task["args"][0] for task in tasks]


def work(
    at: datetime, bodies: Mapping[str, Callable[[datetime], Mapping[str, int]]] = jobs.BODIES
) -> None:
    for run in queued():
        work_scheduled(run, bodies, lambda: at)


def run_of(job: str) -> BackgroundRun:
    return BackgroundRun.objects.filter(job=job).latest("due_at")


def test_what_is_due_is_done_once_and_put_on_record(world: World) -> None:
    world.create("wen")
    assert queue_due(NOON) == 4
    work(NOON)
    runs = {run.job: run for run in BackgroundRun.objects.all()}
    assert set(runs) == {"carry", "calibrate", "clean_up", "tell_due"}
    assert {run.status for run in runs.values()} == {"done"}
    assert runs["calibrate"].due_at == datetime(2026, 6, 29, 18, 30, tzinfo=UTC)
    assert runs["calibrate"].result["changed"] == WinRate.objects.filter(kind="calibrated").count()
    assert runs["carry"].result["carried"] == CarriedMonth.objects.count() > 0
    assert queue_due(NOON + timedelta(minutes=1)) == 0
    assert queued() == []


def test_a_second_worker_finds_nothing_to_do(world: World) -> None:
    done: list[datetime] = []

    def body(at: datetime) -> dict[str, int]:
        done.append(at)
        # Meanwhile another worker was handed the same job.
        work_scheduled(run_of("carry").pk, {"carry": body}, lambda: at)
        assert queue_due(at) == 0
        return {"carried": 1}

    queue_due(NOON)
    run = run_of("carry").pk
    queued()
    work_scheduled(run, {"carry": body}, lambda: NOON)
    work_scheduled(run, {"carry": body}, lambda: NOON)
    assert done == [NOON]


def test_one_that_was_killed_is_taken_up_again(world: World) -> None:
    class Killed(BaseException):
        pass

    def killed(_at: datetime) -> dict[str, int]:
        raise Killed

    bodies = dict.fromkeys(jobs.BODIES, killed)
    queue_due(NOON)
    at = NOON
    for _attempt in range(MOST_ATTEMPTS):
        for run in queued():
            with pytest.raises(Killed):
                work_scheduled(run, bodies, lambda now=at: now)
        assert run_of("calibrate").status == "running"
        assert queue_due(at + timedelta(minutes=1)) == 0
        at += HELD + timedelta(seconds=1)
        queue_due(at)
    run = run_of("calibrate")
    assert (run.status, run.problem, run.attempts) == ("failed", "background.killed", MOST_ATTEMPTS)


def test_a_worker_of_this_machine_that_is_gone_is_not_waited_for(world: World) -> None:
    queue_due(NOON)
    run, pid = run_of("calibrate"), os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    gone = mark_of_this_one().replace(str(os.getpid()), str(pid))
    BackgroundRun.objects.filter(pk=run.pk).update(
        status="running", worker=gone, held_until=NOON + HELD
    )
    queued()
    assert queue_due(NOON + timedelta(seconds=3)) == 1
    assert queued() == [run.pk]


def test_what_is_refused_says_why_and_is_tried_again_some_times(world: World) -> None:
    def refused(_at: datetime) -> dict[str, int]:
        raise RuleBroken("mail.some_refused", failed=2, sent=5)

    queue_due(NOON)
    at = NOON
    for attempt in range(1, MOST_ATTEMPTS + 1):
        work(at, dict.fromkeys(jobs.BODIES, refused))
        run = run_of("calibrate")
        assert (run.status, run.problem, run.attempts) == ("failed", "mail.some_refused", attempt)
        assert run.facts == {"failed": 2, "sent": 5}
        assert queue_due(at + timedelta(minutes=1)) == 0
        at += AGAIN + timedelta(seconds=1)
        assert queue_due(at) == (4 if attempt < MOST_ATTEMPTS else 0)


def test_a_defect_is_told_by_its_kind_and_goes_on_to_the_log(world: World) -> None:
    def broken(_at: datetime) -> dict[str, int]:
        raise ZeroDivisionError

    queue_due(NOON)
    with pytest.raises(ZeroDivisionError):
        work_scheduled(run_of("calibrate").pk, {"calibrate": broken}, lambda: NOON)
    run = run_of("calibrate")
    assert (run.status, run.problem) == ("failed", "background.broke")
    assert run.facts == {"kind": "ZeroDivisionError"}


def test_the_weekly_mail_goes_on_mondays_and_to_nobody_twice(world: World, settings: Any) -> None:
    settings.MAIL = "smtp"
    Person.objects.filter(login="wen").update(email="wen@sales.example")
    world.create("wen", next_step="")
    assert queue_due(MONDAY) == 6
    work(MONDAY)
    assert run_of("weekly_mail").result == {"sent": 1, "already": 0}
    assert len(mail.outbox) == ReviewMail.objects.count() == 1
    assert run_of("notice_mail").result == {"sent": 0, "failed": 0}
    # The row of the run is lost, cron has its own line: it is the week that counts.
    BackgroundRun.objects.all().delete()
    queue_due(MONDAY)
    work(MONDAY)
    assert run_of("weekly_mail").result == {"sent": 0, "already": 1}
    assert len(mail.outbox) == 1


def test_what_was_missed_is_made_up_for_within_a_day_only(world: World, settings: Any) -> None:
    settings.MAIL = "smtp"
    queue_due(MONDAY + 2 * DAY)
    assert not BackgroundRun.objects.filter(job="weekly_mail").exists()
    queue_due(MONDAY + timedelta(hours=12))
    assert BackgroundRun.objects.filter(job="weekly_mail").exists()


def test_what_is_off_is_not_on_the_schedule(world: World, settings: Any) -> None:
    settings.NIGHTLY_AT = settings.WEEKLY_MAIL_AT = None
    settings.MAIL = "smtp"
    assert [one.job for one in schedules()] == ["carry", "notice_mail"]
    settings.MAIL = "off"
    assert [one.job for one in schedules()] == ["carry"]


def test_before_there_is_an_organisation_nothing_is_due() -> None:
    Organisation.objects.all().delete()
    assert queue_due(NOON) == 0


def test_calibrating_twice_writes_nothing_new(world: World) -> None:
    world.create("wen")
    queue_due(NOON)
    work(NOON)
    rates = WinRate.objects.count()
    BackgroundRun.objects.all().delete()
    queue_due(NOON)
    work(NOON)
    assert run_of("calibrate").result["changed"] == 0
    assert WinRate.objects.count() == rates


def test_runs_of_long_ago_are_forgotten(world: World) -> None:
    BackgroundRun.objects.create(job="carry", due_at=NOON - KEPT_FOR - DAY, status="done")
    BackgroundRun.objects.create(job="carry", due_at=NOON - KEPT_FOR + DAY, status="done")
    jobs.clean_up(NOON)
    assert BackgroundRun.objects.count() == 1
