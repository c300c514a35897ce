"""Building a demo company from a seed: the organisation first, then its deals in chunks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from dakehu.actions.activities import touch_all
from dakehu.actions.demo.deals import write_deals
from dakehu.actions.demo.habits import write_habits
from dakehu.actions.demo.organisation import Written, write_organisation
from dakehu.actions.demo.stories import write_stories
from dakehu.actions.demo.targets import write_quotas, write_small_sales
from dakehu.actions.ledger import rebuild
from dakehu.actions.organisation import set_up_organisation
from dakehu.actions.search import index_everything
from dakehu.core.access import Viewer
from dakehu.core.demo.deals import deals
from dakehu.core.demo.targets import Sold
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.models import Account, Opportunity, Organisation, Person, SalesUnit

SEED = 20
SIZE, PEOPLE, YEARS = 2_500, 60, 2
#: Deals written at once: enough to be quick, little enough to be held in memory.
CHUNK = 1_000
#: Accounts and small sales for so many deals.
ACCOUNTS_PER_DEAL, SMALL_SALES_PER_DEAL = 0.12, 0.5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Built:
    """How much was made; nothing where the demo was there already."""

    opportunities: int = 0
    movements: int = 0
    accounts: int = 0
    people: int = 0


def init_demo(*, actor: Viewer, today: date, at: datetime) -> Built:
    """Make the demo company of its usual size in an empty database, once; all or nothing.

    Raises RuleBroken("demo.not_empty") where somebody's own data stand.
    """
    if Organisation.objects.filter(is_demo=True).exists() and Opportunity.objects.exists():
        return Built()
    with transaction.atomic():
        built = build(actor=actor, today=today, at=at)
        write_stories(today=today)
    return built


def build(
    *,
    actor: Viewer,
    today: date,
    at: datetime,
    size: int = SIZE,
    people: int = PEOPLE,
    years: int = YEARS,
    seed: int = SEED,
    say: Callable[[int], None] | None = None,
    writing: "Writing | None" = None,
) -> Built:
    """Build a company of so many people with so many deals over the years up to yesterday.

    Deals are written in chunks, each in a transaction of its own unless the caller holds one;
    `say` is told how many stand. `writing` writes the deals and makes all names findable in another
    way, to the same rows. Raises NotAllowed("demo.build"), RuleBroken("demo.not_empty").
    """
    if not actor.is_operator:
        raise NotAllowed("demo.build")
    _refuse_data()
    # Told up to yesterday: what is recorded today would lie in the future in the morning.
    last = today - timedelta(days=1)
    start = date(today.year - years, today.month, 1)
    founded = datetime.combine(start - timedelta(days=400), time(9), ZoneInfo("Asia/Shanghai"))
    with transaction.atomic():
        set_up_organisation(actor=actor, today=today, at=founded, is_demo=True)
        written = write_organisation(
            people=people,
            accounts=max(int(size * ACCOUNTS_PER_DEAL), people),
            start=start,
            last=last,
            at=founded,
            seed=seed,
            rng=Random(f"{seed}/company"),
        )
        if writing is None:
            index_everything()
    world, sold = written.world, Sold(written.world)
    movements = (writing or write_share)(written, size, sold, say or (lambda _done: None))
    with transaction.atomic():
        write_small_sales(world, sold, int(size * SMALL_SALES_PER_DEAL))
        write_quotas(world, sold, written.plan, written.unit_ids, today)
        touch_all()
        write_habits(today=today)
    rebuild(since=None, upto=today, at=at)
    return Built(size, movements, written.account_count, len(written.plan.people))


#: Writes so many deals of a company, counts what was sold, tells how many stand; gives movements.
#: Makes findable what stood before.
Writing = Callable[[Written, int, Sold, Callable[[int], None]], int]


def write_share(
    written: Written,
    size: int,
    sold: Sold,
    say: Callable[[int], None],
    share: tuple[int, int] = (0, 1),
) -> int:
    """Write one share of so many: every n-th chunk of the deals, each in its own transaction."""
    turn, hands = share
    done = movements = 0
    chosen = deals(written.world, size, lambda number: number // CHUNK % hands == turn)
    for chunk in _chunked(chosen, CHUNK):
        for deal in chunk:
            sold.add(deal)
        with transaction.atomic():
            movements += write_deals(chunk, written.world, written.short_names, written.contacts)
        done += len(chunk)
        say(done)
    return movements


def _refuse_data() -> None:
    demo = Organisation.objects.filter(is_demo=True).exists()
    for model in (Opportunity, Account, Person, SalesUnit):
        if model.objects.exists():
            raise RuleBroken("demo.not_empty", demo=demo)
    # An installation that was set up but never used may still become the demo.
    Organisation.objects.all().delete()


def _chunked(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(rows, size)):
        yield chunk
