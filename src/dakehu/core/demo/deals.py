"""The demo's deals: how each went from its first day on, save by save.

A deal is played stage by stage: how long it stays, what happens meanwhile (it grows, slips, is
handed over), and how it leaves. Every change is a standing of the ledger; `steps_between` makes
the movements of it, as it does for people.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from dakehu.core.currency import convert
from dakehu.core.demo.deal import BASE, DIGITS, Deal, SoldLine
from dakehu.core.demo.player import Player, workday
from dakehu.core.demo.world import World
from dakehu.core.ledger import (
    Category,
    Kind,
    Place,
    Position,
    Standing,
    Step,
    decided,
    month_of,
)

_SOURCES = ("own", "own", "own", "referral", "channel", "campaign", "web", "service_call")
_LOST = ("price", "price", "price", "product", "relationship", "delivery", "service", "too_late")
_ABANDONED = ("no_budget", "no_budget", "no_decision", "not_worth_it", "no_fit")
_WON = ("value", "value", "relationship", "product", "service", "price", "delivery")


def deals(
    world: World, count: int, chosen: Callable[[int], bool] = lambda _number: True
) -> Iterator[Deal]:
    """Play so many deals, in the order of their first days; of them those that are chosen.

    Each has throws of its own: a part of them is the same as in the whole.
    """
    rng = Random(f"{world.seed}/days")
    span = (world.last - world.start).days
    # Rather more each month than the month before: the company grows.
    days = sorted(int(span * rng.random() ** 0.9) for _ in range(count))
    reach: list[float] = []
    for seller in world.sellers:
        reach.append((reach[-1] if reach else 0.0) + seller.weight)
    for number, day in enumerate(days):
        if not chosen(number):
            continue
        game = _Game(world, Random(f"{world.seed}/{number}"))
        yield game.play(number, workday(world.start + timedelta(days=day), world.last), reach)


class _Game(Player):
    """Plays one deal; every throw comes from its own generator."""

    # --- the beginning -----------------------------------------------------------------------

    def play(self, number: int, day: date, reach: list[float]) -> Deal:
        """Play a deal from its first day to the last day that is told."""
        deal = self._begin(number, day, reach)
        while deal.standing is not None and self._stage(deal):
            pass
        if deal.standing is not None and deal.standing.position.place is Place.OPEN:
            self._tell_what_is_next(deal)
        return deal

    def _begin(self, number: int, day: date, reach: list[float]) -> Deal:
        world, rng = self.world, self.rng
        chosen = rng.choices(range(len(reach)), cum_weights=reach)[0]
        number_of_seller, unit = world.seat_of(chosen, day)
        seller = world.sellers[number_of_seller]
        key = world.method_of[seller.business]
        if rng.random() < 0.08:
            key = rng.choice(sorted(world.methods))
        method = world.methods[key]
        currency = BASE
        if seller.abroad or rng.random() < 0.03:
            currency = rng.choice(("USD", "USD", "EUR"))
        lines, amount, label = self._offer(seller.business, currency, day)
        stage = rng.choices((0, 1, 2), (86, 11, 3))[0]
        close_on = day + timedelta(days=int(self._days_from(method, stage) * rng.uniform(0.7, 1.2)))
        position = Position(
            Place.OPEN,
            seller.person_id,
            unit,
            method.stages[stage],
            self._category(method, stage),
            month_of(close_on),
            currency,
        )
        standing = Standing(position, amount)
        deal = Deal(
            number=number,
            label=label,
            account_id=rng.choice(seller.accounts),
            method=method,
            seller=number_of_seller,
            day=day,
            standing=standing,
            close_on=close_on,
            created_on=day,
            stage_since=day,
            last=standing,
            source=rng.choice(_SOURCES),
            event=rng.choice(self.words["events"]) if rng.random() < 0.6 else "",
            lines=lines,
        )
        self._write(deal, (Step(Kind.CREATED, None, standing),), lines=lines or None)
        self._tick(deal, range(stage))
        return deal

    def _offer(
        self, business: str, currency: str, day: date
    ) -> tuple[tuple[SoldLine, ...], int, str]:
        """Give the lines, their amount in minor units, and what the deal is called."""
        rng = self.rng
        items = self.world.items[business]
        chosen = rng.sample(items, rng.choices((1, 2, 3), (6, 3, 1))[0])
        rate = self.world.rates.on(currency, day)
        threshold = self.world.threshold[business] * 100
        lines: list[SoldLine] = []
        for item in chosen:
            most = max(2, min(24, int(Decimal(1_600_000) / item.price)))
            quantity = Decimal(rng.randint(1, most))
            price = int(
                item.price * Decimal(str(round(rng.uniform(0.82, 1.03), 3))) / rate_of(rate)
            )
            unit_price = Decimal(max(price // 10 * 10, 10))
            least = Decimal(threshold) / 100 / rate_of(rate) * Decimal("1.05")
            if quantity * unit_price < least:
                quantity = Decimal(int(least / unit_price) + 1)
            lines.append(_line(item.product_id, quantity, unit_price, None))
        amount = sum(line.amount_minor for line in lines)
        pattern = rng.choice(self.words["projects"]).replace("{product}", chosen[0].label)
        label = f"{rng.choice(self.words['parts'])}{pattern}"
        if rng.random() < 0.18:
            # Nobody named products yet: a round figure.
            return (), max(round(amount, -6), 10**7), label
        return tuple(lines), amount, label

    # --- one stay in a stage -----------------------------------------------------------------

    def _stage(self, deal: Deal) -> bool:
        """Play the stay in the present stage; False where the story ends."""
        rng, method, stage = self.rng, deal.method, deal.stage
        stay = max(1, int(method.days[stage] * self.pace * rng.lognormvariate(0, 0.55)))
        if stage == self.asleep_at:
            self.careless, self.asleep_at, stay = True, None, stay * 6
        leave = workday(deal.day + timedelta(days=stay), date.max - timedelta(days=9))
        self._meanwhile(deal, min(leave, self.world.last + timedelta(days=1)))
        if deal.standing is None or leave > self.world.last:
            return False
        deal.day = max(deal.day, leave)
        return self._leave(deal, stage)

    def _meanwhile(self, deal: Deal, until: date) -> None:
        """Let happen what happens before `until`: hand-overs, growth, slips, own rates."""
        rng = self.rng
        begun = deal.day
        days = max((until - begun).days, 1)
        happenings = [(day, "seat") for day in self.world.changes_of(deal.seller)]
        for what, chance in (
            ("amount", 0.16), ("own_rate", 0.018), ("category", 0.05), ("handed", 0.006),
            ("void", 0.0015), ("pull", 0.03),
        ):  # fmt: skip
            if rng.random() < chance:
                day = workday(begun + timedelta(days=rng.randrange(days)), self.world.last)
                happenings.append((day, what))
        if deal.close_on is not None and deal.close_on < until and not self.careless:
            noticed = deal.close_on - timedelta(days=rng.randrange(12))
            happenings.append((workday(max(noticed, begun), self.world.last), "slip"))
        happenings.sort(reverse=True)
        while happenings and deal.standing is not None:
            day, what = happenings.pop()
            if not deal.day <= day < until or day > self.world.last:
                continue
            self._happen(deal, day, what)
            if what == "handed":
                happenings += [(d, "seat") for d in self.world.changes_of(deal.seller)]
                happenings.sort(reverse=True)

    def _happen(self, deal: Deal, day: date, what: str) -> None:
        rng = self.rng
        deal.day = day
        held = deal.last
        position = held.position
        match what:
            case "seat":
                self._take_seat(deal)
            case "handed":
                self._hand_over(deal)
            case "amount":
                self._change_amount(deal)
            case "own_rate":
                rate = self._rate_bp(deal) + rng.choice((-1000, -500, 500, 1000, 1500))
                bounded = min(max(rate, 0), 9500)
                self._save(
                    deal, Standing(replace(position, own_rate_bp=bounded), held.amount_minor)
                )
            case "category":
                category = rng.choice((Category.PIPELINE, Category.BEST_CASE, Category.COMMIT))
                self._save(deal, Standing(replace(position, category=category), held.amount_minor))
            case "pull" if deal.close_on is not None:
                self._set_close(deal, max(day, deal.close_on - timedelta(days=rng.randint(20, 60))))
            case "slip":
                left = int(self._days_from(deal.method, deal.stage) * rng.uniform(0.5, 1.1))
                self._set_close(deal, day + timedelta(days=max(left, 20)))
            case "void":
                self._void(deal)

    # --- what a save may change --------------------------------------------------------------

    def _take_seat(self, deal: Deal) -> None:
        seller, unit = self.world.seat_of(deal.seller, deal.day)
        owner = self.world.sellers[seller].person_id
        position = replace(deal.last.position, owner_id=owner, unit_id=unit)
        deal.seller = seller
        if position != deal.last.position:
            actor = self.world.heads.get(unit, owner)
            self._save(deal, Standing(position, deal.last.amount_minor), actor=actor)

    def _hand_over(self, deal: Deal) -> None:
        unit = deal.last.position.unit_id
        colleagues = [
            number
            for number, seller in enumerate(self.world.sellers)
            if number != deal.seller
            and seller.business == self.world.sellers[deal.seller].business
            and self.world.seat_of(number, deal.day) == (number, unit)
        ]
        if colleagues:
            deal.seller = self.rng.choice(colleagues)
            self._take_seat(deal)

    def _change_amount(self, deal: Deal) -> None:
        by = Decimal(str(round(self.rng.choice((0.85, 0.9, 0.93, 1.08, 1.15, 1.3)), 2)))
        if deal.lines:
            lines = tuple(
                _line(
                    line.product_id,
                    line.quantity,
                    Decimal(max(int(line.unit_price * by) // 10 * 10, 10)),
                    line.delivery_month,
                )
                for line in deal.lines
            )
            amount = sum(line.amount_minor for line in lines)
        else:
            lines, amount = (), int(deal.last.amount_minor * by) // 10**6 * 10**6
        if amount != deal.last.amount_minor and amount > 0:
            deal.lines = lines
            self._save(deal, Standing(deal.last.position, amount), lines=lines or None)

    def _set_close(self, deal: Deal, close_on: date) -> None:
        deal.close_on = close_on
        position = replace(deal.last.position, close_month=month_of(close_on))
        if position != deal.last.position:
            self._save(deal, Standing(position, deal.last.amount_minor))

    def _void(self, deal: Deal) -> None:
        note = self.rng.choice(self.words["voided_notes"])
        self._write(deal, (Step(Kind.VOIDED, deal.last, None),), text=note)
        deal.standing = None

    # --- leaving the stage -------------------------------------------------------------------

    def _leave(self, deal: Deal, stage: int) -> bool:
        rng, method = self.rng, deal.method
        chance = min(max(method.onward[stage] + self.luck, 0.05), 0.99)
        if rng.random() < chance:
            if stage == len(method.stages) - 1:
                self._win(deal)
                return False
            return self._advance(deal, stage)
        way = rng.random()
        if stage > 0 and way < 0.14:
            self._regress(deal, stage)
            return True
        if way < (0.62 if stage < 2 else 0.32):
            self._decide(deal, Place.ABANDONED)
            return False
        self._decide(deal, Place.LOST)
        return rng.random() < 0.05 and self._reopen(deal)

    def _advance(self, deal: Deal, stage: int) -> bool:
        rng, method = self.rng, deal.method
        to = stage + 1
        if rng.random() < 0.05 and to + 1 < len(method.stages):
            to += 1
        self._tick(deal, range(stage, to))
        expected = int(self._days_from(method, to) * rng.uniform(0.7, 1.2))
        close_on = deal.close_on
        near = close_on is None or (close_on - deal.day).days < expected // 3
        if close_on is None or (near and not (self.careless and rng.random() < 0.6)):
            close_on = deal.day + timedelta(days=max(expected, 10))
        deal.close_on = close_on
        position = replace(
            deal.last.position,
            stage_id=method.stages[to],
            category=self._category(method, to),
            close_month=month_of(close_on),
            own_rate_bp=None,
        )
        deal.stage_since = deal.day
        self._save(deal, Standing(position, deal.last.amount_minor))
        if to >= 2 and not deal.competitors and rng.random() < 0.55:
            deal.competitors = tuple(rng.sample(self.words["competitors"], rng.choice((1, 1, 2))))
        return True

    def _regress(self, deal: Deal, stage: int) -> None:
        method = deal.method
        position = replace(deal.last.position, stage_id=method.stages[stage - 1])
        deal.stage_since = deal.day
        note = self.rng.choice(self.words["regressed_notes"])
        self._save(deal, Standing(position, deal.last.amount_minor), text=note)

    def _win(self, deal: Deal) -> None:
        self._tick(deal, range(deal.stage, deal.stage + 1), share=0.98)
        self._decide(deal, Place.WON)

    def _decide(self, deal: Deal, place: Place) -> None:
        rng, held = self.rng, deal.last
        rate = self.world.rates.on(held.position.currency, deal.day)
        deal.booked_minor = convert(
            held.amount_minor, from_digits=DIGITS, rate=rate, to_digits=DIGITS
        )
        deal.decided_on = deal.day
        competitor = ""
        if place is Place.WON:
            reason, note = rng.choice(_WON), rng.choice(self.words["won_notes"])
        elif place is Place.LOST:
            reason, note = rng.choice(_LOST), rng.choice(self.words["lost_notes"])
            competitor = rng.choice(deal.competitors or tuple(self.words["competitors"]))
            deal.competitors = deal.competitors or (competitor,)
        else:
            reason, note = rng.choice(_ABANDONED), rng.choice(self.words["abandoned_notes"])
        self._save(
            deal,
            Standing(decided(held.position, place), held.amount_minor),
            base_minor=deal.booked_minor,
            reason=reason,
            competitor=competitor,
            text=note if rng.random() < 0.5 else "",
        )

    def _reopen(self, deal: Deal) -> bool:
        day = workday(deal.day + timedelta(days=self.rng.randint(25, 120)), self.world.last)
        if day > self.world.last or day <= deal.day:
            return False
        deal.day = day
        seller, unit = self.world.seat_of(deal.seller, day)
        deal.seller = seller
        left = int(self._days_from(deal.method, deal.stage) * self.rng.uniform(0.7, 1.1))
        deal.close_on = day + timedelta(days=max(left, 20))
        position = replace(
            deal.last.position,
            place=Place.OPEN,
            owner_id=self.world.sellers[seller].person_id,
            unit_id=unit,
            category=Category.PIPELINE,
            close_month=month_of(deal.close_on),
        )
        booked, deal.booked_minor, deal.decided_on = deal.booked_minor, None, None
        note = self.rng.choice(self.words["reopened_notes"])
        deal.stage_since = day
        self._save(deal, Standing(position, deal.last.amount_minor), base_minor=booked, text=note)
        return True


def rate_of(rate: Fraction) -> Decimal:
    """Give a rate of exchange as a decimal to divide prices by."""
    return Decimal(rate.numerator) / Decimal(rate.denominator)


def _line(
    product_id: int, quantity: Decimal, unit_price: Decimal, delivery: date | None
) -> SoldLine:
    return SoldLine(product_id, quantity, unit_price, int(quantity * unit_price * 100), delivery)
