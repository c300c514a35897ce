"""Handing work to the background: by name, or by the schedule, once for each time it is due.

Whoever puts the row of a due moment there first queues it; the worker that takes the row does it.
One that is killed, or fails, is taken up again a few times. All jobs may be done twice without
harm: the rows keep them from being done for nothing, and show what came of them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django_q.tasks import async_task

from dakehu.actions.workers import is_gone, mark_of_this_one
from dakehu.core.background import last_due
from dakehu.core.errors import DakehuError
from dakehu.core.imports.problems import plain
from dakehu.models import BackgroundRun
from dakehu.queries.background import local, schedules

Clock = Callable[[], datetime]
Body = Callable[[datetime], Mapping[str, int]]

#: So long nobody else takes up what a worker has begun, or what waits in the queue.
HELD = timedelta(hours=1)
#: What failed is tried again after this, and so often at most.
AGAIN = timedelta(minutes=10)
MOST_ATTEMPTS = 3
#: Runs older than this are forgotten.
KEPT_FOR = timedelta(days=400)
HOURLY_KEPT_FOR = timedelta(days=30)
_OPEN = ("waiting", "running")


def enqueue(name: str, *arguments: Any) -> None:
    """Queue a job of jobs.py by name; it is there when the transaction is committed, or not."""
    async_task(f"dakehu.jobs.{name}", *arguments)


def queue_due(at: datetime) -> int:
    """Queue what the schedule says is due and nobody has queued, and what was left; say how much.

    Nothing before there is an organisation: its time zone says what the hour is.
    """
    now = local(at)
    if now is None:
        return 0
    queued = _take_up(at)
    due = {(one.job, last_due(one, now)) for one in schedules()}
    late = {one.job: one.late for one in schedules()}
    known = set(
        BackgroundRun.objects.filter(due_at__in={moment for _job, moment in due}).values_list(
            "job", "due_at"
        )
    )
    for job, moment in sorted(due - known):
        if at - moment > late[job]:
            continue
        with transaction.atomic():
            row, is_new = BackgroundRun.objects.get_or_create(
                job=job, due_at=moment, defaults={"status": "waiting", "held_until": at + HELD}
            )
            if is_new:
                enqueue("work_scheduled", row.pk)
                queued += 1
    return queued


def _take_up(at: datetime) -> int:
    """Queue again what a worker left or failed at; what was tried often enough has failed."""
    for row in BackgroundRun.objects.filter(status="running", held_until__gte=at):
        if is_gone(row.worker):
            _held(row).update(held_until=at - timedelta(seconds=1))
    left = Q(status__in=_OPEN) | Q(status="failed", attempts__lt=MOST_ATTEMPTS)
    queued = 0
    for row in BackgroundRun.objects.filter(left, held_until__lt=at):
        if row.attempts >= MOST_ATTEMPTS:
            _held(row).update(
                status="failed", problem="background.killed", ended_at=at, worker="",
                held_until=None,
            )  # fmt: skip
            continue
        with transaction.atomic():
            if _held(row).update(status="waiting", worker="", held_until=at + HELD):
                enqueue("work_scheduled", row.pk)
                queued += 1
    return queued


def _held(row: BackgroundRun) -> Any:
    """Give the row as it was read: nobody has touched it since."""
    return BackgroundRun.objects.filter(
        pk=row.pk, worker=row.worker, status=row.status, held_until=row.held_until
    )


def work_scheduled(run_id: int, bodies: Mapping[str, Body], clock: Clock) -> None:
    """Do a run that nobody holds, and put on record what came of it.

    What is refused is told by its code. What breaks is told as such and raised again: a defect
    belongs in the log.
    """
    at, mark = clock(), mark_of_this_one()
    waiting = BackgroundRun.objects.filter(pk=run_id, status="waiting")
    if not waiting.update(
        status="running", worker=mark, held_until=at + HELD, begun_at=at, ended_at=None,
        attempts=F("attempts") + 1,
    ):  # fmt: skip
        return
    mine = BackgroundRun.objects.filter(pk=run_id, worker=mark)
    try:
        result = bodies[mine.get().job](at)
    except DakehuError as error:
        _failed(mine, clock(), error.code, error.facts)
    except Exception as error:
        _failed(mine, clock(), "background.broke", {"kind": type(error).__name__})
        raise
    else:
        mine.update(
            status="done", result=dict(result), problem="", facts={}, ended_at=clock(),
            worker="", held_until=None,
        )  # fmt: skip


def _failed(mine: Any, at: datetime, code: str, facts: Mapping[str, Any]) -> None:
    mine.update(
        status="failed", problem=code, facts=plain(dict(facts)), ended_at=at, worker="",
        held_until=at + AGAIN,
    )  # fmt: skip


def forget_runs(at: datetime) -> int:
    """Remove the runs of long ago, what runs every hour sooner; give how many."""
    BackgroundRun.objects.filter(job="notice_mail", due_at__lt=at - HOURLY_KEPT_FOR).delete()
    return BackgroundRun.objects.filter(due_at__lt=at - KEPT_FOR).delete()[0]
