"""Files that mean harm or are broken: a clear message with the row, and nothing half-imported."""

import io
import os
import struct
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import LazySettings

from dakehu.actions import imports
from dakehu.core.imports.text import decode
from dakehu.messages import SENTENCES, sentence
from dakehu.models import Account, ImportProblem, ImportRun
from dakehu.queries.imports import kept_tables
from tests.actions.test_imports_background import Watch
from tests.cast import AT, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DAKEHU_TEST_DATA") or ROOT.parent / "shared" / "data")
EXPORTS = DATA / "crm_exports"
HEAD = "客户名称,行业,备注"


@pytest.fixture
def cast(settings: LazySettings, tmp_path: Path) -> Cast:
    settings.FILES = tmp_path
    return make_cast()


def brought(cast: Cast, name: str, content: bytes) -> ImportRun:
    """Upload, check, and take in what can be."""
    ops = cast.viewer("ops")
    run = imports.upload_files(
        actor=ops, files=[imports.SourceFile(name, content)], recipe="accounts",
        options=imports.ImportOptions(), today=TODAY, at=AT,
    )  # fmt: skip
    imports.work_import(run_id=run, clock=Watch(AT))
    if ImportRun.objects.get(pk=run).status == "checked":
        imports.take_in(actor=ops, run_id=run, today=TODAY, at=AT)
        imports.work_import(run_id=run, clock=Watch(AT + timedelta(minutes=1)))
    return ImportRun.objects.get(pk=run)


def bomb() -> bytes:
    """Pack 80 MB of zeros into a workbook of some kilobytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (80 << 20))
    return out.getvalue()


def no_rows() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet()
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", bomb(), "import.unpacks_too_large"),
        ("a.xlsx", no_rows(), "import.empty_file"),
        ("a.csv", b"", "import.empty_file"),
        ("a.csv", b"\xef\xbb\xbf \r\n\r\n", "import.empty_file"),
        ("a.csv", f"{HEAD},客户名称\n1,2,3,4\n".encode(), "import.duplicate_header"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "import.not_text"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "import.wrong_extension"),
        ("a.pdf", b"%PDF-1.7", "import.unknown_extension"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    cast: Cast, name: str, content: bytes, code: str
) -> None:
    run = brought(cast, name, content)
    assert run.status == "refused"
    assert run.report["code"] == code
    assert code in SENTENCES
    assert "a." in sentence(code, run.report["facts"])
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("甲,机械," + "x" * (10 << 20), "import.cell_too_large"),
        ("甲,机械,a,b", "import.ragged_row"),
        (",甲,机械,备注", "import.ragged_row"),
        ("甲,机械", "import.ragged_row"),
        (",甲,机械", "import.cell_missing"),
        ("甲,机\0械,", "import.nul_in_cell"),
        ("乙" * 300 + ",机械,", "import.text_too_long"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_the_others_go_in(
    cast: Cast, bad: str, code: str
) -> None:
    run = brought(cast, "a.csv", f"{HEAD}\n好一,机械,\n{bad}\n好二,化工,\n".encode())
    assert run.status == "done"
    found = ImportProblem.objects.get(run=run, severity="refused", checked=False)
    assert (found.row, found.code) == (3, code)
    assert code in SENTENCES
    assert "%(" not in sentence(code, found.facts)
    assert sorted(Account.objects.values_list("name", flat=True)) == ["好一", "好二"]
    assert (run.report["read"], run.report["accepted"], run.report["refused"]) == (3, 2, 1)


def test_a_heading_without_rows_takes_in_nothing(cast: Cast) -> None:
    run = brought(cast, "a.csv", f"{HEAD}\n".encode())
    assert (run.status, run.report["read"], run.report["created"]) == ("done", 0, {})


def test_mixed_line_ends_are_lines(cast: Cast) -> None:
    text = f'{HEAD}\r\n一,机械,\n二,机械,\r三,机械,"a\r\nb"\r\n'
    brought(cast, "a.csv", text.encode())
    assert sorted(Account.objects.values_list("name", flat=True)) == sorted("一二三")


def test_formulas_are_text_here(cast: Cast) -> None:
    brought(cast, "a.csv", f"{HEAD}\n=cmd|'/c calc'!A1,@SUM(1),+1\n".encode())
    assert Account.objects.get().name == "=cmd|'/c calc'!A1"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "gb18030", "utf-8-sig", "big5"])
def test_encodings_are_seen(cast: Cast, encoding: str) -> None:
    text = "客戶名稱,行業\n臺灣機械工業股份有限公司,機械製造\n遠東紡織,紡織業務的發展與經營\n"
    content = text.encode(encoding)
    assert decode(content, file="a.csv").text == text


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports are not here (DAKEHU_TEST_DATA)")
@pytest.mark.parametrize("mark", ["", "_BOM_UTF8", "_BOM_UTF16BE", "_BOM_UTF16LE",
                                  "_BOM_UTF32BE", "_BOM_UTF32LE"])  # fmt: skip
def test_an_export_in_any_encoding_is_read_and_only_what_is_understood_goes_in(
    cast: Cast, mark: str
) -> None:
    content = (EXPORTS / f"csvtext{mark}.csv").read_bytes()
    run = brought(cast, "a.csv", content)
    # Its headings name nothing known: whoever imports is asked, and nothing goes in.
    assert (run.status, run.report["code"]) == ("asking", "import.missing_column")
    assert "a.csv" in sentence(run.report["code"], run.report["facts"])
    tables = kept_tables(run.pk)
    assert [table["headers"] for table in tables] == [["column1", "column2", "column3"]]
    assert [row[0] for row in tables[0]["rows"]] == ["row1-1", "row2-1"]
    assert not Account.objects.exists()


def test_a_bomb_that_lies_about_its_size_takes_in_nothing(cast: Cast) -> None:
    packed = bytearray(bomb())
    size = struct.pack("<I", 80 << 20)
    while (place := packed.find(size)) >= 0:
        packed[place : place + 4] = struct.pack("<I", 1000)
    run = brought(cast, "a.xlsx", bytes(packed))
    assert run.status == "refused"
    assert run.report["code"] in {"import.unreadable_workbook", "import.unpacks_too_large"}
    assert not Account.objects.exists()


def test_a_large_cell_of_a_workbook_is_refused_with_its_row(cast: Cast) -> None:
    rows = [HEAD.split(","), ["好一", "机械", ""], ["好二", "化工", ""], ["甲", "机械", "HERE"]]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    # The writer keeps to Excel's limit; what comes in need not.
    swollen = io.BytesIO()
    with zipfile.ZipFile(out) as small, zipfile.ZipFile(swollen, "w") as large:
        for info in small.infolist():
            large.writestr(info, small.read(info).replace(b"HERE", b"x" * (10 << 20)))
    run = brought(cast, "a.xlsx", swollen.getvalue())
    found = ImportProblem.objects.get(run=run, severity="refused", checked=False)
    assert (found.row, found.code) == (4, "import.cell_too_large")
    assert sorted(Account.objects.values_list("name", flat=True)) == ["好一", "好二"]
