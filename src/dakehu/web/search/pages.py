"""The search: as the list of the palette, and as a page that needs no scripts."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.errors import NotFound
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import reads_customers
from dakehu.queries.marks import recents_and_pins, record_at_hand
from dakehu.queries.search import KINDS, search
from dakehu.web.search.commands import (
    commands_on,
    first_commands,
    fitting_commands,
    record_of,
)
from dakehu.web.search.options import GROUPS, Option, Options, of_found, of_records
from dakehu.web.search.written import inside_of, palette_options

#: So many of a kind in the palette, on the page, and of one kind alone.
IN_PALETTE, ON_PAGE, ALONE = 5, 12, 60
_LONGEST = 200
#: A command whose label begins so stands before what was found.
_SURELY = 88


@signed_in
@require_safe
def search_page(request: SignedRequest) -> HttpResponse:
    """Show what fits; with nothing typed, what was looked at last and what can be done."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:_LONGEST]
    here = _here(request)
    kind = request.GET.get("kind", "")
    of = request.GET.get("of", "")
    in_palette = request.htmx.target == "palette-results"
    title = ""
    if of:
        groups, title = _of(request, of, here)
    elif text:
        groups = _found(request, text, kind if kind in KINDS else "", here, in_palette)
    else:
        groups = _at_hand(request, here)
    shown = [group for group in groups if group.rows]
    return render_page(
        request,
        "search/_results.html" if in_palette else "search/page.html",
        {
            "text": text,
            "kind": kind,
            "of": of,
            "title": title,
            "groups": list(_written(request, shown, in_palette)),
            "count": sum(len(group.rows) for group in shown),
            "in_palette": in_palette,
        },
    )


def _written(
    request: SignedRequest, groups: Sequence[Options], in_palette: bool
) -> Iterator[tuple[Options, Any]]:
    """Give each group with its options written; those of the palette numbered through all."""
    first = 0
    for group in groups:
        if in_palette:
            yield group, palette_options(request, group.rows, first)
        else:
            yield group, [(row, inside_of(row)) for row in group.rows]
        first += len(group.rows)


def _here(request: SignedRequest) -> str:
    """Give the page one is on: only ever a path of ours."""
    here = request.GET.get("here", "")
    ours = here.startswith("/") and url_has_allowed_host_and_scheme(here, None)
    return here if ours else ""


def _found(
    request: SignedRequest, text: str, kind: str, here: str, in_palette: bool
) -> list[Options]:
    kinds: Sequence[str] = KINDS if reads_customers(request.viewer) else ("person",)
    if kind:
        kinds = tuple(one for one in kinds if one == kind)
    most = ALONE if kind else IN_PALETTE if in_palette else ON_PAGE
    found = [
        Options(
            group.kind,
            str(GROUPS[group.kind]),
            tuple(of_found(request, row) for row in group.rows),
            more=_more(text, group.kind) if group.has_more and not kind else "",
        )
        for group in search(request.viewer, text=text, today=request.today, kinds=kinds, most=most)
    ]
    if kind:
        return found
    commands = fitting_commands(request, text, here, most=IN_PALETTE)
    if commands:
        group = Options("command", _("Do"), tuple(option for _score, option in commands))
        found.insert(0 if commands[0][0] >= _SURELY else len(found), group)
    return found


def _more(text: str, kind: str) -> str:
    return f"{reverse('search')}?{urlencode({'q': text, 'kind': kind})}"


def _at_hand(request: SignedRequest, here: str) -> list[Options]:
    groups: list[Options] = []
    record = record_of(here)
    if record is not None:
        object_type, pk = record
        # A page may show what no list shows: an opportunity that was voided.
        with suppress(NotFound):
            at_hand = record_at_hand(request.viewer, object_type=object_type, object_id=pk)
            label = at_hand.record.name
            groups.append(Options("here", label, commands_on(at_hand, here)[1:]))
    recent, pinned = recents_and_pins(request.viewer)
    known = {record, *((one.object_type, one.id) for one in pinned)}
    seen = [one for one in recent if (one.object_type, one.id) not in known]
    groups.append(Options("pinned", _("Pinned"), of_records(pinned)))
    groups.append(Options("recent", _("Looked at last"), of_records(seen)))
    groups.append(Options("command", _("Do"), first_commands(request)))
    return groups


def _of(request: SignedRequest, of: str, here: str) -> tuple[list[Options], str]:
    """Give what can be done with one record. Raises NotFound("mark.unknown_record")."""
    object_type, _colon, number = of.partition(":")
    pk = int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else 0
    record = record_at_hand(request.viewer, object_type=object_type, object_id=pk)
    options: tuple[Option, ...] = commands_on(record, here)
    return [Options("of", record.record.name, options)], record.record.name
