"""Notices in words: in the list, and as mails, in their reader's language."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dakehu.messages.activities import KINDS as ACTIVITY_KINDS
from dakehu.queries.notices import NoticeRow
from dakehu.queries.organisation import organisation
from dakehu.queries.stages import versions_in_force

Words = str | Promise

SENTENCES: dict[str, Words] = {
    "notice.bad_hour": gettext_lazy("Choose an hour of the day from 0 to 23."),
    "notice.choices_changed": gettext_lazy(
        "You have changed this elsewhere meanwhile. Compare, and save again."
    ),
    "notice.half_quiet": gettext_lazy("Quiet hours have a beginning and an end. Choose both."),
    "notice.tell_due": gettext_lazy("Only the operator of this installation tells what is due."),
    "notice.unknown": gettext_lazy("There is no such notice, or it is not yours."),
    "notice.unknown_kind": gettext_lazy("There is no kind of notice called “%(kind)s”."),
    "notice.unknown_mail": gettext_lazy("A notice is mailed at once, in the digest, or not."),
}

KINDS: Mapping[str, Words] = {
    "assigned": gettext_lazy("Given to you"),
    "mentioned": gettext_lazy("You are mentioned"),
    "validation_asked": gettext_lazy("Validation asked"),
    "validation_answered": gettext_lazy("Validation answered"),
    "next_step_due": gettext_lazy("Next step due"),
    "close_passed": gettext_lazy("Close date passed"),
    "stalled": gettext_lazy("Opportunity stands still"),
    "stage_moved": gettext_lazy("Stage moved on what you follow"),
    "import_done": gettext_lazy("Import done"),
    "view_deleted": gettext_lazy("A view that you shared was deleted"),
}
_MOVED: Mapping[str, Words] = {
    "won": gettext_lazy("%(name)s is won."),
    "lost": gettext_lazy("%(name)s is lost."),
    "abandoned": gettext_lazy("%(name)s was abandoned."),
    "reopened": gettext_lazy("%(name)s was reopened."),
}
_SAID: Mapping[str, Words] = {
    "assigned": gettext_lazy("%(name)s is yours now."),
    "mentioned": gettext_lazy("You are mentioned on %(name)s."),
    "validation_asked": gettext_lazy("Your validation is asked for on %(name)s."),
    "validation_answered": gettext_lazy("Your request on %(name)s was answered."),
    "next_step_due": gettext_lazy("The next step of %(name)s is due on %(on)s."),
    "close_passed": gettext_lazy("The close date of %(name)s has passed: %(on)s."),
    "stalled": gettext_lazy("%(name)s has stood still since %(on)s."),
    "view_deleted": gettext_lazy("Your shared view “%(name)s” was deleted."),
    "activity": gettext_lazy("You take part: %(name)s on %(on)s."),
    "team": gettext_lazy("You help on %(name)s now."),
    "approved": gettext_lazy("Your request on %(name)s was approved."),
    "sent_back": gettext_lazy("Your request on %(name)s was sent back."),
}


def worded_notice(row: NoticeRow, language: str) -> str:
    """Say what a notice tells; of a record out of sight nothing but that."""
    if row.is_hidden:
        return _("A record that you no longer see: %(kind)s") % {"kind": KINDS[row.kind]}
    name = row.record.name if row.record else str(row.facts.get("name", ""))
    if not name and row.record and row.record.kind is not None:
        name = str(ACTIVITY_KINDS[row.record.kind])
    if row.object_type == "bulk_edit":
        count = int(row.facts.get("count", 0))
        words = ngettext("%(kind)s: %(n)s opportunity", "%(kind)s: %(n)s opportunities", count)
        return words % {"kind": KINDS[row.kind], "n": f"{count:,}"}
    if row.kind == "import_done":
        return _import_done(row)
    if row.kind == "stage_moved":
        return _moved(row, name, language)
    return str(_SAID[_code(row)]) % {"name": name, "on": row.facts.get("on", "")}


def _code(row: NoticeRow) -> str:
    """Give by which words a notice is told: its kind, or what its facts say more exactly."""
    if row.object_type == "activity":
        return "activity"
    if row.kind == "assigned" and row.facts.get("as") == "team":
        return "team"
    if row.kind == "validation_answered" and "approved" in row.facts:
        return "approved" if row.facts["approved"] else "sent_back"
    return row.kind


def who_of(row: NoticeRow, language: str) -> str:
    """Name who did what a notice tells of; empty where nobody did."""
    return row.who.shown(language) if row.who else ""


def _moved(row: NoticeRow, name: str, language: str) -> str:
    words = _MOVED.get(str(row.facts.get("to", "")))
    if words is not None:
        return str(words) % {"name": name}
    version = versions_in_force().get(row.facts.get("version", 0))
    stage = version.by_id(row.facts.get("stage", 0)) if version else None
    facts = {"name": name, "stage": stage.name(language) if stage else "—"}
    if row.facts.get("to") == "back":
        return _("%(name)s moved back to “%(stage)s”.") % facts
    return _("%(name)s moved on to “%(stage)s”.") % facts


def _import_done(row: NoticeRow) -> str:
    taken, refused = int(row.facts.get("taken", 0)), int(row.facts.get("refused", 0))
    said = ngettext(
        "Your import is done: %(n)s row is in.", "Your import is done: %(n)s rows are in.", taken
    ) % {"n": f"{taken:,}"}
    if not refused:
        return said
    more = ngettext("%(n)s row was refused.", "%(n)s rows were refused.", refused)
    return f"{said} {more % {'n': f'{refused:,}'}}"


def worded_mail(
    rows: Sequence[NoticeRow], language: str, is_digest: bool, url: str
) -> tuple[str, str]:
    """Word a mail: subject and text; `url` is what links begin with."""
    # A job has no request, and so no zone: the moments are told where the organisation is.
    zone = ZoneInfo(organisation().time_zone)
    with translation.override(language), timezone.override(zone):
        lines = [worded_notice(row, language) for row in rows]
        if is_digest:
            subject = ngettext(
                "%(n)s notice from Dakehu", "%(n)s notices from Dakehu", len(rows)
            ) % {"n": len(rows)}
        elif len(rows) == 1:
            subject = _line(lines[0])
        else:
            subject = _line(
                ngettext("%(first)s And %(n)s more", "%(first)s And %(n)s more", len(rows) - 1)
                % {"first": lines[0], "n": len(rows) - 1}
            )
        parts = [_said(row, line, language, url) for row, line in zip(rows, lines, strict=True)]
        parts.append(f"{_('All notices:')} {url}/notices/")
        parts.append(f"{_('What you are mailed, and when:')} {url}/settings/notices/")
        return subject, "\n\n".join(parts) + "\n"


def _line(text: str) -> str:
    """Give a subject: one line, whatever a name holds."""
    return " ".join(text.split())[:200]


def _said(row: NoticeRow, line: str, language: str, url: str) -> str:
    about = [timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M"), who_of(row, language)]
    address = address_of(row)
    lines = [line, " · ".join(part for part in about if part)]
    return "\n".join([*lines, f"{url}{address}"] if address else lines)


_ADDRESSES: Mapping[str, str] = {
    "opportunity": "/opportunities/%s/", "account": "/accounts/%s/", "contact": "/contacts/%s/",
    "import": "/imports/%s/", "activity": "/activities/%s/",
    "bulk_edit": "/bulk/%s/",
}  # fmt: skip


_LISTS = ("opportunities", "accounts", "contacts", "activities")


def address_of(row: NoticeRow) -> str:
    """Give the page that a notice leads to; empty where there is none to show."""
    if row.is_hidden or row.object_id is None:
        return ""
    if row.object_type == "view":
        # The view is gone; its list is there.
        page = row.facts.get("page")
        return f"/{page}/" if page in _LISTS else ""
    if row.object_type not in _ADDRESSES:
        return ""
    return _ADDRESSES[row.object_type] % row.object_id
