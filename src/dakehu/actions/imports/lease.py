"""Who works on an import: one worker at a time, by a lease that each chunk renews.

A worker that was killed lets its lease run out; whoever takes the run up goes on at its cursor.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from dakehu.actions.background import Clock, enqueue
from dakehu.actions.workers import is_gone, mark_of_this_one
from dakehu.models import ImportRun

#: States in which there is something for a worker to do.
AT_WORK = ("uploaded", "running", "reverting")
LEASE = timedelta(seconds=15)
#: While files are read and planned nothing is written that would renew it.
LONG_LEASE = timedelta(seconds=180)
#: Taken up so often without getting further, a run is given up.
MOST_STARTS = 5


class LeaseLostError(Exception):
    """Another worker has taken the run up; whoever gets this writes nothing any more."""


def take(run_id: int, clock: Clock) -> str | None:
    """Take a run that nobody holds; give the mark of the lease, None where it is held or done."""
    mark, at = mark_of_this_one(), clock()
    free = Q(held_until__isnull=True) | Q(held_until__lt=at)
    taken = ImportRun.objects.filter(free, pk=run_id, status__in=AT_WORK)
    return mark if taken.update(worker=mark, held_until=at + LONG_LEASE) else None


def renewed(run_id: int, mark: str, at: datetime, lease: timedelta = LONG_LEASE) -> ImportRun:
    """Hold the run for another while, inside the transaction of a chunk; give it as it stands."""
    held = ImportRun.objects.filter(pk=run_id, worker=mark)
    if not held.update(held_until=at + lease):
        raise LeaseLostError
    return held.get()


def take_up_stale(at: datetime) -> int:
    """Queue the runs whose worker is gone; give how many."""
    _free_the_dead(at)
    if ImportRun.objects.filter(held_until__gte=at, status__in=AT_WORK).exists():
        # A worker is at it; what waits is in the queue.
        return 0
    stale = Q(held_until__isnull=True, started_at__lt=at - LEASE) | Q(held_until__lt=at)
    runs = list(ImportRun.objects.filter(stale, status__in=AT_WORK).values_list("id", flat=True))
    for run_id in runs:
        # Held while it waits in the queue, so that it is not queued again and again.
        ImportRun.objects.filter(stale, pk=run_id).update(worker="", held_until=None, started_at=at)
        enqueue("work_import", run_id)
    return len(runs)


def _free_the_dead(at: datetime) -> None:
    """End the leases of workers of this machine that are no more, before they run out."""
    held = ImportRun.objects.filter(held_until__gte=at, status__in=AT_WORK)
    for run_id, mark in list(held.values_list("id", "worker")):
        if is_gone(mark):
            ended = at - timedelta(seconds=1)
            ImportRun.objects.filter(pk=run_id, worker=mark).update(held_until=ended)
