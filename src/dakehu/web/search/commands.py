"""What the palette does beside finding: places, new records, the record at hand, switches."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from urllib.parse import parse_qs, urlencode, urlsplit

from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from dakehu.core.errors import RuleBroken
from dakehu.core.periods import Period, containing, parse_period
from dakehu.http import SignedRequest
from dakehu.http.frame import PLACES, frame_of, reads_customers
from dakehu.http.signs import Sign
from dakehu.queries.marks import RecordAtHand
from dakehu.queries.search import Asked, asked_for, glance, may_fit, pieces_of, score_of
from dakehu.queries.units import Units, all_units, units_in_sight
from dakehu.web.search.options import Option, plain

#: Commands that fit less are not shown; so many units are offered at most.
_FITS, _OTHER, _UNITS = 64, 14, 4
#: Pages whose figures are of a unit or a period; from elsewhere one is led to the funnel.
_OF_UNIT = ("/funnel/", "/board/", "/opportunities/", "/hygiene/")
_OF_PERIOD = ("/funnel/",)

Scored = list[tuple[float, Option]]
#: What the commands for new records ask for, in their order.
_RIGHTS = ("opportunity.create", "activity.log", "account.create")


def fitting_commands(request: SignedRequest, text: str, here: str, *, most: int) -> Scored:
    """Give the commands that fit what was typed best, at most so many, the best first."""
    asked = asked_for(text)
    found: Scored = []
    for option, also in (*_all_commands(request, here), *_periods(request, text, here)):
        label = option.pieces[0].text
        if not may_fit(asked, label, *also):
            continue
        # Words that the label does not say count less: what was found stands before.
        other = score_of(asked, [*also]) - _OTHER
        score = max(score_of(asked, [label]), other)
        if score >= _FITS:
            found.append((score, option))
    found += [(score - 8, option) for score, option in _units(request, asked, here)]
    found.sort(key=lambda one: -one[0])
    return [
        (score, replace(option, pieces=pieces_of(asked, option.pieces[0].text)))
        for score, option in found[:most]
    ]


def first_commands(request: SignedRequest) -> tuple[Option, ...]:
    """Give what can be done anywhere, for who has typed nothing yet."""
    may = tuple(request.viewer.holds(right) for right in _RIGHTS)
    return tuple(option for option, _also in _new(may))


Named = tuple[Option, tuple[str, ...]]


def _all_commands(request: SignedRequest, here: str) -> tuple[Named, ...]:
    """Give all commands; they stay the same while one types."""
    viewer = request.viewer
    may = tuple(viewer.holds(right) for right in _RIGHTS)
    places = tuple(
        (one.url, one.label, one.icon, one.key, one.url_name)
        for _group, places in frame_of(request).groups
        for one in places
    )
    return _worded((translation.get_language() or "", viewer.language), may, places, here)


@lru_cache(maxsize=256)
def _worded(
    languages: tuple[str, str],
    may: tuple[bool, ...],
    places: tuple[tuple[str, ...], ...],
    here: str,
) -> tuple[Named, ...]:
    return (*_new(may), *_places(places), *_switches(languages[1], here))


def _new(may: tuple[bool, ...]) -> Iterator[Named]:
    creates, logs, adds = may
    if creates:
        yield _link(reverse("opportunity_create"), _("New opportunity"), icon="plus"), ("new",)
    if logs:
        log = _link(reverse("activity_log"), _("Log an activity"), icon="phone", is_dialog=True)
        yield log, ("log call visit meeting task",)
    if adds:
        yield _link(reverse("account_create"), _("New account"), icon="building-plus"), ("new",)


def _places(places: tuple[tuple[str, ...], ...]) -> Iterator[Named]:
    english = _english()
    for url, label, icon, key, url_name in places:
        option = replace(
            _link(url, label, icon=icon), key=f"g {key}" if key else "", beside=(_("Go to"),)
        )
        yield option, (english.get(url_name, ""),)
    help_page = _link(reverse("guide"), _("Help"), icon="help-circle")
    yield help_page, ("help",)
    yield _link(reverse("preferences"), _("Preferences"), icon="adjustments-horizontal"), ()
    yield _link(reverse("notice_settings"), _("What I am told"), icon="bell-cog"), ("notices",)


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    """Give the English names of the places: who works in Chinese types them too."""
    with translation.override("en"):
        return {one.url_name: str(one.label) for one in PLACES}


def _switches(spoken: str, here: str) -> Iterator[Named]:
    back = ("next", here or "/")
    language = reverse("choose_language")
    if spoken == "en":
        label = "中文"  # han: its name
        chinese = _post(language, label, ("language", "zh-hans"), back, icon="language")
        yield replace(chinese, beside=(_("Language"),)), ("language chinese",)
    else:
        english = _post(language, "English", ("language", "en"), back, icon="language")
        yield replace(english, beside=(_("Language"),)), ("yuyan yingwen language",)
    theme = reverse("choose_theme")
    for key, label, sign in (
        ("light", _("Light theme"), Sign(icon="sun")),
        ("dark", _("Dark theme"), Sign(icon="moon")),
        ("auto", _("Theme as the machine is set"), Sign(icon="device-desktop")),
    ):
        yield _post(theme, label, ("theme", key), back, icon=sign.icon), (f"{key} theme",)


def _units(request: SignedRequest, asked: Asked, here: str) -> Scored:
    """Give the units that fit best. There may be hundreds: most are passed over by a glance."""
    if not reads_customers(request.viewer) or len(asked.joined) < 2:
        return []
    units, language, joined = all_units(), request.viewer.language, asked.joined
    if joined not in _glances(units, language):
        return []
    fitting = []
    for unit in units_in_sight(request.viewer, units=units, today=request.today).parents:
        name, chinese = units.names[unit].name(language), units.names[unit].name_zh
        if joined in glance(name) or joined in glance(chinese):
            fitting.append((score_of(asked, [name, chinese]), name, unit))
    fitting.sort(key=lambda one: (-one[0], one[2]))
    found: Scored = []
    for score, name, unit in fitting[:_UNITS]:
        option = _link(_with(here, _OF_UNIT, unit=unit), name, icon="sitemap")
        found.append((score, replace(option, beside=(_("Switch the unit"),))))
    return found


#: By language: the units, and all that a glance at their names shows.
_glanced: dict[str, tuple[Units, str]] = {}


def _glances(units: Units, language: str) -> str:
    """Give a glance at all units at once, kept while they stay as they are."""
    kept = _glanced.get(language)
    if kept is None or kept[0] is not units:
        named = units.names.values()
        told = [f"{glance(one.name(language))}\n{glance(one.name_zh)}" for one in named]
        kept = _glanced[language] = (units, "\n".join(told))
    return kept[1]


def _periods(request: SignedRequest, text: str, here: str) -> Iterator[Named]:
    if not reads_customers(request.viewer):
        return
    first = request.organisation.fiscal_first_month
    yield from _usual_periods(translation.get_language() or "", request.today, first, here)
    try:
        typed = parse_period(text.strip().upper(), first)
    except (RuleBroken, ValueError):
        return
    yield _period(text.strip(), typed, typed.key, here)


@lru_cache(maxsize=256)
def _usual_periods(_language: str, today: date, first: int, here: str) -> tuple[Named, ...]:
    """Give the periods around a day; they stay the same while one types."""
    quarter = containing(today, "quarter", first)
    offered = (
        (_("This month"), containing(today, "month", first), "month"),
        (_("This quarter"), quarter, "quarter"),
        (_("Last quarter"), quarter.previous(), "last quarter"),
        (_("Next quarter"), quarter.next(), "next quarter"),
        (_("This year"), containing(today, "year", first), "year"),
    )
    return tuple(_period(*one, here) for one in offered)


def _period(label: str, period: Period, also: str, here: str) -> Named:
    option = _link(_with(here, _OF_PERIOD, period=period.key), label, icon="calendar")
    return replace(option, beside=(_("Switch the period"), period.key)), (also, period.key)


@lru_cache(maxsize=1_024)
def _with(here: str, pages: tuple[str, ...], **facts: object) -> str:
    """Give the page one is on with something else chosen, or the funnel with it."""
    parts = urlsplit(here)
    fits = parts.path in pages
    query = {k: v for k, v in parse_qs(parts.query).items() if fits}
    for gone in ("after", "before", "person"):
        query.pop(gone, None)
    query |= {name: [str(value)] for name, value in facts.items()}
    return f"{parts.path if fits else reverse('funnel')}?{urlencode(query, doseq=True)}"


# --- the record at hand ------------------------------------------------------------------------


def record_of(here: str) -> tuple[str, int] | None:
    """Give the record whose page one is on."""
    try:
        found = resolve(urlsplit(here).path)
    except (Resolver404, ValueError):
        return None
    kind = {"opportunity": "opportunity", "account": "account", "contact": "contact"}
    name = kind.get(found.url_name or "")
    return (name, found.kwargs[f"{name}_id"]) if name else None


def commands_on(record: RecordAtHand, here: str) -> tuple[Option, ...]:
    """Give what can be done with a record: only what would not be refused."""
    kind, pk = record.record.object_type, record.record.id
    found = [_link(reverse(kind, args=[pk]), _("Open it"), icon="arrow-right")]
    if kind == "opportunity":
        found += _on_opportunity(record, pk)
    if kind in ("account", "opportunity") and f"{kind}.edit" in record.may:
        found.append(_link(reverse(f"{kind}_edit", args=[pk]), _("Edit"), icon="pencil"))
    if kind == "contact" and "contact.edit" in record.may:
        found.append(_link(reverse("contact_edit", args=[pk]), _("Edit"), icon="pencil"))
    if "activity.log" in record.may:
        url = f"{reverse('activity_log')}?{kind}={pk}"
        found.insert(1, _link(url, _("Log an activity"), icon="phone", is_dialog=True))
    if record.account_id and kind != "account":
        account = reverse("account", args=[record.account_id])
        found.append(_link(account, _("Open the account"), icon="building"))
    pin = _("Unpin") if record.is_pinned else _("Pin")
    back = ("next", here or "/")
    found.append(_post(reverse("mark_pin", args=[kind, pk]), pin, back, icon="pin"))
    if kind == "opportunity":
        follow = _("Follow no longer") if record.is_followed else _("Follow")
        found.append(_post(reverse("mark_follow", args=[kind, pk]), follow, back, icon="eye"))
    return tuple(found)


def _on_opportunity(record: RecordAtHand, pk: int) -> Iterator[Option]:
    if "opportunity.advance" in record.may:
        url = reverse("opportunity_verb", args=[pk, "advance"])
        yield _link(url, _("Move to the next stage"), icon="arrow-big-right", is_dialog=True)
    if "opportunity.edit" in record.may:
        url = reverse("next_step", args=[pk])
        yield _link(url, _("Next step"), icon="calendar-check", is_dialog=True)


def _link(url: str, label: str, *, icon: str, is_dialog: bool = False) -> Option:
    return Option(url, plain(label), icon, is_dialog=is_dialog)


def _post(url: str, label: str, *sent: tuple[str, str], icon: str) -> Option:
    return Option(url, plain(label), icon, is_sent=True, sent=sent)
