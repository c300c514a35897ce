"""Lists, calendar, feed and Today of 40 people hold exactly the activities that they may see.

An activity is seen by its owner and who takes part in it (of those who have to do with customers),
by whoever stands in for its owner, by the heads of its unit, and by whoever sees its opportunity,
or the account that it stands on without one. Its opportunity is named to who sees that, the
account's people to who sees them, in its history too.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from dakehu.actions.calendar import hash_of, open_feed
from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.filters import read
from dakehu.models import (
    Account,
    Activity,
    ActivityContact,
    ActivityPerson,
    CalendarFeed,
    Change,
    Contact,
    Opportunity,
    UnitPlace,
)
from dakehu.queries.activities import ActivityFilter, activities, activity_count, every_activity
from dakehu.queries.activities import activity as one_activity
from dakehu.queries.activities.asked import PLACES, activities_asked_for
from dakehu.queries.calendar import own_days, team_days
from dakehu.queries.paging import Cut
from dakehu.queries.today import out_of_touch, today, tomorrow, who_needs_help
from tests.permission.company import DAY, Company, people
from tests.permission.conftest import Reader
from tests.permission.oracle import OPEN, Oracle

pytestmark = pytest.mark.django_db

#: Who has to do with customers, and may log.
LOGGING = {"salesperson", "unit_head", "sales_operations", "executive", "finance", "support"}
PLANNED, DONE, CANCELLED = ActivityState.PLANNED, ActivityState.DONE, ActivityState.CANCELLED
Row = dict[str, Any]


class Seen:
    """What each may see, by looking at every row."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.rows: list[Row] = list(Activity.objects.filter(deleted_at=None).values())
        self.part: dict[int, set[int]] = defaultdict(set)
        for activity, person in ActivityPerson.objects.values_list("activity_id", "person_id"):
            self.part[activity].add(person)

    def of(self, person: int) -> set[int]:
        oracle = self.oracle
        mine = bool({seat["role"] for seat in oracle.seats(person)} & LOGGING)
        inside = oracle.scope(person)
        deals, accounts = oracle.opportunities(person), oracle.accounts(person)
        return {
            row["id"]
            for row in self.rows
            if inside(row["owner_id"], row["unit_id"])
            or (mine and (row["owner_id"] == person or person in self.part[row["id"]]))
            or row["opportunity_id"] in deals
            or (row["opportunity_id"] is None and row["account_id"] in accounts)
        }

    def own(self, person: int) -> set[int]:
        return {
            row["id"]
            for row in self.rows
            if row["owner_id"] == person or person in self.part[row["id"]]
        }


@pytest.fixture
def seen(company: Company) -> Iterator[Seen]:
    """Let people take part in what is not theirs, and log on accounts and on nothing."""
    with transaction.atomic():
        ids = list(Activity.objects.order_by("id").values_list("pk", flat=True))
        logins = ("guest", "help-nothing", "no-seat", "admin-guest", "demo-sales", "boss", "deputy")
        ActivityPerson.objects.bulk_create(
            ActivityPerson(activity_id=ids[-1 - 3 * n], person_id=company.people[login])
            for n, login in enumerate(logins)
        )
        Activity.objects.filter(pk__in=ids[:6]).update(opportunity=None)
        Activity.objects.filter(pk__in=ids[6:9]).update(opportunity=None, account=None)
        Activity.objects.filter(pk__in=ids[9:11]).update(deleted_at=company.now)
        for step, days in ((0, -3), (1, 0), (2, 5)):
            Activity.objects.filter(pk__in=ids[step::7]).update(
                next_step="Ring", next_step_on=company.today + days * DAY
            )
        Activity.objects.filter(pk__in=ids[11:13]).update(owner_id=company.people["no-seat"])
        closed = UnitPlace.objects.get(closed=True).unit_id
        Activity.objects.filter(pk__in=ids[13:16]).update(unit_id=closed)
        yield Seen(company.oracle)
        transaction.set_rollback(True)


def test_the_list_holds_what_is_in_sight_and_is_counted(company: Company, seen: Seen) -> None:
    some = hidden = 0
    for _number, login, person in people(company):
        viewer, wanted = company.viewer(login), seen.of(person)
        rows = list(every_activity(viewer=viewer, where=ActivityFilter(), limit=100_000))
        assert {row.id for row in rows} == wanted, login
        assert activity_count(viewer=viewer, where=ActivityFilter()) == len(wanted), login
        deals, accounts = company.oracle.opportunities(person), company.oracle.accounts(person)
        for row in rows:
            assert row.opportunity_id is None or row.opportunity_id in deals, login
            assert row.may_open_account == (row.account_id in accounts), login
            assert row.may_open_account or not (row.address or row.phone), login
            assert {one.id for one in row.contacts} <= company.oracle.contacts(person), login
        some, hidden = some + len(wanted), hidden + len(seen.rows) - len(wanted)
    company.met(some, hidden)


def test_the_pages_of_the_list_add_up(company: Company, seen: Seen) -> None:
    for _number, login, person in people(company):
        viewer, found = company.viewer(login), []
        cut = Cut(size=company.chunk(40))
        while True:
            page = activities(viewer=viewer, where=ActivityFilter(), cut=cut)
            found += [row.id for row in page.rows]
            if page.next is None:
                break
            cut = Cut(after=page.next, size=company.chunk(40))
        assert len(found) == len(set(found)), login
        assert set(found) == seen.of(person), login


def test_a_filter_shows_no_more_than_what_is_in_sight(company: Company, seen: Seen) -> None:
    for number, login, person in people(company):
        viewer, wanted = company.viewer(login), seen.of(person)
        whose = seen.rows[number % len(seen.rows)]["owner_id"]
        where = ActivityFilter(person_id=whose)
        rows = {row.id for row in every_activity(viewer=viewer, where=where, limit=100_000)}
        assert rows == wanted & seen.own(whose), login


def cases(company: Company, seen: Seen, person: int) -> list[tuple[str, Callable[[Row], bool]]]:
    """Give conditions of every field, each with which rows it means to somebody."""
    now, unit = company.today, company.units["SMART"]
    below = company.oracle.below(unit, now)
    root = next(a for a in company.oracle.rows.accounts if a["numchild"] and a["depth"] == 1)
    group = {root["id"]}
    if root["id"] in company.oracle.accounts(person):
        group |= {
            a["id"] for a in company.oracle.rows.accounts if a["path"].startswith(root["path"])
        }
    own = seen.own(seen.rows[0]["owner_id"])
    return [
        (f"subject has {seen.rows[0]['subject'][:2]}",
         lambda r: seen.rows[0]["subject"][:2] in r["subject"]),
        ("kind in call, visit", lambda r: r["kind"] in {ActivityKind.CALL, ActivityKind.VISIT}),
        ("kind not call", lambda r: r["kind"] != ActivityKind.CALL),
        ("state is done", lambda r: r["state"] == ActivityState.DONE),
        ("on is last_30_days", lambda r: now - timedelta(days=30) < r["on"] <= now),
        ("on older 10", lambda r: r["on"] < now - timedelta(days=10)),
        ("minutes >= 30", lambda r: (r["minutes"] or 0) >= 30),
        (f"account is {root['id']}", lambda r: r["account_id"] in group),
        (f"account only {root['id']}", lambda r: r["account_id"] == root["id"]),
        ("account empty", lambda r: r["account_id"] is None),
        (f"whose is {seen.rows[0]['owner_id']}", lambda r: r["id"] in own),
        (f"whose not {seen.rows[0]['owner_id']}", lambda r: r["id"] not in own),
        (f"unit is {unit}", lambda r: r["unit_id"] in below),
        (f"unit not {unit}", lambda r: r["unit_id"] not in below),
        ("outcome is advance", lambda r: r["outcome"] == CallOutcome.ADVANCE),
        ("outcome empty", lambda r: r["outcome"] == CallOutcome.NONE),
        ("result filled", lambda r: r["result"] != ""),
        ("next_step empty", lambda r: r["next_step"] == ""),
        ("next_step_on >= today",
         lambda r: r["next_step_on"] is not None and r["next_step_on"] >= now),
        ("created is last_30_days", lambda r: of_thirty_days(r["created_at"], now)),
        ("state is planned and (kind is visit or on >= today)",
         lambda r: r["state"] == ActivityState.PLANNED
         and (r["kind"] == ActivityKind.VISIT or r["on"] >= now)),
    ]  # fmt: skip


def of_thirty_days(moment: datetime, now: date) -> bool:
    day = moment.astimezone(ZoneInfo("Asia/Shanghai")).date()
    return now - timedelta(days=30) < day <= now


def test_every_field_filters_what_is_in_sight(company: Company, seen: Seen) -> None:
    fields = {key: place.field for key, place in PLACES.items()}
    names = {text.split()[0] for text, _meant in cases(company, seen, seen.rows[0]["owner_id"])}
    assert names >= set(fields)
    met, every = set(), []
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), seen.of(person)
        every = cases(company, seen, person)
        for text, meant in company.part(every, number, 6):
            conditions = read(text, fields)
            assert conditions is not None
            asked = activities_asked_for(viewer, conditions, today=company.today)
            where = ActivityFilter(asked=asked)
            rows = {row.id for row in every_activity(viewer=viewer, where=where, limit=100_000)}
            expected = {r["id"] for r in seen.rows if r["id"] in allowed and meant(r)}
            assert rows == expected, (login, text)
            assert activity_count(viewer=viewer, where=where) == len(expected)
            met |= {text} if expected else set()
    company.met(len(met) > len(every) * 2 // 3)


def test_a_single_one_opens_or_is_not_there(company: Company, seen: Seen) -> None:
    for number, login, person in people(company):
        viewer, wanted = company.viewer(login), seen.of(person)
        for row in seen.rows[number % 17 :: 17]:
            if row["id"] in wanted:
                assert one_activity(viewer=viewer, activity_id=row["id"]).row.id == row["id"]
            else:
                with pytest.raises(NotFound):
                    one_activity(viewer=viewer, activity_id=row["id"])


def test_a_history_names_the_customer_s_people_to_who_sees_them(
    company: Company, seen: Seen
) -> None:
    oracle, some, hidden = company.oracle, 0, 0
    by_account: dict[int, list[int]] = defaultdict(list)
    for row in oracle.rows.contacts:
        by_account[row["account_id"]].append(row["id"])
    names = dict(Contact.objects.values_list("pk", "name"))
    asked = [row for row in seen.rows if row["account_id"] in by_account][-60:]
    for row in asked:
        now = by_account[row["account_id"]][:2]
        for old, new in (([], now), ([], [f"as before {n}" for n in now])):
            Change.objects.create(
                object_type="activity", object_id=row["id"], field="contacts", old=old, new=new,
                correlation_id=uuid4(), way=1, at=company.now,
            )  # fmt: skip
    for _number, login, person in people(company):
        viewer, wanted, known = company.viewer(login), seen.of(person), oracle.contacts(person)
        for row in (one for one in asked if one["id"] in wanted):
            page = one_activity(viewer=viewer, activity_id=row["id"])
            told = {n for change in page.changes if change.field == "contacts" for n in change.new}
            theirs = [n for n in by_account[row["account_id"]][:2] if n in known]
            assert told == {text for n in theirs for text in (names[n], f"as before {n}")}, login
            some, hidden = some + bool(theirs), hidden + (not theirs)
    company.met(some, hidden)


def test_the_calendar_and_today_are_one_s_own_and_the_team_s(company: Company, seen: Seen) -> None:
    oracle, on = company.oracle, company.today
    since, until = on - 90 * DAY, on + 30 * DAY
    some = hidden = 0
    for _number, login, person in people(company):
        viewer, own = company.viewer(login), seen.own(person) & seen.of(person)
        hidden += len(seen.own(person)) - len(own)
        mine = [row for row in seen.rows if row["id"] in own]
        held = own_days(viewer=viewer, since=since, until=until)
        wanted = {row["id"] for row in mine if since <= row["on"] < until}
        assert same({row.id for row in held.activities}, wanted, 400), login
        assert held.is_cut == (len(wanted) > 400), login
        assert {s.opportunity_id for s in held.steps} == steps(oracle, person, since, until), login
        day = today(viewer=viewer, on=on)
        planned = {row["id"] for row in mine if row["state"] == PLANNED and row["on"] <= on + DAY}
        wanted = planned | {r["id"] for r in mine if r["state"] == DONE and r["on"] == on}
        shown = [*day.late, *day.agenda, *day.tomorrow]
        assert same({row.id for row in shown}, wanted, 80), login
        assert all(row.on < on for row in day.late)
        assert {row.on for row in day.agenda} <= {on}
        lists = (day.steps_late, day.steps_today, day.close_passed, day.stalled)
        for deal in (one for some in lists for one in some.rows):
            row = oracle.opportunity_by_id[deal.id]
            assert row["owner_id"] in oracle.owners(person), login
            assert not row["voided"], login
        ahead = tomorrow(viewer=viewer, today=on, on=on + DAY)
        wanted = {r["id"] for r in mine if r["state"] != CANCELLED and r["on"] == on + DAY}
        assert same({row.id for row in ahead.planned}, wanted, 80), login
        assert {s.id for s in ahead.suggested} <= oracle.opportunities(person), login
        if viewer.units or viewer.sees_all:
            team = team_days(viewer=viewer, units=None, since=since, until=until, today=on)
            inside = oracle.scope(person)
            there = {one.id for one in team.people}
            wanted = {
                row["id"]
                for row in seen.rows
                if row["owner_id"] in there
                and inside(row["owner_id"], row["unit_id"])
                and since <= row["on"] < until
                and row["state"] != CANCELLED
            }
            assert same({row.id for row in team.activities}, wanted, 400), login
            assert wanted <= seen.of(person), login
        some += len(own)
    company.met(some, hidden)


def steps(oracle: Oracle, person: int, since: date, until: date) -> set[int]:
    """Give the open deals of a person's own, or of whom they stand in for, with a step due."""
    return {
        row["id"]
        for row in oracle.rows.opportunities
        if row["owner_id"] in oracle.owners(person)
        and row["place"] == OPEN
        and not row["voided"]
        and row["next_step"]
        and row["next_step_on"] is not None
        and since <= row["next_step_on"] < until
    }


def same(shown: set[int], wanted: set[int], most: int) -> bool:
    """Test that all is shown, or as much of it as a page holds."""
    return shown <= wanted and len(shown) == min(len(wanted), most)


def test_the_feed_tells_exactly_one_s_own(company: Company, seen: Seen) -> None:
    oracle, on = company.oracle, company.today
    some = refused = 0
    for _number, login, person in people(company):
        viewer, reader = company.viewer(login), Reader(company, login)
        if not {seat["role"] for seat in oracle.seats(person)} & LOGGING:
            with pytest.raises(NotAllowed):
                open_feed(actor=viewer, at=company.now)
            # One that was opened before they left it is dead.
            token = f"left-{login}"
            CalendarFeed.objects.create(
                person_id=person, token_hash=hash_of(token), made_at=company.now
            )
            assert Reader(company, None).status(f"/calendar/feed/{token}.ics") == 404, login
            refused += 1
            continue
        token = open_feed(actor=viewer, at=company.now)
        book = Reader(company, None).page(f"/calendar/feed/{token}.ics")
        told = re.findall(r"UID:(activity|next-step)-(\d+)@", book.replace("\r\n ", ""))
        own = {
            row["id"]
            for row in seen.rows
            if row["id"] in seen.own(person) and on - 30 * DAY <= row["on"] < on + 180 * DAY
        }
        shown = {int(pk) for kind, pk in told if kind == "activity"}
        assert same(shown, own, 400), login
        due = {int(pk) for kind, pk in told if kind == "next-step"}
        assert due == steps(oracle, person, on - 30 * DAY, on + 180 * DAY), login
        assert len(told) == len(shown) + len(due), login
        some += len(told)
        assert reader.status("/calendar/") == 200
    company.met(some, refused)


def test_counts_of_overdue_steps_are_those_of_the_rows(company: Company) -> None:
    oracle, on = company.oracle, company.today
    for _number, login, person in people(company):
        viewer = company.viewer(login)
        mine = [
            row
            for row in oracle.rows.opportunities
            if row["owner_id"] in oracle.owners(person) and row["place"] == 1 and not row["voided"]
        ]
        day = today(viewer=viewer, on=on)
        late = [r for r in mine if r["next_step_on"] and r["next_step_on"] < on]
        passed = [r for r in mine if r["close_on"] and r["close_on"] < on]
        assert (day.steps_late.count, day.close_passed.count) == (len(late), len(passed)), login


def test_who_needs_help_is_counted_from_what_is_in_sight(company: Company) -> None:
    oracle, on = company.oracle, company.today
    for _number, login, person in people(company):
        inside = oracle.scope(person)
        leads = oracle.sees_all(person) or oracle.units(person)
        open_now: dict[int, int] = defaultdict(int)
        for row in oracle.rows.opportunities:
            there = row["place"] == 1 and not row["voided"] and row["owner_id"] != person
            by_unit = oracle.sees_all(person) or row["unit_id"] in oracle.units(person)
            if there and by_unit and inside(row["owner_id"], row["unit_id"]):
                open_now[row["owner_id"]] += 1
        helped = who_needs_help(viewer=company.viewer(login), on=on)
        assert leads or not helped, login
        assert all(one.open == open_now[one.person.id] for one in helped), login


def test_accounts_without_contact_are_accounts_in_sight(company: Company) -> None:
    oracle, on = company.oracle, company.today
    before = on - timedelta(days=30)
    last = dict(Account.objects.values_list("pk", "last_contact_on"))
    for _number, login, person in people(company):
        rows = out_of_touch(viewer=company.viewer(login), on=on, whole=True, limit=10_000)
        quiet = {a for a in oracle.accounts(person) if last[a] is None or last[a] < before}
        assert {row.id for row in rows} == quiet, login
        for row in rows:
            theirs = [
                o
                for o in oracle.opportunities(person)
                if oracle.opportunity_by_id[o]["account_id"] == row.id
                and oracle.opportunity_by_id[o]["place"] == 1
                and not oracle.opportunity_by_id[o]["voided"]
            ]
            assert row.open == len(theirs), (login, row.id)


def test_the_page_and_the_file_name_no_deal_out_of_sight(company: Company, seen: Seen) -> None:
    names = dict(Opportunity.objects.values_list("pk", "name"))
    contacts: dict[int, set[str]] = defaultdict(set)
    for activity, name in ActivityContact.objects.values_list("activity_id", "contact__name"):
        contacts[activity].add(name)
    for login in ("guest", "help-account", "demo-sales", "demo-head", "no-seat"):
        person, reader = company.people[login], Reader(company, login)
        lines = reader.csv("/activities/export.csv")
        assert len(lines) == len(seen.of(person)), login
        told = {names[o] for o in company.oracle.opportunities(person)} | {""}
        assert {line["Opportunity"] for line in lines} <= told, login
        shown = reader.listed("/activities/?sort=on", r'<a href="/activities/(\d+)/"')
        assert set(shown) == seen.of(person), login


def test_the_file_of_a_filtered_list_holds_it_and_nothing_else(
    company: Company, seen: Seen
) -> None:
    oracle, met = company.oracle, defaultdict(int)
    accounts = dict(Account.objects.values_list("pk", "name"))
    closed = UnitPlace.objects.get(closed=True).unit_id
    above_closed = oracle.hung(company.today)[closed]
    assert above_closed is not None
    for number, login, person in people(company):
        reader, wanted = Reader(company, login), seen.of(person)
        mine = [row for row in seen.rows if row["id"] in wanted]
        kind = list(ActivityKind)[number % len(ActivityKind)]
        # In turn the one that a closed unit last hung below, and one of what is in sight or above.
        near = oracle.above(mine[number % len(mine)]["unit_id"]) if mine else []
        unit = near[number % len(near)] if near and number % 3 else above_closed
        # Of an account one sees one may ask; of another it is not found.
        known = sorted(oracle.accounts(person) & {row["account_id"] for row in mine})
        asked: dict[str, list[Row]] = {
            f"?kind={kind.name.lower()}": [row for row in mine if row["kind"] == kind],
            f"?unit={unit}": within(company, person, mine, unit),
            f"?unit={unit}&kind={kind.name.lower()}": [
                row for row in within(company, person, mine, unit) if row["kind"] == kind
            ],
        }
        if known:
            account = known[number % len(known)]
            rows = [row for row in mine if row["account_id"] == account]
            asked[f"?account={account}"] = rows
            asked[f"?account={account}&kind={kind.name.lower()}"] = [
                row for row in rows if row["kind"] == kind
            ]
        hidden = next(iter(set(accounts) - oracle.account_names(person)), None)
        if hidden is not None:
            assert reader.status(f"/activities/export.csv?account={hidden}") == 404, login
            met["hidden"] += 1
        for query, rows in company.part(list(asked.items()), number, 2):
            told = Counter(
                (line["Day"], line["Subject"], line["Account"], line["Result"])
                for line in reader.file("/activities/export", query)
            )
            expected = Counter(
                (str(r["on"]), r["subject"], accounts.get(r["account_id"], ""), r["result"])
                for r in rows
            )
            assert told == expected, (login, query)
            met[re.sub(r"=\w+", "", query)] += bool(rows)
            met["closed"] += any(row["unit_id"] == closed for row in rows) and "unit" in query
    company.met(*met.values(), len(met) == 7)


def within(company: Company, person: int, rows: list[Row], unit: int) -> list[Row]:
    """Keep what lies in a unit and below it, with what was closed there, if it may be chosen.

    To choose from are the units of today that a head leads, with those above them.
    """
    oracle, today = company.oracle, company.today
    units = set(oracle.tree(today))
    if not oracle.sees_all(person):
        units = {one for led in oracle.units(person) & units for one in oracle.above(led)}
    below = oracle.below(unit, today) if unit in units else frozenset()
    return [row for row in rows if row["unit_id"] in below]
