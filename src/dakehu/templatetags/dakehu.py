"""What templates may ask for: icons, amounts, days, numbers with their address, sort links.

Loaded in every template. In short:

    {% icon "filter" %}                                 one icon of the sprite
    {% amount row.amount %} {% amount row.amount "USD" %}   in 万/亿 as the reader likes it
    {{ row.count|whole }} {{ share|percent }} {{ rate_bp|percent_of_bp }} {{ share|percent:"+" }}
    {% day row.on %} {% day row.on "weekday" %} {% moment row.recorded_at %}
    {% number "funnel.weighted" stage=row.key %}{% amount row.weighted %}{% endnumber %}
    {% dash "funnel.no_quota" %}                        — with the reason
    {% sort_header "amount" label "end" %}              a <th> that sorts, keeping the URL's query
    {% person "王敏" %} {% light "watch" label %}
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from html import escape
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dakehu.messages import reason
from dakehu.templatetags.figures import (
    MINUS,
    exact,
    grouped,
    in_column,
    percent_text,
    scaled,
    signed,
    unit_of_column,
    whole_text,
)

register = template.Library()


class Amounted(Protocol):
    """An amount with its currency, as core.money has it."""

    amount: Decimal
    currency: str


def _language(context: Mapping[str, Any] | Context) -> str:
    return str(context.get("language") or get_language() or "zh-hans")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon; it is silent to screen readers unless it has a label."""
    return _icon(name, str(label))


@lru_cache(maxsize=512)
def _icon(name: str, label: str) -> SafeString:
    said = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" {} focusable="false"><use href="{}#{}"></use></svg>',
        said,
        static("dist/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def steady(context: Context, part: str) -> SafeString:
    """Render a part that asks for nothing but `frame`, once as long as the frame is the same."""
    return _steady(part, context["frame"], _language(context))


@lru_cache(maxsize=1024)
def _steady(part: str, frame: object, language: str) -> SafeString:
    return mark_safe(  # noqa: S308  a template escaped it
        render_to_string(part, {"frame": frame, "language": language})
    )


@register.simple_tag
def dash(why: str = "unknown") -> SafeString:
    """Show that a figure is not known, and why (a code of messages.REASONS)."""
    words = reason(why)
    return format_html(
        '<span class="dash" title="{}"><span aria-hidden="true">—</span>'
        '<span class="visually-hidden">{}</span></span>',
        words,
        words,
    )


@register.simple_tag(takes_context=True)
def amount(
    context: Context,
    value: Amounted | Decimal | Fraction | int | None,
    currency: str = "",
    *,
    unit: str = "",
    sign: bool = False,
    bare: bool = False,
    beside: str = "",
    why: str = "opportunity.no_amount",
) -> SafeString:
    """Show an amount in the reader's unit (plain, 万, 亿); the exact amount is its title.

    `unit` overrides the reader's choice (plain, wan, yi) so that a column keeps one unit;
    `bare` leaves the unit to the head of the column, where `beside` each figure only what differs
    from row to row still stands: the currency.
    """
    if value is None:
        return dash(why)
    if isinstance(value, Decimal | Fraction | int):
        number = value
    else:
        number, currency = value.amount, currency or value.currency
    frame = context.get("frame")
    chosen = unit or getattr(frame, "amount_unit", "auto")
    if bare:
        figure, scale = in_column(number, chosen), 1  # "<0.1" where it is too small for it
    else:
        figure, scale = scaled(number, chosen, _language(context))
    small = beside if bare else " ".join(filter(None, (_scale_word(scale), currency)))
    return _amount(number, signed(figure) if sign else figure, currency, small)


def amount_in_column(number: Decimal, currency: str, unit: str) -> SafeString:
    """Write an amount in the unit of its column, beside it its currency, as `amount` does it."""
    return _amount(number, in_column(number, unit), currency, currency)


def _amount(number: Decimal | Fraction | int, shown: str, currency: str, small: str) -> SafeString:
    said = exact(number)
    plain = said.replace(",", "").replace(MINUS, "-")
    # Figures have no sign to escape but that of "<0.1", and codes of currencies have none.
    title = said
    if currency:
        title = f"{said} {currency if currency.isalpha() else escape(currency)}"
    after = f" <small>{small if small.isalpha() else escape(small)}</small>" if small else ""
    # format_html costs three times as much, and a page of a list has fifty amounts.
    return mark_safe(  # noqa: S308  figures are digits, words are escaped
        f'<data class="amt" value="{plain}" title="{title}">{escape(shown)}{after}</data>'
    )


def _scale_word(scale: int) -> str:
    if scale == 10**4:
        return _("×10k")
    if scale == 10**8:
        return _("×100m")
    return ""


@register.simple_tag(takes_context=True)
def column_unit(context: Context, largest: Decimal | Fraction | int | None) -> str:
    """Choose the one unit of a column by its largest amount: plain, wan or yi."""
    frame = context.get("frame")
    chosen = getattr(frame, "amount_unit", "auto")
    return unit_of_column(largest or 0, chosen, _language(context))


@register.simple_tag
def unit_word(unit: str, currency: str = "") -> str:
    """Name a column's unit for its head: 万 CNY."""
    scale = {"wan": 10**4, "yi": 10**8}.get(unit, 1)
    return " ".join(filter(None, (_scale_word(scale), currency)))


@register.filter
def whole(value: int | None) -> SafeString | str:
    """Show a count with thousands separators; None as a dash."""
    return dash() if value is None else whole_text(value)


@register.filter
def signed_whole(value: int) -> str:
    """Show a change of a count with its sign."""
    return signed(whole_text(value))


@register.filter
def whole_of(value: Fraction) -> str:
    """Show a count that came as a fraction."""
    return whole_text(int(value))


@register.filter
def whole_int(value: Fraction | int) -> int:
    """Give a whole fraction as a number that a plural can count by."""
    return int(value)


@register.filter
def mean(value: Fraction | int | None) -> SafeString | str:
    """Show a mean of counts or days with at most one decimal; None as a dash."""
    if value is None:
        return dash()
    text = grouped(value, 1)
    return text.removesuffix(".0")


@register.filter
def reason_code(value: str | None) -> str:
    """Give the code of messages.REASONS for a reason that the core gave."""
    if value is None:
        return "unknown"
    return value if "." in value else _REASON_SUBJECTS.get(value, "funnel") + f".{value}"


_REASON_SUBJECTS = {"no_exchange_rate": "money"}


@register.filter
def percent(value: Fraction | Decimal | int | None, how: str = "") -> SafeString | str:
    """Show a share (1 = 100%) with at most one decimal; `+` always shows the sign."""
    if value is None:
        return dash()
    digits = int("".join(c for c in str(how) if c.isdigit()) or 1)
    text = percent_text(Fraction(value), digits)
    return signed(text) if "+" in str(how) else text


@register.filter
def percent_of_bp(value: int | None) -> SafeString | str:
    """Show basis points as a percentage: 500 is 5%."""
    return dash() if value is None else percent_text(Fraction(value, 10_000), 2)


@register.simple_tag
def day(value: date | None, how: str = "", why: str = "unknown") -> SafeString:
    """Show a day: 2026-11-20; `short` 11-20; `weekday` adds it; None as a dash with the reason."""
    if value is None:
        return dash(why)
    text = value.strftime("%m-%d") if how == "short" else value.isoformat()[:10]
    if how == "weekday":
        text = f"{text} {_weekday(value)}"
    return format_html('<time datetime="{}">{}</time>', value.isoformat()[:10], text)


def _weekday(value: date) -> str:
    names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    return names[value.weekday()]


@register.simple_tag
def moment(value: datetime | None, why: str = "unknown") -> SafeString:
    """Show a moment in the organisation's time zone: 2026-11-20 14:03."""
    if value is None:
        return dash(why)
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}">{}</time>',
        value.isoformat(),
        local.strftime("%Y-%m-%d %H:%M"),
    )


@register.simple_block_tag(takes_context=True)
def number(
    context: Context,
    content: str,
    address: str,
    view: Mapping[str, object] | None = None,
    **facts: object,
) -> SafeString:
    """Give a figure its address: a click opens formula, inputs and rows in the dialog.

    The explanation gets the page's own query (unit, period, as-of day …) and `facts` beside it;
    `view` are the filters of another page, of which the figure was taken.
    """
    url = explanation_url(context, address, {**view, **facts} if view else facts)
    # format_html costs three times as much, and a page of figures has fifty.
    return mark_safe(  # noqa: S308  the template escaped what it shows
        f'<a class="num" data-number="{escape(address)}" href="{escape(url)}" data-dialog>'
        f"{content.strip()}</a>"
    )


def explanation_url(context: Context, address: str, facts: Mapping[str, object]) -> str:
    """Give the URL of a number's explanation."""
    path = _explanation_path(address)
    request = context.get("request")
    own = urlencode({k: v for k, v in facts.items() if v is not None})
    asked = "" if request is None else _query_without(request, tuple(facts))
    query = "&".join(filter(None, (asked, own)))
    return f"{path}?{query}" if query else path


@cache
def _explanation_path(address: str) -> str:
    return reverse("number", args=[address])


def _query_without(request: HttpRequest, names: tuple[str, ...]) -> str:
    """Give the page's query without some names; a page with fifty numbers asks it fifty times."""
    if not any(name in request.GET for name in names):
        kept: str | None = getattr(request, "dakehu_query", None)
        if kept is None:
            kept = request.GET.urlencode()
            request.dakehu_query = kept  # type: ignore[attr-defined]
        return kept
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()


@register.inclusion_tag("parts/_sort_header.html", takes_context=True)
def sort_header(
    context: Context, key: str, label: str, align: str = "start", extra: str = ""
) -> dict[str, Any]:
    """Head a column with a link that sorts by it (`?sort=key`, `?sort=-key`), from page one."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    current = str((query or {}).get("sort") or context.get("sort", ""))
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "none")
    url = ""
    if query is not None:
        for gone in ("after", "before", "page"):
            query.pop(gone, None)
        query["sort"] = f"-{key}" if direction == "ascending" else key
        url = f"?{query.urlencode()}"
    return {
        "label": label, "direction": direction, "url": url, "align": align, "extra": extra,
    }  # fmt: skip


class Mark(NamedTuple):
    """The shape of a state, so that colour is never alone."""

    icon: str


_LIGHTS = {
    "good": Mark(icon="circle-check-filled"),
    "watch": Mark(icon="alert-triangle-filled"),
    "act": Mark(icon="alert-octagon-filled"),
    "idle": Mark(icon="circle-dashed"),
}


@register.simple_tag
def light(state: str, label: str) -> SafeString:
    """Show a state by colour, shape and word: good, watch, act or idle."""
    return format_html(
        '<span class="badge-state {}">{}{}</span>', state, icon(_LIGHTS[state].icon), label
    )


@register.simple_tag
def person(name: str, detail: str = "") -> SafeString:
    """Show somebody with the first character of their name."""
    return format_html(
        '<span class="who"><span class="av" aria-hidden="true">{}</span><span>{}{}</span></span>',
        name[:1].upper(),
        name,
        format_html(' <small class="muted">{}</small>', detail) if detail else "",
    )
