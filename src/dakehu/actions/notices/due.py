"""What is told because its day has come: next steps due, close dates passed, deals that stall."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q

from dakehu.actions.notices.tell import Telling, write_notices
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import Place
from dakehu.core.speed import slow_since
from dakehu.models import Notice, Opportunity
from dakehu.queries.speed import stage_medians

#: What came due longer ago is not told any more: the job runs each day, this is for days without.
WITHIN = timedelta(days=7)
DAY = timedelta(days=1)
_AT_ONCE = 500

Due = tuple[int, int, date]


def tell_due_notices(*, actor: Viewer, today: date, at: datetime) -> dict[str, int]:
    """Tell the owners of open opportunities what came due, each occurrence once.

    Done again, or taken up after a kill, it tells what is left. Gives how many by kind. Raises
    NotAllowed("notice.tell_due"): it is the operator's.
    """
    if not actor.is_operator:
        raise NotAllowed("notice.tell_due")
    counts = {}
    for kind, (where, day) in _kinds(actor, today).items():
        told = _told(kind, at)
        counts[kind] = 0
        due = _due(where, day)
        while some := tuple(islice(due, _AT_ONCE)):
            left = [
                Telling(owner, "opportunity", pk, {"on": on.isoformat()})
                for pk, owner, on in some
                if (pk, on.isoformat()) not in told
            ]
            with transaction.atomic():
                counts[kind] += write_notices(kind, left, actor_id=None, at=at)
    return counts


def _kinds(actor: Viewer, today: date) -> Mapping[str, tuple[Q, str]]:
    stalled = Q(pk__in=[])
    for stage, median in stage_medians(actor, today=today).items():
        since = slow_since(today, median)
        stalled |= Q(stage_id=stage, last_on__lte=since, last_on__gt=since - WITHIN)
    return {
        "next_step_due": (
            Q(next_step_on__lte=today, next_step_on__gt=today - WITHIN), "next_step_on",
        ),
        "close_passed": (Q(close_sort__lt=today, close_sort__gte=today - WITHIN), "close_sort"),
        "stalled": (stalled, "last_on"),
    }  # fmt: skip


def _due(where: Q, day: str) -> Iterator[Due]:
    rows = Opportunity.objects.filter(where, place=Place.OPEN, voided=False, owner__is_active=True)
    found: Any = rows.order_by("id").values_list("id", "owner_id", day)
    yield from found.iterator(chunk_size=2000)


def _told(kind: str, at: datetime) -> set[tuple[int | None, str]]:
    """Give what was told lately; of a day before that nothing is told any more."""
    rows = Notice.objects.filter(kind=kind, at__gte=at - WITHIN - 2 * DAY)
    return {(pk, facts.get("on", "")) for pk, facts in rows.values_list("object_id", "facts")}
