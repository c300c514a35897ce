"""Options written out: of thirty a template takes longer than the search for them."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.safestring import SafeString

from dakehu.templatetags.dakehu import icon
from dakehu.web.lists.columns import escape
from dakehu.web.search.options import Option


def inside_of(row: Option, *, in_palette: bool = False) -> SafeString:
    """Write the inside of an option: sign, name with what fits marked, what stands beside."""
    name = "".join(
        f"<mark>{escape(piece.text)}</mark>" if piece.is_marked else escape(piece.text)
        for piece in row.pieces
    )
    found = f'{icon(row.icon)}<span class="option-words"><span class="option-name">{name}</span>'
    if row.beside:
        beside = " · ".join(escape(part) for part in row.beside)
        found += f' <span class="option-beside">{beside}</span>'
    found += "</span>"
    if row.state:
        found += f'<span class="option-state">{escape(row.state)}</span>'
    if row.key:
        found += f'<kbd aria-hidden="true">{escape(row.key)}</kbd>'
    if row.of and in_palette:
        found += (
            f'<span class="option-more" aria-hidden="true" data-palette-of="{escape(row.of)}">'
            f"{icon('chevron-right')}</span>"
        )
    return SafeString(found)


def palette_options(request: HttpRequest, rows: Sequence[Option], first: int) -> SafeString:
    """Write the options of a group as the palette's list box holds them, numbered from `first`."""
    token = get_token(request) if any(row.is_sent for row in rows) else ""
    written = (_option(row, number, token) for number, row in enumerate(rows, first))
    return SafeString("".join(written))


def _option(row: Option, number: int, token: str) -> str:
    common = f'role="option" class="option" id="option-{number}" aria-selected="false"'
    inside = inside_of(row, in_palette=True)
    if row.is_sent:
        sent = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in (("csrfmiddlewaretoken", token), *row.sent)
        )
        return (
            f'<form method="post" action="{escape(row.url)}">{sent}'
            f'<button {common} tabindex="-1">{inside}</button></form>'
        )
    if not row.url:
        return f'<span {common} aria-disabled="true">{inside}</span>'
    more = " data-dialog" if row.is_dialog else ""
    if row.of:
        more += f' data-of="{escape(row.of)}"'
    return f'<a {common} tabindex="-1" href="{escape(row.url)}"{more}>{inside}</a>'
