"""Notices: the list, the bell, and what somebody wants to be told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dakehu.actions.notices import KindChoice, choose_notices, read_notice, read_notices
from dakehu.core.errors import DakehuError, NotFound
from dakehu.core.notices import KINDS
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.http.signs import Sign
from dakehu.messages import sentence
from dakehu.messages.notices import KINDS as WORDS
from dakehu.messages.notices import address_of, who_of, worded_notice
from dakehu.queries.notices import (
    MOST_COUNTED,
    NoticeRow,
    NoticeSettings,
    notice,
    notice_settings,
    notices,
    unread_count,
)

SIGNS = {
    "assigned": Sign(icon="user-share"), "mentioned": Sign(icon="at"),
    "validation_asked": Sign(icon="help-circle"),
    "validation_answered": Sign(icon="circle-check"),
    "next_step_due": Sign(icon="calendar-due"), "close_passed": Sign(icon="calendar-x"),
    "stalled": Sign(icon="hourglass"), "stage_moved": Sign(icon="arrow-big-right"),
    "import_done": Sign(icon="file-import"), "view_deleted": Sign(icon="bookmark-off"),
}  # fmt: skip
MAIL = (("off", lazy("not")), ("now", lazy("at once")), ("digest", lazy("in the digest")))


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice in words."""

    id: int
    words: str
    kind: str
    icon: str
    who: str
    at: datetime
    is_read: bool
    url: str


@signed_in
@require_safe
def notice_list(request: SignedRequest) -> HttpResponse:
    """Show one's own notices, the unread first."""
    kind = request.GET.get("kind", "")
    page = notices(request.viewer, kind=kind, after=request.GET.get("after", ""))
    rows = [_shown(request, row) for row in page.rows]
    return render_page(
        request,
        "notices/list.html",
        {
            "rows": rows,
            "next": page.next,
            "kind": kind,
            "kinds": WORDS.items(),
            "unread": any(not row.is_read for row in rows),
            "upto": max((row.id for row in page.rows), default=0),
        },
    )


def _shown(request: SignedRequest, row: NoticeRow) -> Shown:
    language = request.viewer.language
    return Shown(
        id=row.id,
        words=worded_notice(row, language),
        kind=str(WORDS[row.kind]),
        icon=SIGNS[row.kind].icon,
        who=who_of(row, language),
        at=row.at,
        is_read=row.is_read,
        url=address_of(row),
    )


@signed_in
@require_safe
def notice_count(request: SignedRequest) -> HttpResponse:
    """Give the number at the bell: loaded after the page, and every minute while it is seen."""
    count = unread_count(request.viewer)
    shown = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
    words = ngettext("%(n)s unread notice", "%(n)s unread notices", count) % {"n": shown}
    return render_page(
        request, "notices/_count.html", {"count": count, "shown": shown, "words": words}
    )


@signed_in
@require_POST
def notice_open(request: SignedRequest, notice_id: int) -> HttpResponse:
    """Mark a notice as read and lead to what it is about."""
    row = notice(request.viewer, notice_id=notice_id)
    if row is None:
        raise NotFound("notice.unknown")
    read_notice(actor=request.viewer, notice_id=notice_id, at=request.now)
    return HttpResponseRedirect(address_of(row) or reverse("notices"), status=303)


@signed_in
@require_POST
def notice_read(request: SignedRequest, notice_id: int) -> HttpResponse:
    """Mark a notice as read."""
    read_notice(actor=request.viewer, notice_id=notice_id, at=request.now)
    return go(request, "notices", query=_kept(request))


@signed_in
@require_POST
def notice_read_all(request: SignedRequest) -> HttpResponse:
    """Mark all that were shown or are older as read, of one kind or of all."""
    upto = request.POST.get("upto", "")
    kind = request.POST.get("kind", "")
    read_notices(
        actor=request.viewer,
        at=request.now,
        kind=kind if kind in KINDS else "",
        upto=int(upto) if upto.isascii() and upto.isdecimal() and len(upto) < 18 else None,
    )
    return go(request, "notices", query=_kept(request))


def _kept(request: SignedRequest) -> str:
    kind = request.POST.get("kind", "")
    return f"kind={kind}" if kind in KINDS else ""


# --- what one wants to be told -----------------------------------------------------------------

_HOURS = [("", lazy("none")), *((str(n), f"{n:02}:00") for n in range(24))]


class HoursForm(forms.Form):
    """When one is left alone, and when the digest comes."""

    digest_at = forms.TypedChoiceField(
        label=lazy("Hour of the digest"), coerce=int, choices=_HOURS[1:]
    )
    quiet_from = forms.TypedChoiceField(
        label=lazy("Quiet from"), coerce=int, empty_value=None, required=False, choices=_HOURS,
        help_text=lazy("In quiet hours nothing is mailed, no digest either; it comes afterwards."),
    )  # fmt: skip
    quiet_until = forms.TypedChoiceField(
        label=lazy("Quiet until"), coerce=int, empty_value=None, required=False, choices=_HOURS
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind in the table of choices."""

    key: str
    word: str
    icon: str
    in_product: bool
    mail: str


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: SignedRequest) -> HttpResponse:
    """Show and save what one wants to be told."""
    held = notice_settings(request.viewer)
    if request.method != "POST":
        initial = {
            "digest_at": held.digest_at, "version": held.version,
            "quiet_from": _or_none(held.quiet_from), "quiet_until": _or_none(held.quiet_until),
        }  # fmt: skip
        return _settings(request, HoursForm(initial=initial), held.kinds)
    chosen = {key: _choice(request, key, held) for key in KINDS}
    form = HoursForm(request.POST)
    shown = {key: (one.in_product, one.mail) for key, one in chosen.items()}
    if not form.is_valid():
        return _settings(request, form, shown, status=422)
    given = form.cleaned_data
    try:
        choose_notices(
            actor=request.viewer, kinds=chosen, quiet_from=given["quiet_from"],
            quiet_until=given["quiet_until"], digest_at=given["digest_at"],
            seen_version=given["version"],
        )  # fmt: skip
    except DakehuError as error:
        field = str(error.facts.get("field", ""))
        form.add_error(field if field in form.fields else None, sentence(error))
        return _settings(request, form, shown, status=422)
    toast(request, _("What you are told is saved."))
    return go(request, "notice_settings")


def _or_none(hour: int | None) -> str:
    return "" if hour is None else str(hour)


def _choice(request: SignedRequest, key: str, held: NoticeSettings) -> KindChoice:
    mail = request.POST.get(f"mail_{key}", held.kinds[key][1])
    return KindChoice(f"in_{key}" in request.POST, mail)


def _settings(
    request: SignedRequest, form: HoursForm, kinds: Any, *, status: int = 200
) -> HttpResponse:
    lines = [
        KindLine(key, str(WORDS[key]), SIGNS[key].icon, in_product, mail)
        for key, (in_product, mail) in kinds.items()
    ]
    return render_page(
        request, "notices/settings.html", {"form": form, "lines": lines, "ways": MAIL},
        status=status,
    )  # fmt: skip


urlpatterns = [
    path("notices/", notice_list, name="notices"),
    path("notices/count/", notice_count, name="notice_count"),
    path("notices/read/", notice_read_all, name="notices_read"),
    path("notices/<int:notice_id>/open/", notice_open, name="notice_open"),
    path("notices/<int:notice_id>/read/", notice_read, name="notice_read"),
    path("settings/notices/", settings_page, name="notice_settings"),
]
