"""The import page: tried first, taken in when confirmed, problems by row, rows as files."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from dakehu import jobs
from dakehu.actions.methods import install_built_in_methods
from dakehu.actions.names import index_from
from dakehu.core.ledger import Kind
from dakehu.models import Account, ImportRun, Movement, Opportunity
from tests.cast import AT, OPERATOR, START, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db

ACCOUNTS = "客户名称,员工人数,行业\n海岳股份,120,机械\n远山集团,很多,=1+1\n"


@pytest.fixture
def cast(settings: LazySettings, tmp_path: Path) -> Cast:
    settings.FILES = tmp_path
    return make_cast()


def upload(client: Client, *files: tuple[str, bytes], **typed: str) -> HttpResponse:
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post("/imports/", {"uploads": uploads, **typed})  # type: ignore[return-value]


def tried(client: Client, text: str = ACCOUNTS) -> int:
    answer = upload(client, ("客户.csv", text.encode()))
    assert answer.status_code == 303
    work()
    return ImportRun.objects.get(status="checked").pk


def work() -> None:
    """Do what is queued, as the worker does."""
    for waiting in OrmQ.objects.order_by("id"):
        task = waiting.task
        waiting.delete()
        if task["func"] == "dakehu.jobs.work_import":
            jobs.work_import(*task["args"])


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("login", ["amy", "boss", "exec", "finance", "auditor", "admin"])
def test_who_may_not_import_sees_no_page_and_leaves_nothing(cast: Cast, login: str) -> None:
    client = cast.client(login)
    assert client.get("/imports/").status_code == 403
    assert upload(client, ("a.csv", ACCOUNTS.encode())).status_code == 403
    assert not ImportRun.objects.exists()


def test_an_upload_is_only_tried_until_it_is_confirmed(cast: Cast) -> None:
    client = cast.client("ops")
    run = tried(client)
    assert not Account.objects.exists()
    page = text_of(client.get(f"/imports/{run}/"))
    assert "Take in" in page
    answer = client.post(f"/imports/{run}/take-in/")
    assert answer.status_code == 303
    assert answer["Location"] == f"/imports/{run}/"
    assert not Account.objects.exists()
    assert "hx-trigger" in text_of(client.get(f"/imports/{run}/"))
    work()
    assert [a.name for a in Account.objects.all()] == ["海岳股份"]
    assert ImportRun.objects.get(pk=run).status == "done"
    # What was taken in is not taken in again.
    assert client.post(f"/imports/{run}/take-in/").status_code == 404
    assert Account.objects.count() == 1


def test_taking_a_whole_import_back_is_asked_first(cast: Cast) -> None:
    client = cast.client("ops")
    run = tried(client)
    url = f"/imports/{run}/revert/"
    # Nothing was taken in yet: there is nothing to take back.
    assert client.get(url).status_code == 404
    client.post(f"/imports/{run}/take-in/")
    work()
    page = text_of(client.get(f"/imports/{run}/"))
    assert f'href="{url}"' in page
    assert f'action="{url}"' not in page
    asked = text_of(client.get(url))
    assert "1 row was taken in" in asked
    assert re.search(r"Accounts\s*<b>1</b>", asked)
    work()
    assert Account.objects.count() == 1
    assert client.post(url).status_code == 303
    work()
    assert not Account.objects.exists()
    assert client.get(url).status_code == 404


def test_the_state_of_a_finding_stands_under_its_name(cast: Cast) -> None:
    client = cast.client("ops", "zh-hans")
    page = text_of(client.get(f"/imports/{tried(client)}/"))
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page)
    assert heads[-5:] == ["文件", "行号", "列", "状态", "原因"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "is not a number"), ("zh-hans", "员工人数")]
)
def test_problems_stand_by_row_in_the_readers_language(
    cast: Cast, language: str, words: str
) -> None:
    client = cast.client("ops", language)
    run = tried(client)
    page = text_of(client.get(f"/imports/{run}/?show=refused"))
    assert words in page
    assert "很多" in page
    assert "海岳股份" not in text_of(client.get(f"/imports/{run}/?show=warning"))


def test_refused_rows_come_as_a_file_with_reasons_in_which_nothing_runs(cast: Cast) -> None:
    client = cast.client("ops")
    run = tried(client)
    refused = text_of(client.get(f"/imports/{run}/refused.csv"))
    assert "远山集团" in refused
    assert "海岳股份" not in refused
    assert ",'=1+1" in refused
    assert "is not a number" in refused
    accepted = text_of(client.get(f"/imports/{run}/accepted.csv"))
    assert "海岳股份" in accepted
    assert "远山集团" not in accepted


def test_anothers_run_is_not_there(cast: Cast) -> None:
    run = tried(cast.client("ops"))
    ImportRun.objects.filter(pk=run).update(actor_id=cast.people["boss"])
    client = cast.client("ops")
    for url in (f"/imports/{run}/", f"/imports/{run}/refused.csv", "/imports/999999/"):
        assert client.get(url).status_code == 404
    assert client.post(f"/imports/{run}/take-in/").status_code == 404
    assert f"/imports/{run}/" not in text_of(client.get("/imports/"))
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.xlsx", b"not a workbook", "a.xlsx"),
        ("a.csv", "客户名称,客户名称\n1,2\n".encode(), "客户名称"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    cast: Cast, name: str, content: bytes, words: str
) -> None:
    client = cast.client("ops")
    answer = upload(client, (name, content))
    assert answer.status_code == 303
    work()
    run = ImportRun.objects.get()
    assert run.status == "refused"
    page = text_of(client.get(f"/imports/{run.pk}/"))
    assert words in page
    assert client.post(f"/imports/{run.pk}/take-in/").status_code == 404


def test_no_file_and_a_bad_state_day_are_said_at_their_fields(cast: Cast) -> None:
    client = cast.client("ops")
    assert client.post("/imports/", {}).status_code == 422
    answer = upload(client, ("a.csv", ACCOUNTS.encode()), state_of="31/12/2017")
    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


def test_a_name_with_a_path_in_it_stays_in_its_folder(cast: Cast, tmp_path: Path) -> None:
    answer = upload(cast.client("ops"), ("../../evil.csv", ACCOUNTS.encode()))
    assert answer.status_code == 303
    work()
    run = ImportRun.objects.get().pk
    kept = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert kept == {
        f"imports/{run}/{name}" for name in ("0", "names.json", "rows.jsonl", "tables.json")
    }


def test_the_pages_stay_within_twelve_queries(cast: Cast) -> None:
    client = cast.client("ops")
    run = tried(client)
    for url in ("/imports/", f"/imports/{run}/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= 12 + 2, url  # + session and log-in


# --- what columns mean ------------------------------------------------------------------------

ODD = "单位名,行当\n海岳股份,机械\n"


def test_columns_that_nobody_recognises_are_asked_and_known_the_next_time(cast: Cast) -> None:
    client = cast.client("ops")
    upload(client, ("客户.csv", ODD.encode()))
    work()
    run = ImportRun.objects.get()
    assert run.status == "asking"
    page = text_of(client.get(f"/imports/{run.pk}/"))
    assert f"/imports/{run.pk}/columns/" in page
    columns = text_of(client.get(f"/imports/{run.pk}/columns/?subject-0=accounts"))
    assert "单位名" in columns
    assert "海岳股份" in columns
    said = {"subject-0": "accounts", "column-0-industry": "行当"}
    refused = client.post(f"/imports/{run.pk}/columns/", said)
    assert refused.status_code == 422
    said["column-0-name"] = "单位名"
    assert client.post(f"/imports/{run.pk}/columns/", said).status_code == 303
    work()
    run.refresh_from_db()
    assert run.status == "checked"
    assert run.report["created"] == {"accounts": 1}
    upload(client, ("again.csv", "行当,单位名\n化工,远山集团\n".encode()))
    work()
    assert ImportRun.objects.latest("id").status == "checked"


def test_files_that_belong_together_are_taken_in_together(cast: Cast) -> None:
    install_built_in_methods(actor=OPERATOR, today=TODAY, at=AT, rates_from=START)
    client = cast.client("ops")
    deals = (
        "Deal ID,Deal Name,Account Name,Deal Owner,Pipeline,Deal Stage,金额(万元),Close Date\n"
        "D1,Line 1,海岳股份,amy,industrial-6,设计,12.5,2026-09-01\n"
    )
    log = (
        "Deal ID,From Stage,To Stage,Change Date\n"
        "D1,酝酿,设计,2026-03-04\nD1,兴趣,酝酿,2026-02-03\nD2,兴趣,酝酿,2026-02-03\n"
    )
    upload(
        client,
        ("accounts.csv", ACCOUNTS.splitlines()[0].encode() + "\n海岳股份,120,机械\n".encode()),
        ("deals.csv", deals.encode()),
        ("log.csv", log.encode()),
    )
    work()
    run = ImportRun.objects.get()
    assert run.status == "checked", run.report
    client.post(f"/imports/{run.pk}/take-in/")
    work()
    deal = Opportunity.objects.get()
    assert deal.account is not None
    assert (deal.account.name, deal.amount_minor) == ("海岳股份", 12_500_000)
    kinds = Movement.objects.order_by("id").values_list("kind", "on")
    assert list(kinds) == [
        (Kind.CREATED, date(2026, 2, 3)),
        (Kind.ADVANCED, date(2026, 2, 3)),
        (Kind.ADVANCED, date(2026, 3, 4)),
    ]
    assert deal.stage_since == date(2026, 3, 4)
    run.refresh_from_db()
    assert (run.report["read"], run.report["refused"]) == (5, 1)


def test_how_files_are_written_can_be_changed_and_checked_again(cast: Cast) -> None:
    client = cast.client("ops")
    text = "客户名称;行业\n海岳股份,总部;机械\n"
    upload(client, ("a.csv", text.encode("big5", "replace")))
    work()
    run = ImportRun.objects.get()
    answer = client.post(f"/imports/{run.pk}/check/", {"encoding": "utf-16"})
    assert answer.status_code == 303
    work()
    run.refresh_from_db()
    assert run.status == "refused"
    assert client.post(f"/imports/{run.pk}/check/", {"dates": "nonsense"}).status_code == 422


# --- names that nobody has --------------------------------------------------------------------


def test_names_that_nobody_has_are_asked_with_suggestions_and_never_dropped(cast: Cast) -> None:
    install_built_in_methods(actor=OPERATOR, today=TODAY, at=AT, rates_from=START)
    for code, name in (("H", "深圳海岳精密机械股份有限公司"), ("Y", "上海远山科技有限公司")):
        Account.objects.add_root(
            {"code": code, "name": name, "unit_id": cast.units["company"], "created_on": TODAY}
        )
    index_from(0)
    client = cast.client("ops")
    text = (
        "商机编号,商机名称,客户,负责人,销售方法,阶段,金额\n"
        "1,一,海岳精密,amy,industrial-6,兴趣,100\n2,二,海岳精密,amy,industrial-6,兴趣,100\n"
        "3,三,全新客户,amy,industrial-6,兴趣,100\n4,四,远山科技,amyy,industrial-6,兴趣,100\n"
    )
    upload(client, ("a.csv", text.encode()))
    work()
    run = ImportRun.objects.get()
    assert run.report["refused"] == 4
    page = text_of(client.get(f"/imports/{run.pk}/"))
    assert "深圳海岳精密机械股份有限公司" in page
    asks = {ask["name"]: (number, ask) for number, ask in enumerate(run.report["asks"])}
    hai, new = asks["海岳精密"], asks["全新客户"]
    assert hai[1]["rows"] == 2
    amyy = asks["amyy"]
    answers = {
        f"ask-{hai[0]}": str(Account.objects.get(code="H").pk),
        f"ask-{new[0]}": "0",
        f"ask-{amyy[0]}": str(cast.people["amy"]),
    }
    client.post(f"/imports/{run.pk}/match/", answers)
    work()
    run.refresh_from_db()
    assert [ask["name"] for ask in run.report["asks"]] == ["远山科技"]
    client.post(f"/imports/{run.pk}/match/", {"ask-0": str(Account.objects.get(code="Y").pk)})
    work()
    run.refresh_from_db()
    assert (run.report["accepted"], run.report["asks"]) == (4, [])
    client.post(f"/imports/{run.pk}/take-in/")
    work()
    names = Opportunity.objects.order_by("code").values_list("account__name", flat=True)
    assert list(names) == [
        "深圳海岳精密机械股份有限公司", "深圳海岳精密机械股份有限公司", "全新客户",
        "上海远山科技有限公司",
    ]  # fmt: skip


def test_a_row_with_five_wrong_cells_says_all_five(cast: Cast) -> None:
    install_built_in_methods(actor=OPERATOR, today=TODAY, at=AT, rates_from=START)
    client = cast.client("ops")
    head = "商机编号,商机名称,客户,负责人,销售方法,阶段,金额,预计成交日期\n"
    upload(
        client,
        (
            "a.csv",
            (
                head + "1,一,无此客户,nobody,industrial-6,无此阶段,很多,2026-13-45\n"
                "2,二,无此客户,nobody,industrial-6,无此阶段,100,2026-09-01\n"
            ).encode(),
        ),
    )
    work()
    run = ImportRun.objects.get()
    found = run.problems.filter(severity="refused")
    names = ["import.unknown_account", "import.unknown_owner", "import.unknown_stage"]
    cells = ["day.not_in_calendar", "money.malformed"]
    assert sorted(found.filter(row=2).values_list("code", flat=True)) == sorted(names + cells)
    assert sorted(found.filter(row=3).values_list("code", flat=True)) == names
    assert (run.report["read"], run.report["refused"], run.report["accepted"]) == (2, 2, 0)


def test_an_answer_that_was_not_offered_is_no_answer(cast: Cast) -> None:
    install_built_in_methods(actor=OPERATOR, today=TODAY, at=AT, rates_from=START)
    client = cast.client("ops")
    text = "商机编号,商机名称,客户,负责人,销售方法,阶段,金额\n1,一,谁,amy,industrial-6,兴趣,1\n"
    upload(client, ("a.csv", text.encode()))
    work()
    run = ImportRun.objects.get()
    client.post(f"/imports/{run.pk}/match/", {"ask-0": "999"})
    work()
    run.refresh_from_db()
    assert run.report["refused"] == 1
