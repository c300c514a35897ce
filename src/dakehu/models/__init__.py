"""Tables and constraints; rows are reached through visible_to(viewer)."""

from dakehu.models.accounts import Account, AccountName, NameToken
from dakehu.models.among import Among
from dakehu.models.audit import Change, LookUp
from dakehu.models.background import BackgroundRun
from dakehu.models.contacts import Contact
from dakehu.models.evidence import Evidence, StoredFile
from dakehu.models.imports import (
    ExternalId,
    ImportedObject,
    ImportMapping,
    ImportProblem,
    ImportRun,
)
from dakehu.models.ledger import (
    Balance,
    BooksClosing,
    CarriedMonth,
    CompanyBalance,
    Entry,
    Movement,
    MovementNote,
    Turnover,
)
from dakehu.models.methods import Method, MethodStage, MethodVersion, Stage, WinRate
from dakehu.models.money import Currency, ExchangeRate
from dakehu.models.norms import Norm
from dakehu.models.opportunities import Competitor, LineSet, Opportunity, ProductLine
from dakehu.models.organisation import Organisation
from dakehu.models.people import Appointment, Grant, Person
from dakehu.models.products import Product
from dakehu.models.quotas import Quota, SmallSale
from dakehu.models.reviews import Review, ReviewAction, ReviewMail, ReviewNote, ReviewUnit
from dakehu.models.stamps import Stamp
from dakehu.models.units import SalesUnit, UnitPlace

__all__ = [
    "Account",
    "AccountName",
    "Among",
    "Appointment",
    "BackgroundRun",
    "Balance",
    "BooksClosing",
    "CarriedMonth",
    "Change",
    "CompanyBalance",
    "Competitor",
    "Contact",
    "Currency",
    "Entry",
    "Evidence",
    "ExchangeRate",
    "ExternalId",
    "Grant",
    "ImportMapping",
    "ImportProblem",
    "ImportRun",
    "ImportedObject",
    "LineSet",
    "LookUp",
    "Method",
    "MethodStage",
    "MethodVersion",
    "Movement",
    "MovementNote",
    "NameToken",
    "Norm",
    "Opportunity",
    "Organisation",
    "Person",
    "Product",
    "ProductLine",
    "Quota",
    "Review",
    "ReviewAction",
    "ReviewMail",
    "ReviewNote",
    "ReviewUnit",
    "SalesUnit",
    "SmallSale",
    "Stage",
    "Stamp",
    "StoredFile",
    "Turnover",
    "UnitPlace",
    "WinRate",
]
