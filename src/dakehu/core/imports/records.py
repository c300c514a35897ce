"""Rows to records: every cell of a known column read by its kind, or the row refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dakehu.core.errors import DakehuError
from dakehu.core.imports.problems import Problem, from_error, refused, warned
from dakehu.core.imports.recipes import BoundFile, Column
from dakehu.core.imports.tables import MAX_CELL
from dakehu.core.imports.values import (
    order_of_days,
    read_amount,
    read_day,
    read_email,
    read_number,
    read_whole,
)
from dakehu.core.periods import DateOrder

_NOTHING = {"-", "—", "n/a", "null", "none", "无"}  # han: how an empty cell is written


@dataclass(frozen=True, slots=True)
class Reading:
    """How values are written: what the user or the recipe says, None where nobody does."""

    currency: str
    digits: int
    dates: DateOrder | None = None
    fiscal_first_month: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A row's values by column; None where the cell is empty or the column missing."""

    file: str
    row: int
    values: Mapping[str, Any]

    def text(self, key: str) -> str:
        """Give a text, '' where there is none."""
        return self.values.get(key) or ""

    def day(self, key: str) -> date | None:
        """Give a day, if there is one."""
        return self.values.get(key)


def read_records(
    bound: BoundFile, reading: Reading
) -> tuple[list[Record], list[Record], list[Problem]]:
    """Read the rows of a file; a row with a value that can't be read is refused, all named.

    Gives the records, what can be read of those that are refused, and the problems.
    """
    problems = list(bound.table.problems)
    orders, findings = _orders(bound, reading)
    problems.extend(findings)
    problems.extend(
        warned(bound.table.file, None, bound.header(key), "import.unit_found", factor=factor)
        for key, factor in bound.units.items()
        if factor != 1
    )
    cells_of = [
        _Cells(c, bound.places[c.key], bound, reading, orders.get(c.key, "ymd"))
        for c in bound.part.columns
        if c.key in bound.places
    ]
    records: list[Record] = []
    broken: list[Record] = []
    for row, cells in bound.table.rows:
        values: dict[str, Any] = {}
        wrong: list[Problem] = []
        for column in cells_of:
            cell = cells[column.place]
            if column.shortest < len(cell) <= column.longest:
                values[column.key] = cell
                continue
            found = column.known.get(cell)
            if found is None:
                found = column.read(cell, row)
                if isinstance(found, Problem):
                    wrong.append(found)
                    continue
            if found is not _EMPTY:
                values[column.key] = found
        problems.extend(wrong)
        (broken if wrong else records).append(Record(bound.table.file, row, values))
    return records, broken, problems


_EMPTY = object()
_KEPT = 20_000


class _Cells:
    """Reads the cells of a column; what was read once is known, for days and words repeat."""

    def __init__(
        self, column: Column, place: int, bound: BoundFile, reading: Reading, order: DateOrder
    ) -> None:
        self.column, self.key, self.place = column, column.key, place
        self.known: dict[str, Any] = {}
        self._bound, self._reading, self._order = bound, reading, order
        self._unit = bound.units.get(column.key, 1)
        #: Texts of such lengths are taken as they are; of other kinds none is.
        as_it_is = column.kind == "text" and self._unit == 1
        self.shortest = max(map(len, _NOTHING))
        self.longest = (column.limit or MAX_CELL) if as_it_is else 0

    def read(self, cell: str, row: int) -> Any:
        """Give the value, _EMPTY, or the problem of the row."""
        column, table = self.column, self._bound.table
        header = table.headers[self.place]
        value: Any = _EMPTY
        if not cell or (len(cell) < 5 and cell.casefold() in _NOTHING):
            if column.filled:
                return refused(table.file, row, header, "import.cell_missing")
        else:
            try:
                value = _value(cell, column, self._reading, self._order, is_sheet=table.is_sheet)
                if self._unit != 1:
                    value *= self._unit
            except DakehuError as error:
                return from_error(table.file, row, header, error)
            if column.limit and len(cell) > column.limit:
                return refused(
                    table.file, row, header, "import.text_too_long",
                    limit=column.limit, length=len(cell),
                )  # fmt: skip
        if len(self.known) < _KEPT:
            self.known[cell] = value
        return value


def _orders(bound: BoundFile, reading: Reading) -> tuple[dict[str, DateOrder], list[Problem]]:
    """Give the order of each column of days: as said, else as its own days prove."""
    orders: dict[str, DateOrder] = {}
    findings = []
    for column in bound.part.columns:
        if column.kind != "day" or column.key not in bound.places:
            continue
        if reading.dates is not None:
            orders[column.key] = reading.dates
            continue
        place = bound.places[column.key]
        found = order_of_days(cells[place] for _row, cells in bound.table.rows)
        if found is None or found == "mixed":
            continue
        orders[column.key] = found
        findings.append(
            warned(
                bound.table.file, None, bound.header(column.key),
                "import.date_order_found", order=found,
            )
        )  # fmt: skip
    return orders, findings


def _value(cell: str, column: Column, reading: Reading, order: DateOrder, *, is_sheet: bool) -> Any:
    match column.kind:
        case "text":
            return cell
        case "day":
            return read_day(cell, order=order, is_sheet=is_sheet)
        case "amount":
            return read_amount(cell, currency=reading.currency, digits=reading.digits)
        case "number":
            return read_number(cell)
        case "whole":
            return read_whole(cell)
        case "email":
            return read_email(cell)
