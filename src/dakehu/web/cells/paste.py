"""A block from a spreadsheet: what it would change cell by cell, and then it is done as one."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from dakehu.actions.bulk_edits import Outcome, Pasted, do_paste, preview_paste
from dakehu.actions.opportunities import EditOpportunity
from dakehu.core.bulk_edits import CELLS, MOST_COLUMNS, MOST_PASTED
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages import sentence
from dakehu.queries.bulk_edits import rows_by_code
from dakehu.queries.rates import currency_digits
from dakehu.web.bulk_edits import ask, wording
from dakehu.web.cells.values import BEHIND, HEADS, edit_of, named


@dataclass(slots=True)
class Line:
    """A line of a pasted block: its row, what it changes, and what is wrong with which cell."""

    number: int
    opportunity_id: int | None = None
    version: int | None = None
    label: str = ""
    change: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


@signed_in
@require_http_methods(["GET", "POST"])
def paste(request: SignedRequest) -> HttpResponse:
    """Ask for a block (GET), say what it would change cell by cell, and then do it (POST)."""
    if request.method != "POST":
        return render_page(request, "cells/paste.html", {"text": "", "columns": _columns()})
    text = request.POST.get("text", "")
    step = request.POST.get("step", "preview")
    if step == "ask":
        return render_page(request, "cells/paste.html", {"text": text, "columns": _columns()})
    try:
        lines = _lines(request, text)
        rows = [
            Pasted(line.opportunity_id, EditOpportunity(**line.change), line.version)
            for line in lines
            if line.opportunity_id is not None and line.change
        ]
        if step == "do":
            ran = do_paste(actor=request.viewer, rows=rows, today=request.today, at=request.now)
            words = ngettext(
                "%(n)s opportunity was changed.", "%(n)s opportunities were changed.",
                len(ran.done),
            )  # fmt: skip
            toast(request, words % {"n": f"{len(ran.done):,}"})
            return go(request, "bulk_edit", ran.bulk_id)
        return _previewed(request, text, lines, rows)
    except RuleBroken as refusal:
        facts = {"text": text, "columns": _columns(), "refused": sentence(refusal)}
        return render_page(request, "cells/paste.html", facts, status=422)


def _columns() -> list[str]:
    return [str(HEADS[name]) for name in CELLS]


def _block(text: str) -> list[list[str]]:
    """Read what a spreadsheet copies: tabs between cells, quotes around what holds a line's end."""
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    try:
        cells = list(csv.reader(io.StringIO(text), delimiter="\t"))
    except csv.Error as error:
        raise RuleBroken("paste.unreadable") from error
    while cells and not any(cell.strip() for cell in cells[-1]):
        cells.pop()
    if not cells:
        raise RuleBroken("paste.empty")
    if len(cells) > MOST_PASTED + 1:
        raise RuleBroken("paste.too_many_rows", limit=MOST_PASTED)
    if max(map(len, cells)) > MOST_COLUMNS:
        raise RuleBroken("paste.too_many_columns", limit=MOST_COLUMNS)
    return cells


def _lines(request: SignedRequest, text: str) -> list[Line]:
    """Read the block: from a cell of the list on, or by the codes and names in its first row."""
    cells = _block(text)
    if request.POST.get("fields"):
        names = request.POST["fields"].split(",")
        places = ask.frozen(request.POST.get("rows", ""))
        lines = [Line(number) for number, _cells in enumerate(cells, start=1)]
        for line, one in zip(lines, places, strict=False):
            line.opportunity_id, line.version = one.opportunity_id or None, one.version
        for line in (line for line in lines if line.opportunity_id is None):
            line.problems.append(("", sentence("paste.below_the_list")))
        return _filled(lines, cells, names)
    return _coded(request, cells)


def _coded(request: SignedRequest, cells: Sequence[Sequence[str]]) -> list[Line]:
    names = _names(cells[0])
    if "code" not in names:
        raise RuleBroken("paste.no_code")
    if not any(name in CELLS for name in names):
        raise RuleBroken("paste.no_column", columns=_columns())
    place = names.index("code")
    codes = [row[place].strip() if place < len(row) else "" for row in cells[1:]]
    known = rows_by_code(viewer=request.viewer, codes=codes)
    kept = {one.opportunity_id: one.version for one in ask.frozen(request.POST.get("rows", ""))}
    lines, met = [], set[str]()
    for number, code in enumerate(codes, start=2):
        line = Line(number, label=code)
        if code in met:
            line.problems.append(("", sentence("paste.twice")))
        elif code not in known:
            line.problems.append(("", sentence("paste.unknown_code", {"text": code[:40]})))
        else:
            row = known[code]
            line.opportunity_id, line.version = row.id, kept.get(row.id, row.version)
        met.add(code)
        lines.append(line)
    return _filled(lines, cells[1:], ["" if name == "code" else name for name in names])


def _names(heads: Sequence[str]) -> list[str]:
    """Find the column of each head; of two that mean the same the first rules."""
    names = [named(head) for head in heads]
    return [name if name not in names[:place] else "" for place, name in enumerate(names)]


def _left_out(request: SignedRequest, text: str) -> list[str]:
    """Give the heads of a block whose columns change nothing."""
    if request.POST.get("fields"):
        return []
    heads = _block(text)[0]
    return [
        head.strip()[:40]
        for head, name in zip(heads, _names(heads), strict=True)
        if head.strip() and not name
    ]


def _filled(lines: list[Line], cells: Sequence[Sequence[str]], names: Sequence[str]) -> list[Line]:
    by_code = any(line.label for line in lines)
    for line, row in zip(lines, cells, strict=True):
        if line.opportunity_id is None:
            continue
        for place, text in enumerate(row):
            name = names[place] if place < len(names) else None
            if name in (None, "") or name not in CELLS:
                if not by_code and text.strip():
                    code = "paste.right_of_the_list" if name is None else "paste.not_changeable"
                    line.problems.append(("", f"{text.strip()[:40]}: {sentence(code)}"))
                continue
            try:
                line.change |= edit_of(name, text)
            except RuleBroken as refusal:
                line.problems.append((str(HEADS[name]), sentence(refusal)))
    return lines


def _previewed(
    request: SignedRequest, text: str, lines: Sequence[Line], rows: Sequence[Pasted]
) -> HttpResponse:
    outcomes: dict[int, Outcome] = {}
    digits = currency_digits()
    done = refused = 0
    sums: list[wording.SumShown] = []
    names = wording.Names.of(request.viewer.language, {})
    if rows:
        ran, cells = preview_paste(
            actor=request.viewer, rows=rows, today=request.today, at=request.now
        )
        done, refused = len(ran.done), len(ran.refused)
        outcomes = {one.before.pk: one for one in (*ran.done, *ran.refused, *ran.unchanged)}
        sums = ask.sums_shown(request, "paste", ran, names)
        by_line = {line.opportunity_id: line for line in lines}
        behind = {v: k for k, v in BEHIND.items()}
        for (pk, name), refusal in cells.by_cell.items():
            head = str(HEADS[behind.get(name, name)])
            by_line[pk].problems.append((head, sentence(refusal)))
    shown_lines = []
    for line in lines:
        one = outcomes.get(line.opportunity_id or 0)
        if one is not None and one.refusal is not None:
            line.problems.append(("", sentence(one.refusal)))
        elif one is None and line.opportunity_id is not None and line.change:
            line.problems.append(("", sentence(NotFound("opportunity.not_found"))))
        changes: Sequence[wording.ChangeShown] = ()
        if one is not None:
            changes = wording.changes_shown(
                one.changes, names, digits.get(one.before.currency_id, 2)
            )
        if changes or line.problems:
            shown_lines.append(
                {
                    "number": line.number,
                    "id": line.opportunity_id if one is not None else None,
                    "name": one.before.name if one is not None else line.label,
                    "changes": changes,
                    "problems": line.problems,
                }
            )
    frozen = [f"{line.opportunity_id or 0}.{line.version or 0}" for line in lines]
    return render_page(
        request,
        "cells/preview.html",
        {
            "text": text,
            "rows": ",".join(frozen),
            "fields": request.POST.get("fields", ""),
            "lines": shown_lines,
            "left_out": _left_out(request, text),
            "done": done,
            "refused": refused,
            "problems": sum(len(line.problems) for line in lines),
            "sums": sums,
        },
    )
