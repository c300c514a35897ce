"""Activities as pages: the list with its filters and file, one of them, and its verbs."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpResponse, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.core.activities import CallOutcome
from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Expression
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import reads_customers
from dakehu.messages.activities import KINDS, OUTCOMES, STATES
from dakehu.queries import activities as queries
from dakehu.queries.activities import ActivityFilter, ActivityRow
from dakehu.queries.funnel import person_in_sight
from dakehu.queries.paging import Cut
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.activities import wording
from dakehu.web.activities.columns import COLUMNS
from dakehu.web.activities.filtering import vocabulary
from dakehu.web.activities.forms import day_in_url
from dakehu.web.exports import Cell, list_as_file
from dakehu.web.forms import unit_choices, whole_in_url
from dakehu.web.history import events_of
from dakehu.web.links import dial
from dakehu.web.lists.builder import has_lines
from dakehu.web.lists.columns import keys_of
from dakehu.web.lists.pages import columns_of, filter_form, lines_applied, list_facts, where_of
from dakehu.web.lists.standing import standing_of
from dakehu.web.lists.words import Vocabulary

MOST_EXPORTED = 100_000
DAY = timedelta(days=1)
#: What the form of quick filters hands on.
_KEPT = ("where", "base", "columns", "sort")
#: Periods of the list by their name in the URL.
PERIODS: dict[str, str | Promise] = {
    "today": lazy("Today"),
    "week": lazy("This week"),
    "next": lazy("Next week"),
    "ahead": lazy("From today on"),
    "30": lazy("Last 30 days"),
    "90": lazy("Last 90 days"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the URL of the list asks for, and how it is named."""

    where: ActivityFilter
    period: str
    unit: str
    person: str
    account: str
    conditions: Expression | None


def period_of(name: str, today: date) -> tuple[date | None, date | None]:
    """Give the days [since, until) of a period; anything else is no bound."""
    monday = today - timedelta(days=today.weekday())
    known: dict[str, tuple[date | None, date | None]] = {
        "today": (today, today + DAY),
        "week": (monday, monday + 7 * DAY),
        "next": (monday + 7 * DAY, monday + 14 * DAY),
        "ahead": (today, None),
        "30": (today - 29 * DAY, today + DAY),
        "90": (today - 89 * DAY, today + DAY),
    }
    return known.get(name, (None, None))


def asked_of(request: SignedRequest, words: Vocabulary) -> Asked:
    """Read the filter; an account or a person out of sight is not found. RuleBroken `filter.…`."""
    get, viewer = request.GET, request.viewer
    since, until = period_of(get.get("period", ""), request.today)
    since = day_in_url(get.get("since", "")) or since
    until = day_in_url(get.get("until", "")) or until
    units = None
    unit = whole_in_url(get.get("unit", ""))
    if unit is not None:
        known = all_units()
        tree = units_in_sight(viewer, units=known, today=request.today)
        # What was done in a unit that is closed by now counts where it last hung.
        below = known.tree(request.today, with_closed=True).subtree(unit)
        units = below if unit in tree.parents else frozenset()
    person_id = whole_in_url(get.get("person", ""))
    person = ""
    if get.get("person") == "me":
        person_id, person = viewer.person_id, _("me")
    elif person_id is not None:
        person = person_in_sight(viewer, person_id=person_id).shown(viewer.language)
    account_id = whole_in_url(get.get("account", ""))
    account = ""
    if account_id is not None:
        account = queries.log_context(viewer=viewer, account_id=account_id).account
    conditions = where_of(get, words)
    return Asked(
        ActivityFilter(
            kind=wording.kind_of(get.get("kind", "")),
            state=wording.state_of(get.get("state", "")),
            person_id=person_id,
            unit_ids=units,
            since=since,
            until=until,
            account_id=account_id,
            without_result=get.get("result") == "none",
            sort="on" if get.get("sort") == "on" else "-on",
            asked=queries.activities_asked_for(viewer, conditions, today=request.today)
            if conditions
            else None,
        ),
        get.get("period", ""),
        get.get("unit", ""),
        person,
        account,
        conditions,
    )


@signed_in
@require_safe
def activity_list(request: SignedRequest) -> HttpResponse:
    """Show a page of the list."""
    words = vocabulary(request)
    if has_lines(request.GET):
        return lines_applied(request, "activities", "activities", words)
    standing = standing_of(request, "activities", "activities")
    viewer = request.viewer
    try:
        asked = asked_of(request, words)
    except RuleBroken as error:
        return filter_form(request, "activities", "activities", words, wrong=error)
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = queries.activities(viewer=viewer, where=asked.where, cut=cut)
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=request.today)
    shown = wording.all_shown(page.rows, viewer.language)
    return render_page(
        request,
        "activities/list.html",
        {
            **list_facts(
                request, standing, columns_of(standing, COLUMNS), shown, sort=asked.where.sort,
                words=words, where=asked.conditions,
            ),
            "page": page,
            "has_views": reads_customers(viewer),
            "kept": [(k, v) for k, v in standing.get.items() if k in _KEPT],
            "total": queries.activity_count(viewer=viewer, where=asked.where),
            "asked": asked,
            "where": asked.where,
            "kinds": [(kind.name.lower(), word) for kind, word in KINDS.items()],
            "states": [(state.name.lower(), word) for state, word in STATES.items()],
            "kind": asked.where.kind.name.lower() if asked.where.kind else "",
            "state": asked.where.state.name.lower() if asked.where.state else "",
            "periods": list(PERIODS.items()),
            "units": unit_choices(units, tree, viewer.language),
            "may_choose_people": viewer.sees_all or bool(viewer.units),
            "filtered": standing.is_filtered,
        },
    )  # fmt: skip


@signed_in
@require_safe
def activity_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the filtered list, all of it and nothing else, as a file."""
    asked = asked_of(request, vocabulary(request))
    rows = queries.every_activity(viewer=request.viewer, where=asked.where, limit=MOST_EXPORTED)
    if keys := keys_of(request.GET.get("columns", "")):
        columns = COLUMNS.chosen(keys)
        told = (wording.shown(row, request.viewer.language) for row in rows)
        cells = (tuple(column.plain(one) for column in columns) for one in told)
        seen = [str(column.label) for column in columns]
        return list_as_file(request, kind, name="activities", head=seen, rows=cells)
    head = [
        _("Day"), _("Time"), _("Minutes"), _("Kind"), _("State"), _("Subject"), _("Account"),
        _("With"), _("Opportunity"), _("Whose"), _("Colleagues"), _("Unit"), _("Outcome"),
        _("Result"), _("Next step"), _("Day of the next step"),
    ]  # fmt: skip
    language = request.viewer.language
    lines = (_line(row, language) for row in rows)
    return list_as_file(request, kind, name="activities", head=head, rows=lines)


def _line(row: ActivityRow, language: str) -> tuple[Cell, ...]:
    comma = _(", ")
    outcome = "" if row.outcome is CallOutcome.NONE else str(OUTCOMES[row.outcome])
    return (
        row.on, wording.clock(row.starts_at), row.minutes, str(KINDS[row.kind]),
        str(STATES[row.state]), row.subject, row.account,
        comma.join(contact.name for contact in row.contacts), row.opportunity,
        row.owner.shown(language), comma.join(p.shown(language) for p in row.people), row.unit,
        outcome, row.result, row.next_step, row.next_step_on,
    )  # fmt: skip


@signed_in
@require_safe
def activity_page(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Show one activity."""
    viewer = request.viewer
    page = queries.activity(viewer=viewer, activity_id=activity_id, deleted=True)
    row = page.row
    not_moving = row.opportunity_id is not None and queries.is_deal_not_moving(
        viewer=viewer, opportunity_id=row.opportunity_id
    )
    events = events_of(
        page.changes, words=wording.FIELDS, language=viewer.language, values=wording.VALUES
    )
    return render_page(
        request,
        "activities/page.html",
        {
            "page": page,
            "one": wording.shown(row, viewer.language),
            "row": row,
            "is_not_moving": not_moving,
            "events": events,
            "today": request.today,
            "contacts": [(c, dial(c.phone)) for c in row.contacts],
            "account_tel": dial(row.phone),
        },
    )
