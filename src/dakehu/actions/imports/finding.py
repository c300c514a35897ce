"""Finding what rows of opportunities name, and comparing those that came before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dakehu.actions.imports.currency import Booking
from dakehu.actions.imports.organisation import people_by_name, units_of_sellers
from dakehu.actions.imports.products import Catalogue, catalogue
from dakehu.actions.imports.stages import StagePlace, Stages
from dakehu.actions.imports.work import Work
from dakehu.actions.opportunities.home import leaving_day
from dakehu.core.errors import DakehuError, RuleBroken
from dakehu.core.imports.plan import PlannedDeal
from dakehu.core.ledger import Place, check_day
from dakehu.core.money import round_to_minor
from dakehu.core.names import folded
from dakehu.models import BooksClosing, Opportunity, Product, ProductLine
from dakehu.queries.units import Units, all_units


@dataclass(frozen=True, slots=True)
class Lookups:
    """What names in rows may mean, read once: people, where they sell, products, closed books."""

    people: dict[str, set[int]]
    sellers: Mapping[int, list[tuple[int, date, date | None]]]
    catalogue: Catalogue
    closed_until: date | None
    units: Units


def lookups(work: Work, *, products: bool) -> Lookups:
    """Read what rows may name."""
    closing = BooksClosing.objects.order_by("-id").first()
    return Lookups(
        people_by_name(work),
        units_of_sellers(),
        catalogue() if products else Catalogue(),
        closing.until_on if closing else None,
        all_units(),
    )


@dataclass(frozen=True, slots=True)
class Ready:
    """A planned opportunity with all that it names found."""

    deal: PlannedDeal
    owner_id: int
    unit_id: int
    version_id: int
    stage_id: int
    product: Product | None
    account_id: int | None
    amount_minor: int
    outcome_minor: int
    #: Where the unit was closed while it was open: the owner's unit then, and the day it leaves.
    home: tuple[int, date] | None
    #: The stage it began at and those it entered later, by day, with their places in the method.
    way: tuple[tuple[date, StagePlace], ...]

    @property
    def last_on(self) -> date:
        return self.deal.outcome_on or (self.home[1] if self.home else self.way[-1][0])

    @property
    def unit_now(self) -> int:
        """Give the unit in which it stands in the end."""
        return self.home[0] if self.home else self.unit_id


class Finder:
    """Finds what rows name; what is not found, or not in reach, refuses the row."""

    def __init__(
        self,
        work: Work,
        stages: Stages,
        booking: Booking,
        lookups: Lookups,
        accounts: Mapping[str, list[int]],
    ) -> None:
        self._work = work
        self._stages = stages
        self._booking = booking
        self.catalogue = lookups.catalogue
        self._accounts = accounts
        self._people = lookups.people
        self._units = lookups.sellers
        self._tree = lookups.units
        self._closed_until = lookups.closed_until

    def find(self, deal: PlannedDeal) -> Ready | None:
        """Give a row with what it names; all that is wrong with it is said at once."""
        owner, stage = self._owner(deal), self._stage(deal)
        unit = None if owner is None else self._reached_unit(deal, owner)
        way = None if stage is None else self._way(deal, stage)
        product, account = self._product(deal), self._account(deal)
        unknown = (deal.product and product is None) or (deal.account and account is None)
        if owner is None or unit is None or stage is None or way is None or unknown:
            return None
        amount, days_hold = self._amount(deal, product), self._days_hold(deal)
        if amount is None or not days_hold:
            return None
        try:
            home = self._home(deal, owner, unit, way[-1][0])
        except RuleBroken as error:
            self._work.refuse(deal.at, error.code, **error.facts)
            return None
        left = amount
        if deal.outcome_amount not in (None, deal.amount):
            left = round_to_minor(deal.outcome_amount, self._booking.digits)
        return Ready(
            deal, owner, unit, stage.version_id, way[-1][1].stage_id, product, account, amount,
            left, home, way,
        )  # fmt: skip

    def say_unknown(self, deal: PlannedDeal) -> None:
        """Of a row that is refused already say what it names that nobody has."""
        if deal.owner:
            self._owner(deal)
        if deal.stage:
            self._stage(deal)
        self._product(deal)
        self._account(deal)

    def _owner(self, deal: PlannedDeal) -> int | None:
        owners = self._people.get(folded(deal.owner), ())
        if len(owners) == 1:
            return next(iter(owners))
        code = "import.several_people" if owners else "import.unknown_owner"
        self._work.refuse(deal.at, code, name=deal.owner)
        return None

    def _reached_unit(self, deal: PlannedDeal, owner: int) -> int | None:
        unit = self._unit(owner, deal.start_on)
        if unit is not None and self._work.reaches(unit):
            return unit
        code = "import.owner_without_unit" if unit is None else "import.owner_out_of_reach"
        self._work.refuse(deal.at, code, name=deal.owner)
        return None

    def _stage(self, deal: PlannedDeal) -> StagePlace | None:
        stage = self._stages.find(deal.method, deal.stage, deal.outcome)
        if stage is None:
            self._work.refuse(deal.at, "import.unknown_stage", stage=deal.stage)
        return stage

    def _product(self, deal: PlannedDeal) -> Product | None:
        product = self.catalogue.find(deal.product, deal.at) if deal.product else None
        if deal.product and product is None:
            self._work.refuse(deal.at, "import.unknown_product", name=deal.product)
        return product

    def _account(self, deal: PlannedDeal) -> int | None:
        accounts = self._accounts.get(folded(deal.account), []) if deal.account else []
        if deal.account and len(accounts) != 1:
            code = "import.several_accounts" if accounts else "import.unknown_account"
            self._work.refuse(deal.at, code, name=deal.account)
            return None
        return accounts[0] if accounts else None

    def _way(
        self, deal: PlannedDeal, stage: StagePlace
    ) -> tuple[tuple[date, StagePlace], ...] | None:
        way = [(deal.start_on, stage)]
        for on, name in deal.moves:
            entered = self._stages.find(deal.method, name, None)
            if entered is None or entered.version_id != stage.version_id:
                self._work.refuse(deal.at, "import.unknown_stage", stage=name)
                return None
            if entered.stage_id != way[-1][1].stage_id:
                way.append((on, entered))
        return tuple(way)

    def _unit(self, owner: int, on: date) -> int | None:
        """Give the unit in which the owner sold on that day, else the first they sold in."""
        held = self._units.get(owner, [])
        for unit, from_on, until_on in held:
            if from_on <= on and (until_on is None or on < until_on):
                return unit
        return held[0][0] if held else None

    def _home(
        self, deal: PlannedDeal, owner: int, unit: int, last_on: date
    ) -> tuple[int, date] | None:
        """Give where and when it leaves a unit that was closed while it was open (decision 15)."""
        tree = self._tree.tree(self._work.today)
        if unit in tree:
            return None
        day = leaving_day(self._tree, unit, last_on, self._work.today)
        if deal.outcome_on is not None and deal.outcome_on < day:
            return None
        home = self._unit(owner, day)
        if home is None or home not in tree:
            raise RuleBroken("import.unit_closed", on=day)
        if not self._work.reaches(home):
            raise RuleBroken("import.owner_out_of_reach", name=deal.owner)
        return home, day

    def _amount(self, deal: PlannedDeal, product: Product | None) -> int | None:
        amount = deal.amount
        if amount is None and product is not None:
            if product.currency_id not in (None, self._booking.currency):
                self._work.refuse(
                    deal.at, "import.price_in_other_currency", name=deal.product,
                    currency=product.currency_id,
                )  # fmt: skip
                return None
            amount = product.list_price
        if amount is None:
            amount = deal.outcome_amount
        if amount is None:
            self._work.refuse(deal.at, "import.no_amount", name=deal.product)
            return None
        return round_to_minor(amount, self._booking.digits)

    def _days_hold(self, deal: PlannedDeal) -> bool:
        try:
            for on in (deal.start_on, *(on for on, _stage in deal.moves), deal.outcome_on):
                if on is not None:
                    check_day(
                        on=on, last_on=deal.start_on, today=self._work.today,
                        closed_until=self._closed_until,
                    )  # fmt: skip
        except DakehuError as error:
            self._work.refuse(deal.at, error.code, **error.facts)
            return False
        return True


def without_taken_codes(work: Work, ready: list[Ready]) -> list[Ready]:
    codes = [r.deal.code for r in ready if r.deal.code]
    rows = Opportunity.objects.filter(code__among=codes)
    taken = set(rows.values_list("code", flat=True))
    for found in ready:
        if found.deal.code in taken:
            work.refuse(found.deal.at, "import.code_taken", name=found.deal.external_id)
    return [r for r in ready if r.deal.code not in taken]


def compare(
    work: Work, again: Sequence[tuple[Ready, int]], *, updating: bool = False
) -> list[tuple[Ready, int, list[str]]]:
    """Tell rows that came before and are as they were from those that differ.

    Those that differ are given with the fields where rows are to follow the file (`updating`),
    else said and left as they are here.
    """
    differ: list[tuple[Ready, int, list[str]]] = []
    ids = [pk for _ready, pk in again]
    held: dict[int, dict[str, Any]] = {}
    products: dict[int, set[int]] = {}
    for place in range(0, len(ids), 500):
        part = ids[place : place + 500]
        for row in Opportunity.objects.visible_to(work.actor).filter(pk__in=part).values(
            "id", "owner_id", "account_id", "place", "stage_id", "amount_minor",
            "created_on", "decided_on", "voided", "close_on", "name", "next_step",
        ):  # fmt: skip
            held[row["id"]] = row
        for opportunity, product in ProductLine.objects.filter(
            line_set__opportunity_id__in=part, line_set__is_current=True
        ).values_list("line_set__opportunity_id", "product_id"):
            products.setdefault(opportunity, set()).add(product)
    for found, pk in again:
        deal, kept = found.deal, held.get(pk)
        if kept is None:
            work.refuse_hidden(deal.at, deal.external_id)
            continue
        differing = _differing(found, kept, updating=updating)
        if found.product is not None and products.get(pk) != {found.product.pk}:
            differing.append("product")
        if differing and updating:
            differ.append((found, pk, differing))
        elif differing:
            work.changed(deal.at, deal.external_id, differing)
        else:
            work.mark(deal.at, "unchanged")
    return differ


def _differing(found: Ready, row: Mapping[str, Any], *, updating: bool) -> list[str]:
    """Name the fields in which a row of the file differs from what is here."""
    deal = found.deal
    wanted: dict[str, Any] = {
        "owner_id": found.owner_id,
        "account_id": found.account_id,
        "place": int(deal.outcome or Place.OPEN),
        "stage_id": found.stage_id,
        "amount_minor": found.outcome_minor,
        "decided_on": deal.outcome_on,
        "voided": False,
    }
    if not deal.start_unknown:
        wanted["created_on"] = deal.start_on
    if updating:
        # What a file leaves empty it does not say; it empties nothing here.
        texts = {name: getattr(deal, name) for name in ("close_on", "name", "next_step")}
        wanted |= {name: value for name, value in texts.items() if value}
        if found.account_id is None:
            wanted.pop("account_id")
    return [name for name, value in wanted.items() if row.get(name) != value]
