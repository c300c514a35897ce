"""The demo company with the people in it that permission is hard for, and 40 of all to ask as."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.db.models import F

from dakehu.actions.demo import build
from dakehu.actions.evidence import Proof, Upload, tick_evidence
from dakehu.actions.names import sort_key
from dakehu.actions.opportunities import (
    reassign_opportunity,
    reopen_opportunity,
    void_opportunity,
)
from dakehu.actions.reviews import save_review
from dakehu.core.access import operator
from dakehu.core.ledger import Way
from dakehu.core.periods import containing
from dakehu.models import (
    Account,
    AccountName,
    Appointment,
    Evidence,
    Grant,
    ImportRun,
    Opportunity,
    Person,
    SalesUnit,
    UnitPlace,
)
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.people import viewer_by_login
from tests.permission.oracle import Oracle, read_rows

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
ASKED = 40
DAY = timedelta(days=1)


@dataclass
class Company:
    """Who is there, by log-in, and the oracle that knows what they may see."""

    today: date
    now: datetime
    people: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    units: dict[str, int] = field(default_factory=dict)
    oracle: Oracle = field(init=False)
    #: Evidence with a file, and its opportunity.
    filed: dict[int, int] = field(default_factory=dict)
    #: At full size a test asks one share of the forty, another test the next (permission_at_size).
    shares: int = 1
    turn: int = 0
    #: Whether everybody is asked everything.
    whole: bool = False

    @property
    def asked_now(self) -> list[str]:
        """Give all who are asked, or those whose turn it is; in `make quick` every other one."""
        if self.shares > 1:
            return self.asked[self.turn % self.shares :: self.shares]
        return self.asked[::4] if self.is_quick else self.asked

    @property
    def is_quick(self) -> bool:
        """Test for `make quick`, which asks some of the forty."""
        return os.environ.get("HYPOTHESIS_PROFILE") == "quick"

    def part(self, items: Sequence[T], number: int, of: int) -> Sequence[T]:
        """Give what one person is asked, another something else; all of it in `make deep`."""
        return items if self.whole else items[number % of :: of]

    def met(self, *cases: object) -> None:
        """Test that every case came up; a part of the forty need not meet them all."""
        assert self.shares > 1 or self.is_quick or all(cases)

    def chunk(self, size: int) -> int:
        """Give the size of a list's pages: small ones have many ends, large ones are quick."""
        return size if len(self.oracle.opportunity_by_id) < 1000 else 200

    def viewer(self, login: str, language: str = "en") -> Any:
        return viewer_by_login(login=login, today=self.today, language=language)

    def look_again(self) -> None:
        """Let the oracle read what stands now."""
        self.oracle = Oracle(read_rows(), self.today)


def people(company: Company) -> Iterator[tuple[int, str, int]]:
    """Give who is asked, with a number that changes what each is asked."""
    for number, login in enumerate(company.asked_now):
        yield number + company.turn, login, company.people[login]


def make_company(*, size: int, people: int) -> Company:
    """Build it: the demo of a size, then people of every kind, grants, moves, files."""
    now = datetime.now(ZONE)
    company = Company(now.date(), now)
    build(actor=operator(), today=company.today, at=now, size=size, people=people)
    company.units = dict(SalesUnit.objects.values_list("code", "id"))
    _appoint(company)
    _grant(company)
    _move(company)
    _file(company)
    Person.objects.update(language="en")
    company.people = dict(Person.objects.values_list("login", "id"))
    company.asked = _asked(company)
    _review(company)
    _bring(company)
    company.look_again()
    return company


def _hire(company: Company, login: str, *seats: tuple[str, int], **dates: Any) -> int:
    person = Person.objects.create_user(
        login, name=f"试{login}", name_en=login.title(), sort_key=sort_key(login), language="en"
    )
    for role, unit in seats:
        _seat(company, person.pk, role, unit, **dates)
    return int(person.pk)


def _seat(company: Company, person: int, role: str, unit: int, **more: Any) -> None:
    Appointment.objects.create(
        person_id=person, role=role, unit_id=unit, recorded_at=company.now,
        **{"from_on": company.today - 100 * DAY, **more},
    )  # fmt: skip


def _sellers(company: Company) -> list[Appointment]:
    """Give who only sells and has the most records, with their present seat, one a team."""
    today = company.today
    seats = [
        seat
        for seat in Appointment.objects.filter(role="salesperson", person__is_active=True)
        .exclude(person__login__startswith="demo-")
        .select_related("unit")
        .order_by("person_id", "id")
        if seat.until_on is None and seat.from_on <= today
    ]
    heads = set(Appointment.objects.filter(role="unit_head").values_list("person_id", flat=True))
    only = [seat for seat in seats if seat.person_id not in heads]
    return list({seat.unit_id: seat for seat in only}.values())


def _appoint(company: Company) -> None:
    units, today = company.units, company.today
    root = units["LC"]
    businesses = list(SalesUnit.objects.filter(kind="business_unit").order_by("id"))
    regions = list(SalesUnit.objects.filter(kind="region").order_by("id"))
    closed = UnitPlace.objects.get(closed=True).unit_id
    sellers = _sellers(company)
    assert len(sellers) >= 6
    far = [
        next(r.pk for r in regions if not s.unit.code.startswith(r.code)) for s in sellers
    ]  # fmt: skip
    renamed = ("two-seats", "was-head", "will-head", "deputy", "left-sales")
    for seat, login in zip(sellers, renamed, strict=False):
        Person.objects.filter(pk=seat.person_id).update(login=login)
    two, was, will, deputy, left = (seat.person_id for seat in sellers[:5])
    _seat(company, two, "unit_head", far[0])
    _seat(company, was, "unit_head", far[1], until_on=today)
    _seat(company, will, "unit_head", far[2], from_on=today + DAY)
    head = Appointment.objects.filter(role="unit_head", unit_id=far[3])[0].person_id
    _seat(company, deputy, "unit_head", far[3], for_person_id=head, until_on=today + 7 * DAY)
    Appointment.objects.filter(person_id=left).update(until_on=today)

    _hire(company, "was-deputy", ("unit_head", root), for_person_id=head, until_on=today - DAY)
    absent, away = sellers[5].person_id, sellers[6 % len(sellers)].person_id
    _hire(company, "stand-in", ("salesperson", sellers[5].unit_id), for_person_id=absent,
          until_on=today + 7 * DAY)  # fmt: skip
    _hire(company, "stood-in", ("salesperson", sellers[5].unit_id), for_person_id=absent,
          until_on=today)  # fmt: skip
    _hire(company, "two-deputy", ("salesperson", sellers[4].unit_id))
    deputy_too = Person.objects.get(login="two-deputy").pk
    _seat(company, deputy_too, "salesperson", sellers[5].unit_id, for_person_id=away,
          until_on=today + 7 * DAY)  # fmt: skip
    _hire(company, "closed-head", ("unit_head", closed))
    _hire(company, "heir", ("unit_head", UnitPlace.objects.get(unit_id=closed, closed=False)
                            .parent_id))  # fmt: skip
    _hire(company, "guest", ("salesperson", regions[0].pk))
    _hire(company, "guest-head", ("unit_head", regions[-1].pk))
    _hire(company, "ops-unit", ("sales_operations", businesses[1].pk))
    _hire(company, "boss", ("unit_head", root))
    _hire(company, "help-deal", ("support", root))
    _hire(company, "help-account", ("support", businesses[0].pk))
    _hire(company, "help-nothing", ("support", root))
    _hire(company, "admin-guest", ("administrator", root))
    _hire(company, "admin-sales", ("administrator", root), ("salesperson", sellers[0].unit_id))
    _hire(company, "finance-head", ("finance", root), ("unit_head", regions[0].pk))
    _hire(company, "auditor-two", ("auditor", businesses[0].pk))
    _hire(company, "executive-two", ("executive", businesses[0].pk))
    _hire(company, "no-seat")


def _grant(company: Company) -> None:
    ids = dict(Person.objects.values_list("login", "id"))
    every = list(Opportunity.objects.order_by("-place", "id"))
    others = every[:: max(1, len(every) // 24)]
    accounts = list(Account.objects.order_by("-depth", "id"))

    def give(login: str, number: int, right: str, *, account: bool = False, why: str = "") -> None:
        row = {"account": accounts[number]} if account else {"opportunity": others[number]}
        Grant.objects.create(
            person_id=ids[login], right=right, because=why or "selling_team",
            granted_at=company.now, **row,
        )  # fmt: skip

    for number, right in enumerate(("read", "work", "read", "work", "read")):
        give("guest", 3 * number, right)
        give("guest-head", 2 * number + 1, right)
        give("two-seats", 4 * number, right)
    give("guest", 3, "work", why="account_team")  # the same opportunity, for two reasons
    give("guest", 0, "read", account=True)
    give("guest", 1, "work", account=True)
    give("guest-head", 2, "work", account=True)
    give("help-deal", 7, "read", why="support")
    give("help-account", 3, "read", account=True, why="support")
    give("admin-guest", 8, "read", why="support")
    give("left-sales", 9, "read")
    give("no-seat", 10, "work")


def _move(company: Company) -> None:
    """Move deals out of sight of those who stood above them, and void some."""
    how: dict[str, Any] = {
        "actor": operator(), "on": company.today, "today": company.today, "at": company.now,
        "way": Way.FORM, "seen_version": None,
    }  # fmt: skip
    sellers = _sellers(company)
    unit = {s.person_id: s.unit_id for s in sellers}

    def elsewhere(row: Opportunity) -> int:
        return next(p for p, u in unit.items() if p != row.owner_id and u != row.unit_id)

    there = Opportunity.objects.filter(place=1, voided=False).order_by("id")
    for row in there[:4]:
        reassign_opportunity(opportunity_id=row.pk, owner_id=elsewhere(row), **how)
    reopened = list(Opportunity.objects.filter(place=3, voided=False).order_by("-id")[:4])
    for row in reopened:
        reopen_opportunity(opportunity_id=row.pk, why="asked again", close_on=None, **how)
        reassign_opportunity(opportunity_id=row.pk, owner_id=elsewhere(row), **how)
    for place in (1, 3):  # a won one is not deleted
        for row in Opportunity.objects.filter(place=place, voided=False).order_by("-id")[4:6]:
            void_opportunity(opportunity_id=row.pk, why="twice", **how)
    # Of an account that has nobody and no unit: it is seen only through its opportunities.
    lonely = Account.objects.order_by("-id")[:2]
    Account.objects.filter(pk__in=[a.pk for a in lonely]).update(manager=None, unit=None)
    for row, account in zip(reopened, lonely, strict=False):
        Opportunity.objects.filter(pk=row.pk).update(account=account)
    for account in Account.objects.order_by("id")[:3]:
        AccountName.objects.create(
            account=account, name=f"别名{account.pk}", folded=f"别名{account.pk}"
        )
    Opportunity.objects.filter(pk__in=there.values("pk")[6:8]).update(
        account=None, version=F("version") + 1
    )


def _file(company: Company) -> None:
    """Put a file behind evidence of open deals."""
    rows = (
        Evidence.objects.filter(opportunity__place=1, opportunity__voided=False)
        .exclude(opportunity__owner__login="left-sales")
        .select_related("opportunity")
        .order_by("opportunity_id", "id")
    )
    first: dict[int, Evidence] = {}
    for row in rows:
        if row.stage.method_id == row.opportunity.stage.method_id:
            first.setdefault(row.opportunity_id, row)
    for row in list(first.values())[:6]:
        owner = Person.objects.get(pk=row.opportunity.owner_id)
        content = ContentFile(f"proof {row.pk}".encode())
        made = tick_evidence(
            actor=viewer_by_login(login=owner.login, today=company.today),
            opportunity_id=row.opportunity_id,
            stage_id=row.stage_id,
            key=row.key,
            proof=Proof(file=Upload("proof.txt", content.chunks(), content.size, "text/plain")),
            today=company.today,
            at=company.now,
            way=Way.FORM,
        )
        company.filed[made] = row.opportunity_id


def _review(company: Company) -> None:
    """Save reviews of the company, of business units and of regions."""
    on = company.today - DAY
    units = SalesUnit.objects.filter(kind__in=("company", "business_unit", "region"))
    for unit in units.order_by("id"):
        question = FunnelQuestion(on=on, period=containing(on, "quarter"), unit_id=unit.pk)
        save_review(
            actor=operator(), question=question, method_key="industrial-6", today=company.today,
            at=company.now,
        )  # fmt: skip


def _bring(company: Company) -> None:
    """Note imports of two people who may import."""
    for login, number in (("demo-ops", 3), ("ops-unit", 2)):
        for _run in range(number):
            ImportRun.objects.create(
                correlation_id=uuid4(), recipe="", status="dry_run", started_at=company.now,
                actor_id=company.people[login],
            )  # fmt: skip


def _asked(company: Company) -> list[str]:
    """Choose 40: whoever is hard, the log-ins of the demo, heads and sellers of all sorts."""
    active = Person.objects.filter(is_active=True)
    hard = [p for p in active.order_by("-id").values_list("login", flat=True) if "-" in p]
    seats = Appointment.objects.filter(person__is_active=True, until_on__isnull=True)
    heads = list(seats.filter(role="unit_head").values_list("person__login", flat=True))
    moved = list(
        Appointment.objects.filter(until_on__isnull=False, person__is_active=True).values_list(
            "person__login", flat=True
        )
    )
    sellers = list(seats.filter(role="salesperson").values_list("person__login", flat=True))
    mixed = [login for group in zip(heads, sellers, strict=False) for login in group]
    chosen = list(dict.fromkeys([*sorted(hard), *moved[:4], *mixed]))
    return chosen[:ASKED]
