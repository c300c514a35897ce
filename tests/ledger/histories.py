"""Random histories of a small organisation, and a naive oracle that reads entries one by one.

The oracle knows nothing of balances, turnover or SQL sums: it adds up what stands in the entry
table with plain loops, so that a mistake in the fast way and in the slow way would have to agree.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from dakehu.actions.ledger import (
    Correction,
    Posting,
    carry_forward,
    correct_movement,
    post,
    reverse_correlation,
    standing_chain,
)
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import (
    NO_MONTH,
    Category,
    Kind,
    Place,
    Position,
    Standing,
    Step,
    Way,
    decided,
    steps_between,
)
from dakehu.core.units import Placed, Tree, tree_on
from dakehu.models import (
    Currency,
    Entry,
    ExchangeRate,
    Method,
    MethodStage,
    MethodVersion,
    Opportunity,
    Organisation,
    Person,
    SalesUnit,
    Stage,
    UnitPlace,
    WinRate,
)
from dakehu.models.fields import LARGEST_MINOR

FIRST = date(2025, 1, 6)
LAST = date(2025, 6, 30)
CURRENCIES = ("CNY", "USD", "JPY")
STAGES = ("interest", "design", "commit")
MONTHS = (NO_MONTH, date(2024, 12, 1), date(2025, 2, 1), date(2025, 4, 1), date(2025, 9, 1))

#: What a random person may do, with a number that picks the detail.
VERBS = (
    "create", "create", "create", "stage", "stage", "stage", "amount", "amount", "month", "owner",
    "unit", "category", "rate", "currency", "win", "lose", "abandon", "reopen", "void", "restore",
    "undo", "correct_day", "correct_amount", "correct_drop", "reorganise", "win_rate",
    "exchange_rate", "carry", "carry", "close_unit", "new_version", "method",
)  # fmt: skip

#: What happens to the organisation, not to one opportunity.
OF_ALL = {"reorganise", "win_rate", "exchange_rate", "carry", "close_unit", "new_version"}

Deed = tuple[str, int, int, int]
#: (verb, which opportunity, days since the last deed, a number that picks the detail)
DEEDS: st.SearchStrategy[list[Deed]] = st.lists(
    st.tuples(
        st.sampled_from(VERBS),
        st.integers(0, 5),
        st.sampled_from((0, 0, 1, 3, 9, 20)),
        st.integers(0, 10_000),
    ),
    min_size=5,
    max_size=40,
)


@dataclass
class History:
    """The organisation with its people, units and stages, and the day it has come to."""

    units: list[SalesUnit]
    people: list[Person]
    stages: list[Stage]
    version: MethodVersion
    day: date = FIRST
    clock: datetime = datetime(2025, 7, 1, tzinfo=UTC)
    opportunities: list[int] = field(default_factory=list)
    saves: dict[int, list[Any]] = field(default_factory=dict)
    codes: int = 0

    def tick(self) -> datetime:
        """Give the next moment of recording: each deed has its own."""
        self.clock += timedelta(minutes=1)
        return self.clock

    def live(self, deeds: list[Deed]) -> None:
        """Do the deeds one after another; what makes no sense at that point is left out."""
        for verb, which, days, detail in deeds:
            self.day = min(self.day + timedelta(days=days), LAST)
            if verb == "create" or not self.opportunities:
                self._create(detail)
            elif verb in OF_ALL:
                getattr(self, f"_{verb}")(detail)
            else:
                self._do(verb, self.opportunities[which % len(self.opportunities)], detail)

    def _posting(self) -> Posting:
        return Posting(self.day, self.tick(), self.people[0].pk, Way.FORM, uuid4())

    def _create(self, detail: int) -> None:
        self.codes += 1
        position = Position(
            Place.OPEN,
            self.people[detail % len(self.people)].pk,
            self._unit(detail),
            self.stages[detail % 3].pk,
            Category(detail % 4),
            MONTHS[detail % len(MONTHS)],
            CURRENCIES[detail % 3],
        )
        minor = (detail * 37) % 100_000
        row = Opportunity.objects.create(
            code=f"OP-{self.codes}",
            name="Kran",
            owner_id=position.owner_id,
            unit_id=position.unit_id,
            method_version=self.version,
            stage_id=position.stage_id,
            currency_id=position.currency,
            amount_minor=minor,
            # Deeds go around the actions that raise it; no deed makes it more.
            most_minor=LARGEST_MINOR,
            close_sort=date.max,
            created_on=self.day,
            stage_since=self.day,
            last_on=self.day,
            updated_at=self.clock,
        )
        posting = self._posting()
        post(
            opportunity_id=row.pk,
            steps=[Step(Kind.CREATED, None, Standing(position, minor))],
            posting=posting,
        )
        self.opportunities.append(row.pk)
        self.saves[row.pk] = [posting.correlation_id]

    def _do(self, verb: str, pk: int, detail: int) -> None:
        chain = standing_chain(pk)
        if not chain or (verb.startswith("correct") and len(chain) < 2):
            return
        if chain[-1].on > self.day:
            return
        posting = self._posting()
        if verb == "undo":
            reverse_correlation(
                opportunity_id=pk, correlation_id=chain[-1].correlation_id, posting=posting
            )
            return
        if verb.startswith("correct"):
            self._correct(verb, pk, detail, posting)
            return
        now = chain[-1].after
        if now is None:
            if verb == "restore":
                last = chain[-1].before
                post(
                    opportunity_id=pk, steps=[Step(Kind.RESTORED, None, last)], posting=posting,
                    base_minor=chain[-1].base_minor,
                )  # fmt: skip
            return
        steps, base = self._steps(verb, now, detail, chain)
        if steps:
            post(opportunity_id=pk, steps=steps, posting=posting, base_minor=base)

    def _steps(
        self, verb: str, now: Standing, detail: int, chain: list[Any]
    ) -> tuple[tuple[Step, ...], int | None]:
        place = now.position.place
        booked = next((s.base_minor for s in reversed(chain) if s.base_minor is not None), None)
        if verb == "void":
            return (Step(Kind.VOIDED, now, None),), booked if place > Place.OPEN else None
        if verb == "reopen":
            if place is Place.OPEN:
                return (), None
            then = replace(now.position, place=Place.OPEN, category=Category.PIPELINE)
            return self._between(now, Standing(then, now.amount_minor)), booked
        if place is not Place.OPEN:
            return (), None
        outcome = {"win": Place.WON, "lose": Place.LOST, "abandon": Place.ABANDONED}.get(verb)
        if outcome is not None:
            then = decided(now.position, outcome)
            return self._between(now, Standing(then, now.amount_minor)), now.amount_minor * 7
        changed = {
            "stage": {"stage_id": self.stages[detail % 3].pk},
            "month": {"close_month": MONTHS[detail % len(MONTHS)]},
            "owner": {"owner_id": self.people[detail % len(self.people)].pk},
            "unit": {"unit_id": self._unit(detail)},
            "method": {"stage_id": self.stages[detail % 3].pk},
            "category": {"category": Category(detail % 4)},
            "rate": {"own_rate_bp": None if detail % 3 == 0 else detail},
            "currency": {"currency": CURRENCIES[detail % 3]},
            "amount": {},
        }.get(verb)
        if changed is None:
            return (), None
        minor = (detail * 53) % 200_000 if verb == "amount" else now.amount_minor
        after = Standing(replace(now.position, **changed), minor)
        return self._between(now, after, method_moved=verb == "method"), None

    def _between(
        self, before: Standing, after: Standing, *, method_moved: bool = False
    ) -> tuple[Step, ...]:
        order = {stage.pk: index for index, stage in enumerate(self.stages)}
        return steps_between(before, after, order_of_stage=order, method_moved=method_moved)

    def _unit(self, detail: int) -> int:
        """Pick a unit that stands on the day; the company itself only where no other does."""
        tree = current_tree(self.day)
        standing = [unit.pk for unit in self.units[1:] if unit.pk in tree]
        return standing[detail % len(standing)] if standing else self.units[0].pk

    def _correct(self, verb: str, pk: int, detail: int, posting: Posting) -> None:
        chain = standing_chain(pk)
        index = detail % len(chain)
        step = chain[index]
        if verb == "correct_day":
            correction = Correction(step.id, on=chain[max(index - 1, 0)].on)
        elif verb == "correct_drop":
            if step.before is None or step.kind is Kind.METHOD_MOVED:
                return
            if any(s.before and s.after and s.before.position.currency
                   != s.after.position.currency for s in chain):  # fmt: skip
                return
            correction = Correction(step.id, drop=True)
        else:
            if step.kind not in (Kind.CREATED, Kind.AMOUNT_CHANGED) or step.after is None:
                return
            if step.before and step.before.position != step.after.position:
                return  # the middle of a change of currency holds no amount of its own
            if any(s.before and s.after and s.before.position.currency
                   != s.after.position.currency for s in chain):  # fmt: skip
                return
            correction = Correction(step.id, amount_minor=(detail * 91) % 300_000)
        try:
            correct_movement(
                opportunity_id=pk, correction=correction, posting=posting,
                book=lambda standing, _on, _kept: standing.amount_minor * 7,
            )  # fmt: skip
        except RuleBroken as refused:
            if refused.code != "ledger.stands_on_it":
                raise

    def _reorganise(self, detail: int) -> None:
        unit = self.units[2 + detail % (len(self.units) - 2)]
        tree = current_tree(self.day)
        if unit.pk not in tree:
            return
        below = tree.subtree(unit.pk)
        parents = [u for u in self.units if u.pk in tree and u.pk not in below]
        UnitPlace.objects.create(
            unit=unit, parent=parents[detail % len(parents)], on=self.day, recorded_at=self.tick()
        )

    def _close_unit(self, detail: int) -> None:
        """Close a unit that is empty; undo and corrections may bring something back into it."""
        unit = self.units[2 + detail % (len(self.units) - 2)]
        tree = current_tree(self.day)
        chains = [standing_chain(pk) for pk in self.opportunities]
        ends = [chain[-1].after for chain in chains if chain]
        held = {e.position.unit_id for e in ends if e and e.position.place is Place.OPEN}
        if unit.pk in tree and not tree.children(unit.pk) and unit.pk not in held:
            UnitPlace.objects.create(unit=unit, closed=True, on=self.day, recorded_at=self.tick())

    def _new_version(self, detail: int) -> None:
        """Change the method: other order, a stage left out, the win earlier; deals keep theirs."""
        method = self.version.method
        number = method.versions.count() + 1
        method.versions.update(is_current=False)
        stages = self.stages[detail % 3 :] + self.stages[: detail % 3]
        kept = stages[: 2 + detail % 2]
        last = detail // 3 % len(kept)
        version = MethodVersion.objects.create(
            method=method, number=number, signing_key=kept[last].key,
            winning_key=kept[last].key, recorded_at=self.tick(),
        )  # fmt: skip
        for order, stage in enumerate(kept):
            MethodStage.objects.create(
                version=version, stage=stage, order=order, name_zh=stage.key,
                name_en=stage.key, after_win=order > last,
            )  # fmt: skip

    def _win_rate(self, detail: int) -> None:
        WinRate.objects.create(
            stage=self.stages[detail % 3], rate_bp=detail, on=self.day, recorded_at=self.tick()
        )

    def _exchange_rate(self, detail: int) -> None:
        ExchangeRate.objects.create(
            currency_id=CURRENCIES[1 + detail % 2],
            on=self.day,
            rate=Decimal(1 + detail % 900) / 100,
            recorded_at=self.tick(),
        )

    def _carry(self, detail: int) -> None:
        """Carry up to today, or days too far: what is posted then must follow all the same."""
        carry_forward(upto=self.day + timedelta(days=(0, 0, 1, 9)[detail % 4]), at=self.tick())


def founded() -> History:
    """Found the organisation: five units under one company, three people, one method."""
    at = datetime(2024, 12, 1, tzinfo=UTC)
    for code, digits in (("CNY", 2), ("USD", 2), ("JPY", 0)):
        Currency.objects.create(code=code, digits=digits, name_zh=code, name_en=code)
    Organisation.objects.create(id=1, name_en="Foundry", base_currency_id="CNY")
    units = [
        SalesUnit.objects.create(code=code, name_en=code)
        for code in ("company", "east", "west", "harbour", "rail", "power")
    ]
    for index, unit in enumerate(units):
        parent = None if index == 0 else units[0] if index < 3 else units[1 + index % 2]
        UnitPlace.objects.create(unit=unit, parent=parent, on=date(2024, 1, 1), recorded_at=at)
    people = [Person.objects.create(login=name, name=name) for name in ("wen", "bo", "mei")]
    method = Method.objects.create(key="short", name_zh="短", name_en="short")
    version = MethodVersion.objects.create(
        method=method, number=1, signing_key="commit", winning_key="commit", recorded_at=at
    )
    stages = []
    for order, key in enumerate(STAGES):
        stage = Stage.objects.create(method=method, key=key)
        MethodStage.objects.create(
            version=version, stage=stage, order=order, name_zh=key, name_en=key
        )
        WinRate.objects.create(
            stage=stage, rate_bp=1000 * (order + 1), on=date(2024, 1, 1), recorded_at=at
        )
        stages.append(stage)
    for currency, rate in (("USD", "7.1"), ("JPY", "0.05")):
        ExchangeRate.objects.create(
            currency_id=currency, on=date(2024, 1, 1), rate=Decimal(rate), recorded_at=at
        )
    return History(units, people, stages, version)


def current_tree(day: date, *, with_closed: bool = False) -> Tree:
    """Read the tree of a day, row by row; `with_closed` as figures count (decision 8)."""
    rows = UnitPlace.objects.order_by("on", "recorded_at", "id")
    return tree_on(
        [Placed(r.unit_id, r.parent_id, r.closed, r.on, r.recorded_at) for r in rows], day,
        with_closed=with_closed,
    )  # fmt: skip


#: Unit, stage, category, currency.
Cut = tuple[int, int, int, str]


def held_by_hand(history: "History", day: date) -> dict[Cut, tuple[int, int]]:
    """Ask each opportunity where it stood at the end of a day; add up who stood alike."""
    sums: dict[Cut, list[int]] = {}
    for pk in history.opportunities:
        lived = [step for step in standing_chain(pk) if step.on <= day]
        standing = lived[-1].after if lived else None
        if standing is None or standing.position.place is not Place.OPEN:
            continue
        at = standing.position
        held = sums.setdefault((at.unit_id, at.stage_id, int(at.category), at.currency), [0, 0])
        held[0] += 1
        held[1] += standing.amount_minor
    return {key: (n, minor) for key, (n, minor) in sums.items()}


def moved_by_hand(first: date, last: date) -> dict[Cut, tuple[int, int]]:
    """Add up what entered and left open positions after `first`, up to the end of `last`."""
    sums: dict[Cut, list[int]] = {}
    for entry in Entry.objects.filter(place=Place.OPEN, on__gt=first, on__lte=last):
        key = (entry.unit_id, entry.stage_id, entry.category, entry.currency)
        moved = sums.setdefault(key, [0, 0])
        moved[0] += entry.count
        moved[1] += entry.amount_minor
    return {key: (n, minor) for key, (n, minor) in sums.items()}


OpenKey = tuple[int, int, int, str, date, int]


def open_by_hand(day: date, *, known_at: datetime | None = None) -> dict[OpenKey, tuple[int, int]]:
    """Add up the open positions at the end of a day, entry by entry.

    Keys: unit, stage, category, currency, close month, own rate. Values: count, minor units.
    """
    sums: dict[OpenKey, list[int]] = {}
    for entry in Entry.objects.all():
        if entry.place != Place.OPEN or entry.on > day:
            continue
        if known_at is not None and entry.recorded_at > known_at:
            continue
        key = (
            entry.unit_id, entry.stage_id, entry.category, entry.currency, entry.close_month,
            entry.own_rate_bp,
        )  # fmt: skip
        held = sums.setdefault(key, [0, 0])
        held[0] += entry.count
        held[1] += entry.amount_minor
    return {key: (n, minor) for key, (n, minor) in sums.items() if n or minor}


__all__ = [
    "DEEDS", "FIRST", "LAST", "History", "current_tree", "founded", "held_by_hand",
    "moved_by_hand", "open_by_hand",
]  # fmt: skip
