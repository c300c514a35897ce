"""The demo's customers: accounts in groups with their contacts, and what is sold to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dakehu.core.demo.words import Name, contact_name, words


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """A customer; `parent` is the number of its group, `manager` that of a seller."""

    number: int
    name: Name
    parent: int | None
    industry: str
    region: str
    city: str
    manager: int
    employees: int
    founded: int
    created_on: date
    abroad: bool


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """Somebody at a customer."""

    account: int
    name: Name
    title: str
    department: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """Something that a business unit sells, at a list price in CNY."""

    code: str
    name: Name
    series: str
    price: Decimal
    business: str


def products() -> tuple[ProductPlan, ...]:
    """Give the catalogue."""
    return tuple(
        ProductPlan(
            row["code"],
            Name(row["zh"], row["en"]),
            row["series"],
            Decimal(row["price"]),
            row["unit"],
        )
        for row in words("company")["products"]
    )


def accounts(
    count: int, *, sellers: list[tuple[int, bool]], start: date, rng: Random
) -> list[AccountPlan]:
    """Plan customers: two in three belong to a group, the rest stand alone.

    `sellers`: numbers of who manages them, and whether they sell abroad.
    """
    lists = words("companies")
    found: list[AccountPlan] = []
    names: set[str] = set()

    def add(name: Name, parent: AccountPlan | None, city: dict[str, str]) -> AccountPlan:
        manager, abroad = sellers[len(found) % len(sellers)]
        if abroad:
            city = {**rng.choice(lists["abroad"]), "region": "海外"}
        zh = name.zh.replace("{city}", city["zh"])
        en = name.en.replace("{city}", city["en"])
        extra = 2
        while zh in names:
            zh, extra = f"{name.zh.replace('{city}', city['zh'])}（{extra}）", extra + 1
        names.add(zh)
        plan = AccountPlan(
            number=len(found),
            name=Name(zh, en),
            parent=None if parent is None else parent.number,
            industry=industry["zh"],
            region=city["region"],
            city=city["zh"],
            manager=manager,
            employees=int(rng.lognormvariate(6.2, 1)) + 20,
            founded=rng.randint(1988, start.year - 3),
            created_on=start - timedelta(days=rng.randrange(1, 280)),
            abroad=abroad,
        )
        found.append(plan)
        return plan

    while len(found) < count:
        industry = rng.choice(lists["industries"])
        trade = rng.choice(industry["trades"])
        brand = rng.choice(lists["brands"])
        city = rng.choice(lists["cities"])
        stem = Name(f"{brand[0]}{trade[0]}", f"{brand[1]} {trade[1]}")
        legal, group = lists["legal"], lists["group"]
        if rng.random() < 0.35:
            alone = Name(f"{{city}}{stem.zh}{legal['zh']}", f"{{city}} {stem.en} {legal['en']}")
            add(alone, None, city)
            continue
        parent = add(Name(f"{stem.zh}{group['zh']}", f"{stem.en} {group['en']}"), None, city)
        branches = min(rng.choice((1, 2, 2, 3, 3, 4, 5)), count - len(found))
        for _ in range(branches):
            branch = Name(
                f"{stem.zh}（{{city}}）{legal['zh']}", f"{stem.en} ({{city}}) {legal['en']}"
            )
            add(branch, parent, rng.choice(lists["cities"]))
    return found


def contacts(plans: list[AccountPlan], rng: Random) -> Iterator[ContactPlan]:
    """Plan one to three people at each customer."""
    titles = words("people")["titles"]
    number = 0
    for account in plans:
        for title in rng.sample(titles, rng.choice((1, 2, 2, 3))):
            number += 1
            name = contact_name(rng)
            local = name.en.lower().replace("ü", "u").replace(" ", ".")
            yield ContactPlan(
                account.number,
                name,
                title[0],
                title[2],
                # Numbers that nobody has: 190 0000 is not given out.
                f"190 0000 {number % 10000:04}",
                f"{local}@example.com",
            )
