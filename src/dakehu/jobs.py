"""What runs in the background and when: bodies of jobs that actions enqueue by name.

Each may be run twice or be killed at any moment: doing it again does what is left.
"""

import time
from datetime import UTC, datetime

from dakehu.actions import background, cleaning, imports
from dakehu.actions.background import enqueue
from dakehu.actions.calibration import calibrate_win_rates
from dakehu.actions.ledger import carry_forward
from dakehu.actions.names import index_from
from dakehu.actions.notices import send_notice_mails, tell_due_notices
from dakehu.actions.search import INDEXED, index_unfound
from dakehu.actions.weekly import send_weekly_review_mails
from dakehu.core.access import operator
from dakehu.core.errors import RuleBroken
from dakehu.messages.notices import worded_mail
from dakehu.messages.weekly import worded_weekly
from dakehu.queries.organisation import organisation

#: So long names are indexed before other jobs have their turn.
INDEX_SECONDS = 10


def _now() -> datetime:
    return datetime.now(UTC)


def work_import(run_id: int) -> None:
    """Check, take in, or take back an import, whichever it waits for."""
    imports.work_import(run_id=run_id, clock=_now)


def take_up_stale() -> int:
    """Queue what a killed worker left; every few seconds, and at every start of a worker."""
    return imports.take_up_stale(_now())


def index_names(after: int = 0, kind: str = "") -> None:
    """Make findable by name what is not yet, some at a time; begun at every start of a worker.

    First for comparing names (no kind), then kind by kind for the search.
    """
    until = time.monotonic() + INDEX_SECONDS
    last: int | None = after
    for turn in ("", *INDEXED)[("", *INDEXED).index(kind) :]:
        while last is not None:
            if time.monotonic() > until:
                enqueue("index_names", last, turn)
                return
            last = index_unfound(turn, last) if turn else index_from(last)
        last = 0


def carry_on() -> None:
    """Carry at every start of a worker what an upgrade or a restore has left to be made anew."""
    carry(_now())


def queue_due() -> int:
    """Queue what the schedule says is due; every few seconds, by every worker."""
    return background.queue_due(_now())


def work_scheduled(run_id: int) -> None:
    """Do what was due, and put on record what came of it."""
    background.work_scheduled(run_id, BODIES, _now)


def carry(at: datetime) -> dict[str, int]:
    """Carry the ledger's months forward."""
    return {"carried": carry_forward(upto=organisation().today(at), at=at)}


def calibrate(at: datetime) -> dict[str, int]:
    """Find the calibrated win rates of the day (FUN-9)."""
    today = organisation().today(at)
    done = calibrate_win_rates(actor=operator(), today=today, at=at)
    return {"stages": done.stages, "changed": done.changed}


def weekly_mail(at: datetime) -> dict[str, int]:
    """Write the weekly mails; RuleBroken `mail.some_refused`: those are tried again."""
    done = send_weekly_review_mails(actor=operator(), at=at, word=worded_weekly)
    if done.failed:
        raise RuleBroken("mail.some_refused", failed=done.failed, sent=done.sent)
    return {"sent": done.sent, "already": done.already}


def clean_up(at: datetime) -> dict[str, int]:
    """Remove what may be kept no longer, and what nobody refers to."""
    done = cleaning.clean_up(actor=operator(), at=at)
    return {
        "uploads": done.uploads, "files": done.files, "log_ins": done.log_ins,
        "records": done.records, "notices": done.notices,
    }  # fmt: skip


def mail_notices() -> None:
    """Mail what waits, just after somebody was told something."""
    send_notice_mails(actor=operator(), at=_now(), word=worded_mail)


def notice_mail(at: datetime) -> dict[str, int]:
    """Mail digests, and what waited for the end of quiet hours; what fails waits an hour."""
    done = send_notice_mails(actor=operator(), at=at, word=worded_mail)
    return {"sent": done.sent, "failed": done.failed}


def tell_due(at: datetime) -> dict[str, int]:
    """Tell whose next step is due, whose close date has passed, what stands still."""
    return tell_due_notices(actor=operator(), today=organisation().today(at), at=at)


BODIES: dict[str, background.Body] = {
    "carry": carry, "calibrate": calibrate, "weekly_mail": weekly_mail, "clean_up": clean_up,
    "tell_due": tell_due, "notice_mail": notice_mail,
}  # fmt: skip
