"""Tables and constraints; rows are reached through visible_to(viewer)."""

from dakehu.models.accounts import Account, AccountName
from dakehu.models.audit import Change
from dakehu.models.contacts import Contact
from dakehu.models.evidence import Evidence, StoredFile
from dakehu.models.imports import ExternalId, ImportProblem, ImportRun
from dakehu.models.ledger import (
    Balance,
    BooksClosing,
    CarriedMonth,
    Entry,
    Movement,
    MovementNote,
    Turnover,
)
from dakehu.models.methods import Method, MethodStage, MethodVersion, Stage, WinRate
from dakehu.models.money import Currency, ExchangeRate
from dakehu.models.opportunities import Competitor, LineSet, Opportunity, ProductLine
from dakehu.models.organisation import Organisation
from dakehu.models.people import Appointment, Grant, Person
from dakehu.models.products import Product
from dakehu.models.quotas import Quota, SmallSale
from dakehu.models.units import SalesUnit, UnitPlace

__all__ = [
    "Account",
    "AccountName",
    "Appointment",
    "Balance",
    "BooksClosing",
    "CarriedMonth",
    "Change",
    "Competitor",
    "Contact",
    "Currency",
    "Entry",
    "Evidence",
    "ExchangeRate",
    "ExternalId",
    "Grant",
    "ImportProblem",
    "ImportRun",
    "LineSet",
    "Method",
    "MethodStage",
    "MethodVersion",
    "Movement",
    "MovementNote",
    "Opportunity",
    "Organisation",
    "Person",
    "Product",
    "ProductLine",
    "Quota",
    "SalesUnit",
    "SmallSale",
    "Stage",
    "StoredFile",
    "Turnover",
    "UnitPlace",
    "WinRate",
]
