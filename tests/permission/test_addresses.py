"""Every address of the product, taken from the resolver, asked by every role and by nobody.

A new address is walked without being told of here, unless its parameters are new: then the test
fails and asks for facts about them (FACTS). Verbs that only POST are listed in POST_ONLY.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from dakehu.models import (
    Activity,
    Appointment,
    Attachment,
    BulkEdit,
    BulkEditRow,
    Competitor,
    Contact,
    DealReview,
    Entry,
    Evidence,
    ImportRun,
    Mention,
    Movement,
    MoveRequest,
    Note,
    Notice,
    Opportunity,
    Person,
    Product,
    Review,
    ReviewAction,
    ReviewNote,
    ReviewUnit,
    SavedView,
    Stakeholder,
    StoredFile,
    TeamMember,
)
from dakehu.queries.stages import version_in_force
from dakehu.web.numbers import NUMBERS
from tests.permission.company import Company
from tests.permission.conftest import Reader

pytestmark = pytest.mark.django_db

#: One person of each role, and one of none.
ROLES = {
    "salesperson": "demo-sales",
    "unit head": "demo-head",
    "sales operations": "demo-ops",
    "executive": "demo-director",
    "finance": "demo-finance",
    "auditor": "demo-audit",
    "support": "help-nothing",
    "administrator": "demo-admin",
    "none": "no-seat",
}
#: Who is asked in `make quick` and on PostgreSQL; the others are asked the same, in `make test`.
QUICK = {"salesperson", "guest"}
#: Who must not learn of the records that are out of sight.
STRANGERS = ("guest", "help-nothing", "admin-guest", "no-seat")
#: Addresses that answer before log-in: the log-in itself and what its page offers.
OPEN = {"choose_language", "choose_theme", "demo_login"}
#: Read before log-in: how the product is installed, and a calendar whose address is the secret.
PUBLIC = {"manifest", "service_worker", "offline", "calendar_feed"}
LOG_IN = "login/"
#: Addresses that only change something.
POST_ONLY = {
    "books_close", "choose_language", "choose_theme", "demo_login",
    "import_take_in", "import_match", "import_stop", "import_go_on",
    "import_check", "method_gate", "opportunity_undo", "person_appoint", "person_password",
    "evidence_mark", "evidence_plan", "evidence_remove", "evidence_upload", "inbox_approve",
    "inbox_send_back", "request_create", "request_withdraw",
    "activity_cancel", "activity_move", "activity_restore", "calendar_feed_close",
    "calendar_feed_open", "mention_settle", "next_step_put_off", "tomorrow_plan",
    "file_restore", "mention_done", "note_restore", "note_write",
    "mark_follow", "mark_pin", "mark_seen", "notice_open", "notice_read", "notices_read",
    "rate_set", "review_agree", "review_do", "review_note", "review_save", "small_sale_reverse",
    "board_undo",
    "bin_restore", "history_undo",
    "bulk_undo", "cell_save",
    "view_restore", "view_save",
}  # fmt: skip


@dataclass(frozen=True)
class Address:
    """A pattern of the resolver: its name, its route, and the parameters that it takes."""

    name: str
    route: str
    parameters: tuple[str, ...]
    view: Callable[..., Any] = field(compare=False)

    def url(self, values: dict[str, Any]) -> str:
        filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(values[m[1]]), self.route)
        return f"/{filled}"


def addresses() -> list[Address]:
    """Give every address but those of the log-in, which are allauth's own."""

    def under(patterns: list[Any], before: str) -> Iterator[Address]:
        for one in patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from under(one.url_patterns, route)
            else:
                assert isinstance(one, URLPattern)
                names = tuple(one.pattern.converters)
                yield Address(one.name or route, route, names, one.callback)

    found = list(under(get_resolver().url_patterns, ""))
    return [a for a in found if not a.route.startswith(LOG_IN) or a.name in OPEN]


def each(logins: dict[str, str]) -> list[Any]:
    """Give every log-in as a test of its own, named by its key."""
    later = [pytest.mark.slow, pytest.mark.once, pytest.mark.deep]
    return [
        pytest.param(login, id=name, marks=[] if name in QUICK else later)
        for name, login in logins.items()
    ]


Values = dict[str, list[Any]]


@dataclass(frozen=True)
class Facts:
    """Values of every parameter: of records in everybody's or somebody's sight, and out of it."""

    given: Values
    #: The same parameters of a record that STRANGERS can't see; only customers' records.
    out: Values

    def part(self, number: int) -> "Facts":
        """Give a part of the many verbs and numbers: what many ask, each need not ask whole."""
        some = {name: self.given[name][number % 4 :: 4] for name in ("verb", "address")}
        return Facts({**self.given, **some}, self.out)

    def urls(self, address: Address, *, out: bool = False) -> list[str]:
        """Fill the address in all ways; fails where a parameter is not known here."""
        unknown = set(address.parameters) - set(self.given)
        assert not unknown, f"{address.route}: add facts about {sorted(unknown)}"
        values = {**self.given, **(self.out if out else {})}
        ways = product(*(values[name] for name in address.parameters))
        return [address.url(dict(zip(address.parameters, way, strict=True))) for way in ways]


#: Parameters that name a customers' record; the others of Facts.out belong to one of these.
RECORDS = {
    "opportunity_id", "account_id", "contact_id", "small_sale_id", "review_id", "review_action_id",
    "request_id",
    "record_id",
    "activity_id", "mention_id",
    "view_id",
    "of_id", "note_id", "attachment_id", "object_id",
}  # fmt: skip


def hanging_on(company: Company, opportunity: int) -> Values:
    """Let a note, a file, a colleague, a contact and a rival hang on a deal."""
    sales, head = company.people["demo-sales"], company.people["demo-head"]
    note = Note.objects.create(
        opportunity_id=opportunity, text="一二三", author_id=sales, written_at=company.now
    )
    Mention.objects.create(note=note, person_id=head)
    kept = StoredFile.objects.create(
        sha256="0" * 64, name="no.txt", size=1, content_type="", uploaded_at=company.now
    )
    file = Attachment.objects.create(
        file=kept, opportunity_id=opportunity, added_by_id=sales, added_at=company.now
    )
    # Of a person who is asked nothing here: being on a team changes what one sees.
    member = TeamMember.objects.create(
        opportunity_id=opportunity, person_id=sales, added_at=company.now
    )
    contact = Contact.objects.order_by("id")[0]
    stakeholder = Stakeholder.objects.create(
        opportunity_id=opportunity, contact=contact, added_at=company.now
    )
    rival = Competitor.objects.create(opportunity_id=opportunity, name="一二三")
    return {
        "of_id": [opportunity],
        "note_id": [note.pk],
        "attachment_id": [file.pk],
        "member_id": [member.pk],
        "stakeholder_id": [stakeholder.pk],
        "competitor_id": [rival.pk],
    }


NO_FIGURES = {
    "currency": "CNY", "digits": 2, "with_vat": True, "stages": [], "indicators": {},
    "sums": {
        name: {"count": 0, "amount": ["0", None], "weighted": ["0", None]}
        for name in ("total", "in_period", "overdue")
    },
}  # fmt: skip
VERBS = [
    "advance", "regress", "win", "lose", "abandon", "reopen", "void", "restore", "reassign",
    "method", "rate", "no-such-verb",
]  # fmt: skip


@pytest.fixture
def facts(company: Company) -> Facts:
    oracle = company.oracle
    sales = company.people["demo-sales"]
    strangers = [company.people[login] for login in STRANGERS]
    filed = {owned_by: evidence for evidence, owned_by in company.filed.items()}
    seen = {o for p in strangers for o in oracle.opportunities(p)}
    mine = next(
        r["id"]
        for r in oracle.rows.opportunities
        if r["owner_id"] == sales and r["place"] == 1 and not r["voided"]
    )
    hidden = next(o for o in filed if o not in seen)
    accounts = {a for p in strangers for a in oracle.accounts(p)}
    contacted = {c["account_id"]: c["id"] for c in oracle.rows.contacts}
    shown = next(
        a["id"] for a in oracle.rows.accounts if a["manager_id"] == sales and a["id"] in contacted
    )
    dark = next(a for a in contacted if a not in accounts)
    sales_seen = {s for p in strangers for s in oracle.small_sales(p)}
    sold = next(s["id"] for s in oracle.rows.small_sales if s["id"] not in sales_seen)

    def of(opportunity: int) -> Values:
        movement = Movement.objects.filter(opportunity_id=opportunity).first()
        ticked = Evidence.objects.filter(opportunity_id=opportunity).first()
        stage = Entry.objects.filter(opportunity_id=opportunity).last()
        assert movement is not None
        assert stage is not None
        return {
            **hanging_on(company, opportunity),
            "opportunity_id": [opportunity],
            "object_id": [opportunity],
            "movement_id": [movement.pk],
            "activity_id": [_activity(company, opportunity)],
            "evidence_id": [filed.get(opportunity, ticked.pk if ticked else 0)],
            "stage_id": [ticked.stage_id if ticked else stage.stage_id],
            "key": [ticked.key if ticked else "need"],
            **validated(opportunity, movement.pk),
        }

    def validated(opportunity: int, movement: int) -> Values:
        """Let a move wait, and a review be kept, of an opportunity."""
        row = Opportunity.objects.get(pk=opportunity)
        asked = MoveRequest.objects.create(
            opportunity=row, verb="advance", to_stage_id=row.stage_id, from_stage_id=row.stage_id,
            from_version_id=row.method_version_id, asked_by_id=row.owner_id,
            asked_at=company.now, asked_on=company.today,
        )  # fmt: skip
        key = version_in_force(row.method_version_id).stages[0].key
        kept = DealReview.objects.create(
            opportunity=row, on=company.today, reviewed_at=company.now, agreed="一二三",
            claimed={"stage": key, "version": row.method_version_id, "category": 1, "amount": "1",
                     "currency": "CNY"},
        )  # fmt: skip
        file = Evidence.objects.filter(opportunity_id=opportunity, file__isnull=False).first()
        return {
            "request_id": [asked.pk],
            "deal_review_id": [kept.pk],
            "file_id": [file.file_id if file else movement],
        }

    run = ImportRun.objects.create(
        correlation_id="7b3f8d7e-7c0e-4f43-9d5a-3c5f0c4f1d11", recipe="", status="dry_run",
        actor_id=company.people["demo-ops"], started_at=company.now,
    )  # fmt: skip
    bulk = BulkEdit.objects.create(
        object_type="opportunity", way=4, at=company.now, asked={"verb": "category"},
        correlation_id="7b3f8d7e-7c0e-4f43-9d5a-3c5f0c4f1d12", actor_id=company.people["demo-head"],
    )  # fmt: skip
    BulkEditRow.objects.create(bulk=bulk, object_id=mine)
    kept = Review.objects.create(
        unit_id=company.units["LC"], method_id=oracle.rows.stages[0]["method_id"],
        on=company.today, period_kind="quarter", period_key="2026Q4", currency="CNY",
        known_at=company.now, saved_at=company.now, figures=NO_FIGURES,
    )  # fmt: skip
    ReviewUnit.objects.create(review=kept, unit_id=company.units["LC"])
    ReviewNote.objects.create(review=kept)
    promised = ReviewAction.objects.create(
        review=kept, text="一二三", owner_id=sales, due_on=company.today
    )
    note = Note.objects.create(
        opportunity_id=hidden, text="@", author_id=oracle.opportunity_by_id[hidden]["owner_id"],
        written_at=company.now,
    )  # fmt: skip
    mentioned = Mention.objects.create(note=note, person_id=note.author_id)
    view = SavedView.objects.create(
        page="opportunities", name="一二三", owner_id=sales, query="own=1", updated_at=company.now
    )
    told = Notice.objects.create(
        person_id=sales, kind="assigned", object_type="opportunity", object_id=mine, at=company.now
    )
    return Facts(
        given={
            **of(mine),
            "list_name": ["opportunities", "accounts", "no-such-list"],
            "view_id": [view.pk],
            "verb": VERBS,
            "account_id": [shown],
            "contact_id": [contacted[shown]],
            "small_sale_id": [sold],
            "address": [*NUMBERS, "no.such.number"],
            "kind": ["csv", "xlsx", "pdf"],
            "method_id": [oracle.rows.stages[0]["method_id"]],
            "person_id": [sales],
            "appointment_id": [Appointment.objects.filter(person_id=sales)[0].pk],
            "unit_id": [company.units["LC"]],
            "product_id": [Product.objects.all()[0].pk],
            "run_id": [run.pk],
            "bulk_id": [bulk.pk],
            "cell": ["next_step", "name"],
            "mention_id": [mentioned.pk],
            "token": ["no-such-secret"],
            "review_id": [kept.pk],
            "review_action_id": [promised.pk],
            "page": ["start"],
            "name": ["start"],
            "chapter": ["start"],
            "subject": ["funnel"],
            "record_kind": ["account", "contact", "product", "unit", "person", "no-such-kind"],
            "record_id": [shown],
            "bin_kind": ["account", "contact", "opportunity", "stakeholder", "member", "no-kind"],
            "save": ["7b3f8d7e-7c0e-4f43-9d5a-3c5f0c4f1d11"],
            "of_kind": ["opportunity", "no-such-kind"],
            "object_type": ["opportunity"],
            "notice_id": [told.pk],
        },
        out={
            "of_kind": ["opportunity"],
            **of(hidden),
            "view_id": [view.pk],
            "account_id": [dark],
            "contact_id": [contacted[dark]],
            "small_sale_id": [sold],
            "review_id": [kept.pk],
            "review_action_id": [promised.pk],
            "record_kind": ["account"],
            "record_id": [dark],
            "bin_kind": ["account"],
            "mention_id": [mentioned.pk],
        },
    )


def _activity(company: Company, opportunity: int) -> int:
    """Give a planned activity on an opportunity, of its owner."""
    row = company.oracle.opportunity_by_id[opportunity]
    made = Activity.objects.create(
        kind=2, state=1, subject="visit", owner_id=row["owner_id"], unit_id=row["unit_id"],
        account_id=row["account_id"], opportunity_id=opportunity, on=company.today,
        created_at=company.now, updated_at=company.now,
    )  # fmt: skip
    return int(made.pk)


def asked(reader: Reader, method: str, url: str) -> Any:
    """Ask, and take back what was written; an error of the server is raised here."""
    with transaction.atomic():
        answer = getattr(reader.client, method)(url)
        if answer.streaming:
            b"".join(answer)
        transaction.set_rollback(True)
    return answer


def every_url(facts: Facts, *, out: bool = False) -> Iterator[tuple[Address, str]]:
    for address in addresses():
        for url in facts.urls(address, out=out):
            yield address, url


def test_the_resolver_is_walked(facts: Facts) -> None:
    found = addresses()
    assert len(found) > 50
    assert {"funnel", "opportunity", "account", "contact_export"} <= {a.name for a in found}
    names = {a.name for a in found}
    assert names >= POST_ONLY
    assert sum(bool(set(a.parameters) & RECORDS) for a in found) > 15


@pytest.mark.slow
def test_nobody_gets_further_than_the_log_in(company: Company, facts: Facts) -> None:
    nobody = Reader(company, None)
    for address, url in every_url(facts):
        answer = nobody.client.get(url, follow=True)
        if address.name in PUBLIC:
            assert not answer.redirect_chain, url
            assert answer.status_code in {200, 404}, url
            assert nobody.client.post(url).status_code == 405, url
            continue
        if address.name in OPEN:
            assert answer.status_code == 405, url
        elif answer.status_code != 405 or address.name not in POST_ONLY:
            assert answer.redirect_chain, url
            assert answer.redirect_chain[-1][0].startswith("/login/?next="), (url, answer)
        if address.name not in OPEN:
            posted = nobody.client.post(url, follow=True)
            assert posted.redirect_chain, url
            assert posted.redirect_chain[-1][0].startswith("/login/"), url


def test_the_log_in_itself_answers_anybody_and_takes_nobody_on(company: Company) -> None:
    nobody = Reader(company, None)
    assert nobody.status("/login/") == 200
    page = nobody.client.get("/login/signup/")
    assert page.status_code < 500
    people = Person.objects.count()
    new = {"login": "new", "email": "new@example.com", "password1": "x-1-long", "password2": ""}
    assert nobody.client.post("/login/signup/", new).status_code < 500
    assert Person.objects.count() == people


@pytest.mark.parametrize("login", each(ROLES))
def test_every_role_is_answered_at_every_address(
    company: Company, facts: Facts, login: str
) -> None:
    reader = Reader(company, login)
    for address, url in every_url(facts.part(list(ROLES.values()).index(login))):
        status = asked(reader, "get", url).status_code
        if address.name in POST_ONLY:
            # Where what it is about is out of sight, or not theirs, that may be said first.
            assert status in {405, 403, 404}, (url, status)
        else:
            # 422: a rule says why not, as for reopening what is open.
            assert status in {200, 302, 303, 403, 404, 422}, (url, status)
        status = asked(reader, "post", url).status_code
        assert status in {200, 302, 303, 403, 404, 405, 409, 422}, (url, status)


def test_what_only_changes_refuses_to_be_read(company: Company, facts: Facts) -> None:
    readers = [Reader(company, login) for login in ROLES.values()]
    for address, url in every_url(facts):
        if address.name in POST_ONLY:
            statuses = {asked(reader, "get", url).status_code for reader in readers}
            assert 405 in statuses, (url, statuses)
            assert statuses <= {405, 403, 404}, (url, statuses)


def test_a_post_without_its_token_is_refused(company: Company, facts: Facts) -> None:
    for login in (None, "demo-sales", "demo-admin"):
        reader = Reader(company, login, csrf=True)
        for address in addresses():
            url = facts.urls(address)[0]
            answer = reader.client.post(url, {})
            assert answer.status_code == 403, (url, answer.status_code)


def plain(text: str, url: str) -> str:
    """Give a page without what differs from one asking to the next: tokens and numbers."""
    return re.sub(r"\d+", "#", re.sub(r"\b[A-Za-z0-9]{64}\b", "", text.replace(url, "URL")))


@pytest.mark.parametrize("login", each({login: login for login in STRANGERS}))
def test_what_is_out_of_sight_is_not_there(company: Company, facts: Facts, login: str) -> None:
    oracle, reader = company.oracle, Reader(company, login)
    facts = facts.part(STRANGERS.index(login))
    row = oracle.opportunity_by_id[facts.out["opportunity_id"][0]]
    account = oracle.account_by_id[facts.out["account_id"][0]]
    secrets = (row["name"], row["code"], account["name"])
    # Kinds are the same nowhere: it is the record that is not there.
    kinds = {name: facts.out[name] for name in ("record_kind", "bin_kind", "of_kind")}
    nowhere = Facts(
        facts.given,
        {name: [2_000_000_000] for name in facts.out} | {"key": ["no"]} | kinds,
    )
    compared = 0
    for address in addresses():
        if not set(address.parameters) & RECORDS:
            continue
        urls = zip(facts.urls(address, out=True), nowhere.urls(address, out=True), strict=True)
        for url, missing in urls:
            statuses = set()
            for method in ("get", "post"):
                answer = asked(reader, method, url)
                statuses.add(answer.status_code)
                other = asked(reader, method, missing)
                # A page that is only read says so of every POST, whatever it is about.
                assert answer.status_code in {404, 405}, (method, url, answer.status_code)
                assert answer.status_code == other.status_code
                text = answer.content.decode()
                assert not any(secret in text for secret in secrets), (method, url)
                assert plain(text, url) == plain(other.content.decode(), missing), (method, url)
                compared += answer.status_code == 404
            # One of the two ways must have said that it is not there.
            assert 404 in statuses, url
    assert compared > 20


@pytest.mark.slow
def test_a_number_too_large_for_the_database_is_not_found(company: Company, facts: Facts) -> None:
    reader = Reader(company, "demo-director")
    huge = Facts(
        {**facts.given, **{n: [10**25] for n in facts.given if n.endswith("_id")}}, facts.out
    )
    for address in addresses():
        if not any(name.endswith("_id") for name in address.parameters):
            continue
        for url in huge.urls(address):
            for method in ("get", "post"):
                assert asked(reader, method, url).status_code in {403, 404, 405}, (method, url)


def test_an_import_is_shown_to_who_ran_it(company: Company, facts: Facts) -> None:
    other, own = Reader(company, "ops-unit"), Reader(company, "demo-ops")
    run = facts.given["run_id"][0]
    assert own.status(f"/imports/{run}/") == 200
    for address in addresses():
        if "run_id" not in address.parameters:
            continue
        for url in facts.urls(address):
            statuses = {asked(other, method, url).status_code for method in ("get", "post")}
            assert statuses <= {404, 405}, (url, statuses)
            assert 404 in statuses, url


def test_ids_out_of_sight_in_a_query_tell_nothing(company: Company, facts: Facts) -> None:
    oracle = company.oracle
    account = oracle.account_by_id[facts.out["account_id"][0]]
    parent = f"/accounts/create/?parent={account['id']}"
    group = f"/accounts/?group={account['id']}&q="
    listed = f"/opportunities/?account={account['id']}&state=all"
    for login in STRANGERS:
        reader = Reader(company, login)
        for url in (group, listed, parent):
            answer = asked(reader, "get", url)
            assert answer.status_code in {200, 403}, url
            assert account["name"] not in answer.content.decode(), (login, url)


def test_a_new_record_cannot_hang_on_what_is_out_of_sight(company: Company, facts: Facts) -> None:
    oracle = company.oracle
    account = oracle.account_by_id[facts.out["account_id"][0]]
    reader = Reader(company, "guest")
    form = {"name": "试", "manager_id": company.people["guest"], "parent_id": account["id"]}
    answer = reader.client.post("/accounts/create/", form)
    assert answer.status_code in {404, 422}
    assert account["name"] not in answer.content.decode()
    for told in (account["name"], account["code"]):
        answer = reader.client.post(
            "/opportunities/create/",
            {
                "name": "试", "account": told, "currency": "CNY", "category": "1", "amount": "1",
                "stage": "industrial-6:interest",
            },
        )  # fmt: skip
        assert answer.status_code == 422, answer.status_code
    answer = reader.client.post(f"/accounts/{account['id']}/contacts/create/", {"name": "陈"})
    assert answer.status_code == 404
