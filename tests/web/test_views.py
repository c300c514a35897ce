"""Lists as people shape them: columns, conditions, saved views, what a selection adds up to."""

import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.actions.accounts import create_account
from dakehu.actions.activities import NewActivity, log_activity
from dakehu.actions.past import remove_expired
from dakehu.actions.views import restore_view
from dakehu.core.access import operator
from dakehu.core.activities import ActivityKind, ActivityState
from dakehu.core.errors import RuleBroken
from dakehu.core.filters import read
from dakehu.core.ledger import Place
from dakehu.models import Change, Notice, NoticeChoice, Opportunity, Person, SavedView, ViewChoice
from dakehu.queries.opportunities import OpportunityFilter, opportunities
from dakehu.queries.opportunities.conditions import PLACES
from tests.world import World

EVERY = (
    "code,account,stage,state,amount,base,weighted,own_rate,closes,category,owner,unit,next_step,"
    "next_step_on,contact,source,days_in_stage,missing,changed,created,decided"
)


def shown(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return str(answer.content.decode())


def heads(page: str) -> list[str]:
    row = page.partition("<thead>")[2].partition("</thead>")[0]
    return re.findall(r'<th scope="col" class="[^"]*c-([a-z_]+)"', row)


def names(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'<th scope="row".*?>([^<>]+)</a>', body)


@pytest.fixture
def deals(world: World) -> World:
    for name, amount, currency in (
        ("Small", 100, "CNY"), ("Large", 2_000_000, "CNY"), ("Euro", 500, "EUR"),
    ):  # fmt: skip
        world.create(name=name, amount=Decimal(amount), currency=currency)
    world.create("lu", name="Western", amount=Decimal(7))
    return world


# --- columns ----------------------------------------------------------------------------------


def test_columns_are_chosen_ordered_and_kept_for_oneself(deals: World) -> None:
    wen = deals.client("wen")
    usual = heads(shown(wen, "/opportunities/"))
    assert usual[:2] == ["name", "account"]
    assert "code" in shown(wen, "/views/opportunities/columns/")
    answer = wen.post("/views/opportunities/columns/", {"column": ["owner", "amount", "code"]})
    assert answer.status_code == 303
    assert heads(shown(wen, "/opportunities/")) == ["name", "owner", "amount", "code"]
    assert heads(shown(deals.client("mei"), "/opportunities/")) == usual
    placed = {"column": ["owner", "amount"], "place_owner": "2", "place_amount": "1"}
    wen.post("/views/opportunities/columns/", placed)
    assert heads(shown(wen, "/opportunities/")) == ["name", "amount", "owner"]
    wen.post("/views/opportunities/columns/", {"usual": "1"})
    assert heads(shown(wen, "/opportunities/")) == usual
    assert wen.post("/views/opportunities/columns/", {"column": ["password"]}).status_code == 422


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_column_of_every_list_is_shown_and_leaves_as_a_file(
    deals: World, language: str
) -> None:
    wen = deals.client("wen", language)
    Opportunity.objects.update(own_rate_bp=1250, next_step="=call", next_step_on=deals.today)
    for url, columns in (
        ("/opportunities/", EVERY),
        ("/accounts/", "code,name_en,industry,region,unit,manager,members,open,contact,created"),
        ("/contacts/", "account,department,title,phone,email,contact,created"),
    ):
        page = shown(wen, f"{url}?columns={columns}")
        if url != "/contacts/":
            assert heads(page) == ["name", *columns.split(",")]
        file = wen.get(f"{url}export.csv?columns={columns}").getvalue().decode("utf-8-sig")
        assert len(file.splitlines()[0].split(",")) >= len(columns.split(",")) + 2
        assert ",=call" not in file
    body = shown(wen, f"/opportunities/?columns={EVERY}")
    assert "12.5%" in body
    assert 'data-cell="own_rate" data-value="12.5"' in body
    assert re.search(
        r'data-row="\d+" data-version="\d+"><td class="picks"><input type="checkb', body
    )


def test_who_may_edit_nothing_gets_no_cells_to_edit(deals: World) -> None:
    assert "data-cell" not in shown(deals.client("director"), "/opportunities/")


def test_the_file_is_what_is_seen_filter_order_and_columns(deals: World) -> None:
    wen = deals.client("wen")
    page = shown(wen, "/opportunities/?where=amount+%3E%3D+1000&columns=owner,amount&sort=-amount")
    link = re.search(r'href="(/opportunities/export\.csv\?[^"]+)"', page)
    assert link is not None
    text = wen.get(link[1].replace("&amp;", "&")).getvalue().decode("utf-8-sig")
    first, *rows = text.splitlines()
    assert first.startswith("Name,Owner,Amount (with VAT),Currency,As of ")
    assert [row.split(",")[0] for row in rows] == ["Large", "Euro"]
    every = re.findall(r'href="(/opportunities/export\.csv\?[^"]+)"', page)[1]
    assert "columns" not in every
    assert "where=" in every


# --- totals -----------------------------------------------------------------------------------


def test_the_foot_adds_up_the_whole_selection_per_currency_and_together(deals: World) -> None:
    deals.create(name="Dinar", amount=Decimal(3), currency="KWD")
    foot = shown(deals.client("wen"), "/opportunities/").partition("<tfoot>")[2]
    assert "<b>4 opportunities</b>" in foot
    for value in ("2000100.00", "500.00", "3.000"):
        assert f'value="{value}"' in foot
    assert 'value="2004000.00"' in foot  # 2,000,100 and 500 euro at 7.8
    assert "without KWD: no rate" in foot
    assert "with VAT" in foot


def test_totals_are_of_all_pages_and_count_nothing_twice(world: World) -> None:
    for number in range(57):
        made = world.create(name=f"Deal {number}", amount=Decimal(10))
        if number < 3:
            world.grant("mei", made, "read")  # her unit's already
    for login in ("wen", "mei", "rong", "director"):
        page = shown(world.client(login), "/opportunities/")
        assert "<b>57 opportunities</b>" in page, login
        assert 'value="570.00"' in page, login


# --- conditions -------------------------------------------------------------------------------


def test_conditions_are_chips_in_the_readers_words_and_go_one_by_one(deals: World) -> None:
    where = "amount >= 100万 and contact older 30 and (category is commit or state is open)"
    page = shown(deals.client("wen", "zh-hans"), f"/opportunities/?where={quote(where)}")
    chips = re.findall(r'<span class="q">([^<]*)</span><b>([^<]*)</b>', page)
    assert chips == [
        ("金额", "≥ 100 万"),
        ("最近联系", "超过 30 天前"),
        ("任一", "预测类别 承诺 或 状态 进行中"),
    ]
    assert names(page) == ["Large"]
    links = re.findall(r'href="(\?where=[^"]+)"\s+class="chip-x"', page)
    assert len(links) == 3
    left = shown(deals.client("wen"), f"/opportunities/{links[0].replace('&amp;', '&')}")
    assert sorted(names(left)) == ["Euro", "Large", "Small"]


def test_a_filter_that_cannot_be_read_says_where(deals: World) -> None:
    page = shown(deals.client("wen"), "/opportunities/?where=amount+%3E%3D+x&q=abc", 422)
    assert "place 11" in page
    assert "amount &gt;= x</textarea>" in page
    assert 'name="q" value="abc"' in page
    assert "This is refused" not in page


def test_the_form_builds_alternatives_line_by_line(deals: World) -> None:
    wen = deals.client("wen")
    lines = {
        "c0_field": "amount", "c0_op": ">=", "c0_v": "50万",
        "c1_join": "or", "c1_field": "closes", "c1_op": "is", "c1_v": ["", "2026Q4"],
        "c2_join": "and", "c2_field": "account", "c2_op": "is", "c2_v": "harbour",
        "state": "all",
    }  # fmt: skip
    answer = wen.get("/opportunities/", lines)
    assert answer.status_code == 303
    account = deals.accounts["harbour"]
    told = f"(amount >= 500000 or closes is 2026Q4) and account is {account}"
    assert quote(told, safe="") in answer["Location"].replace("+", "%20")
    assert "state=all" in answer["Location"]
    form = shown(wen, f"/opportunities/filter/?where={quote(told)}")
    assert 'value="500000"' in form
    assert 'value="harbour"' in form
    wrong = wen.get("/opportunities/", lines | {"c0_v": "many"})
    assert wrong.status_code == 422
    assert "does not fit here" in wrong.content.decode()
    line = shown(wen, "/views/opportunities/filter/line/?n=3&c3_field=category&c3_op=in")
    assert "multiple" in line


def test_the_form_keeps_what_it_cannot_offer(deals: World) -> None:
    wen = deals.client("wen")
    gone = shown(wen, "/opportunities/filter/?owner=99999&where=" + quote("owner is 88888"))
    assert '<option value="99999" selected>#99999</option>' in gone
    assert '<option value="88888" selected>#88888</option>' in gone
    both = f"account in {deals.accounts['harbour']}, {deals.accounts['mill']}"
    form = shown(wen, f"/opportunities/filter/?where={quote(both)}")
    assert form.count('name="c0_v"') == 3
    many = " and ".join(f"amount >= {n}" for n in range(21))
    assert "amount &gt;= 20</textarea>" in shown(wen, f"/opportunities/filter/?where={quote(many)}")


def test_a_condition_on_the_state_is_not_narrowed_to_open_ones(deals: World) -> None:
    Opportunity.objects.filter(name="Small").update(place=Place.WON, decided_on=deals.today)
    wen = deals.client("wen")
    for told in ("state is won", f"decided is {deals.today}"):
        page = shown(wen, f"/opportunities/?where={quote(told)}")
        assert names(page) == ["Small"], told
        assert "state=open" in page
        assert names(shown(wen, f"/opportunities/?state=open&where={quote(told)}")) == []


def test_nested_deeper_than_the_form_it_stays_as_text(deals: World) -> None:
    told = "name has a or (amount >= 5 and (closes empty or contact empty))"
    form = shown(deals.client("wen"), f"/opportunities/filter/?where={quote(told)}")
    assert "</textarea>" in form


def test_phones_filter_nobody_for_those_who_may_not_read_them(world: World) -> None:
    assert shown(world.client("wen"), "/contacts/?where=phone+empty")
    shown(world.client("director"), "/contacts/?where=phone+empty", 422)
    assert 'value="phone"' not in shown(world.client("director"), "/views/contacts/filter/")
    assert 'value="phone"' in shown(world.client("wen"), "/views/contacts/filter/")


# --- saved views ------------------------------------------------------------------------------


def saved(world: World, login: str = "wen", **typed: str) -> SavedView:
    data = {"name": "Big ones", "query": "where=amount+%3E%3D+1000&sort=-amount"} | typed
    answer = world.client(login).post("/views/opportunities/create/", data)
    assert answer.status_code == 303
    return SavedView.objects.latest("id")


def test_a_view_is_saved_changed_saved_again_and_deleted_with_undo(deals: World) -> None:
    view = saved(deals, columns="amount,owner")
    wen = deals.client("wen")
    page = shown(wen, f"/opportunities/?view={view.pk}")
    assert (names(page), heads(page)) == (["Large", "Euro"], ["name", "amount", "owner"])
    assert 'class="changed"' not in page
    other = "where=amount+%3C+1000&sort=-amount"
    changed = shown(wen, f"/opportunities/?base={view.pk}&{other}")
    assert 'class="changed"' in changed
    assert names(changed) == ["Small"]
    wen.post(f"/views/{view.pk}/save/", {"query": other, "columns": "code", "seen": view.version})
    again = shown(wen, f"/opportunities/?view={view.pk}")
    assert (names(again), heads(again)) == (["Small"], ["name", "code"])
    assert Change.objects.filter(object_type="view", object_id=view.pk, field="query").exists()
    # Somebody who looks at what was saved before is told.
    late = wen.post(f"/views/{view.pk}/save/", {"query": "", "seen": view.version})
    assert late.status_code == 409
    gone = wen.post(f"/views/{view.pk}/delete/")
    page = shown(wen, gone["Location"])
    assert f"/views/{view.pk}/restore/" in page
    shown(wen, f"/opportunities/?view={view.pk}", 404)
    assert wen.post(f"/views/{view.pk}/restore/").status_code == 303
    assert names(shown(wen, f"/opportunities/?view={view.pk}")) == ["Small"]


def test_taking_the_last_filter_off_a_view_stays_off(deals: World) -> None:
    view = saved(deals, query="where=amount+%3E%3D+1000", begin="on")
    wen = deals.client("wen")
    page = shown(wen, "/opportunities/")  # begins with it
    assert names(page) == ["Euro", "Large"] or names(page) == ["Large", "Euro"]
    link = re.search(r'href="([^"]+)"\s+class="chip-x"', page)
    assert link is not None
    assert len(names(shown(wen, "/opportunities/" + link[1].replace("&amp;", "&")))) == 3
    assert len(names(shown(wen, "/opportunities/?base=0"))) == 3
    assert ViewChoice.objects.get().view_id == view.pk


def test_a_head_shares_a_view_and_the_unit_begins_with_it(deals: World) -> None:
    unit = str(deals.units["east_team"])
    view = saved(deals, "mei", query="state=all&sort=name", unit=unit, is_unit_default="on")
    assert view.unit_id == deals.units["east_team"]
    wen = deals.client("wen")
    page = shown(wen, "/opportunities/")
    assert "Big ones" in page
    assert f"base={view.pk}" in page
    # It shows what one may see anyway, and only its owner or a head changes it.
    assert "Western" not in names(page)
    assert wen.post(f"/views/{view.pk}/save/", {"query": "", "seen": 2}).status_code == 403
    assert wen.post(f"/views/{view.pk}/delete/").status_code == 403
    for url in (f"/opportunities/?view={view.pk}", f"/views/{view.pk}/"):
        shown(deals.client("lu"), url, 404)
    # A salesperson has nobody to share with.
    assert 'name="unit"' not in shown(wen, "/views/opportunities/create/")
    assert 'name="unit"' in shown(deals.client("mei"), "/views/opportunities/create/")
    own = saved(deals)
    wen.post(f"/views/{own.pk}/", {"name": "Big ones", "begin": "on", "seen": own.version})
    assert f"base={own.pk}" in shown(wen, "/opportunities/")


def test_who_deleted_a_shared_view_takes_that_back(deals: World) -> None:
    view = saved(deals, "mei", unit=str(deals.units["east_team"]))
    director = deals.client("mei")
    SavedView.objects.filter(pk=view.pk).update(owner_id=deals.people["wen"])
    gone = director.post(f"/views/{view.pk}/delete/")
    assert f"/views/{view.pk}/restore/" in shown(director, gone["Location"])
    assert deals.client("bo").post(f"/views/{view.pk}/restore/").status_code == 404
    assert director.post(f"/views/{view.pk}/restore/").status_code == 303
    assert SavedView.objects.get(pk=view.pk).deleted_at is None


def test_deleting_a_view_asks_and_its_owner_takes_it_back_from_the_bin(deals: World) -> None:
    view = saved(deals, "mei", unit=str(deals.units["east_team"]), is_unit_default="on")
    ViewChoice.objects.create(
        person_id=deals.people["bo"], page="opportunities", view_id=view.pk, columns=[]
    )
    mei, url = deals.client("mei"), f"/views/{view.pk}/delete/"
    assert f'href="{url}"' in shown(mei, f"/views/{view.pk}/")
    asked = shown(mei, url)
    for words in (
        "It is shared with East_Team", "The unit begins with it", "1 other person begins",
        "For 30 days you can bring it back",
    ):  # fmt: skip
        assert words in asked, words
    assert "30 天内您可以从回收站恢复" in shown(deals.client("mei", "zh-hans"), url)
    assert SavedView.objects.get().deleted_at is None
    shown(deals.client("wen"), url, 403)
    shown(deals.client("lu"), url, 404)
    # Another head deletes it: both find it in their bins, who cannot take it back does not.
    SavedView.objects.update(owner_id=deals.people["wen"])
    mei = deals.client("mei")
    assert "Wen is told" in shown(mei, url)
    mei.post(url)
    back = f"/views/{view.pk}/restore/"
    for login in ("wen", "mei"):
        page = shown(deals.client(login), "/bin/?kind=view")
        assert back in page
        assert "Mei" in page
    for login in ("bo", "rong", "director"):
        assert back not in shown(deals.client(login), "/bin/")
    assert deals.client("wen").post(back).status_code == 303
    assert back not in shown(deals.client("wen"), "/bin/")


def test_a_deleted_view_is_removed_after_thirty_days(deals: World) -> None:
    view = saved(deals)
    deals.client("wen").post(f"/views/{view.pk}/delete/")
    gone = SavedView.objects.get().deleted_at
    assert gone is not None
    remove_expired(actor=operator(), at=gone + timedelta(days=30))
    assert SavedView.objects.exists()
    wen = {"actor": deals.viewer("wen"), "view_id": view.pk}
    with pytest.raises(RuleBroken):
        restore_view(**wen, at=gone + timedelta(days=30, seconds=1))
    remove_expired(actor=operator(), at=gone + timedelta(days=30, seconds=1))
    assert not SavedView.objects.exists()
    assert not Change.objects.filter(object_type="view").exists()


def test_whose_shared_view_is_deleted_by_another_is_told(deals: World) -> None:
    view = saved(deals, "mei", unit=str(deals.units["east_team"]))
    SavedView.objects.filter(pk=view.pk).update(owner_id=deals.people["wen"])
    wen, mei = deals.client("wen"), deals.client("mei")
    mei.post(f"/views/{view.pk}/delete/")
    said = f"Your shared view “{view.name}” was deleted."
    page = shown(wen, "/notices/")
    assert said in page
    assert "A view that you shared was deleted" in page
    assert f"您共享的视图“{view.name}”已被删除" in shown(
        deals.client("wen", "zh-hans"), "/notices/"
    )
    told = Notice.objects.get(kind="view_deleted")
    assert told.person_id == deals.people["wen"]
    assert wen.post(f"/notices/{told.pk}/open/")["Location"] == "/opportunities/"
    # It is back: what nobody has read of it is told no longer; what was read stays.
    Notice.objects.filter(pk=told.pk).update(read_at=None)
    mei.post(f"/views/{view.pk}/restore/")
    assert not Notice.objects.filter(kind="view_deleted").exists()
    # One's own deed is no news, and who does not want to hear of it does not.
    wen.post(f"/views/{view.pk}/delete/")
    wen.post(f"/views/{view.pk}/restore/")
    assert not Notice.objects.filter(kind="view_deleted").exists()
    assert 'name="in_view_deleted"' in shown(wen, "/settings/notices/")
    NoticeChoice.objects.create(
        person_id=deals.people["wen"], kind="view_deleted", in_product=False, mail="off"
    )
    mei.post(f"/views/{view.pk}/delete/")
    assert not Notice.objects.filter(kind="view_deleted").exists()


def test_ones_own_and_the_chosen_view_stand_before_many_shared_ones(deals: World) -> None:
    unit = deals.units["east_team"]
    shared = SavedView.objects.bulk_create(
        SavedView(
            page="opportunities", name=f"Shared {n}", owner_id=deals.people["mei"], query="",
            columns=[], layout="list", unit_id=unit, updated_at=deals.at,
        )
        for n in range(70)
    )  # fmt: skip
    last = shared[-1]
    own = saved(deals)
    wen = deals.client("wen")
    for view in (own, last):
        shown(wen, f"/opportunities/?view={view.pk}")
    wen.post(f"/views/{last.pk}/", {"begin": "on", "seen": last.version})
    page = shown(wen, "/opportunities/")
    assert f"base={last.pk}" in page
    assert "Big ones" in page
    assert page.count("Shared by") <= 60


def test_a_view_laid_out_as_a_board_opens_there(deals: World) -> None:
    view = saved(deals, query="by=owner&q=Large", layout="board", begin="on")
    wen = deals.client("wen")
    for url in (f"/opportunities/?view={view.pk}", "/opportunities/"):
        answer = wen.get(url)
        assert answer.status_code == 303
        assert answer["Location"].startswith("/board/?by=owner&q=Large")
    board = shown(wen, "/board/")
    assert "Big ones" in board
    assert "Large" in board
    assert "Small" not in board
    changed = shown(wen, f"/board/?by=month&base={view.pk}")
    assert 'class="changed"' in changed
    assert 'name="query" value="by=month"' in changed
    # The list is still to be had.
    link = re.search(r'href="(/opportunities/\?[^"]*)">.{0,600}?List</a>', board, re.DOTALL)
    assert link is not None
    assert names(shown(wen, link[1].replace("&amp;", "&"))) == ["Large"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"name": " "}, "required"), ({"name": "Big ones"}, "already"), ({"unit": "1"}, "")],
)
def test_what_cannot_be_kept_is_told_at_the_form(
    deals: World, typed: dict[str, str], words: str
) -> None:
    saved(deals)
    data = {"name": "Other", "query": "own=1"} | typed
    answer = deals.client("wen").post("/views/opportunities/create/", data)
    assert answer.status_code == (422 if words else 303)
    assert words in answer.content.decode()
    assert not SavedView.objects.exclude(unit=None).exists()


def test_every_dialog_of_views_opens_in_both_languages(deals: World) -> None:
    view = saved(deals, "mei")
    for language in ("en", "zh-hans"):
        mei = deals.client("mei", language)
        for name in ("opportunities", "accounts", "contacts", "activities"):
            for what in ("create", "columns", "filter", "filter/line"):
                assert "This is refused" not in shown(mei, f"/views/{name}/{what}/")
        shown(mei, f"/views/{view.pk}/")
        shown(mei, "/views/nonsense/columns/", 404)


def test_lists_stay_within_twelve_queries(deals: World) -> None:
    saved(deals)
    Person.objects.update(language="en")
    for login in ("wen", "mei", "rong", "director"):
        reader = deals.client(login)
        for url in (
            f"/opportunities/?columns={EVERY}", "/opportunities/?where=account+is+1&sort=-amount",
            "/accounts/?where=contact+older+30", "/contacts/?where=account+is+1",
            "/activities/?where=account+is+1+and+whose+is+1+and+unit+is+1",
        ):  # fmt: skip
            with CaptureQueriesContext(connection) as asked:
                shown(reader, url)
            ours = [q["sql"] for q in asked if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
            assert len(ours) <= 12, (login, url, "\n".join(q[:150] for q in ours))


def test_activities_are_asked_for_by_conditions_too(deals: World) -> None:
    wen, harbour = deals.viewer("wen"), deals.accounts["harbour"]
    quay = create_account(
        actor=wen, values={"name": "Quay"}, manager_id=deals.people["wen"], unit_id=None,
        parent_id=harbour, today=deals.today, at=deals.at,
    )  # fmt: skip
    for subject, account, minutes in (("At the quay", quay, 90), ("In the harbour", harbour, 20)):
        new = NewActivity(
            kind=ActivityKind.VISIT, state=ActivityState.DONE, subject=subject, on=deals.today,
            minutes=minutes, account_id=account,
        )  # fmt: skip
        log_activity(actor=wen, new=new, today=deals.today, at=deals.at)
    client = deals.client("wen")
    where = f"account is {harbour} and (minutes >= 60 or kind is call) and on is {deals.today}"
    page = shown(client, f"/activities/?where={quote(where)}")
    assert [name.strip() for name in names(page)] == ["At the quay"]
    chips = re.findall(r'<span class="q">([^<]*)</span><b>([^<]*)</b>', page)
    assert chips == [
        ("Account and its group", "Harbour Group"),
        ("Any of", "Minutes ≥ 60 or Kind Call"),
        ("Day", f"{deals.today}"),
    ]
    # The quick filters hand it on; the file holds the same.
    assert 'name="where" value="account is' in page
    file = shown(client, f"/activities/export.csv?where={quote(where)}&columns=minutes")
    assert file.splitlines()[1:] == ["At the quay,90"]
    assert shown(client, "/activities/?where=minutes+%3E%3D+x", 422).count("</textarea>") == 1
    assert 'name="c0_field"' in shown(client, f"/views/activities/filter/?where={quote(where)}")
    lines = {"c0_field": "kind", "c0_op": "is", "c0_v": "visit", "state": "done"}
    answer = client.get("/activities/", lines)
    assert "where=kind+is+visit" in answer["Location"]
    assert "state=done" in answer["Location"]


def test_no_contact_for_thirty_days_includes_never(deals: World) -> None:
    for name, days in (("Small", 31), ("Large", 30)):
        Opportunity.objects.filter(name=name).update(
            last_contact_on=deals.today - timedelta(days=days)
        )
    fields = {key: place.field for key, place in PLACES.items()}
    asked = OpportunityFilter(where=read("contact older 30", fields))
    found = opportunities(viewer=deals.viewer("wen"), asked=asked, today=deals.today)
    assert {row.name for row in found.rows} == {"Small", "Euro"}
