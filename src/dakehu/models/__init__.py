"""Tables and constraints; rows are reached through visible_to(viewer)."""

from dakehu.models.accounts import Account, AccountName, NameToken
from dakehu.models.activities import Activity, ActivityContact, ActivityPerson
from dakehu.models.among import Among
from dakehu.models.audit import Change, LookUp
from dakehu.models.background import BackgroundRun
from dakehu.models.bulk_edits import BulkEdit, BulkEditRow
from dakehu.models.calendar import CalendarFeed
from dakehu.models.carried import (
    Balance,
    CarriedMonth,
    CompanyBalance,
    FlowSum,
    LeakSum,
    StaySum,
    Turnover,
)
from dakehu.models.contacts import Contact
from dakehu.models.evidence import Evidence, EvidenceFile, EvidencePlan, StoredFile
from dakehu.models.imports import (
    ExternalId,
    ImportedObject,
    ImportMapping,
    ImportProblem,
    ImportRun,
)
from dakehu.models.ledger import BooksClosing, Entry, Movement, MovementNote
from dakehu.models.marks import Mark
from dakehu.models.methods import Method, MethodStage, MethodVersion, Stage, WinRate
from dakehu.models.money import Currency, ExchangeRate
from dakehu.models.norms import Norm
from dakehu.models.notes import Attachment, Mention, Note
from dakehu.models.notices import Notice, NoticeChoice, NoticeHours
from dakehu.models.opportunities import Competitor, LineSet, Opportunity, ProductLine
from dakehu.models.organisation import Organisation
from dakehu.models.people import Appointment, Grant, Person
from dakehu.models.products import Product
from dakehu.models.quotas import Quota, SmallSale
from dakehu.models.reviews import Review, ReviewAction, ReviewMail, ReviewNote, ReviewUnit
from dakehu.models.stamps import Stamp
from dakehu.models.teams import Stakeholder, TeamMember
from dakehu.models.units import SalesUnit, UnitPlace
from dakehu.models.validations import DealReview, EvidenceMark, MoveRequest
from dakehu.models.views import SavedView, ViewChoice

__all__ = [
    "Account",
    "AccountName",
    "Activity",
    "ActivityContact",
    "ActivityPerson",
    "Among",
    "Appointment",
    "Attachment",
    "BackgroundRun",
    "Balance",
    "BooksClosing",
    "BulkEdit",
    "BulkEditRow",
    "CalendarFeed",
    "CarriedMonth",
    "Change",
    "CompanyBalance",
    "Competitor",
    "Contact",
    "Currency",
    "DealReview",
    "Entry",
    "Evidence",
    "EvidenceFile",
    "EvidenceMark",
    "EvidencePlan",
    "ExchangeRate",
    "ExternalId",
    "FlowSum",
    "Grant",
    "ImportMapping",
    "ImportProblem",
    "ImportRun",
    "ImportedObject",
    "LeakSum",
    "LineSet",
    "LookUp",
    "Mark",
    "Mention",
    "Method",
    "MethodStage",
    "MethodVersion",
    "MoveRequest",
    "Movement",
    "MovementNote",
    "NameToken",
    "Norm",
    "Note",
    "Notice",
    "NoticeChoice",
    "NoticeHours",
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
    "SavedView",
    "SmallSale",
    "Stage",
    "Stakeholder",
    "Stamp",
    "StaySum",
    "StoredFile",
    "TeamMember",
    "Turnover",
    "UnitPlace",
    "ViewChoice",
    "WinRate",
]
