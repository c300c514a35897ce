"""The demo's organisation: units, their dated places, people and their appointments."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random
from typing import Any

from dakehu.core.demo.words import Name, Namer, words

ROOT = "LC"
#: FUN-4: orders below this are small sales where a unit has a threshold; CNY.
SMALL_SALE_THRESHOLD = 50_000
#: Beside the sellers: director, finance, audit, operations, administration, support.
STAFF = (
    ("demo-director", "executive"),
    ("demo-finance", "finance"),
    ("demo-audit", "auditor"),
    ("demo-ops", "sales_operations"),
    ("demo-admin", "administrator"),
    ("demo-support", "support"),
)
PEOPLE_PER_REGION = 100
SELLERS_PER_TEAM = 5


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit as it is made; `business` is the business unit that it was made under."""

    code: str
    name: Name
    kind: str
    business: str | None
    method: str | None
    threshold: int
    abroad: bool = False


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """From a day on the unit hangs under the parent, or is closed."""

    code: str
    parent: str | None
    on: date
    closed: bool = False


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """A role in a unit for [from_on, until_on)."""

    role: str
    code: str
    from_on: date
    until_on: date | None = None


@dataclass(slots=True)
class PersonPlan:
    """Somebody with their appointments; who left names a successor."""

    login: str
    name: Name
    seats: list[SeatPlan] = field(default_factory=list)
    left_on: date | None = None
    successor: int | None = None

    def selling(self) -> list[SeatPlan]:
        """Give the times as a salesperson, in order."""
        seats = [seat for seat in self.seats if seat.role == "salesperson"]
        return sorted(seats, key=lambda seat: seat.from_on)


@dataclass(slots=True)
class CompanyPlan:
    """The whole organisation over its years."""

    name: Name
    start: date
    reorganised_on: date
    units: dict[str, UnitPlan] = field(default_factory=dict)
    places: list[PlacePlan] = field(default_factory=list)
    people: list[PersonPlan] = field(default_factory=list)

    def parents(self, day: date) -> dict[str, str | None]:
        """Give the tree of a day; closed units are not in it."""
        found: dict[str, str | None] = {}
        for place in self.places:
            if place.on <= day:
                found.pop(place.code, None)
                if not place.closed:
                    found[place.code] = place.parent
        return found


def company(*, people: int, start: date, today: date, rng: Random) -> CompanyPlan:
    """Plan a company of about so many people; fewer than 30 makes no organisation (ValueError)."""
    if people < 30:
        raise ValueError(f"a company of {people} people has no units to show")
    lists = words("company")
    middle = start + (today - start) * 11 // 20
    plan = CompanyPlan(
        Name(**lists["name"]), start, date(middle.year, (middle.month - 1) // 3 * 3 + 1, 1)
    )
    _units(plan, people)
    _people(plan, people, rng)
    _reorganise(plan)
    _move_some(plan, rng, today)
    _log_ins(plan)
    return plan


def _units(plan: CompanyPlan, people: int) -> None:
    lists = words("company")
    # Hung up well before the first deal: people have been here for longer than the demo tells.
    on = plan.start - timedelta(days=400)
    plan.units[ROOT] = UnitPlan(ROOT, plan.name, "company", None, None, 0)
    plan.places.append(PlacePlan(ROOT, None, on))
    business = lists["business_units"]
    regions = max(2 * len(business), round(people / PEOPLE_PER_REGION))
    sellers = people - len(STAFF) - len(business) - regions
    teams = max(2 * regions, round(sellers / SELLERS_PER_TEAM))
    shares = _shared(regions, [unit["share"] for unit in business], least=2)
    counts = iter(_shared(teams, [1] * regions, least=1))
    for unit, share in zip(business, shares, strict=True):
        threshold = SMALL_SALE_THRESHOLD if unit["small_sales"] else 0
        code = unit["code"]
        about: dict[str, Any] = {
            "business": code, "method": unit["method"], "threshold": threshold,
        }  # fmt: skip
        plan.units[code] = UnitPlan(code, Name(unit["zh"], unit["en"]), "business_unit", **about)
        plan.places.append(PlacePlan(code, ROOT, on))
        for number, region in enumerate(islice(cycle(unit["regions"]), share), start=1):
            again = (number - 1) // len(unit["regions"])
            name = _region_name(unit["short"], region, again)
            here = f"{code}-{number}"
            abroad = region[1] == "Overseas"
            plan.units[here] = UnitPlan(
                here, Name(f"{name.zh}区", name.en), "region", **about, abroad=abroad
            )
            plan.places.append(PlacePlan(here, code, on))
            for team in range(1, next(counts) + 1):
                leaf = f"{here}-{team}"
                plan.units[leaf] = UnitPlan(
                    leaf, _team_name(name, team), "team", **about, abroad=abroad
                )
                plan.places.append(PlacePlan(leaf, here, on))


def _shared(total: int, weights: list[int], *, least: int) -> list[int]:
    """Share `total` out by weights, whole and at least `least` each."""
    whole = sum(weights)
    shares = [max(least, total * weight // whole) for weight in weights]
    for place in cycle(range(len(shares))):
        if sum(shares) >= total:
            break
        shares[place] += 1
    while sum(shares) > total and max(shares) > least:
        shares[shares.index(max(shares))] -= 1
    return shares


def _region_name(short: list[str], region: list[str], again: int) -> Name:
    number = words("company")["team_numbers"]
    zh = number[again % len(number)] if again else ""
    return Name(
        f"{short[0]}{region[0]}{zh}",
        f"{short[1]} {region[1]}" + (f" {again + 1}" if again else ""),
    )


def _team_name(region: Name, team: int) -> Name:
    numbers = words("company")["team_numbers"]
    zh = numbers[team - 1] if team <= len(numbers) else str(team)
    return Name(f"{region.zh}{zh}组", f"{region.en} team {team}")


def _people(plan: CompanyPlan, people: int, rng: Random) -> None:
    namer = Namer(rng)
    hired = plan.start - timedelta(days=300)
    taken: Counter[str] = Counter()

    def hire(*seats: tuple[str, str], login: str | None = None) -> None:
        name = namer.person()
        made = ".".join(name.en.lower().replace("ü", "u").split())
        taken[made] += 1
        if login is None:
            login = made if taken[made] == 1 else f"{made}{taken[made]}"
        plan.people.append(PersonPlan(login, name, [SeatPlan(r, c, hired) for r, c in seats]))

    for login, role in STAFF:
        hire((role, ROOT), login=login)
    for unit in plan.units.values():
        if unit.kind == "business_unit":
            hire(("unit_head", unit.code))
        elif unit.kind == "region":
            hire(("unit_head", unit.code), ("salesperson", unit.code))
    teams = [unit.code for unit in plan.units.values() if unit.kind == "team"]
    left = people - len(plan.people)
    for place, size in enumerate(_shared(left, [1] * len(teams), least=1)):
        for seat in range(size):
            code = teams[place]
            head = (("unit_head", code),) if seat == 0 else ()
            hire(*head, ("salesperson", code))


def _reorganise(plan: CompanyPlan) -> None:
    """Half way a region changes its business unit, and a team is merged into its neighbour."""
    on = plan.reorganised_on
    smart = [u.code for u in plan.units.values() if u.business == "SMART" and u.kind == "region"]
    plan.places.append(PlacePlan(smart[-1], "PLANT", on))
    merged = next(
        codes
        for region in reversed(list(plan.units))
        if plan.units[region].kind == "region"
        and plan.units[region].business == "FLUID"
        and len(codes := [c for c in plan.units if c.startswith(f"{region}-")]) > 1
    )
    gone, stays = merged[-1], merged[0]
    plan.places.append(PlacePlan(gone, None, on, closed=True))
    for person in plan.people:
        for place, seat in enumerate(tuple(person.seats)):
            if seat.code == gone:
                person.seats[place] = SeatPlan(seat.role, gone, seat.from_on, on)
                if seat.role == "salesperson":
                    person.seats.append(SeatPlan("salesperson", stays, on))


def _move_some(plan: CompanyPlan, rng: Random, today: date) -> None:
    """A few people change their team in the course of the years, and a few leave."""
    parents = plan.parents(today)
    movable = [
        number
        for number, person in enumerate(plan.people)
        if [seat.role for seat in person.seats] == ["salesperson"]
        and person.seats[0].code in parents
    ]
    # The first of a team stays what the demo's log-ins are taken from.
    chosen = rng.sample(movable[1:], min(len(movable) - 1, max(4, len(plan.people) // 30)))
    span = (today - plan.start).days
    for turn, number in enumerate(chosen):
        person = plan.people[number]
        seat = person.seats[0]
        on = plan.start + timedelta(days=rng.randrange(span // 5, span * 9 // 10))
        person.seats[0] = SeatPlan("salesperson", seat.code, seat.from_on, on)
        siblings = [
            code
            for code, parent in parents.items()
            if parent == parents[seat.code] and code != seat.code
        ]
        if turn % 2 == 0 and siblings:
            person.seats.append(SeatPlan("salesperson", rng.choice(siblings), on))
        else:
            person.left_on = on
            person.successor = _head_of(plan, seat.code)


def _head_of(plan: CompanyPlan, code: str) -> int:
    return next(
        number
        for number, person in enumerate(plan.people)
        if any(s.role == "unit_head" and s.code == code for s in person.seats)
    )


def _log_ins(plan: CompanyPlan) -> None:
    """Give the first region's head and first salesperson the log-ins of the buttons."""
    region = next(code for code, unit in plan.units.items() if unit.kind == "region")
    plan.people[_head_of(plan, region)].login = "demo-head"
    for person in plan.people:
        plain = [seat.role for seat in person.seats] == ["salesperson"]
        if plain and person.left_on is None and person.seats[0].code.startswith(region):
            person.login = "demo-sales"
            return
