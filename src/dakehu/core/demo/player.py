"""The small parts of playing a deal: writing a save, ticking evidence, telling what is next."""

from datetime import date, datetime, time, timedelta, timezone
from random import Random
from uuid import UUID

from dakehu.core.demo.deal import Deal, Save, SoldLine, Tick
from dakehu.core.demo.words import words
from dakehu.core.demo.world import MethodFacts, World
from dakehu.core.ledger import Category, Standing, Step, steps_between

_SHANGHAI = timezone(timedelta(hours=8))


def workday(day: date, last: date) -> date:
    """Give the day, or the Monday after a weekend; on the last days the Friday before."""
    if day.weekday() < 5:
        return day
    later = day + timedelta(days=7 - day.weekday())
    return later if later <= last else day - timedelta(days=day.weekday() - 4)


class Player:
    """What playing a deal is made of; every throw comes from the deal's own generator."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.words = words("deals")
        self.pace = rng.lognormvariate(0, 0.35)
        self.luck = rng.gauss(0, 0.08)
        #: Some never look at the date they once promised, and some deals fall asleep.
        self.careless = rng.random() < 0.15
        self.asleep_at = rng.randrange(1, 4) if rng.random() < 0.05 else None

    def _save(
        self,
        deal: Deal,
        after: Standing,
        *,
        actor: int | None = None,
        base_minor: int | None = None,
        reason: str = "",
        competitor: str = "",
        text: str = "",
        lines: tuple[SoldLine, ...] | None = None,
    ) -> None:
        steps = steps_between(deal.last, after, order_of_stage=deal.method.order)
        if not steps:
            return
        deal.last = deal.standing = after
        self._write(
            deal, steps, actor=actor, base_minor=base_minor, reason=reason, competitor=competitor,
            text=text, lines=lines,
        )  # fmt: skip

    def _write(
        self,
        deal: Deal,
        steps: tuple[Step, ...],
        *,
        actor: int | None = None,
        base_minor: int | None = None,
        reason: str = "",
        competitor: str = "",
        text: str = "",
        lines: tuple[SoldLine, ...] | None = None,
    ) -> None:
        minutes = self.rng.randrange(510, 1080)
        at = datetime.combine(deal.day, time(0), _SHANGHAI) + timedelta(minutes=minutes)
        if deal.saves and at <= deal.saves[-1].at:
            at = deal.saves[-1].at + timedelta(minutes=1)
        deal.saves.append(
            Save(
                on=deal.day,
                at=at,
                actor_id=deal.last.position.owner_id if actor is None else actor,
                correlation_id=UUID(int=self.rng.getrandbits(128), version=4),
                steps=steps,
                base_minor=base_minor,
                reason=reason,
                competitor=competitor,
                text=text,
                lines=lines,
            )
        )

    def _tick(self, deal: Deal, stages: range, share: float = 0.93) -> None:
        """Tick the evidence of stages passed; here and there one is forgotten."""
        rng = self.rng
        ticked = {tick.key for tick in deal.ticks}
        for stage in stages:
            for key in deal.method.evidence[stage]:
                if key in ticked or rng.random() > share:
                    continue
                on = max(deal.created_on, deal.day - timedelta(days=rng.randrange(6)))
                note = rng.choice(self.words["evidence_notes"]) if rng.random() < 0.3 else ""
                owner = deal.last.position.owner_id
                deal.ticks.append(Tick(deal.method.stages[stage], key, on, owner, note))

    def _tell_what_is_next(self, deal: Deal) -> None:
        rng = self.rng
        if rng.random() < 0.12:
            return
        deal.next_step = rng.choice(self.words["next_steps"])
        deal.next_step_on = self.world.last + timedelta(days=rng.randint(-8, 28))
        stage = deal.stage
        share = 0.35
        ticked = {tick.key for tick in deal.ticks}
        for key in deal.method.evidence[stage]:
            if key not in ticked and rng.random() < share:
                owner = deal.last.position.owner_id
                deal.ticks.append(Tick(deal.method.stages[stage], key, deal.day, owner, ""))

    def _days_from(self, method: MethodFacts, stage: int) -> float:
        return sum(method.days[stage:]) * self.pace

    def _rate_bp(self, deal: Deal) -> int:
        return deal.method.rates_bp[deal.stage]

    def _category(self, method: MethodFacts, stage: int) -> Category:
        rate = method.rates_bp[stage]
        if rate < 2000:
            return Category.PIPELINE
        likely = Category.BEST_CASE if rate < 5000 else Category.COMMIT
        return likely if self.rng.random() < 0.65 else Category(likely - 1)
