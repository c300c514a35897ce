"""What leaves as a file is what was seen, and runs nothing when it is opened."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

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
