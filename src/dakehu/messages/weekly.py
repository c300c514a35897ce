"""The weekly mail in words: subject and text, in the recipient's language."""

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dakehu.queries.hygiene import Finding
from dakehu.queries.weekly import Weekly


def worded_weekly(one: Weekly, url: str) -> tuple[str, str]:
    """Word the mail of one recipient; `url` is what links begin with."""
    with translation.override(one.language):
        subject = _("Your funnel this week, %(day)s") % {"day": one.today.isoformat()}
        name = one.person.shown(one.language)
        parts = [_("Dear %(name)s,") % {"name": name}]
        if one.counts.untidy:
            parts.append(_hygiene(one, url))
        if one.actions:
            parts.append(_actions(one, url))
        if one.reviews:
            parts.append(_reviews(one, url))
        parts.append(_("This mail is written by Dakehu once a week."))
        return subject, "\n\n".join(parts) + "\n"


def _hygiene(one: Weekly, url: str) -> str:
    found = one.counts.by_finding
    words: dict[Finding, str] = {
        "close_passed": _("Close date passed"),
        "no_next_step": _("No next step"),
        "no_amount": _("No amount"),
        "stuck": _("Stands still"),
    }
    lines = [
        ngettext(
            "%(n)s open opportunity lacks something:",
            "%(n)s open opportunities lack something:",
            one.counts.untidy,
        )
        % {"n": one.counts.untidy},
        *(f"- {word}: {found[key]}" for key, word in words.items() if found[key]),
        f"{url}/hygiene/",
    ]
    return "\n".join(lines)


def _actions(one: Weekly, url: str) -> str:
    lines = [_("Agreed with you:")]
    for action in one.actions:
        facts = {"text": action.text, "day": action.due_on.isoformat()}
        late = _("- %(text)s, by %(day)s: overdue") % facts
        lines.append(late if action.is_overdue else _("- %(text)s, by %(day)s") % facts)
    return "\n".join([*lines, f"{url}/reviews/"])


def _reviews(one: Weekly, url: str) -> str:
    lines = [_("Reviews of the last seven days:")]
    lines += [f"- {r.unit}, {r.on.isoformat()}: {url}/reviews/{r.id}/" for r in one.reviews]
    return "\n".join(lines)
