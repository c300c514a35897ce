"""What lists whose filters are all conditions share: the form of lines, heads and rows."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Expression, read, written
from dakehu.http import SignedRequest, go, render_page
from dakehu.messages import sentence
from dakehu.web.lists.builder import (
    Line,
    both,
    shown_lines,
    typed_lines,
    with_spare,
    without_lines,
)
from dakehu.web.lists.columns import Column, Columns, Look, head_cells, writer
from dakehu.web.lists.standing import Standing, link_with
from dakehu.web.lists.words import Vocabulary, chips_of_where


def where_of(get: QueryDict, words: Vocabulary) -> Expression | None:
    """Read the conditions of a URL. RuleBroken `filter.…`."""
    return read(get.get("where", ""), words.fields)


def lines_applied(
    request: SignedRequest, list_name: str, url_name: str, words: Vocabulary
) -> HttpResponse:
    """Answer a form of conditions: the list that they ask for, or the form with what is wrong."""
    typed = typed_lines(request.GET, words)
    if typed.is_wrong:
        return filter_form(request, list_name, url_name, words, lines=typed.lines)
    try:
        where = both(where_of(request.GET, words), typed.asked)
    except RuleBroken as error:
        return filter_form(request, list_name, url_name, words, wrong=error)
    query = without_lines(request.GET)
    query.pop("where", None)
    if where is not None:
        query["where"] = written(where)
    return go(request, url_name, query=query.urlencode())


def filter_form(
    request: SignedRequest,
    list_name: str,
    url_name: str,
    words: Vocabulary,
    *,
    lines: list[Line] | None = None,
    wrong: RuleBroken | None = None,
) -> HttpResponse:
    """Show the conditions of the URL line by line, with what is wrong."""
    text = request.GET.get("where", "")
    held = lines or []
    if lines is None and wrong is None:
        try:
            held, text = shown_lines(where_of(request.GET, words), words)
        except RuleBroken as error:
            wrong = error
    left = without_lines(request.GET)
    left.pop("where", None)
    facts = {
        "list_url": reverse(url_name),
        "kept": list(left.items()),
        "lines": with_spare(held, words),
        "line_url": reverse("view_filter_line", args=[list_name]),
        "where_text": text,
        "where_error": sentence(wrong) if wrong else "",
    }
    status = 422 if wrong or any(one.error for one in held) else 200
    return render_page(request, "lists/filter.html", facts, status=status)


def list_facts(
    request: SignedRequest,
    standing: Standing,
    columns: tuple[Column[Any], ...],
    rows: Iterable[Any],
    *,
    sort: str,
    words: Vocabulary,
    where: Expression | None,
) -> dict[str, object]:
    """Give what lists/_views.html, the chips, heads and rows of a list's template need."""
    look = Look(language=request.viewer.language, today=request.today, overdue=_("Overdue"))
    write = writer(columns, look)
    get = standing.get
    return {
        "standing": standing,
        "heads": head_cells(columns, sort=sort, get=get, words={}),
        "body": SafeString("".join(f"<tr>{write(row)}</tr>" for row in rows)),
        "chips": chips_of_where(get, where, words),
        "kept": [
            (name, value) for name, value in get.items() if name in ("where", "base", "columns")
        ],
        "all_query": standing.query,
        "export_query": export_query(get, columns),
    }


def export_query(get: QueryDict, columns: tuple[Column[Any], ...]) -> str:
    """Give the query of the file with exactly what is seen: filter, order and columns."""

    def change(left: QueryDict) -> None:
        for gone in ("view", "base"):
            left.pop(gone, None)
        left["columns"] = ",".join(column.key for column in columns)

    return link_with(get, change).removeprefix("?")


def columns_of(standing: Standing, columns: Columns[Any]) -> tuple[Column[Any], ...]:
    """Give the columns that the list shows."""
    return columns.chosen(standing.columns)
