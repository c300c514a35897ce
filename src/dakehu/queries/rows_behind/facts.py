"""What stands behind a figure: its parts, the groups they fall into, and their rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dakehu.core.funnel import ZERO, Figure, Scope

What = Literal["open", "won", "small", "moved", "won_change", "small_change"]


@dataclass(frozen=True, slots=True)
class Part:
    """A term of a figure.

    `open`: the open positions of the day, by stage; `won`: the wins of the period so far; `small`:
    its out-of-funnel sales; `moved`: what movements of the week did to the weighted amount;
    `won_change`, `small_change`: what is in `won` or `small` of the day and not of a week before.
    """

    what: What
    #: Stage lineages of an `open` part; None: of every method.
    stages: tuple[int, ...] | None = None
    #: Where the close month may lie to the period; None: anywhere.
    scopes: tuple[Scope, ...] | None = None
    #: The figure of a week before the day.
    week_ago: bool = False


@dataclass(frozen=True, slots=True)
class BehindRow:
    """An opportunity or an out-of-funnel sale, as it stood on the day.

    `amount` is in its own currency; `worth` is that in the currency shown, and `adds` what it adds
    to a weighted or closed amount: weighted, as booked, or the change of a week. `own_bp` is the
    owner's own win rate, of what stands open with one.
    """

    part: int
    group: int
    what: What
    id: int
    code: str
    name: str
    account: str
    owner: str
    amount: Decimal | None
    currency: str
    count: int
    worth: Figure
    adds: Figure
    own_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What has moved out of the viewer's sight since: part of the figure, and nameless."""

    lines: int = 0
    count: int = 0
    worth: Figure = ZERO
    adds: Figure = ZERO
    amounts: tuple[tuple[Decimal, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a part that belong together, added up: of an `open` part those of a stage.

    `count`, `worth` and `adds` hold what moved elsewhere, too.
    """

    part: int
    group: int
    what: What
    stage_id: int | None
    lines: int
    count: int
    worth: Figure
    adds: Figure
    elsewhere: Elsewhere


@dataclass(frozen=True, slots=True)
class Behind:
    """All groups of a figure, and a page of its rows in the order of the groups, largest first."""

    groups: tuple[Group, ...]
    rows: tuple[BehindRow, ...]
    #: The cursor of the next page; empty on the last.
    after: str

    @property
    def count(self) -> int:
        """Give what the rows count for, those elsewhere among them."""
        return sum(group.count for group in self.groups)

    @property
    def lines(self) -> int:
        """Give how many rows there are on all pages and elsewhere."""
        return sum(group.lines for group in self.groups)

    @property
    def elsewhere(self) -> int:
        """Give how many rows stay nameless."""
        return sum(group.elsewhere.lines for group in self.groups)

    @property
    def elsewhere_amounts(self) -> tuple[tuple[Decimal, str], ...]:
        """Give the amounts of those by currency."""
        sums: dict[str, Decimal] = {}
        for group in self.groups:
            for amount, currency in group.elsewhere.amounts:
                sums[currency] = sums.get(currency, Decimal(0)) + amount
        return tuple((amount, currency) for currency, amount in sorted(sums.items()))

    @property
    def adds(self) -> Figure:
        """Give what all groups add up to."""
        return total(group.adds for group in self.groups)

    @property
    def worth(self) -> Figure:
        """Give the amount of all groups, unweighted."""
        return total(group.worth for group in self.groups)


def total(figures: Iterable[Figure]) -> Figure:
    """Add figures up; what is unknown makes the sum unknown."""
    found = ZERO
    for figure in figures:
        found = found + figure
    return found
