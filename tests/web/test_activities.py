"""Activities, calendar and Today in the browser's terms: the line, budgets, drafts, feeds."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from dakehu.actions.accounts import create_account
from dakehu.actions.contacts import create_contact
from dakehu.models import Account as AccountRow
from dakehu.models import (
    Activity,
    Appointment,
    CalendarFeed,
    Contact,
    Mark,
    Mention,
    MoveRequest,
    Note,
    Opportunity,
    Person,
)
from dakehu.queries.calendar import feed_days
from dakehu.queries.units import all_units
from tests.world import AT, World

DAY = timedelta(days=1)


@pytest.fixture
def now_world(world: World) -> World:
    """Let the cast live on the real day: pages ask the clock."""
    world.today = timezone.localdate(timezone=ZoneInfo("Asia/Shanghai"))
    world.at = timezone.now()
    return world


def contact(world: World, name: str) -> int:
    return create_contact(
        actor=world.viewer("wen"), account_id=world.accounts["harbour"],
        values={"name": name, "phone": "+86 190 0000 1234"}, today=world.today, at=world.at,
    )  # fmt: skip


def logged(client: Client, url: str = "/activities/log/", **said: Any) -> Any:
    return client.post(url, said)


def test_one_line_logs_a_visit_with_whom_and_when(now_world: World) -> None:
    world = now_world
    deal = world.create().opportunity_id
    who = contact(world, "王强")
    client = world.client("wen", "zh-hans")
    answer = logged(client, line="拜访 王工 明天 10:00，下一步 发报价 后天", opportunity=deal)
    assert answer.status_code == 303
    row = Activity.objects.get()
    assert (row.kind, row.state, row.on) == (2, 1, world.today + DAY)
    assert timezone.localtime(row.starts_at).strftime("%H:%M") in {"10:00", "02:00"}
    assert [c.contact_id for c in row.contacts.all()] == [who]
    step = Opportunity.objects.get(pk=deal)
    assert (step.next_step, step.next_step_on) == ("发报价", world.today + 2 * DAY)


def test_the_account_is_found_by_its_name_in_the_line(now_world: World) -> None:
    world = now_world
    logged(world.client("wen"), line="call harbour group")
    assert Activity.objects.get().account_id == world.accounts["harbour"]
    logged(world.client("wen"), line="call mill company")  # lu's: not there for wen
    assert Activity.objects.latest("id").account_id is None


def test_of_companies_alike_the_one_named_in_full_is_meant(now_world: World) -> None:
    world = now_world
    for name in (
        "沧枫热电（成都）有限公司", "沧枫热电（成都）有限公司研究院", "沧枫热电有限公司",
        "成都水务有限公司",
    ):  # fmt: skip
        create_account(
            actor=world.viewer("wen"), values={"name": name}, manager_id=world.people["wen"],
            unit_id=None, today=world.today, at=world.at,
        )  # fmt: skip
    client = world.client("wen", "zh-hans")
    for said in ("沧枫热电（成都）有限公司", "沧枫热电(成都)有限公司"):
        logged(client, line=f"电话 {said} 下一步 发报价")
        row = Activity.objects.latest("id")
        assert row.account is not None
        assert row.account.name == "沧枫热电（成都）有限公司"
    logged(client, line="电话 有限公司")
    assert Activity.objects.latest("id").account is None


@pytest.mark.parametrize(
    ("line", "subject", "who"),
    [
        ("电话 lvyu 谈付款条件", "谈付款条件", ["吕雨"]),
        ("zhouxiaofeng 催款", "催款", ["周晓峰"]),
        ("zhou xiaofeng 催款", "催款", ["周晓峰"]),
        # Initials are as soon an abbreviation of something else: CRM, ERP.
        ("zxf 催款", "zxf 催款", []),
        ("visit chengmengyi tomorrow 10:00", "", ["程梦怡"]),
        ("拜访 给周晓峰 和 吕雨 谈付款", "谈付款", ["周晓峰", "吕雨"]),
        # Of a name only the beginning: nobody is meant for certain, and nothing is lost.
        ("call chen about 付款", "chen about 付款", []),
        ("电话 谈付款条件", "谈付款条件", []),
    ],
)
def test_the_word_that_named_somebody_is_no_part_of_the_title(
    now_world: World, line: str, subject: str, who: list[str]
) -> None:
    for name in ("吕雨", "周晓峰", "程梦怡"):
        contact(now_world, name)
    logged(now_world.client("wen", "zh-hans"), line=line)
    row = Activity.objects.get()
    assert row.subject == subject
    assert sorted(c.contact.name for c in row.contacts.all()) == sorted(who)
    assert row.account_id == (now_world.accounts["harbour"] if who else None)


def test_whose_tick_is_taken_away_their_word_comes_back_into_the_title(now_world: World) -> None:
    client, who = now_world.client("wen"), contact(now_world, "吕雨")
    line = "call lvyu payment"
    shown = client.get("/activities/log/reading/", {"line": line}).content.decode()
    assert re.search(rf'name="contacts" value="{who}" checked', shown)
    assert f'name="meant" value="{who}"' in shown
    account = now_world.accounts["harbour"]
    said = {"read_line": line, "meant": who, "account": account, "read_account": account}
    # Writing on does not tick them again, but goes on looking for others.
    url = "/activities/log/reading/"
    shown = client.get(url, {**said, "line": f"{line} terms"}).content.decode()
    assert f'name="contacts" value="{who}"' in shown
    assert f'name="contacts" value="{who}" checked' not in shown
    # And who was ticked for a word that is gone is not ticked any more, nor is the account kept.
    gone = client.get(url, {**said, "contacts": who, "line": "call payment"}).content.decode()
    assert f'name="contacts" value="{who}" checked' not in gone
    assert "read_account" not in gone
    logged(client, line=line, **said)
    row = Activity.objects.get()
    assert (row.subject, row.contacts.count()) == ("lvyu payment", 0)


def test_the_account_s_word_is_taken_too_and_its_trade_stays(now_world: World) -> None:
    world = now_world
    create_account(
        actor=world.viewer("wen"), values={"name": "海岳泵业有限公司"},
        manager_id=world.people["wen"], unit_id=None, today=world.today, at=world.at,
    )  # fmt: skip
    client = world.client("wen", "zh-hans")
    for line, subject in (
        ("拜访 海岳泵业 谈付款", "谈付款"),
        ("拜访 海岳泵业有限公司 谈付款", "谈付款"),
        ("拜访 haiyuebengye 谈付款", "谈付款"),
        ("拜访 泵业 谈付款", "泵业 谈付款"),
    ):
        logged(client, line=line)
        row = Activity.objects.latest("id")
        assert (row.account is not None, row.subject) == (True, subject), line


def test_the_beginning_of_a_name_is_asked_and_ticks_nobody(now_world: World) -> None:
    client = now_world.client("wen")
    doubtful, other = contact(now_world, "程梦怡"), contact(now_world, "陈伟")
    shown = client.get("/activities/log/reading/", {"line": "call chen today"}).content.decode()
    for one in (doubtful, other):
        assert f'name="contacts" value="{one}"' in shown
    assert not re.search(r'name="contacts" value="\d+" checked', shown)
    assert 'name="account"' not in shown
    logged(client, line="call chen today")
    row = Activity.objects.get()
    assert (row.account_id, row.subject, row.contacts.count()) == (None, "chen", 0)
    # Who is chosen takes the word, and brings the account.
    logged(client, line="call chen today", read_line="call chen today", contacts=other)
    row = Activity.objects.latest("id")
    assert (row.account_id, row.subject) == (now_world.accounts["harbour"], "")
    assert [c.contact_id for c in row.contacts.all()] == [other]


def test_two_of_one_name_are_offered_and_neither_is_ticked(now_world: World) -> None:
    for _turn in range(2):
        contact(now_world, "王强")
    client = now_world.client("wen", "zh-hans")
    shown = client.get("/activities/log/reading/", {"line": "电话 王强"}).content.decode()
    assert shown.count('name="contacts"') == 2
    assert not re.search(r'name="contacts" value="\d+" checked', shown)


def test_at_a_known_account_the_family_name_is_enough(now_world: World) -> None:
    deal, who = now_world.create().opportunity_id, contact(now_world, "陈伟")
    contact(now_world, "程梦怡")
    logged(now_world.client("wen"), line="visit chen tomorrow 10:00", opportunity=deal)
    row = Activity.objects.get()
    assert ([c.contact_id for c in row.contacts.all()], row.subject) == ([who], "")


@pytest.mark.parametrize(
    ("line", "subject", "ticked"),
    [
        ("call he wants an offer", "he wants an offer", False),
        ("call whr about payment", "about payment", True),
    ],
)
def test_a_word_that_is_also_a_family_name_stays_in_the_title(
    now_world: World, line: str, subject: str, ticked: bool
) -> None:
    deal = now_world.create().opportunity_id
    contact(now_world, "何文静")
    who = contact(now_world, "王浩然")
    logged(now_world.client("wen"), line=line, opportunity=deal)
    row = Activity.objects.get()
    assert row.subject == subject
    assert [c.contact_id for c in row.contacts.all()] == ([who] if ticked else [])


def test_the_deal_and_its_next_step_stay_while_the_line_is_read(now_world: World) -> None:
    deal = now_world.create(next_step="Send the offer").opportunity_id
    client = now_world.client("wen")
    page = client.get("/activities/log/", {"opportunity": deal}).content.decode()
    # The line is read with all that the form knows: the deal stands above the fields it fills.
    field = re.search(r'<input id="log-line"[^>]*>', page)
    assert field is not None
    assert 'hx-include="closest form"' in field[0]
    sent = re.search(r'hx-params="([^"]*)"', field[0])
    assert sent is not None
    form = dict(re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page))
    known = {name: value for name, value in form.items() if name in sent[1].split(",")}
    shown = client.get("/activities/log/reading/", {**known, "line": "call Li"}).content.decode()
    assert "Stacker, 2 sets" in shown
    assert "now: Send the offer" in shown
    assert 'name="seen_step" value="Send the offer"' in shown


def test_what_is_set_by_hand_stays_while_one_types_on(now_world: World) -> None:
    client = now_world.client("wen")
    shown = client.get(
        "/activities/log/reading/",
        {"line": "visit Li now", "read_line": "visit Li", "kind": "1", "state": "1"},
    ).content.decode()
    assert re.search(r'name="kind"\s+value="1"\s+checked', shown)
    shown = client.get("/activities/log/reading/", {"line": "visit Li", "kind": "1"})
    assert re.search(r'name="kind"\s+value="2"\s+checked', shown.content.decode())


def test_nothing_said_is_refused_at_the_line(now_world: World) -> None:
    answer = logged(now_world.client("wen"), line="")
    assert answer.status_code == 422
    assert "Write in one line" in answer.content.decode()


def test_a_draft_is_answered_in_facts_and_taken_once(now_world: World) -> None:
    client = now_world.client("wen")
    key = "0c6c9f4e-5a57-4a53-9d5b-6f3c2f1f2f10"
    day = now_world.today - 3 * DAY
    for _turn in range(2):
        answer = client.post(
            "/activities/log/",
            {"line": "call Li tomorrow", "client_key": key, "written_on": day.isoformat()},
            headers={"X-Draft": "1"},
        )
        assert answer.json() == {"taken": Activity.objects.get().pk}
    # 'Tomorrow' was meant from the day on which it was written.
    assert Activity.objects.get().on == day + DAY
    refused = client.post("/activities/log/", {"line": ""}, headers={"X-Draft": "1"})
    assert refused.status_code == 422
    assert refused.json()["refused"]
    gone = {"line": "call", "opportunity": "999999"}
    refused = client.post("/activities/log/", gone, headers={"X-Draft": "1"})
    assert (refused.status_code, len(refused.json()["refused"])) == (422, 1)


def test_the_device_is_told_when_it_need_not_keep_a_draft(now_world: World) -> None:
    client, htmx = now_world.client("wen"), {"HX-Request": "true"}
    taken = client.post("/activities/log/", {"line": "call Li"}, headers=htmx)
    shown_again = client.post("/activities/log/", {"line": ""}, headers=htmx)
    assert (taken.status_code, shown_again.status_code) == (200, 422)
    assert taken["X-Draft"] == shown_again["X-Draft"] == "1"
    gone = client.post("/activities/log/", {"line": "call", "opportunity": "99999"}, headers=htmx)
    log_in = Client().post("/activities/log/", {"line": "call"}, headers=htmx)
    assert (gone.status_code, log_in.status_code) == (404, 200)
    assert not {"X-Draft"} & {*gone.headers, *log_in.headers}


def test_what_was_planned_without_connection_is_planned(now_world: World) -> None:
    client, day = now_world.client("wen"), now_world.today - 2 * DAY
    at = timezone.localtime(now_world.at - 2 * DAY, ZoneInfo("Asia/Shanghai"))

    def sent(line: str, **more: str) -> Activity:
        said = {"line": line, "written_on": day.isoformat(), **more}
        answer = client.post("/activities/log/", said, headers={"X-Draft": "1"})
        return Activity.objects.get(pk=answer.json()["taken"])

    written = {"written_at": at.isoformat()}
    row = sent("visit Li tomorrow 9:00", **written)
    assert (row.on, row.state) == (day + DAY, 1)
    assert sent("visit Li yesterday", **written).state == 2
    later, sooner = (at + timedelta(hours=n) for n in (1, -1))
    if sooner.date() == later.date():
        assert (
            sent(f"call Li {later:%H}:00", written_at=at.replace(minute=1).isoformat()).state == 1
        )
        assert sent(f"call Li {sooner:%H:%M}", **written).state == 2
    assert sent("call Li tomorrow").state == 1


def test_done_on_a_next_step_clears_it_whatever_day_it_names(now_world: World) -> None:
    world = now_world
    deal = world.create(next_step="发报价 周五", next_step_on=world.today - DAY).opportunity_id
    client = world.client("wen", "zh-hans")
    link = re.search(
        r'/activities/log/\?([^"]*state=done[^"]*)', client.get("/today/").content.decode()
    )
    assert link is not None
    page = client.get(f"/activities/log/?{unescape(link[1])}").content.decode()
    said = dict(re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page))
    assert re.search(r'name="state"\s+value="2"\s+checked', page)
    assert f'name="on" class="form-control" value="{world.today}"' in page
    line = "发报价 周五"
    assert said["seen_step"] == said["read_line"] == line
    on = world.today.isoformat()
    logged(client, **said, line=line, kind="7", state="2", on=on)
    assert (Activity.objects.get().state, Opportunity.objects.get(pk=deal).next_step) == (2, "")
    assert "finishes_step" not in client.get("/today/").content.decode()


def test_a_deal_of_a_hidden_account_takes_nobody_else_s_people(now_world: World) -> None:
    world = now_world
    deal = world.create().opportunity_id
    AccountRow.objects.filter(pk=world.accounts["harbour"]).update(
        manager_id=world.people["lu"], unit_id=world.units["west_team"]
    )
    AccountRow.objects.filter(pk=world.accounts["mill"]).update(
        manager_id=world.people["wen"], unit_id=world.units["east_team"]
    )
    client = world.client("wen")
    assert logged(client, line="call mill company", opportunity=deal).status_code == 303
    row = Activity.objects.get()
    assert (row.account_id, row.opportunity_id) == (world.accounts["harbour"], deal)


def test_chosen_people_are_offered_beyond_the_first_sixty(now_world: World) -> None:
    world, client = now_world, now_world.client("wen")
    on = {"account_id": world.accounts["harbour"], "created_on": world.today}
    Contact.objects.bulk_create(Contact(name=f"A{n}", sort_key=f"a{n:03}", **on) for n in range(61))
    last = Contact.objects.create(name="Zhou", sort_key="zhou", **on)
    page = client.get(f"/activities/log/?contact={last.pk}").content.decode()
    assert re.search(rf'name="contacts" value="{last.pk}" checked', page)
    logged(client, line="", account=world.accounts["harbour"], contacts=[last.pk])
    row = Activity.objects.get()
    assert [one.contact_id for one in row.contacts.all()] == [last.pk]
    stale = {"kind": "2", "state": "1", "on": world.today, "at": "10:00", "seen": "0"}
    page = client.post(f"/activities/{row.pk}/edit/", stale)
    said = re.findall(r'<th scope="row">([^<]*)</th><td>([^<]*)</td>', page.content.decode())
    assert {("Time", "—"), ("With", "Zhou")} <= set(said)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/activities/%s/move/", {"days": "--1"}),
        ("/activities/%s/move/", {"minutes_later": "-", "at": "10:00"}),
        ("/activities/%s/move/", {"on": "9999-12-31", "at": "23:00", "minutes_later": "9999"}),
        ("/activities/log/", {"line": "0001-01-01 07:00 x"}),
        ("/today/tomorrow/plan/", {"day": "0001-01-01", "opportunity": "1"}),
    ],
)
def test_what_no_form_sends_is_refused_and_breaks_nothing(
    now_world: World, url: str, said: dict[str, str]
) -> None:
    row = plan(now_world)
    answer = now_world.client("wen").post(url.replace("%s", str(row.pk)), said)
    assert answer.status_code < 500


def plan(world: World, **facts: Any) -> Activity:
    given: dict[str, Any] = {
        "kind": 2, "state": 1, "subject": "Look at the site", "owner_id": world.people["wen"],
        "unit_id": world.units["east_team"], "account_id": world.accounts["harbour"],
        "on": world.today, "created_at": AT, "updated_at": AT,
    }  # fmt: skip
    return Activity.objects.create(**(given | facts))


def test_an_activity_is_finished_moved_deleted_and_brought_back(now_world: World) -> None:
    world, client = now_world, now_world.client("wen")
    row = plan(world, starts_at=world.at.replace(hour=2, minute=0, second=0, microsecond=0))
    page = f"/activities/{row.pk}/"
    assert client.post(f"{page}move/", {"days": "1", "seen": "1"}).status_code == 303
    row.refresh_from_db()
    assert row.on == world.today + DAY
    assert client.post(f"{page}move/", {"days": "1", "seen": "1"}).status_code == 409
    quiet = {"on": world.today.isoformat(), "at": "15:30", "quiet": "1"}
    assert client.post(f"{page}move/", quiet).status_code == 204
    row.refresh_from_db()
    assert row.on == world.today
    done = {"on": world.today.isoformat(), "outcome": "2", "result": "A test next week."}
    assert client.post(f"{page}finish/", done).status_code == 303
    assert "Advance" in client.get(page).content.decode()
    assert "brought back" in client.get(f"{page}delete/").content.decode()
    client.post(f"{page}delete/")
    assert not client.get("/activities/").content.decode().count(page)
    assert "Bring back" in client.get(page).content.decode()
    client.post(f"{page}restore/")
    assert page in client.get("/activities/").content.decode()


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("kind=visit", 1), ("kind=call", 1), ("state=done", 1), ("state=planned", 1), ("", 2),
        ("period=today", 1), ("period=ahead", 2), ("result=none", 1), ("person=me", 2),
        ("kind=dance", 2), ("since=2020-01-01&until=2020-02-01", 0),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_its_address(now_world: World, query: str, wanted: int) -> None:
    world = now_world
    plan(world, state=2)
    plan(world, kind=1, on=world.today + 40 * DAY)
    client = world.client("wen")
    shown = client.get(f"/activities/?{query}").content.decode()
    assert len(re.findall(r'<th scope="row"', shown)) == wanted
    lines = client.get(f"/activities/export.csv?{query}").getvalue().decode().splitlines()
    assert len(lines) == wanted + 1


def test_the_list_has_columns_and_views_of_ones_own(now_world: World) -> None:
    world = now_world
    deal = world.create(name="Crane for the quay").opportunity_id
    plan(world, state=2, opportunity_id=deal, result="=Sent " * 40)
    client = world.client("wen")
    every = (
        "on,time,minutes,kind,account,with,opportunity,owner,people,unit,state,result,next_step,"
        "next_step_on"
    )
    page = client.get(f"/activities/?columns={every}").content.decode()
    assert re.findall(r'<th scope="col" class="[^"]*c-([a-z_]+)"', page) == [
        "subject", *every.split(","),
    ]  # fmt: skip
    assert "Crane for the quay" in page
    file = client.get("/activities/export.csv?columns=opportunity,result").getvalue().decode()
    assert "Subject,Opportunity,Result,As of" in file.splitlines()[0]
    assert "Crane for the quay,'=Sent" in file
    client.post("/views/activities/columns/", {"column": ["kind", "on"]})
    heads = re.findall(r"c-([a-z_]+)", client.get("/activities/").content.decode())
    assert list(dict.fromkeys(heads))[:3] == ["subject", "kind", "on"]
    made = {"name": "Visits", "query": "kind=visit&sort=on", "columns": "on,owner"}
    answer = client.post("/views/activities/create/", made)
    assert answer.status_code == 303
    page = client.get(answer["Location"]).content.decode()
    assert 'value="visit" selected' in page
    assert 'aria-sort="ascending"' in page
    # Who reads no customers has the list of their own tasks, and no views.
    assert "/views/" not in world.client("admin").get("/activities/").content.decode()


def test_a_filter_by_what_is_out_of_sight_is_not_found(now_world: World) -> None:
    client = now_world.client("wen")
    assert client.get(f"/activities/?account={now_world.accounts['mill']}").status_code == 404
    assert client.get(f"/activities/?person={now_world.people['lu']}").status_code == 404


def full_day(world: World) -> None:
    """Let everything that Today shows be there."""
    for number in range(3):
        deal = world.create("wen", name=f"crane {number}", next_step="Ring", on=world.today,
                            next_step_on=world.today - DAY,
                            close_on=world.today + DAY).opportunity_id  # fmt: skip
        Opportunity.objects.filter(pk=deal).update(
            close_on=world.today - 2 * DAY, close_sort=world.today - 2 * DAY
        )
        plan(world, opportunity_id=deal, on=world.today + (number - 1) * DAY)
        Mark.objects.create(
            person_id=world.people["mei"], object_type="opportunity", object_id=deal,
            seen_at=world.at,
        )  # fmt: skip
    row = Opportunity.objects.get(pk=deal)
    MoveRequest.objects.create(
        opportunity_id=deal, from_stage_id=row.stage_id, from_version_id=row.method_version_id,
        verb="advance", asked_by_id=world.people["wen"], asked_at=world.at, asked_on=world.today,
    )  # fmt: skip
    note = Note.objects.create(
        opportunity_id=deal, text="Please look, @mei", author_id=world.people["wen"],
        written_at=world.at,
    )  # fmt: skip
    for login in ("mei", "wen", "lu"):
        Mention.objects.create(note=note, person_id=world.people[login])
    contact(world, "王强")


@pytest.mark.parametrize("login", ["wen", "mei", "director", "ops"])
@pytest.mark.parametrize(
    "url",
    ["/today/", "/today/side/", "/today/tomorrow/", "/today/quiet/", "/activities/", "/calendar/",
     "/calendar/?view=month", "/calendar/?whose=team", "/activities/log/"],
)  # fmt: skip
def test_a_page_asks_at_most_twelve_times(now_world: World, login: str, url: str) -> None:
    full_day(now_world)
    client = now_world.client(login)
    all_units()  # a worker knows them after its first answer
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    plain = [q for q in asked if "SAVEPOINT" not in q["sql"]]
    assert len(plain) <= 12, "\n".join(q["sql"][:260] for q in plain)


def test_today_shows_what_waits_and_each_can_be_dealt_with_in_place(now_world: World) -> None:
    world = now_world
    full_day(world)
    head = world.client("mei")
    shown = head.get("/today/").content.decode()
    assert "asks for validation" in shown
    assert "Please look" in shown
    mention = Mention.objects.get(person_id=world.people["mei"])
    head.post(f"/today/mentions/{mention.pk}/settle/")
    assert "Please look" not in head.get("/today/").content.decode()
    assert head.post("/today/mentions/999/settle/").status_code == 404
    # A mention on what is out of sight is not shown.
    assert "Please look" not in world.client("lu").get("/today/").content.decode()
    seller = world.client("wen")
    deal = Opportunity.objects.order_by("id")[0]
    # PRJ-7: overdue next steps are what the home page shows first.
    page = seller.get("/today/").content.decode()
    sections = re.findall(r'<section class="card" aria-labelledby="([a-z]+)"', page)
    assert sections[:3] == ["late", "waits", "agenda"]
    assert "Next steps overdue" in page
    answer = seller.post(
        f"/today/opportunities/{deal.pk}/put-off/", {"days": "1", "seen": deal.version},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert 'id="today"' in answer.content.decode()
    assert Opportunity.objects.get(pk=deal.pk).next_step_on == world.today + DAY
    stale = {"days": "1", "seen": deal.version}
    assert seller.post(f"/today/opportunities/{deal.pk}/put-off/", stale).status_code == 409
    assert "crane" in head.get("/today/side/").content.decode()


def test_a_calm_day_says_so(now_world: World) -> None:
    assert "Nothing asks for you today" in now_world.client("lu").get("/today/").content.decode()


def test_log_in_leads_to_today_and_an_administrator_to_the_funnel(now_world: World) -> None:
    assert now_world.client("wen").get("/")["Location"] == "/today/"
    assert now_world.client("admin").get("/today/")["Location"] == "/funnel/"


def test_tomorrow_is_planned_by_a_tap(now_world: World) -> None:
    world = now_world
    deal = world.create(next_step="Show the pump", next_step_on=world.today + DAY).opportunity_id
    client = world.client("wen")
    assert "Show the pump" in client.get("/today/tomorrow/").content.decode()
    for kind in ("visit", "visit", "call"):
        client.post("/today/tomorrow/plan/", {"opportunity": deal, "kind": kind})
    rows = Activity.objects.order_by("id")
    assert {row.on for row in rows} == {world.today + DAY}
    assert len({row.starts_at for row in rows}) == 3  # at hours of their own
    # The deal is named on reading, to who sees it.
    assert {row.subject for row in rows} == {""}
    assert "Stacker, 2 sets" in client.get("/activities/").content.decode()
    lu = world.client("lu")
    assert lu.post("/today/tomorrow/plan/", {"opportunity": deal}).status_code == 404


def undo_of(page: str) -> tuple[str, dict[str, str]]:
    """Give where the toast's Undo posts, and what."""
    button = re.search(r'toast-undo" hx-post="([^"]+)" hx-vals="([^"]*)"', page)
    assert button is not None
    return button[1], json.loads(unescape(button[2]))


def test_what_is_put_off_is_said_and_can_be_taken_back(now_world: World) -> None:
    world, htmx = now_world, {"HX-Request": "true"}
    client = world.client("wen")
    row = plan(world, on=world.today - DAY, starts_at=world.at - DAY)
    was = (row.on, row.starts_at)
    client.post(f"/activities/{row.pk}/move/", {"days": "1"}, headers=htmx)
    page = client.get("/today/").content.decode()
    assert f"Moved to {world.today + DAY}." in page
    url, values = undo_of(page)
    assert client.post(url, values, headers=htmx)["HX-Refresh"] == "true"
    row.refresh_from_db()
    assert row.on == was[0]
    assert row.starts_at.replace(second=0, microsecond=0) == was[1].replace(second=0, microsecond=0)

    # What moved back is said too.
    assert f"Moved to {was[0]}." in client.get("/today/").content.decode()
    deal = world.create(next_step="Call", next_step_on=world.today - DAY).opportunity_id
    url = f"/today/opportunities/{deal}/put-off/"
    page = client.post(url, {"days": "1"}, headers=htmx).content.decode()
    assert f"Put off to {world.today + DAY}." in page
    url, values = undo_of(page)
    assert client.post(url, values, headers=htmx)["HX-Refresh"] == "true"
    assert Opportunity.objects.get(pk=deal).next_step_on == world.today - DAY


def test_what_a_tap_plans_is_said_and_can_be_taken_back(now_world: World) -> None:
    world, htmx = now_world, {"HX-Request": "true"}
    deal = world.create().opportunity_id
    client = world.client("wen", "zh-hans")
    said = {"opportunity": deal, "kind": "visit"}
    page = client.post("/today/tomorrow/plan/", said, headers=htmx).content.decode()
    assert f"已安排拜访：{world.today + DAY} 09:00。" in page
    url, values = undo_of(page)
    assert client.post(url, values, headers=htmx)["HX-Refresh"] == "true"
    assert Activity.objects.get().deleted_at is not None


def test_the_feed_tells_own_days_until_it_is_closed(now_world: World) -> None:
    world, client = now_world, now_world.client("wen")
    deal = world.create(next_step="Send the offer", next_step_on=world.today).opportunity_id
    mine = plan(world, starts_at=world.at, minutes=90, opportunity_id=deal)
    plan(world, owner_id=world.people["bo"], subject="Not wen's")
    page = client.post("/calendar/subscribe/open/").content.decode()
    path = re.search(r"http://testserver(/calendar/feed/[\w-]+\.ics)", page)
    assert path is not None
    token = path[1].split("/")[-1].removesuffix(".ics")
    assert token not in CalendarFeed.objects.get().token_hash
    answer = Client().get(path[1])
    assert answer["Content-Type"].startswith("text/calendar")
    book = Calendar.from_ical(answer.content)
    events = {str(e["uid"]).split("@")[0]: e for e in book.walk("VEVENT")}
    assert set(events) == {f"activity-{mine.pk}", f"next-step-{deal}"}
    event = events[f"activity-{mine.pk}"]
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=90)
    assert events[f"next-step-{deal}"].decoded("dtstart") == world.today
    # A new address closes the old; closing it leaves none.
    client.post("/calendar/subscribe/open/")
    assert Client().get(path[1]).status_code == 404
    client.post("/calendar/subscribe/close/")
    assert not CalendarFeed.objects.exists()
    assert world.client("admin").get("/calendar/subscribe/").status_code == 403


def test_the_feed_and_the_team_s_week_hold_what_comes_and_say_what_they_leave_out(
    now_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = now_world
    monkeypatch.setattr("dakehu.queries.calendar.MOST_SHOWN", 3)
    for days in (-3, -2, -1, 0, 1):
        plan(world, on=world.today + days * DAY)
    days_told = feed_days(viewer=world.viewer("wen"), today=world.today)
    assert [row.on - world.today for row in days_told.activities] == [-DAY, 0 * DAY, DAY]
    assert days_told.is_cut
    Activity.objects.all().delete()
    more = "There is more than is shown here"
    mei = world.client("mei")
    assert more not in mei.get("/calendar/?whose=team").content.decode()
    monkeypatch.setattr("dakehu.queries.calendar.MOST_PEOPLE", 1)
    assert more in mei.get("/calendar/?whose=team").content.decode()


def test_one_activity_is_a_file_for_any_calendar(now_world: World) -> None:
    row = plan(now_world)
    answer = now_world.client("wen").get(f"/activities/{row.pk}/event.ics")
    event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    assert event.decoded("dtstart") == now_world.today
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("query", ["", "view=month", "view=day", "on=2026-02-30", "on=9999-12-31"])
def test_the_calendar_shows_any_days(now_world: World, query: str) -> None:
    assert now_world.client("wen").get(f"/calendar/?{query}").status_code == 200


def test_what_meets_stands_side_by_side(now_world: World) -> None:
    world = now_world
    at = world.at.replace(hour=2, minute=0, second=0, microsecond=0)
    for _one in range(2):
        plan(world, starts_at=at, minutes=60)
    shown = world.client("wen").get("/calendar/").content.decode()
    assert len(re.findall(r"width: 50\.0%", shown)) == 2
    assert re.findall(r"left: ([\d.]+)%", shown) == ["0.0", "50.0"]


def test_it_can_be_installed(db: None, now_world: World) -> None:
    answer = now_world.client("wen", "zh-hans").get("/manifest.webmanifest")
    facts = json.loads(answer.content)
    assert facts["display"] == "standalone"
    assert facts["lang"] == "zh-Hans"
    assert facts["start_url"] == "/today/"
    assert {icon["purpose"] for icon in facts["icons"]} == {"any", "maskable"}
    offline = Client().get("/offline/", headers={"Accept-Language": "en"})
    assert "No connection" in offline.content.decode()


def test_an_account_long_without_contact_is_listed(now_world: World) -> None:
    world = now_world
    shown = world.client("wen").get("/today/quiet/").content.decode()
    assert "Harbour Group" in shown
    AccountRow.objects.filter(code="harbour").update(last_contact_on=world.today)
    assert "Harbour Group" not in world.client("wen").get("/today/quiet/").content.decode()


def crowd(world: World, count: int) -> None:
    """Let more colleagues sell in the east team than the dialog names by itself."""
    people = Person.objects.bulk_create(
        Person(login=f"many{n:03}", name=f"阿{n:03}", sort_key=f"a {n:03}") for n in range(count)
    )
    late = Person.objects.create(login="zhouwei", name="周伟", sort_key="zhou wei")
    boss = Person.objects.create(login="zhouadmin", name="周管理", sort_key="zhou guan li")
    gone = Person.objects.create(login="zhougone", name="周退", sort_key="zhou tui")
    unit = world.units["east_team"]
    seats = [
        *((one, "salesperson", None) for one in (*people, late)),
        (boss, "administrator", None),
        (gone, "salesperson", world.today - DAY),
    ]
    Appointment.objects.bulk_create(
        Appointment(
            person=person, unit_id=unit, role=role, from_on=world.today - 9 * DAY, until_on=until,
            recorded_at=world.at,
        )
        for person, role, until in seats
    )  # fmt: skip


FIND = "/activities/log/colleagues/"


def names(answer: Any) -> list[str]:
    return re.findall(r'name="people"[^>]*> ([^<]+)</label>', answer.content.decode())


def test_any_colleague_is_found_beyond_those_that_are_named(now_world: World) -> None:
    world = now_world
    crowd(world, 310)
    client = world.client("wen")
    dialog = client.get("/activities/log/")
    assert len(names(dialog)) == 300
    assert "周伟" not in names(dialog)
    assert "There are more" in dialog.content.decode()
    for text in ("周伟", "周", "zhouwei", "zhou wei", "zw", "zhouw"):
        assert names(client.get(FIND, {"colleague": text})) == ["周伟"], text
    # Of many the first, and that there are more; of nobody that.
    assert len(names(client.get(FIND))) == 50
    assert "There are more" in client.get(FIND).content.decode()
    assert "Nobody else of this name" in client.get(FIND, {"colleague": "zzz"}).content.decode()
    # Read out is how many fit, not the list.
    assert 'data-said="1 colleague fits."' in client.get(FIND, {"colleague": "zw"}).content.decode()
    # Who is chosen stays chosen, whatever is looked for; nobody is given who may not be named.
    chosen = Person.objects.get(login="many305").pk
    others = list(Person.objects.filter(login__startswith="zhou").values_list("pk", flat=True))
    found = client.get(FIND, {"colleague": "zw", "people": [chosen, *others]})
    assert names(found) == ["阿305", "周伟"]
    assert found.content.decode().count(" checked") == 2
    client.get(FIND, {"colleague": "zw"})
    with CaptureQueriesContext(connection) as asked:
        client.get(FIND, {"colleague": "zw", "people": [chosen]})
    assert len(asked) <= 12
    assert world.client("admin").get(FIND, {"colleague": "zw"}).status_code == 403


def test_who_takes_part_is_left_in_though_nobody_could_name_them_now(now_world: World) -> None:
    world = now_world
    logged(world.client("wen"), line="visit tomorrow", people=[world.people["lu"]])
    row = Activity.objects.get()
    Person.objects.filter(pk=world.people["lu"]).update(is_active=False)
    page = world.client("wen").get(f"/activities/{row.pk}/edit/").content.decode()
    assert re.search(rf'value="{world.people["lu"]}" checked', page)
