"""Bulk edits: which rows a selection means, and what became of each row of a bulk edit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from dakehu.core.access import Viewer
from dakehu.core.bulk_edits import MOST, RowState
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Category
from dakehu.core.money import from_minor
from dakehu.models import BulkEdit, BulkEditRow, Opportunity, Person
from dakehu.queries.opportunities.filters import OpportunityFilter, check_filter, narrowed
from dakehu.queries.organisation import organisation

#: Rows of a kind that a page shows; a file has them all.
SHOWN = 200
#: Bulk edits that the list of them shows.
LISTED = 50


@dataclass(frozen=True, slots=True)
class Selected:
    """A row of a selection, with the version that is looked at."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What was selected, as it stands now; `hidden` were named but are out of sight."""

    rows: tuple[Selected, ...]
    hidden: int = 0
    #: There are more than can be changed at once; `rows` is then cut off.
    too_many: bool = False


def selection_of_ids(*, viewer: Viewer, ids: Sequence[int]) -> Selection:
    """Give the rows of these numbers that the viewer may see, in the order given."""
    wanted = list(dict.fromkeys(ids))
    named = wanted[: MOST + 1]
    rows = Opportunity.objects.filter(pk__among=named)
    found = dict(rows.visible_to(viewer).values_list("id", "version"))
    seen = tuple(Selected(pk, found[pk]) for pk in named if pk in found)
    return Selection(seen[:MOST], len(named) - len(seen), len(seen) > MOST)


def selection_of_filter(*, viewer: Viewer, asked: OpportunityFilter, today: date) -> Selection:
    """Give every row of a filtered list that the viewer may see, the first to close first.

    RuleBroken `list.unknown_state`, `list.upside_down`.
    """
    check_filter(asked)
    digits = organisation().base_digits
    found: set[tuple[date, int, int]] = set()
    for rows in Opportunity.objects.all().pages_for(viewer):
        kept = narrowed(rows, asked, viewer=viewer, today=today, base_digits=digits)
        keys = kept.order_by("close_sort", "id").values_list("close_sort", "id", "version")
        found.update(keys[: MOST + 1])
    ordered = sorted(found)
    first = tuple(Selected(pk, version) for _day, pk, version in ordered[:MOST])
    return Selection(first, too_many=len(ordered) > MOST)


def rows_by_code(*, viewer: Viewer, codes: Sequence[str]) -> dict[str, Selected]:
    """Give the rows of these codes that the viewer may see."""
    rows = Opportunity.objects.filter(code__among=[code for code in codes if code], voided=False)
    found = rows.visible_to(viewer).values_list("code", "id", "version")
    return {code: Selected(pk, version) for code, pk, version in found[:MOST]}


@dataclass(frozen=True, slots=True)
class Cells:
    """What stands in the cells of a row, by the name of the cell."""

    values: Mapping[str, Any]
    currency: str


def cells_of(*, viewer: Viewer, opportunity_id: int) -> Cells:
    """Give the cells of a row as they stand now. NotFound `opportunity.not_found`."""
    rows = Opportunity.objects.filter(pk=opportunity_id).visible_to(viewer)
    row = rows.select_related("currency").first()
    if row is None:
        raise NotFound("opportunity.not_found")
    values = {
        "name": row.name,
        "amount": from_minor(row.amount_minor, row.currency.digits),
        "close_on": row.close_on,
        "category": Category(row.category),
        "next_step": row.next_step,
        "next_step_on": row.next_step_on,
        "own_rate": row.own_rate_bp,
        "source": row.source,
    }
    return Cells(values, row.currency_id)


@dataclass(frozen=True, slots=True)
class BulkEditLine:
    """A bulk edit as the list of them shows it."""

    id: int
    at: datetime
    who: str
    asked: Mapping[str, Any]
    changed: int
    refused: int
    undone: int


@dataclass(frozen=True, slots=True)
class BulkEditRowShown:
    """What became of one row: its changes column by column, or why not."""

    id: int
    code: str
    name: str
    digits: int
    currency: str
    voided: bool
    state: RowState
    problem: str
    facts: Mapping[str, Any]
    #: Who changed it since, where that is why it was left.
    who: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class BulkEditShown:
    """A bulk edit with the rows in the viewer's sight; `hidden` are out of it.

    Who did it alone is told how many were refused and hidden; for others the sums are of what
    they see.
    """

    id: int
    correlation_id: UUID
    at: datetime
    who: str
    is_own: bool
    asked: Mapping[str, Any]
    changed: int
    refused: int
    undone: int
    undone_at: datetime | None
    undone_by: str
    rows: tuple[BulkEditRowShown, ...]
    hidden: int
    #: Rows in sight by what became of them.
    counts: Mapping[RowState, int]
    #: Names of the people that the rows tell of, by number.
    people: Mapping[int, str]

    @property
    def may_undo(self) -> bool:
        """Test if something is left that could be taken back; each row asks for the right."""
        return bool(self.counts.get(RowState.DONE) or self.counts.get(RowState.LEFT))


def bulk_edits(*, viewer: Viewer) -> tuple[BulkEditLine, ...]:
    """Give the viewer's own bulk edits, the newest first; at most 50."""
    rows = BulkEdit.objects.filter(actor_id=viewer.person_id).order_by("-id")[:LISTED]
    english = viewer.language.startswith("en")
    return tuple(
        BulkEditLine(
            row.pk, row.at, _name(row.actor, english), row.asked, row.changed, row.refused,
            row.undone,
        )
        for row in rows.select_related("actor")
    )  # fmt: skip


def bulk_edit(*, viewer: Viewer, bulk_id: int, limit: int | None = SHOWN) -> BulkEditShown:
    """Give a bulk edit to who did it, and to whom any of its changed rows is in sight.

    `limit` cuts the rows of each state; None gives them all (at most as many as one edit has).
    What was refused is told to who did it alone. NotFound `bulk.unknown`.
    """
    bulk = BulkEdit.objects.select_related("actor", "undone_by").filter(pk=bulk_id).first()
    if bulk is None:
        raise NotFound("bulk.unknown", bulk_id=bulk_id)
    is_own = viewer.is_operator or bulk.actor_id == viewer.person_id
    kept = BulkEditRow.objects.filter(bulk=bulk)
    if not is_own:
        kept = kept.exclude(state=RowState.REFUSED)
    raw = list(kept.order_by("object_id").values("object_id", "state", "problem", "facts")[:MOST])
    rows = Opportunity.objects.filter(pk__among=[one["object_id"] for one in raw])
    seen = {
        one["id"]: one
        for one in rows.visible_to(viewer).values(
            "id", "code", "name", "voided", "currency_id", "currency__digits"
        )
    }
    if not is_own and not seen:
        raise NotFound("bulk.unknown", bulk_id=bulk_id)
    english = viewer.language.startswith("en")
    inside = [one for one in raw if one["object_id"] in seen]
    people = _people(inside, english)
    counts: dict[RowState, int] = {}
    shown = []
    for one in inside:
        state = RowState(one["state"])
        counts[state] = counts.get(state, 0) + 1
        if limit is None or counts[state] <= limit:
            shown.append(_shown(one, seen[one["object_id"]], state, people))
    return BulkEditShown(
        id=bulk.pk,
        correlation_id=bulk.correlation_id,
        at=bulk.at,
        who=_name(bulk.actor, english),
        is_own=is_own,
        asked=bulk.asked,
        changed=bulk.changed if is_own else len(inside),
        refused=bulk.refused if is_own else 0,
        undone=bulk.undone if is_own else counts.get(RowState.TAKEN_BACK, 0),
        undone_at=bulk.undone_at,
        undone_by=_name(bulk.undone_by, english),
        rows=tuple(shown),
        hidden=len(raw) - len(inside) if is_own else 0,
        counts=counts,
        people=people,
    )


def _shown(
    one: Mapping[str, Any], row: Mapping[str, Any], state: RowState, people: Mapping[int, str]
) -> BulkEditRowShown:
    facts = one["facts"]
    since = facts.get("at") if state is RowState.LEFT else None
    return BulkEditRowShown(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        digits=row["currency__digits"],
        currency=row["currency_id"],
        voided=row["voided"],
        state=state,
        problem=one["problem"],
        facts=facts,
        who=people.get(facts.get("who") or 0, "") if since else "",
        since=datetime.fromisoformat(since) if since else None,
    )


def _people(rows: Sequence[Mapping[str, Any]], english: bool) -> dict[int, str]:
    """Name the owners and the changers that the rows tell of."""
    wanted: set[int] = set()
    for one in rows:
        wanted.update(one["facts"].get("changes", {}).get("owner_id", ()))
        wanted.add(one["facts"].get("who") or 0)
    found = Person.objects.filter(pk__among=sorted(wanted)) if wanted else ()
    return {person.pk: _name(person, english) for person in found}


def _name(person: Person | None, english: bool) -> str:
    if person is None:
        return ""
    first, second = (person.name_en, person.name) if english else (person.name, person.name_en)
    return first or second


def people_named(*, viewer: Viewer, ids: Sequence[int]) -> dict[int, str]:
    """Name the people that a preview tells of: owners of rows in sight, and the new one."""
    english = viewer.language.startswith("en")
    return {
        person.pk: _name(person, english)
        for person in Person.objects.filter(pk__among=sorted(set(ids)))
    }
