"""Lists as files: CSV and xlsx of exactly what is seen, in which no cell can run as a formula.

A file is written to a spool (memory up to a megabyte, then disk) while the page's snapshot is open,
and sent from there in blocks. Written while it is sent, a slow reader would hold the snapshot, and
an error in row 90,000 would end as a shorter file that looks whole.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from tempfile import SpooledTemporaryFile
from typing import IO, TypeVar, cast
from urllib.parse import quote

import xlsxwriter
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dakehu.core.errors import NotFound
from dakehu.http import SignedRequest
from dakehu.queries.paging import Cut, Page

T = TypeVar("T")

TYPE_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPE_CSV = "text/csv; charset=utf-8"

Cell = str | int | bool | Decimal | Fraction | date | datetime | None

#: What a spreadsheet may take for the start of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
#: How many rows of a list are read at once.
CHUNK = 500
#: The most rows that an xlsx sheet holds, its head among them.
MOST_ROWS = 1_048_576
#: What of a file is held in memory before it goes to disk.
MOST_IN_MEMORY = 1024 * 1024


def list_as_file(
    request: SignedRequest,
    kind: str,
    *,
    name: str,
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    on: date | None = None,
) -> HttpResponseBase:
    """Give a list as csv or xlsx, stamped in its head with the moment it was read at.

    `on` is the day that the figures are of, today unless told. NotFound `list.unknown_export`.
    """
    if kind not in ("csv", "xlsx"):
        raise NotFound("list.unknown_export", kind=kind)
    moment = timezone.localtime(request.now).strftime("%Y-%m-%d %H:%M")
    stamp = _("As of %(moment)s") % {"moment": moment}
    if on is not None and on != request.today:
        stamp = _("As of %(day)s, read at %(moment)s") % {"day": on.isoformat(), "moment": moment}
    write = rows_as_csv if kind == "csv" else rows_as_xlsx
    return write(name=f"{name}-{(on or request.today).isoformat()}", head=[*head, stamp], rows=rows)


def every_row(read: Callable[[Cut], Page[T]]) -> Iterator[T]:
    """Give all rows of a paged list in its order, read chunk by chunk."""
    cut = Cut(size=CHUNK)
    while True:
        page = read(cut)
        yield from page.rows
        if page.next is None:
            return
        cut = Cut(after=page.next, size=CHUNK)


def vat_words(request: SignedRequest) -> str:
    """Say whether amounts are with VAT."""
    return _("with VAT") if request.organisation.amounts_with_vat else _("without VAT")


def amount_head(request: SignedRequest, currency: str = "") -> str:
    """Give the head of a column of amounts: in which currency, with or without VAT."""
    vat = vat_words(request)
    return f"{_('Amount')} {currency} ({vat})" if currency else f"{_('Amount')} ({vat})"


def rows_as_csv(
    *, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> HttpResponseBase:
    """Give the rows as a CSV file `name`.csv; UTF-8 with the mark that Excel needs."""

    def write(file: IO[bytes]) -> None:
        for line in _csv_lines(head, rows):
            file.write(line.encode())

    return _attached(_spooled(write), f"{name}.csv", TYPE_CSV)


def rows_as_xlsx(
    *, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> HttpResponseBase:
    """Give the rows as an Excel file `name`.xlsx: text as text, numbers as numbers, days as days.

    Rows beyond what a sheet holds are left out; callers of such size export CSV.
    """
    return _attached(
        _spooled(lambda file: write_xlsx(file, head=head, rows=rows)), f"{name}.xlsx", TYPE_XLSX
    )


def _spooled(write: Callable[[IO[bytes]], None]) -> IO[bytes]:
    # The response closes it when the last block is sent, or the reader has gone.
    file = SpooledTemporaryFile(max_size=MOST_IN_MEMORY)  # noqa: SIM115
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    return file


def write_xlsx(file: IO[bytes], *, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
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
    try:
        _write_sheet(book, head, rows)
    finally:
        # The workbook's own scratch files close with it: rows may refuse while they are read.
        book.close()


def _write_sheet(
    book: xlsxwriter.Workbook, head: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> None:
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


def _attached(file: IO[bytes], name: str, content_type: str) -> HttpResponseBase:
    size = file.tell()
    file.seek(0)
    response: HttpResponseBase
    if size > MOST_IN_MEMORY:
        response = FileResponse(file, content_type=content_type)
    else:
        with file:
            response = HttpResponse(file.read(), content_type=content_type)
    plain = name.encode("ascii", "ignore").decode() or "export"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
