"""What commands answer with: tables in the terminal, JSON for scripts, refusals on stderr."""

import functools
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ParamSpec

import click
from django.db import OperationalError, connection
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.core.errors import DakehuError, NotFound
from dakehu.core.funnel import Figure
from dakehu.core.money import round_money
from dakehu.messages import reason, sentence

P = ParamSpec("P")
NOT_KNOWN = "—"

as_json_option = click.option(
    "--json", "as_json", is_flag=True, help=gettext_lazy("Answer in JSON, for scripts.")
)


def answering(command: Callable[P, None]) -> Callable[P, None]:
    """Turn a refusal into a sentence (or JSON) on stderr and exit code 1."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except DakehuError as error:
            refuse(error, as_json=bool(kwargs.get("as_json")))

    return wrapper


def refuse(error: DakehuError, *, as_json: bool) -> None:
    """Say why not, and leave with exit code 1."""
    detail = sentence(error)
    if as_json:
        answer = {"code": error.code, "detail": detail, "facts": error.facts}
        click.echo(json.dumps(answer, ensure_ascii=False, default=plain), err=True)
    else:
        click.echo(detail, err=True)
    sys.exit(1)


def check_database() -> None:
    """Make sure that the database answers and was set up.

    Raises NotFound("database.unreachable"), NotFound("organisation.missing").
    """
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise NotFound("database.unreachable", problem=str(error).strip()) from error
    if "dakehu_organisation" not in connection.introspection.table_names():
        raise NotFound("organisation.missing")


def print_json(answer: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=plain))


def plain(value: object) -> object:
    """Give days, moments and exact numbers as text; the rest as it words itself."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, set | frozenset | tuple):
        return sorted(value) if isinstance(value, set | frozenset) else list(value)
    return str(value)


def amount_text(figure: Figure, digits: int) -> str | None:
    """Give an amount as a decimal string, None where it is not known."""
    if figure.value is None:
        return None
    return f"{round_money(figure.value, digits):f}"


def ratio_text(figure: Figure | None, places: int = 6) -> str | None:
    """Give a ratio as a decimal string of six places, None where it is not known."""
    if figure is None or figure.value is None:
        return None
    return f"{round_money(figure.value, places):f}"


def shown_amount(figure: Figure, digits: int) -> str:
    """Give an amount for a reader, with separators; a dash where it is not known."""
    if figure.value is None:
        return NOT_KNOWN
    return f"{round_money(figure.value, digits):,f}"


def shown_percent(value: Figure) -> str:
    """Give a ratio in percent; a dash with the reason where it is not known."""
    if value.value is None:
        return f"{NOT_KNOWN} ({reason_text(value.reason)})"
    return f"{round_money(value.value * 100, 2)}%"


def reason_text(code: str | None) -> str:
    """Word why a figure is not known."""
    if code is None:
        return _("not known")
    return reason(code if "." in code else f"funnel.{code}")


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, left: int = 1) -> None:
    """Print an aligned table: the first `left` columns to the left, numbers to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [
        max([width(head), *(width(row[place]) for row in texts)])
        for place, head in enumerate(heads)
    ]
    for line in [list(heads), ["─" * wide for wide in widths], *texts]:
        cells = [
            _padded(cell, wide, left=place < left)
            for place, (cell, wide) in enumerate(zip(line, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


def language() -> str:
    """Give the language of the terminal as names know it: en or zh-hans."""
    return "en" if translation.get_language() == "en" else "zh-hans"


def width(text: str) -> int:
    """Give how many columns a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, wide: int, *, left: bool) -> str:
    space = " " * (wide - width(text))
    return text + space if left else space + text
