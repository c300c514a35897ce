"""Lists as files: CSV and xlsx of exactly what is seen, in which no cell can run as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from typing import cast
from urllib.parse import quote

import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone

TYPE_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPE_CSV = "text/csv; charset=utf-8"

Cell = str | int | bool | Decimal | Fraction | date | datetime | None

#: What a spreadsheet may take for the start of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
#: The most rows that an xlsx sheet holds, its head among them.
MOST_ROWS = 1_048_576


def rows_as_csv(*, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """Give the rows as a CSV file `name`.csv; UTF-8 with the mark that Excel needs."""
    return _attached(
        HttpResponse("".join(_csv_lines(head, rows)), content_type=TYPE_CSV),
        f"{name}.csv",
    )


def rows_as_xlsx(*, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """Give the rows as an Excel file `name`.xlsx: text as text, numbers as numbers, days as days.

    Rows beyond what a sheet holds are left out; callers of such size export CSV.
    """
    file = BytesIO()
    write_xlsx(file, head=head, rows=rows)
    return _attached(HttpResponse(file.getvalue(), content_type=TYPE_XLSX), f"{name}.xlsx")


def write_xlsx(file: BytesIO, *, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a workbook of one sheet, row by row, so that its size does not matter."""
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, word in enumerate(head):
        sheet.write_string(0, column, word, bold)
        sheet.set_column(column, column, max(10, min(40, 2 * len(word))))
    for place, row in enumerate(rows, start=1):
        if place >= MOST_ROWS:
            break
        for column, value in enumerate(row):
            match value:
                case None:
                    pass
                case bool():
                    sheet.write_boolean(place, column, value)
                case int() | Decimal() | Fraction():
                    # A sheet holds no more than a double has digits.
                    sheet.write_number(place, column, float(value))
                case datetime():
                    local = timezone.localtime(value).replace(tzinfo=None)
                    sheet.write_datetime(place, column, local, moment)
                case date():
                    sheet.write_datetime(place, column, value, day)
                case _:
                    sheet.write_string(place, column, value)
    book.close()


def harmless(text: str) -> str:
    """Give a text that no spreadsheet runs: a leading sign of a formula is quoted."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


class _Echo:
    """What csv.writer writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + cast(str, writer.writerow(head))
    for row in rows:
        yield cast(str, writer.writerow([_plain(value) for value in row]))


def _plain(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case datetime():
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case Fraction():
            return str(float(value))
        case int():
            return str(value)
        case _:
            return harmless(value)


def _attached(response: HttpResponse, name: str) -> HttpResponse:
    plain = name.encode("ascii", "ignore").decode() or "export"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
