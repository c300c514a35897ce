"""What an import is going to do, before any row of the database is looked at."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dakehu.core.imports.problems import Problem
from dakehu.core.ledger import Place


@dataclass(frozen=True, slots=True)
class At:
    """The file and row from which something comes."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A sales unit by the names from below the organisation's root down to it."""

    at: At
    path: tuple[str, ...]
    kind: str


def path_of(names: tuple[str, ...]) -> str:
    """Give how other rows name a unit."""
    return " / ".join(names)


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """A person; `key` is what other rows call them by."""

    at: At
    key: str
    name: str
    login: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class PlannedAppointment:
    """A role of a person in a unit (`path_of`), from `from_on` or the data's first day."""

    at: At
    person: str
    unit: str
    role: str
    from_on: date | None = None


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """A product with its list price in the currency of the import."""

    at: At
    code: str
    name: str
    series: str = ""
    list_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """An account; `parent` is the name of the account it belongs to."""

    at: At
    name: str
    code: str = ""
    name_en: str = ""
    parent: str = ""
    unit: str = ""
    manager: str = ""
    industry: str = ""
    region: str = ""
    address: str = ""
    phone: str = ""
    website: str = ""
    tax_code: str = ""
    employees: int | None = None
    founded: int | None = None
    note: str = ""
    #: Not a row of its own: an opportunity names it, and accounts not found are to be made.
    implied: bool = False


@dataclass(frozen=True, slots=True)
class PlannedContact:
    """A person at an account."""

    at: At
    account: str
    name: str
    name_en: str = ""
    title: str = ""
    department: str = ""
    phone: str = ""
    email: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedQuota:
    """A target of a person or a unit for [start_on, end_on)."""

    at: At
    person: str
    unit: str
    start_on: date
    end_on: date
    level: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlannedDeal:
    """An opportunity with its history: it starts at a stage, and may have been decided.

    `amount` None: the product's list price. `stage` '' for a decided one whose stage nobody
    knows. `outcome_amount` None: it leaves with what it had.
    """

    at: At
    external_id: str
    owner: str
    stage: str
    start_on: date
    #: What it is called by in lists; '' for one of our own.
    code: str = ""
    name: str = ""
    method: str = ""
    start_unknown: bool = False
    product: str = ""
    account: str = ""
    amount: Decimal | None = None
    close_on: date | None = None
    next_step: str = ""
    source: str = ""
    outcome: Place | None = None
    outcome_on: date | None = None
    outcome_amount: Decimal | None = None
    reason: str = ""
    #: The stages that it entered after its start, by day, where a log tells them.
    moves: tuple[tuple[date, str], ...] = ()


@dataclass
class Plan:
    """All that the files ask for, in the order in which it is written."""

    units: list[PlannedUnit] = field(default_factory=list)
    people: list[PlannedPerson] = field(default_factory=list)
    appointments: list[PlannedAppointment] = field(default_factory=list)
    products: list[PlannedProduct] = field(default_factory=list)
    accounts: list[PlannedAccount] = field(default_factory=list)
    contacts: list[PlannedContact] = field(default_factory=list)
    quotas: list[PlannedQuota] = field(default_factory=list)
    deals: list[PlannedDeal] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Rows that are refused already: whom and what they name is looked up all the same, so that
    #: one check says all that is wrong with them.
    refused_deals: list[PlannedDeal] = field(default_factory=list)
    #: The day whose state the files show, and the first day they tell of.
    state_of: date | None = None
    first_on: date | None = None
