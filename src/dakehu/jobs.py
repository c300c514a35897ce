"""What runs in the background and when: bodies of jobs that actions enqueue by name.

Each may be run twice or be killed at any moment: doing it again does what is left.
"""

from datetime import UTC, datetime

from dakehu.actions import imports
from dakehu.actions.background import enqueue
from dakehu.actions.names import index_from


def _now() -> datetime:
    return datetime.now(UTC)


def work_import(run_id: int) -> None:
    """Check, take in, or take back an import, whichever it waits for."""
    imports.work_import(run_id=run_id, clock=_now)


def take_up_stale() -> int:
    """Queue what a killed worker left; every few seconds, and at every start of a worker."""
    return imports.take_up_stale(_now())


def index_names(after: int = 0) -> None:
    """Make findable by name what is not yet, some at a time; begun at every start of a worker."""
    last = index_from(after)
    if last is not None:
        enqueue("index_names", last)
