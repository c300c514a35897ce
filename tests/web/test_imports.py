"""The import page: tried first, taken in when confirmed, problems by row, rows as files."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.models import Account, ImportRun
from tests.cast import Cast, make_cast

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
    return ImportRun.objects.get(status="dry_run").pk


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
    answer = client.post(f"/imports/{run}/confirm/")
    assert answer.status_code == 303
    assert [a.name for a in Account.objects.all()] == ["海岳股份"]
    done = ImportRun.objects.get(status="done")
    assert answer["Location"] == f"/imports/{done.pk}/"
    # The files are gone with the confirmation: what was taken in is not taken in again.
    assert client.post(f"/imports/{run}/confirm/").status_code == 404
    assert Account.objects.count() == 1


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
    assert client.post(f"/imports/{run}/confirm/").status_code == 404
    assert f"/imports/{run}/" not in text_of(client.get("/imports/"))
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.xlsx", b"not a workbook", "a.xlsx"),
        ("a.csv", "天,地\n1,2\n".encode(), "a.csv"),
        ("a.csv", "客户名称,客户名称\n1,2\n".encode(), "客户名称"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_the_form(
    cast: Cast, name: str, content: bytes, words: str
) -> None:
    answer = upload(cast.client("ops"), (name, content))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert ImportRun.objects.get().status == "refused"


def test_no_file_and_a_bad_state_day_are_said_at_their_fields(cast: Cast) -> None:
    client = cast.client("ops")
    assert client.post("/imports/", {}).status_code == 422
    answer = upload(client, ("a.csv", ACCOUNTS.encode()), state_of="31/12/2017")
    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


def test_a_name_with_a_path_in_it_stays_in_its_folder(cast: Cast, tmp_path: Path) -> None:
    answer = upload(cast.client("ops"), ("../../evil.csv", ACCOUNTS.encode()))
    assert answer.status_code == 303
    run = ImportRun.objects.get().pk
    kept = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert kept == {f"imports/{run}/{name}" for name in ("0", "names.json", "rows.jsonl")}


def test_the_pages_stay_within_twelve_queries(cast: Cast) -> None:
    client = cast.client("ops")
    run = tried(client)
    for url in ("/imports/", f"/imports/{run}/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= 12 + 2, url  # + session and log-in
