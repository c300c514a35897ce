"""The frame of a page: places, person, language, theme, organisation. Read before rendering."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_resolver, reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.http.keys import KEYS, KeyGroup
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.people import viewer_of


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """A place of the left side: the URL name it leads to and who sees it."""

    url_name: str
    label: str | Promise
    icon: str
    group: str
    shown_to: Callable[[Viewer], bool]
    on_phone: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place as it is shown to somebody on one page."""

    url_name: str
    label: str
    icon: str
    url: str
    is_current: bool
    on_phone: bool
    #: The second key of its shortcut (g, then this).
    key: str


@dataclass(frozen=True, slots=True)
class Me:
    """The person who is signed in, as the frame shows them."""

    id: int
    login: str
    name: str
    initial: str
    theme: str
    amount_unit: str


@dataclass(frozen=True, slots=True)
class Frame:
    """All that the frame needs; `today` is the organisation's day, for anonymous readers too."""

    language: str
    theme: str
    amount_unit: str
    organisation: str
    base_currency: str | None
    amounts_with_vat: bool
    is_demo: bool
    today: date
    me: Me | None
    groups: tuple[tuple[str, tuple[Place, ...]], ...]
    search_url: str | None
    new_url: str | None
    log_url: str | None = None
    #: The record that the page is about, as the log is asked for it; no part of what is kept.
    about: str = field(default="", compare=False)

    @property
    def phone_places(self) -> tuple[Place, ...]:
        """Give the places of the bar at the foot of a phone's screen."""
        return tuple(p for _label, places in self.groups for p in places if p.on_phone)

    @property
    def keys(self) -> tuple[KeyGroup, ...]:
        """Give every key, by where it holds, as far as there are any."""
        return tuple(group for group in KEYS if group.rows)


def reads_customers(viewer: Viewer) -> bool:
    """Test if some role of the viewer reaches customers at all (an administrator's does not)."""
    return viewer.is_operator or any(r.role != "administrator" for r in viewer.reaches)


def everybody(_viewer: Viewer) -> bool:
    """Show a place to all who are signed in."""
    return True


def holding(*permissions: str) -> Callable[[Viewer], bool]:
    """Show a place to those who hold one of the permissions."""
    return lambda viewer: any(viewer.holds(p) for p in permissions)


def place(
    url_name: str,
    label: str | Promise,
    *,
    icon: str,
    group: str = "",
    to: Callable[[Viewer], bool] = everybody,
    on_phone: bool = False,
    key: str = "",
) -> PlaceKind:
    """Write one row of PLACES."""
    return PlaceKind(url_name, label, icon, group, to, on_phone, key)


GROUPS: dict[str, str | Promise] = {
    "": "",
    "manage": _("Management"),
    "house": _("Organisation"),
}

#: A place whose URL name is not in `urls.py` is left out.
PLACES: tuple[PlaceKind, ...] = (
    place("today", _("Today"), icon="sun", to=reads_customers, on_phone=True, key="t"),
    place("funnel", _("Funnel"), icon="filter", to=reads_customers, key="f"),
    place(
        "board", _("Board"), icon="layout-kanban", to=reads_customers, on_phone=True, key="b"
    ),
    place(
        "opportunities", _("Opportunities"), icon="list-details", to=reads_customers,
        on_phone=True, key="o",
    ),
    place(
        "accounts", _("Accounts"), icon="building", to=reads_customers, on_phone=True, key="a"
    ),
    place("contacts", _("Contacts"), icon="users", to=reads_customers, key="c"),
    place("activities", _("Activities"), icon="activity", to=reads_customers, key="l"),
    place("calendar", _("Calendar"), icon="calendar", to=reads_customers, key="d"),
    place(
        "inbox", _("Inbox"), icon="inbox", group="manage",
        to=holding("evidence.validate", "evidence.tick"), key="v",
    ),
    place(
        "reviews", _("Reviews"), icon="clipboard-check", group="manage", to=reads_customers,
        key="r",
    ),
    place("hygiene", _("Hygiene"), icon="stethoscope", group="manage", to=reads_customers, key="h"),
    place(
        "small_sales", _("Out-of-funnel sales"), icon="receipt", group="manage",
        to=reads_customers, key="s",
    ),
    place("quotas", _("Quotas"), icon="target", group="manage", to=reads_customers, key="q"),
    place("methods", _("Sales methods"), icon="route", group="manage", key="m"),
    place("products", _("Products"), icon="box", group="manage"),
    place("rates", _("Rates and books"), icon="coin", group="manage"),
    place("units", _("Team and units"), icon="sitemap", group="house", key="u"),
    place("people", _("People"), icon="id", group="house", to=holding("person.edit"), key="p"),
    place(
        "imports", _("Import"), icon="file-import", group="house",
        to=holding("import.run", "opportunity.import"), key="i",
    ),
    place(
        "look_ups", _("Look-ups of names"), icon="search", group="house", to=holding("audit.read")
    ),
    place(
        "background", _("Background work"), icon="clock", group="house", to=holding("settings.edit")
    ),
    place("bin", _("Bin"), icon="trash", group="house", to=reads_customers),
    place("settings", _("Settings"), icon="settings", group="house", to=holding("settings.edit")),
)  # fmt: skip


@cache
def _address(url_name: str) -> str | None:
    return reverse(url_name) if url_name in get_resolver().reverse_dict else None


Groups = tuple[tuple[str, tuple[Place, ...]], ...]


def _places(viewer: Viewer, path: str, language: str) -> Groups:
    shown = tuple(
        place
        for place, kind in enumerate(PLACES)
        if _address(kind.url_name) is not None and kind.shown_to(viewer)
    )
    return _grouped(shown, _current(path), language)


def _current(path: str) -> str:
    """Give the address of the place that a page belongs to."""
    return next((url for url in _addresses() if path.startswith(url)), "")


@cache
def _addresses() -> tuple[str, ...]:
    return tuple(url for kind in PLACES if (url := _address(kind.url_name)) not in (None, "/"))


@lru_cache(maxsize=256)
def _grouped(shown: tuple[int, ...], current: str, language: str) -> Groups:
    """Give the places as they are worded; they stay the same from page to page."""
    groups: dict[str, list[Place]] = {group: [] for group in GROUPS}
    for number in shown:
        kind = PLACES[number]
        url = _address(kind.url_name) or ""
        groups[kind.group].append(
            Place(
                url_name=kind.url_name,
                label=str(kind.label),
                icon=kind.icon,
                url=url,
                is_current=current == url,
                on_phone=kind.on_phone,
                key=kind.key,
            )
        )
    return tuple((str(GROUPS[group]), tuple(rows)) for group, rows in groups.items() if rows)


def _me(request: HttpRequest, language: str) -> Me | None:
    # A request that is refused before it is known who asks has no user (a foreign Host).
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return None
    named = (person.name_en or person.name) if language == "en" else (person.name or person.name_en)
    return Me(
        id=person.pk,
        login=person.login,
        name=named,
        initial=named[:1].upper(),
        theme=person.theme,
        amount_unit=person.amount_unit,
    )


def _viewer(request: HttpRequest, today: date, language: str) -> Viewer | None:
    """Give who asks, on pages too that are not ours (passwords, unknown addresses)."""
    known: Viewer | None = getattr(request, "viewer", None)
    user = getattr(request, "user", None)
    if known is not None or user is None or not user.is_authenticated:
        return known
    return viewer_of(
        person_id=user.pk,
        login=user.get_username(),
        today=today,
        language=language,
    )


def _organisation() -> Org | None:
    # The pages that say what is missing must show before there is an organisation.
    try:
        return organisation()
    except NotFound:
        return None


def frame_of(request: HttpRequest) -> Frame:
    """Give the frame of this request, read once."""
    kept: Frame | None = getattr(request, "dakehu_frame", None)
    if kept is not None:
        return kept
    org: Org | None = getattr(request, "organisation", None) or _organisation()
    language = translation.get_language() or settings.LANGUAGE_CODE
    me = _me(request, language)
    now = timezone.now()
    today = org.today(now) if org else now.date()
    viewer = _viewer(request, today, language)
    frame = Frame(
        language=language,
        theme=me.theme if me else request.COOKIES.get("theme", "auto"),
        amount_unit=me.amount_unit if me else "auto",
        organisation=_organisation_name(org, language),
        base_currency=org.base_currency if org else None,
        amounts_with_vat=org.amounts_with_vat if org else True,
        is_demo=settings.DEMO,
        today=today,
        me=me,
        groups=_places(viewer, request.path, language) if viewer else (),
        search_url=_search_url(viewer),
        new_url=_new_url(viewer),
        log_url=_log_url(viewer),
        about=_about(request.path),
    )
    request.dakehu_frame = frame  # type: ignore[attr-defined]
    return frame


def _organisation_name(org: Org | None, language: str) -> str:
    if org is None:
        return ""
    return (org.name_en or org.name_zh) if language == "en" else (org.name_zh or org.name_en)


def _search_url(viewer: Viewer | None) -> str | None:
    # Who reaches no customers finds colleagues and places.
    return None if viewer is None else _address("search")


def _new_url(viewer: Viewer | None) -> str | None:
    may = viewer is not None and viewer.holds("opportunity.create")
    return _address("opportunity_create") if may else None


def _log_url(viewer: Viewer | None) -> str | None:
    may = viewer is not None and viewer.holds("activity.log")
    return _address("activity_log") if may else None


_RECORD = re.compile(r"^/(opportunities|accounts|contacts)/(\d{1,17})/")
_ABOUT = {"opportunities": "opportunity", "accounts": "account", "contacts": "contact"}


def _about(path: str) -> str:
    record = _RECORD.match(path)
    return f"{_ABOUT[record[1]]}={record[2]}" if record else ""


def layout_of(request: HttpRequest) -> str:
    """Give the template that a page extends: the frame, the dialog, or nothing around the part."""
    htmx = getattr(request, "htmx", None)
    if htmx and htmx.target == "dialog-content":
        return "layouts/dialog.html"
    if not htmx or htmx.boosted or htmx.history_restore_request:
        return "base.html"
    return "layouts/part.html"


def page_context(request: HttpRequest) -> dict[str, object]:
    """Give every template the frame (`frame`, `layout`, `language`)."""
    frame = frame_of(request)
    return {"frame": frame, "layout": layout_of(request), "language": frame.language}
