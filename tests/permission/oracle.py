"""Who may see what, once more and naively: plain loops over plain rows, from DESIGN's table.

Nothing here is shared with the product: neither core.access, nor models.visibility, nor a query.
It is slow and simple on purpose, so that it can be read beside the table:

| role | sees |
| --- | --- |
| salesperson | own + granted |
| unit head, sales operations | the unit's subtree of today |
| executive, finance, auditor | all |
| support staff | granted |
| administrator | no customer data |

Readings taken (docs/decisions/0008). Grants count for whoever holds them, and for nobody who
stands in for them. Heads and sales operations see their own records in other units too, as
salespeople do: "units or owner in scope" (DESIGN: Rows). Who deputises has the appointment that the
row names, and "own" in it are the records of whom they stand in for. A unit that was closed hangs
where it last hung, for whose records are seen by whom. A head whose unit is closed still has it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import wraps
from math import ceil
from typing import Any

from dakehu import models
from dakehu.core.ledger import Kind

Row = dict[str, Any]

SEES = {
    "salesperson": "own",
    "unit_head": "subtree",
    "sales_operations": "subtree",
    "executive": "all",
    "finance": "all",
    "auditor": "all",
    "support": "granted",
    "administrator": "granted",
}
#: Sensitive fields are masked by role: these read the phones of customers' people.
READS_PHONES = {"salesperson", "unit_head", "sales_operations"}
#: And these the personal notes about them: not finance (DESIGN's table), nor who has no customers.
READS_NOTES = {
    "salesperson", "unit_head", "sales_operations", "executive", "auditor", "support",
}  # fmt: skip

OPEN, WON, LOST, ABANDONED = 1, 2, 3, 4
#: Kinds of movement by which a stay at a stage begins or ends, by their numbers in the table.
TURNING = {
    int(kind)
    for kind in (
        Kind.CREATED, Kind.METHOD_MOVED, Kind.ADVANCED, Kind.REGRESSED, Kind.WON, Kind.LOST,
        Kind.ABANDONED, Kind.REOPENED, Kind.VOIDED, Kind.RESTORED,
    )
}  # fmt: skip
POSITION = (
    "owner_id", "unit_id", "stage_id", "category", "close_month", "currency", "own_rate_bp",
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """The tables as they stand, row by row."""

    places: list[Row]
    seats: list[Row]
    grants: list[Row]
    opportunities: list[Row]
    accounts: list[Row]
    names: list[Row]
    contacts: list[Row]
    entries: list[Row]
    quotas: list[Row]
    small_sales: list[Row]
    exchange: list[Row]
    lines: list[Row]
    stages: list[Row]
    reversals: list[Row]
    reviews: list[Row]
    runs: list[Row]


def read_rows() -> Rows:
    """Read every table whole."""

    def all_of(model: Any, *more: str) -> list[Row]:
        columns = [field.attname for field in model._meta.concrete_fields]
        return list(model.objects.order_by("pk").values(*columns, *more))

    return Rows(
        places=sorted(all_of(models.UnitPlace), key=lambda r: (r["on"], r["recorded_at"])),
        seats=all_of(models.Appointment),
        grants=all_of(models.Grant),
        opportunities=all_of(models.Opportunity),
        accounts=all_of(models.Account),
        names=all_of(models.AccountName),
        contacts=all_of(models.Contact),
        entries=all_of(models.Entry),
        quotas=all_of(models.Quota),
        small_sales=all_of(models.SmallSale),
        exchange=sorted(all_of(models.ExchangeRate), key=lambda r: (r["on"], r["recorded_at"])),
        lines=all_of(models.ProductLine, "line_set__opportunity_id", "line_set__on"),
        stages=all_of(models.Stage, "method__key"),
        reversals=list(
            models.Movement.objects.filter(reverses__isnull=False).values("id", "reverses_id")
        ),
        reviews=list(models.ReviewUnit.objects.values("review_id", "review__unit_id", "unit_id")),
        runs=list(models.ImportRun.objects.values("id", "actor_id")),
    )


@dataclass
class Won:
    """Outcomes added up; the amount in minor units of the base currency."""

    won: int = 0
    minor: Fraction = Fraction(0)
    lost: int = 0
    abandoned: int = 0

    def add(self, place: int, count: int, minor: Fraction | int) -> None:
        if place == WON:
            self.won += count
            self.minor += minor
        elif place == LOST:
            self.lost += count
        else:
            self.abandoned += count

    def told(self) -> tuple[int, str, int, int]:
        """Give won count, won amount as text, lost and abandoned count."""
        return self.won, money(self.minor / 100), self.lost, self.abandoned


def money(value: Fraction) -> str:
    """Give an amount with two decimals, rounded half even."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact.quantize(Decimal('0.01'), ROUND_HALF_EVEN):f}"


def once(answer: Callable[["Oracle", int], Any]) -> Callable[["Oracle", int], Any]:
    """Let a question about a person be answered once: the rows stand still."""

    @wraps(answer)
    def kept(oracle: "Oracle", person: int) -> Any:
        key = (answer.__name__, person)
        if key not in oracle.known:
            oracle.known[key] = answer(oracle, person)
        return oracle.known[key]

    return kept


class Oracle:
    """Answers for any person, by looking at every row."""

    def __init__(self, rows: Rows, today: date) -> None:
        self.rows = rows
        self.today = today
        self.opportunity_by_id = {row["id"]: row for row in rows.opportunities}
        self.account_by_id = {row["id"]: row for row in rows.accounts}
        self.known: dict[tuple[str, int], Any] = {}
        self._below: dict[tuple[int, date], frozenset[int]] = {}

    # -- the organisation ------------------------------------------------------------------

    def tree(self, day: date) -> dict[int, int | None]:
        """Give each unit that stood on the day with the unit above it."""
        latest: dict[int, Row] = {}
        for place in self.rows.places:
            if place["on"] <= day:
                latest[place["unit_id"]] = place
        return {unit: p["parent_id"] for unit, p in latest.items() if not p["closed"]}

    def hung(self, day: date) -> dict[int, int | None]:
        """Give each unit that ever stood by the day with the unit above it on its last day."""
        last: dict[int, int | None] = {}
        for place in self.rows.places:
            if place["on"] <= day and not place["closed"]:
                last[place["unit_id"]] = place["parent_id"]
        return last

    def below(self, unit: int, day: date) -> frozenset[int]:
        """Give the unit and all below it on the day, with what was closed there."""
        if (unit, day) not in self._below:
            tree = self.hung(day)
            found = {unit}
            for start in tree:
                here: int | None = start
                while here in tree and here != unit:
                    here = tree[here]
                if here == unit and unit in tree:
                    found.add(start)
            self._below[unit, day] = frozenset(found)
        return self._below[unit, day]

    def above(self, unit: int) -> list[int]:
        """Give the unit and those above it today, from below."""
        tree, found = self.tree(self.today), []
        here: int | None = unit
        while here is not None and here in tree:
            found.append(here)
            here = tree[here]
        return found

    @once
    def seats(self, person: int) -> list[Row]:
        """Give the appointments in force today."""
        return [
            seat
            for seat in self.rows.seats
            if seat["person_id"] == person
            and seat["from_on"] <= self.today
            and (seat["until_on"] is None or self.today < seat["until_on"])
        ]

    # -- scope -----------------------------------------------------------------------------

    @once
    def sees_all(self, person: int) -> bool:
        return any(SEES[seat["role"]] == "all" for seat in self.seats(person))

    @once
    def units(self, person: int) -> frozenset[int]:
        found: set[int] = set()
        for seat in self.seats(person):
            if SEES[seat["role"]] == "subtree":
                found |= self.below(seat["unit_id"], self.today)
        return frozenset(found)

    @once
    def owners(self, person: int) -> set[int]:
        """Give whose own records are in scope: one's own, and of whom one stands in for."""
        return {
            person if seat["for_person_id"] is None else seat["for_person_id"]
            for seat in self.seats(person)
            if SEES[seat["role"]] in ("own", "subtree")
        }

    def in_scope(self, person: int, owner: int | None, unit: int | None) -> bool:
        """Test a record or a position by its owner and unit, grants aside."""
        return self.sees_all(person) or unit in self.units(person) or owner in self.owners(person)

    def scope(self, person: int) -> Callable[[int | None, int | None], bool]:
        """Give `in_scope` of one person, asked many times."""
        everything, units, owners = self.sees_all(person), self.units(person), self.owners(person)
        return lambda owner, unit: everything or unit in units or owner in owners

    # -- records ---------------------------------------------------------------------------

    @once
    def opportunities(self, person: int) -> set[int]:
        granted = self._granted(person, "opportunity_id")
        inside = self.scope(person)
        return {
            row["id"]
            for row in self.rows.opportunities
            if inside(row["owner_id"], row["unit_id"]) or row["id"] in granted
        }

    @once
    def accounts(self, person: int) -> set[int]:
        granted = self._granted(person, "account_id")
        inside = self.scope(person)
        return {
            row["id"]
            for row in self.rows.accounts
            if inside(row["manager_id"], row["unit_id"]) or row["id"] in granted
        }

    @once
    def contacts(self, person: int) -> set[int]:
        accounts = self.accounts(person)
        return {row["id"] for row in self.rows.contacts if row["account_id"] in accounts}

    def reads_phone(self, person: int, contact: Row) -> bool:
        roles = {seat["role"] for seat in self.seats(person)}
        manager = self.account_by_id[contact["account_id"]]["manager_id"]
        return bool(roles & READS_PHONES) or manager == person

    def reads_note(self, person: int, contact: Row) -> bool:
        roles = {seat["role"] for seat in self.seats(person)}
        manager = self.account_by_id[contact["account_id"]]["manager_id"]
        return bool(roles & READS_NOTES) or manager == person

    @once
    def small_sales(self, person: int) -> set[int]:
        inside = self.scope(person)
        return {r["id"] for r in self.rows.small_sales if inside(r["owner_id"], r["unit_id"])}

    def reviews(self, person: int) -> set[int]:
        """Give the reviews of units in scope, whole: of every unit that they add up."""
        every = {row["review_id"] for row in self.rows.reviews}
        if self.sees_all(person):
            return every
        units = self.units(person)
        return every - {
            r["review_id"]
            for r in self.rows.reviews
            if not {r["unit_id"], r["review__unit_id"]} <= units
        }

    def runs(self, person: int) -> set[int]:
        """Give the imports that somebody ran: nobody sees those of others."""
        return {row["id"] for row in self.rows.runs if row["actor_id"] == person}

    def untidy(self, person: int) -> dict[int, set[str]]:
        """Give the open opportunities that lack something, and what."""
        medians = self.medians()
        found: dict[int, set[str]] = {}
        for pk in self.opportunities(person):
            row = self.opportunity_by_id[pk]
            if row["place"] != OPEN or row["voided"]:
                continue
            step = row["next_step_on"]
            typical = medians.get(row["stage_id"])
            still = (self.today - row["last_on"]).days
            lacks = {
                "close_passed": row["close_on"] is not None and row["close_on"] < self.today,
                "no_next_step": not row["next_step"] or (step is not None and step < self.today),
                "no_amount": row["amount_minor"] == 0,
                "stuck": typical is not None and still >= ceil(max(typical, 1) * 1.5),
            }
            if any(lacks.values()):
                found[pk] = {name for name, is_so in lacks.items() if is_so}
        return found

    def medians(self) -> dict[int, int]:
        """Give the median days at each stage, company-wide, where five stays or more have ended."""
        if ("medians", 0) not in self.known:
            self.known["medians", 0] = self._medians()
        found: dict[int, int] = self.known["medians", 0]
        return found

    def _medians(self) -> dict[int, int]:
        """Half of the stays begun within a year have left by then; open ones count till today."""
        aside = {row[c] for row in self.rows.reversals for c in ("id", "reverses_id")}
        last = self.today + timedelta(days=1)
        day = 28 if (last.month, last.day) == (2, 29) else last.day
        first = date(last.year - 1, last.month, day)
        chains: dict[int, list[Row]] = defaultdict(list)
        for e in self.rows.entries:
            begun = first <= e["on"] <= self.today
            if e["count"] == 1 and e["kind"] in TURNING and begun and e["movement_id"] not in aside:
                chains[e["opportunity_id"]].append(e)
        stays: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        for chain in chains.values():
            chain.sort(key=lambda e: (e["on"], e["movement_id"]))
            for came, left in zip(chain, [*chain[1:], None], strict=True):
                until = self.today if left is None else left["on"]
                if came["place"] == OPEN:
                    stays[came["stage_id"]].append(((until - came["on"]).days, left is not None))
        found: dict[int, int] = {}
        for stage, lengths in stays.items():
            staying = Fraction(1)
            for days in sorted({n for n, ended in lengths if ended}):
                at_risk = sum(n >= days for n, _ended in lengths)
                staying *= 1 - Fraction(lengths.count((days, True)), at_risk)
                if staying <= Fraction(1, 2):
                    if sum(ended for _n, ended in lengths) >= 5:
                        found[stage] = days
                    break
        return found

    @once
    def quota_subjects(self, person: int) -> set[tuple[str, int]]:
        """Give the units and the people whose quotas may be seen."""
        found: set[tuple[str, int]] = set()
        for quota in self.rows.quotas:
            if quota["unit_id"] is not None:
                if self.sees_all(person) or quota["unit_id"] in self.units(person):
                    found.add(("unit", quota["unit_id"]))
            elif self.sees_quota_of(person, quota["person_id"]):
                found.add(("person", quota["person_id"]))
        return found

    def sees_quota_of(self, person: int, other: int) -> bool:
        """Test by the units in which the other one stands today, for themselves."""
        if self.sees_all(person) or person == other or other in self.owners(person):
            return True
        units = self.units(person)
        return any(
            seat["unit_id"] in units and seat["for_person_id"] is None for seat in self.seats(other)
        )

    @once
    def account_names(self, person: int) -> set[int]:
        """Give the accounts whose name may be read: seen, or of an opportunity that is."""
        named = {self.opportunity_by_id[o]["account_id"] for o in self.opportunities(person)}
        return self.accounts(person) | {account for account in named if account is not None}

    def _granted(self, person: int, column: str) -> set[int]:
        return {
            grant[column]
            for grant in self.rows.grants
            if grant["person_id"] == person and grant[column] is not None
        }

    # -- the ledger ------------------------------------------------------------------------

    def entries(self, person: int, *, unit: int | None, day: date) -> list[Row]:
        """Give the entries whose position is in scope, of a unit's subtree on a day."""
        inside = self.scope(person)
        within = None if unit is None else self.below(unit, day)
        return [
            e
            for e in self.rows.entries
            if inside(e["owner_id"], e["unit_id"]) and (within is None or e["unit_id"] in within)
        ]

    def held(
        self, person: int, day: date, *, unit: int | None = None, places: Iterable[int] = (OPEN,)
    ) -> dict[int, Row]:
        """Give the opportunities that held a position in scope at the end of a day."""
        counts: dict[tuple[Any, ...], int] = defaultdict(int)
        minors: dict[tuple[Any, ...], int] = defaultdict(int)
        for e in self.entries(person, unit=unit, day=day):
            if e["on"] <= day and e["place"] in places:
                key = (e["opportunity_id"], e["place"], *(e[c] for c in POSITION))
                counts[key] += e["count"]
                minors[key] += e["amount_minor"]
        found: dict[int, Row] = {}
        for key, count in counts.items():
            assert count in (0, 1)
            if count:
                assert key[0] not in found
                found[key[0]] = {
                    **dict(zip(POSITION, key[2:], strict=True)), "amount_minor": minors[key],
                }  # fmt: skip
            else:
                assert minors[key] == 0
        return found

    def rate(self, currency: str, day: date) -> Fraction:
        """Give what a unit of the currency is worth in the base currency on a day."""
        if currency == "CNY":
            return Fraction(1)
        known = [r for r in self.rows.exchange if r["currency_id"] == currency and r["on"] <= day]
        return Fraction(known[-1]["rate"])

    def worth(self, held: Iterable[Row], day: date) -> str:
        """Add amounts up in the base currency at the day's rates (all have two digits)."""
        rates = {code: self.rate(code, day) for code in ("CNY", "USD", "EUR")}
        return money(
            sum((r["amount_minor"] * rates[r["currency"]] / 100 for r in held), Fraction())
        )

    def funnel(
        self, person: int, day: date, *, unit: int | None = None
    ) -> dict[tuple[str, str], tuple[int, str]]:
        """Give count and amount by method and stage, of stages that hold something."""
        keys = {s["id"]: (s["method__key"], s["key"]) for s in self.rows.stages}
        by_stage: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.held(person, day, unit=unit).values():
            by_stage[keys[row["stage_id"]]].append(row)
        return {key: (len(rows), self.worth(rows, day)) for key, rows in by_stage.items()}

    def outcomes(
        self, person: int, start: date, end: date, *, unit: int | None, last: date
    ) -> list[Row]:
        """Give the entries at won, lost, abandoned of the days [start, end)."""
        return [
            e
            for e in self.entries(person, unit=unit, day=last)
            if e["place"] in (WON, LOST, ABANDONED) and start <= e["on"] < end
        ]

    def outcomes_by(self, entries: list[Row], key: Callable[[Row], Any]) -> dict[Any, Won]:
        """Add outcome entries up by something of theirs."""
        found: dict[Any, Won] = defaultdict(Won)
        for e in entries:
            found[key(e)].add(e["place"], e["count"], e["base_minor"] or 0)
        return found

    def outcomes_by_product(self, entries: list[Row]) -> dict[int | None, Won]:
        """Split outcomes by the lines in force on their day; the rest stands under None."""
        found: dict[int | None, Won] = defaultdict(Won)
        lines: dict[int, list[Row]] = defaultdict(list)
        for line in self.rows.lines:
            lines[line["line_set__opportunity_id"]].append(line)
        for e in entries:
            place, amount, base = e["place"], e["amount_minor"], e["base_minor"] or 0
            rate = Fraction(base, amount) if amount else Fraction(0)
            sign = 1 if amount >= 0 else -1
            known = [x for x in lines[e["opportunity_id"]] if x["line_set__on"] <= e["on"]]
            newest = max(
                ((x["line_set__on"], x["line_set_id"]) for x in known), default=(None, None)
            )[1]
            sold: dict[int, int] = defaultdict(int)
            for line in known:
                if line["line_set_id"] == newest:
                    sold[line["product_id"]] += line["amount_minor"]
            for product, minor in sold.items():
                found[product].add(place, e["count"], sign * minor * rate)
            rest = amount - sign * sum(sold.values())
            if not sold:
                found[None].add(place, e["count"], rest * rate)
            elif rest:
                found[None].add(place, 0, rest * rate)
        return found
