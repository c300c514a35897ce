"""What leaves as a file is what was seen, and runs nothing when it is opened."""

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from dakehu.core.errors import NotAllowed
from dakehu.web.exports import rows_as_csv, rows_as_xlsx

HEAD = ["Name", "Amount", "Day"]
ROWS = [
    ["=cmd|'/c calc'!A1", Decimal("-12.50"), date(2026, 6, 30)],
    ["  @SUM(1)", 7, None],
    ['华东, "quoted"', None, datetime(2026, 6, 30, 1, 5, tzinfo=UTC)],
]


def body(response: object) -> bytes:
    return response.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_csv_quotes_what_would_run_and_leaves_numbers_alone() -> None:
    text = body(rows_as_csv(name="x", head=HEAD, rows=ROWS)).decode("utf-8")
    assert text.startswith("\ufeffName,Amount,Day\r\n")
    lines = text.splitlines()
    assert lines[1] == "'=cmd|'/c calc'!A1,-12.50,2026-06-30"
    assert lines[2] == "'  @SUM(1),7,"
    assert lines[3].startswith('"华东, ""quoted""",,2026-06-30 ')


@pytest.mark.parametrize("name", ["客户", "accounts"])
def test_a_file_has_its_name_in_every_script(name: str) -> None:
    response = rows_as_csv(name=name, head=HEAD, rows=[])
    assert "filename*=UTF-8''" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_xlsx_keeps_kinds_and_holds_no_formula() -> None:
    file = BytesIO(body(rows_as_xlsx(name="x", head=HEAD, rows=ROWS)))
    sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
    rows = sheet.to_python()
    assert rows[0] == HEAD
    assert rows[1] == ["=cmd|'/c calc'!A1", -12.5, date(2026, 6, 30)]
    assert rows[2][:2] == ["  @SUM(1)", 7]


def test_a_long_list_never_stands_whole_in_memory() -> None:
    """A hundred thousand rows are some 8 MB; a spool of one, a block and a row are held."""
    rows = ([f"row {n}", Decimal(n), "x" * 60] for n in range(100_000))
    tracemalloc.start()
    response = rows_as_csv(name="x", head=HEAD, rows=rows)
    size = sum(len(block) for block in response)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    response.file_to_stream.close()
    assert size == int(response["Content-Length"]) > 7_000_000
    assert most < 3_000_000


def test_rows_that_are_refused_while_they_are_read_leave_no_file_behind() -> None:
    """An unclosed scratch file is an error here (ResourceWarning)."""

    def refused() -> Iterator[list[str]]:
        yield ["first"]
        raise NotAllowed("person.edit")

    for write in (rows_as_csv, rows_as_xlsx):
        with pytest.raises(NotAllowed):
            write(name="x", head=["Name"], rows=refused())
        gc.collect()
