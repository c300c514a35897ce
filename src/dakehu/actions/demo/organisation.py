"""Writing the demo's organisation: units, people, products, accounts, rates; ids come back."""

from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from django.contrib.auth.hashers import make_password
from treebeard.numconv import NumConv

from dakehu.actions.names import person_key, sort_key
from dakehu.core.demo.company import ROOT, CompanyPlan, company
from dakehu.core.demo.customers import AccountPlan, accounts, contacts, products
from dakehu.core.demo.world import (
    PACE,
    Item,
    MethodFacts,
    Rates,
    Seat,
    Seller,
    World,
    exchange_rates,
)
from dakehu.core.methods import built_in_methods
from dakehu.core.names import folded
from dakehu.models import (
    Account,
    Appointment,
    Contact,
    ExchangeRate,
    Method,
    MethodVersion,
    Organisation,
    Person,
    Product,
    SalesUnit,
    Stage,
    UnitPlace,
)

BATCH = 500


@dataclass(frozen=True)
class Written:
    """What the deals refer to."""

    plan: CompanyPlan
    world: World
    unit_ids: dict[str, int]
    #: Of each account the short name and its sort key.
    short_names: dict[int, tuple[str, str]]
    account_count: int
    #: Of each account its people.
    contacts: dict[int, tuple[int, ...]]


def write_organisation(
    *,
    people: int,
    accounts: int,
    start: date,
    last: date,
    at: datetime,
    seed: int,
    rng: Random,
) -> Written:
    """Write everything but deals and targets."""
    plan = company(people=people, start=start, today=last, rng=rng)
    Organisation.objects.update(name_zh=plan.name.zh, name_en=plan.name.en)
    unit_ids = _write_units(plan, at)
    person_ids = _write_people(plan, unit_ids, at)
    items = _write_products()
    rates = _write_rates(start, last, rng, at)
    numbers = [n for n, person in enumerate(plan.people) if person.selling()]
    abroad = [plan.units[plan.people[n].selling()[-1].code].abroad for n in numbers]
    staying = [
        (place, far)
        for place, (n, far) in enumerate(zip(numbers, abroad, strict=True))
        if plan.people[n].left_on is None
    ]
    account_plans = _accounts(accounts, staying, start, rng)
    sellers = _sellers(plan, numbers, unit_ids, person_ids, abroad, rng)
    account_ids = _write_accounts(account_plans, sellers)
    people_there = _write_contacts(account_plans, account_ids, start, rng)
    served: dict[int, list[int]] = {}
    for account in account_plans:
        served.setdefault(account.manager, []).append(account_ids[account.number])
    world = World(
        start=start,
        last=last,
        seed=seed,
        sellers=tuple(
            _serving(seller, served.get(place) or served.get(seller.successor or 0) or account_ids)
            for place, seller in enumerate(sellers)
        ),
        methods=_methods(),
        method_of={u.code: u.method for u in plan.units.values() if u.method},
        items=items,
        rates=rates,
        heads={
            unit_ids[seat.code]: person_ids[n]
            for n, person in enumerate(plan.people)
            for seat in person.seats
            if seat.role == "unit_head"
        },
        threshold={u.business: u.threshold for u in plan.units.values() if u.business},
    )
    short = {
        account_ids[a.number]: (_short(a.name.zh), sort_key(_short(a.name.zh)))
        for a in account_plans
    }
    return Written(plan, world, unit_ids, short, len(account_plans), people_there)


def _write_units(plan: CompanyPlan, at: datetime) -> dict[str, int]:
    methods = dict(Method.objects.values_list("key", "id"))
    rows = SalesUnit.objects.bulk_create(
        [
            SalesUnit(
                code=unit.code,
                name_zh=unit.name.zh,
                name_en=unit.name.en,
                kind=unit.kind,
                # In the order of their making: first team before second, whatever the pinyin.
                sort_key=f"{number:05}",
                method_id=None if unit.method is None else methods[unit.method],
                small_sale_threshold_minor=unit.threshold * 100,
            )
            for number, unit in enumerate(plan.units.values())
        ],
        BATCH,
    )
    ids = {row.code: row.pk for row in rows}
    UnitPlace.objects.bulk_create(
        [
            UnitPlace(
                unit_id=ids[place.code],
                parent_id=None if place.parent is None else ids[place.parent],
                closed=place.closed,
                on=place.on,
                recorded_at=at.replace(year=place.on.year, month=place.on.month, day=place.on.day),
            )
            for place in plan.places
        ],
        BATCH,
    )
    return ids


def _write_people(plan: CompanyPlan, unit_ids: dict[str, int], at: datetime) -> list[int]:
    rows = Person.objects.bulk_create(
        [
            Person(
                login=person.login,
                name=person.name.zh,
                name_en=person.name.en,
                sort_key=person_key(person.name.zh),
                email=f"{person.login}@example.com",
                # Nobody has a password: the demo is entered by its buttons, on this machine only.
                password=make_password(None),
                is_active=person.left_on is None,
                joined_at=at,
            )
            for person in plan.people
        ],
        BATCH,
    )
    Appointment.objects.bulk_create(
        [
            Appointment(
                person=row,
                unit_id=unit_ids[seat.code],
                role=seat.role,
                from_on=seat.from_on,
                until_on=seat.until_on,
                recorded_at=at,
            )
            for row, person in zip(rows, plan.people, strict=True)
            for seat in person.seats
        ],
        BATCH,
    )
    return [row.pk for row in rows]


def _write_products() -> dict[str, tuple[Item, ...]]:
    plans = products()
    rows = Product.objects.bulk_create(
        Product(
            code=plan.code,
            name_zh=plan.name.zh,
            name_en=plan.name.en,
            folded=folded(plan.name.zh),
            sort_key=sort_key(plan.name.zh),
            series=plan.series,
            list_price=plan.price,
            currency_id="CNY",
        )
        for plan in plans
    )
    items: dict[str, list[Item]] = {}
    for row, plan in zip(rows, plans, strict=True):
        items.setdefault(plan.business, []).append(Item(row.pk, plan.name.zh, plan.price))
    return {business: tuple(sold) for business, sold in items.items()}


def _write_rates(start: date, last: date, rng: Random, at: datetime) -> Rates:
    rows = exchange_rates(start, last, rng)
    ExchangeRate.objects.bulk_create(
        ExchangeRate(
            currency_id=row.currency,
            on=row.on,
            rate=row.rate,
            recorded_at=at.replace(year=row.on.year, month=row.on.month, day=row.on.day),
        )
        for row in rows
    )
    return Rates(rows)


def _accounts(
    count: int, staying: list[tuple[int, bool]], start: date, rng: Random
) -> list[AccountPlan]:
    return accounts(count, sellers=staying, start=start, rng=rng)


def _sellers(
    plan: CompanyPlan,
    numbers: list[int],
    unit_ids: dict[str, int],
    person_ids: list[int],
    abroad: list[bool],
    rng: Random,
) -> list[Seller]:
    place_of = {number: place for place, number in enumerate(numbers)}
    found = []
    for number, far in zip(numbers, abroad, strict=True):
        person = plan.people[number]
        seats = person.selling()
        heads = any(seat.role == "unit_head" for seat in person.seats)
        successor = None if person.successor is None else place_of[person.successor]
        found.append(
            Seller(
                person_id=person_ids[number],
                seats=tuple(Seat(unit_ids[seat.code], seat.from_on) for seat in seats),
                left_on=person.left_on,
                successor=successor,
                business=plan.units[seats[0].code].business or ROOT,
                weight=_weight(person.login, heads, rng),
                accounts=(),
                abroad=far,
            )
        )
    return found


def _weight(login: str, heads: bool, rng: Random) -> float:
    """Give how many deals somebody has for each of another's."""
    if login == "demo-sales":
        return 2.0  # the visitor finds a full desk
    # Heads sell less: they have a team to lead.
    return rng.uniform(0.25, 0.5) if heads else rng.uniform(0.7, 1.5)


def _serving(seller: Seller, account_ids: list[int]) -> Seller:
    return Seller(
        seller.person_id, seller.seats, seller.left_on, seller.successor, seller.business,
        seller.weight, tuple(account_ids), seller.abroad,
    )  # fmt: skip


def _write_accounts(plans: list[AccountPlan], sellers: list[Seller]) -> list[int]:
    """Write the group tree with its paths made here: one by one they would take minutes."""
    steps = NumConv(Account.alphabet)

    def step(number: int) -> str:
        text: str = steps.int2str(number)
        return text.rjust(Account.steplen, Account.alphabet[0])

    paths: list[str] = []
    children: dict[int | None, int] = {}
    for plan in plans:
        children[plan.parent] = children.get(plan.parent, 0) + 1
        above = "" if plan.parent is None else paths[plan.parent]
        paths.append(above + step(children[plan.parent]))
    rows = Account.objects.bulk_create(
        [
            Account(
                path=paths[plan.number],
                depth=len(paths[plan.number]) // Account.steplen,
                numchild=children.get(plan.number, 0),
                code=f"A{plan.number + 1:05}",
                name=plan.name.zh,
                name_en=plan.name.en,
                folded=folded(plan.name.zh),
                sort_key=sort_key(plan.name.zh, 240),
                unit_id=sellers[plan.manager].seats[-1].unit_id,
                manager_id=sellers[plan.manager].person_id,
                industry=plan.industry,
                region=plan.region,
                address=plan.city,
                employees=plan.employees,
                founded=plan.founded,
                created_on=plan.created_on,
            )
            for plan in plans
        ],
        BATCH,
    )
    return [row.pk for row in rows]


def _write_contacts(
    plans: list[AccountPlan], account_ids: list[int], start: date, rng: Random
) -> dict[int, tuple[int, ...]]:
    rows = Contact.objects.bulk_create(
        [
            Contact(
                account_id=account_ids[plan.account],
                name=plan.name.zh,
                name_en=plan.name.en,
                sort_key=person_key(plan.name.zh),
                title=plan.title,
                department=plan.department,
                phone=plan.phone,
                email=plan.email,
                created_on=start,
            )
            for plan in contacts(plans, rng)
        ],
        BATCH,
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.account_id, []).append(row.pk)
    return {account: tuple(people) for account, people in found.items()}


def _methods() -> dict[str, MethodFacts]:
    found = {}
    for spec in built_in_methods():
        version = MethodVersion.objects.get(method__key=spec.key, is_current=True)
        ids = dict(Stage.objects.filter(method__key=spec.key).values_list("key", "id"))
        days, onward = PACE[spec.key]
        found[spec.key] = MethodFacts(
            key=spec.key,
            version_id=version.pk,
            stages=tuple(ids[stage.key] for stage in spec.open_stages),
            rates_bp=tuple(stage.rate_bp for stage in spec.open_stages),
            evidence=tuple(
                tuple(item.key for item in stage.evidence) for stage in spec.open_stages
            ),
            days=days,
            onward=onward,
        )
    return found


def _short(name: str) -> str:
    for ending in ("有限公司", "集团"):
        name = name.removesuffix(ending)
    return name
