"""The dialog of a bulk edit: which rows, which verb, what would happen, and then it is done."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from dakehu.actions.bulk_edits import Outcome, Picked, Ran, do_bulk_edit, preview_bulk_edit
from dakehu.core.bulk_edits import MOST, VERBS, moved_sums
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.money import from_minor
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.bulk_edits import (
    SHOWN,
    Selection,
    people_named,
    selection_of_filter,
    selection_of_ids,
)
from dakehu.queries.rates import currency_digits
from dakehu.web.bulk_edits import wording
from dakehu.web.bulk_edits.forms import FORMS, VerbForm
from dakehu.web.forms import done, status_of
from dakehu.web.opportunities.asked import asked_of

#: Which permission a verb needs at all, to be offered; each row asks for its own right.
NEEDS = {
    "reassign": "opportunity.reassign",
    "advance": "opportunity.advance",
    "lose": "opportunity.lose",
    "abandon": "opportunity.abandon",
    "void": "opportunity.void",
    "restore": "opportunity.restore",
}


def verbs_for(request: SignedRequest) -> list[str]:
    """Give the verbs that somebody may use on any row at all."""
    return [v for v in VERBS if request.viewer.holds(NEEDS.get(v, "opportunity.edit"))]


@signed_in
@require_http_methods(["GET", "POST"])
def bulk_opportunities(request: SignedRequest) -> HttpResponse:
    """Ask what shall happen to the chosen rows (GET), try it (POST preview), do it (POST do)."""
    offered = verbs_for(request)
    if not offered:
        raise NotAllowed("opportunity.edit")
    data = request.POST if request.method == "POST" else request.GET
    verb = data.get("verb") or offered[0]
    if verb not in FORMS:
        raise RuleBroken("bulk.unknown_verb", verb=verb[:40])
    if request.method != "POST":
        form = FORMS[verb](None, request=request)
        return _asked(request, form, _selected(request, request.GET), offered)
    form = FORMS[verb](request.POST, request=request)
    step = request.POST.get("step", "preview")
    if step == "do":
        picked = frozen(request.POST.get("rows", ""))
        ran = done(form, lambda _said: _do(request, form, picked))
        if ran is not None:
            return _went(request, ran)
        return _asked(request, form, selection_of_ids(
            viewer=request.viewer, ids=[one.opportunity_id for one in picked]
        ), offered)  # fmt: skip
    selection = _selected(request, request.POST)
    picked = [Picked(row.id, row.version) for row in selection.rows]
    tried = None
    if step == "preview":
        tried = done(form, lambda _said: _try(request, form, picked, selection))
    if tried is None:
        return _asked(request, form, selection, offered)
    return _previewed(request, form, picked, tried, selection.hidden)


def _do(request: SignedRequest, form: VerbForm, picked: Sequence[Picked]) -> Ran:
    return do_bulk_edit(
        actor=request.viewer, picked=picked, ask=form.ask(), today=request.today, at=request.now
    )


def _try(
    request: SignedRequest, form: VerbForm, picked: Sequence[Picked], selection: Selection
) -> Ran:
    if selection.too_many:
        raise RuleBroken("bulk.too_many", limit=MOST)
    return preview_bulk_edit(
        actor=request.viewer, picked=picked, ask=form.ask(), today=request.today, at=request.now
    )


def _selected(request: SignedRequest, data: QueryDict) -> Selection:
    """Read the selection: `all=1` with the filters of the list, else the numbers picked."""
    if data.get("all") == "1":
        return selection_of_filter(
            viewer=request.viewer, asked=asked_of(QueryDict(_filters(data))), today=request.today
        )
    texts = [text for part in data.getlist("pick") for text in part.split(",")]
    ids = [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 18]
    return selection_of_ids(viewer=request.viewer, ids=ids)


#: What the dialog itself says; all else in the URL are filters of the list.
_OURS = ("all", "pick", "verb", "step", "rows", "query", "csrfmiddlewaretoken", "after", "before")


def _filters(data: QueryDict) -> str:
    """Give the filters of the list as a query: kept in the form, or beside ours in the URL."""
    if "query" in data:
        return str(data["query"])
    left = data.copy()
    for name in _OURS:
        left.pop(name, None)
    return left.urlencode()


def frozen(text: str) -> list[Picked]:
    """Read the rows that were looked at: number and version."""
    found = []
    for part in text.split(","):
        number, _dot, version = part.partition(".")
        if number.isdecimal() and version.isdecimal() and len(part) < 30:
            found.append(Picked(int(number), int(version)))
    return found


def _asked(
    request: SignedRequest, form: VerbForm, selection: Selection, offered: Sequence[str]
) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    whole = data.get("all") == "1"
    query = _filters(data) if whole else ""
    picks = "" if whole else ",".join(str(row.id) for row in selection.rows)
    here = {"all": "1", "query": query} if whole else {"pick": picks}
    count = len(selection.rows)
    return render_page(
        request,
        "bulk_edits/ask.html",
        {
            "form": form,
            "verb": form.verb,
            "words": wording.VERBS[form.verb],
            "verbs": [
                (verb, wording.VERBS[verb], urlencode({"verb": verb, **here}), verb == form.verb)
                for verb in offered
            ],
            "count": count,
            "hidden": selection.hidden,
            "too_many": selection.too_many,
            "most": MOST,
            "whole": whole,
            "query": query,
            "picks": picks,
            "danger": form.verb in ("lose", "abandon", "void"),
        },
        status=status_of(form),
    )


def _went(request: SignedRequest, ran: Ran) -> HttpResponse:
    words = ngettext(
        "%(n)s opportunity was changed.", "%(n)s opportunities were changed.", len(ran.done)
    ) % {"n": f"{len(ran.done):,}"}
    if ran.refused:
        left = ngettext(
            "%(n)s was refused and left.", "%(n)s were refused and left.", len(ran.refused)
        ) % {"n": f"{len(ran.refused):,}"}
        toast(request, f"{words} {left}", kind="watch")
    else:
        toast(request, words)
    return go(request, "bulk_edit", ran.bulk_id, query=_way_back(request))


def _way_back(request: SignedRequest) -> str:
    """Give the list that the dialog was opened from, as the page of the bulk edit keeps it."""
    address, _mark, query = (request.htmx.current_url_abs_path or "").partition("?")
    return urlencode({"list": query}) if query and address == reverse("opportunities") else ""


def _previewed(
    request: SignedRequest, form: VerbForm, picked: Sequence[Picked], tried: Ran, hidden: int
) -> HttpResponse:
    names = names_of(request, tried, form.ask().owner_id)
    digits = currency_digits()
    ask = form.ask().plain()
    return render_page(
        request,
        "bulk_edits/preview.html",
        {
            "form": form,
            "verb": form.verb,
            "words": wording.VERBS[form.verb],
            "asked": wording.asked_words(ask, names),
            "done": len(tried.done),
            "refused": len(tried.refused),
            "unchanged": len(tried.unchanged),
            "hidden": hidden + tried.hidden,
            "warned": sum(1 for one in tried.done if one.warnings),
            "sums": sums_shown(request, form.verb, tried, names),
            "groups": wording.groups_of(map(refusal_of, tried.refused), SHOWN),
            "rows": [row_shown(one, names, digits) for one in tried.done[:SHOWN]],
            "shown": SHOWN,
            "frozen": ",".join(f"{p.opportunity_id}.{p.version}" for p in picked),
            "picks": ",".join(str(p.opportunity_id) for p in picked),
            "danger": form.verb in ("lose", "abandon", "void"),
        },
    )


def names_of(request: SignedRequest, ran: Ran, *more: int | None) -> wording.Names:
    """Name the people and stages that a preview tells of."""
    people = {owner for one in ran.done for owner in one.changes.get("owner_id", ())}
    people |= {one for one in more if one is not None}
    named = people_named(viewer=request.viewer, ids=sorted(people)) if people else {}
    return wording.Names.of(request.viewer.language, named)


def refusal_of(one: Outcome) -> tuple[int, str, str, str, Mapping[str, Any]]:
    """Give a refused row as it is told of."""
    row = one.before
    assert one.refusal is not None
    return row.pk, row.code, row.name, one.refusal.code, one.refusal.facts


def row_shown(one: Outcome, names: wording.Names, digits: Mapping[str, int]) -> dict[str, object]:
    """Give a row that changes as the preview shows it."""
    row = one.before
    places = digits.get(row.currency_id, 2)
    return {
        "id": row.pk,
        "code": row.code,
        "name": row.name,
        "changes": wording.changes_shown(one.changes, names, places),
        "warnings": _(", ").join(one.warnings),
    }


def sums_shown(
    request: SignedRequest, verb: str, ran: Ran, names: wording.Names
) -> list[wording.SumShown]:
    """Sum up before and after of what changes; nothing where neither place nor amount does."""
    moves = any(
        one.before.base_minor != one.after.base_minor for one in ran.done if one.after is not None
    )
    if verb in ("next_step", "source", "own_rate") or (verb == "paste" and not moves):
        return []
    digits = request.organisation.base_digits
    sides = (
        (wording.key_of(verb, one.before), wording.key_of(verb, one.after))
        for one in ran.done
        if one.after is not None
    )
    lines = [
        wording.SumShown(
            wording.key_words(moved.key, names),
            moved.before.count,
            from_minor(moved.before.minor, digits),
            moved.after.count,
            from_minor(moved.after.minor, digits),
            max(moved.before.unknown, moved.after.unknown),
        )
        for moved in moved_sums(sides)
    ]
    return sorted(lines, key=lambda line: line.label)
