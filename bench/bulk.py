"""A bulk edit of a thousand rows and its undo."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import cycle

from dakehu.actions.bulk_edits import Picked, do_bulk_edit, undo_bulk_edit
from dakehu.core.access import operator
from dakehu.core.bulk_edits import Ask
from dakehu.models import Opportunity

ROWS = 1_000
#: Each writes a thousand movements twice: a few calls tell enough.
TIMES = 5
#: Issue 4: the undo of a bulk edit of 1,000 rows.
TARGET = 2_000


def undo(today: date) -> tuple[str, Callable[[], None], Callable[[], None]]:
    """Give what is measured, what stands before it, and the undo itself.

    Reassigning is undone, which moves every row in the ledger. The operator does it: nobody in
    the company is the superior of so many.
    """
    rows = Opportunity.objects.filter(place=1, voided=False, created_on__lt=today)
    ids = list(rows.order_by("-id").values_list("id", flat=True)[:ROWS])
    owners = rows.order_by("-id").values_list("owner_id", flat=True)
    to = cycle(list(dict.fromkeys(owners[:50]))[:2])
    done: list[int] = []

    def prepare() -> None:
        ran = do_bulk_edit(
            actor=operator(), picked=[Picked(pk) for pk in ids], today=today,
            ask=Ask(verb="reassign", owner_id=next(to)), at=datetime.now(UTC),
        )  # fmt: skip
        assert ran.bulk_id is not None
        assert len(ran.done) > 0.9 * len(ids), ran.refused[:3]
        done.append(ran.bulk_id)

    def take_back() -> None:
        undone = undo_bulk_edit(
            actor=operator(), bulk_id=done.pop(), today=today, at=datetime.now(UTC)
        )
        assert undone.taken_back > 0.9 * len(ids), undone

    return f"undo of a bulk edit of {len(ids):,} rows", prepare, take_back
