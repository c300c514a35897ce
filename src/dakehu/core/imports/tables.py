"""Text to a table: delimiter, header row, rows; what is odd about a row is said by row."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dakehu.core.errors import RuleBroken
from dakehu.core.imports.problems import Problem, refused

MAX_ROWS = 2_000_000
MAX_CELL = 32_767
_SHARED = 200_000
_DELIMITERS = ",;\t|"
_INVISIBLE = {"\ufeff", "\u200b", "\u200c", "\u200d", "\u2060"}

_MARKS = "\ufeff\u200b"

Row = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as a table. Every cell is text; numbers and days of a sheet are written plainly.

    `rows` are (row number, cells), the header being row 1 as in a spreadsheet; blank rows and
    those in `problems` are left out. `refused_rows` are kept for the reader to see again.
    """

    file: str
    encoding: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    refused_rows: tuple[Row, ...] = ()
    is_sheet: bool = False
    separator: str = ""
    #: How many rows it held before `without_rows`.
    let_go: int = 0

    @property
    def row_count(self) -> int:
        """How many rows were read, those refused at once included."""
        return len(self.rows) + len(self.refused_rows) + self.let_go

    def without_rows(self) -> "Table":
        """Give the table without its rows, which a plan has read: very many are much memory."""
        return replace(self, rows=(), refused_rows=(), problems=(), let_go=self.row_count)


def clean_header(text: str) -> str:
    """Give a header as it is shown: without marks, with single spaces."""
    visible = "".join(c for c in text if c not in _INVISIBLE)
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def header_key(text: str) -> str:
    """Give what two spellings of a header have in common: no case, spaces, _ - . or *."""
    plain = clean_header(text).casefold()
    return "".join(c for c in plain if not c.isspace() and c not in "_-.*:")


def clean_cell(text: str) -> str:
    """Give a cell without the white space around it, the no-break one included."""
    plain = text.strip()
    if plain and (plain[0] in _MARKS or plain[-1] in _MARKS):
        return plain.strip(_MARKS).strip()
    return plain


def read_csv(text: str, *, file: str, encoding: str, separator: str | None = None) -> Table:
    """Read separated values; by what they are separated is seen where nobody says it.

    Raises RuleBroken `import.empty_file`, `import.duplicate_header`, `import.too_many_rows`.
    """
    body = text.removeprefix("\ufeff")
    delimiter, skipped = _delimiter(body)
    delimiter = separator or delimiter
    table = table_of(_records(body, delimiter, file, skipped), file=file, encoding=encoding)
    return replace(table, separator=delimiter)


def table_of(
    records: Iterable[list[str] | Problem],
    *,
    file: str,
    encoding: str,
    is_sheet: bool = False,
) -> Table:
    """Make a table of records, the first that is not blank being the header.

    Raises RuleBroken `import.empty_file`, `import.duplicate_header`, `import.too_many_rows`.
    """
    headers: tuple[str, ...] = ()
    rows: list[Row] = []
    refused_rows: list[Row] = []
    problems: list[Problem] = []
    # Owners, stages and days repeat: one text of each is kept.
    once: dict[str, str] = {}
    for number, record in enumerate(records, start=1):
        if isinstance(record, Problem):
            problems.append(record)
            refused_rows.append((number, ()))
            continue
        cells = tuple([once.setdefault(c, c) for c in map(clean_cell, record)])
        if len(once) > _SHARED:
            once.clear()
        if not any(cells):
            continue
        if not headers:
            headers = _headers(cells, file)
            continue
        if len(rows) >= MAX_ROWS:
            raise RuleBroken("import.too_many_rows", file=file, limit=MAX_ROWS)
        width = len(headers)
        problem = _odd(cells, width, file, number, is_sheet=is_sheet)
        if problem is None:
            fitted = cells[:width] + ("",) * (width - len(cells))
            rows.append((number, fitted))
        else:
            problems.append(problem)
            refused_rows.append((number, cells))
    if not headers:
        raise RuleBroken("import.empty_file", file=file)
    return Table(
        file, encoding, headers, tuple(rows), tuple(problems), tuple(refused_rows),
        is_sheet,
    )  # fmt: skip


def _odd(
    cells: tuple[str, ...], width: int, file: str, row: int, *, is_sheet: bool
) -> Problem | None:
    """Say what makes a row unreadable, if anything; a shifted row would fill wrong columns."""
    held = len(cells)
    while held > width and not cells[held - 1]:
        held -= 1
    if held > width or (held < width and not is_sheet):
        return refused(file, row, "", "import.ragged_row", cells=held, headers=width)
    if max(map(len, cells)) > MAX_CELL:
        return refused(file, row, "", "import.cell_too_large", limit=MAX_CELL)
    if any("\0" in cell for cell in cells):
        return refused(file, row, "", "import.nul_in_cell")
    return None


def _headers(cells: tuple[str, ...], file: str) -> tuple[str, ...]:
    names = [clean_header(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    seen: set[str] = set()
    for name in names:
        key = header_key(name)
        if key and key in seen:
            raise RuleBroken("import.duplicate_header", file=file, name=name)
        seen.add(key)
    return tuple(names)


def _delimiter(body: str) -> tuple[str, int]:
    """Find the delimiter by the header; Excel's own first line `sep=;` decides."""
    start = body.lstrip("\r\n \t")[:100_000]
    first = start.split("\n", 1)[0].strip()
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4], 1
    counts = dict.fromkeys(_DELIMITERS, 0)
    quoted = False
    for char in start:
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char in "\r\n":
            break
        elif char in counts:
            counts[char] += 1
    best = max(_DELIMITERS, key=lambda d: counts[d])
    return (best if counts[best] else ","), 0


def _records(body: str, delimiter: str, file: str, skipped: int) -> Iterator[list[str] | Problem]:
    lines = io.StringIO(body, newline="")
    reader = csv.reader(lines, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A cell beyond what the reader holds; it goes on with the next line.
            yield refused(file, number, "", "import.cell_too_large", limit=MAX_CELL)
            continue
        yield [] if number <= skipped else record
