"""Columns of lists: which there are, which are shown in which order, and rows written out.

Rows are written here and not by a template: a page of fifty rows and ten columns takes a template
twenty times as long as its question takes the database.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from html import escape as _escaped
from typing import Generic, TypeVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from dakehu.messages import reason
from dakehu.templatetags.dakehu import icon
from dakehu.web.exports import Cell

Row = TypeVar("Row")

_SIGNS = re.compile(r"[&<>\"']")

#: A row and what all rows of the page have in common become the inside of a cell, escaped.
Shown = Callable[[Row, "Look"], str]


@dataclass(frozen=True, slots=True)
class Look:
    """What the rows of one page have in common: the reader's language and the units of amounts."""

    language: str
    unit: str = "plain"
    #: Whether cells say what they can be edited as.
    editable: bool = False
    today: date = date.min
    #: What is late is called so.
    overdue: str = ""
    #: Moments are shown as days of this zone.
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column that a list can show: its cell on the page, and what stands in the file."""

    key: str
    label: str | Promise
    cell: Shown[Row]
    plain: Callable[[Row], Cell]
    #: The key of the order by this column; empty where there is none.
    sort: str = ""
    #: Classes of the cell: `end` for figures, `clip` for long texts, `nowrap`.
    css: str = ""
    #: Shown to whoever has chosen nothing.
    is_usual: bool = False
    #: The name of the row: always there, always first.
    is_head: bool = False
    #: The field that the cell edits, and what stands there before it is typed.
    field: str = ""
    typed: Callable[[Row], str] | None = None


class Columns(Generic[Row]):
    """The columns of one list."""

    def __init__(self, *columns: Column[Row]) -> None:
        self.all = {column.key: column for column in columns}
        self.head = next(column for column in columns if column.is_head)
        self.usual = tuple(c.key for c in columns if c.is_usual or c.is_head)

    def chosen(self, keys: Iterable[str]) -> tuple[Column[Row], ...]:
        """Give the columns of these keys in their order, the head first.

        What is unknown is left out; of none the usual ones are given.
        """
        wanted = [key for key in dict.fromkeys(keys) if key in self.all and key != self.head.key]
        return (self.head, *(self.all[key] for key in wanted)) if wanted else self._usual()

    def _usual(self) -> tuple[Column[Row], ...]:
        return (self.head, *(self.all[k] for k in self.usual if k != self.head.key))


def keys_of(text: str) -> tuple[str, ...]:
    """Read the columns of a URL: keys with commas between them."""
    return tuple(key for key in text[:1000].split(",") if key)


def escape(text: str) -> str:
    """Escape a text; most need it nowhere, and looking is quicker than replacing five signs."""
    return _escaped(text) if _SIGNS.search(text) else text


def text(value: object) -> str:
    """Write a text of a cell."""
    return escape(str(value)) if value else ""


def day(value: date | None, why: str = "unknown") -> str:
    """Write a day of a cell, or a dash with the reason."""
    return value.isoformat() if value else nothing(why)


def nothing(why: str) -> str:
    """Write that something is not known, and why."""
    words = escape(reason(why))
    return (
        f'<span class="dash" title="{words}"><span aria-hidden="true">—</span>'
        f'<span class="visually-hidden">{words}</span></span>'
    )


def head_cells(
    columns: Sequence[Column[Row]], *, sort: str, get: QueryDict, words: dict[str, str]
) -> SafeString:
    """Write the heads: those that can be sorted by lead to the list sorted so, from page one.

    `words` are heads that say more than their label, such as the unit of a column of amounts.
    """
    left = get.copy()
    for gone in ("after", "before", "sort"):
        left.pop(gone, None)
    query = left.urlencode()
    found = []
    for column in columns:
        label = escape(words.get(column.key) or str(column.label))
        css = f"{column.css} c-{column.key}".strip()
        if not column.sort:
            found.append(f'<th scope="col" class="{css}">{label}</th>')
            continue
        direction = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(sort, "")
        turned = f"-{column.sort}" if direction == "ascending" else column.sort
        sign = {"ascending": "chevron-up", "descending": "chevron-down"}.get(direction, "selector")
        aria = f' aria-sort="{direction}"' if direction else ""
        url = escape(f"?{query}&sort={turned}" if query else f"?sort={turned}")
        found.append(
            f'<th scope="col" class="{css}"{aria}>'
            f'<a class="sort" href="{url}">{label}{icon(sign)}</a></th>'
        )
    return SafeString("".join(found))


def writer(columns: Sequence[Column[Row]], look: Look) -> Callable[[Row], str]:
    """Give what writes the cells of a row; what all rows have in common is put together once."""
    parts = []
    for column in columns:
        css = f"{column.css} c-{column.key}".strip()
        opened = f'<th scope="row" class="{css}"' if column.is_head else f'<td class="{css}"'
        closed = "</th>" if column.is_head else "</td>"
        typed = column.typed if look.editable and column.field else None
        if typed is not None:
            opened += f' data-cell="{column.field}" data-value="'
        parts.append((opened, closed, column.cell, typed))

    def write(row: Row) -> str:
        return "".join(
            f"{opened}>{cell(row, look)}{closed}"
            if typed is None
            else f'{opened}{escape(typed(row))}">{cell(row, look)}{closed}'
            for opened, closed, cell, typed in parts
        )

    return write
