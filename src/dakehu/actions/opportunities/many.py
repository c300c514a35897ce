"""Many opportunities opened for one save: read and locked at once, written at once."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from dakehu.actions.bulk import update_rows
from dakehu.actions.ledger import LedgerHold, hold_books, hold_for_posting, write_histories
from dakehu.actions.ledger.hold import hold_ledger
from dakehu.actions.ledger.reverse import standing_chains
from dakehu.actions.notices import tell
from dakehu.actions.opportunities.held import overtake_all
from dakehu.actions.together import Together, Told, apart, together
from dakehu.core.access import Viewer
from dakehu.models import Change, Grant, Movement, Opportunity
from dakehu.models.visibility import visible_sql

_BATCH = 500


@contextmanager
def many_opportunities(
    *,
    actor: Viewer,
    opportunity_ids: Sequence[int],
    today: date,
    follows_chains: bool = False,
    undoing: UUID | None = None,
) -> Iterator[Together]:
    """Open the rows in the actor's sight for the saves inside; nothing is written yet.

    `follows_chains` where what is done reads the ledger's chains; `undoing` names the save that
    is taken back. First the rows are locked, then books and ledger, as a single save does.
    """
    with transaction.atomic():
        rows = _locked(actor, opportunity_ids)
        found = sorted(rows)
        saves = {} if undoing is None else _saves(found, undoing)
        gathered = Together(
            correlation_id=uuid4(),
            hold=_held(saves, today, undoing=undoing is not None),
            rows=rows,
            granted=_granted(actor, found),
            chains=standing_chains(found) if follows_chains or undoing is not None else {},
            saves=saves,
        )
        with together(gathered):
            yield gathered


def write_many(*, actor: Viewer, gathered: Together, bulk_id: int, at: datetime) -> None:
    """Write what was gathered; each person is told once of all that concerns them.

    Within the caller's transaction, which opened the rows.
    """
    stored = gathered.stored
    changed = {
        str(field.column)
        for field in Opportunity._meta.concrete_fields
        for pk, row in stored.items()
        if row.__dict__[field.attname] != gathered.rows[pk].__dict__[field.attname]
    }
    update_rows(Opportunity, sorted(changed), [stored[pk] for pk in sorted(stored)])
    write_histories(gathered.drafts, carry=True)
    if gathered.overtaken:
        overtake_all(gathered.overtaken, max(gathered.overtaken.values()))
    changes = [change for rows in gathered.changes.values() for change in rows]
    Change.objects.bulk_create(changes, _BATCH)
    with apart():
        _tell(actor, gathered, bulk_id, at)


def _locked(actor: Viewer, ids: Sequence[int]) -> dict[int, Opportunity]:
    """Lock the rows in one order: two who change many never wait for each other in a circle."""
    if not ids:
        return {}
    listed = ", ".join(str(int(one)) for one in ids)
    locked = "FOR UPDATE OF o" if connection.vendor == "postgresql" else ""
    found = Opportunity.objects.raw(
        f"SELECT o.* FROM dakehu_opportunity o WHERE o.id IN ({listed})"
        f" AND ({visible_sql(actor, 'o')}) ORDER BY o.id {locked}"
    )
    return {row.pk: row for row in found}


def _granted(actor: Viewer, ids: Sequence[int]) -> dict[int, str]:
    rows = Grant.objects.filter(person_id=actor.person_id or 0, opportunity_id__in=ids)
    found: dict[int, str] = {}
    for opportunity_id, right in rows.values_list("opportunity_id", "right"):
        if right == "work" or opportunity_id not in found:
            found[opportunity_id] = right
    return found


def _saves(ids: Sequence[int], save: UUID) -> dict[int, tuple[list[Movement], list[Change]]]:
    found: dict[int, tuple[list[Movement], list[Change]]] = defaultdict(lambda: ([], []))
    for movement in Movement.objects.filter(correlation_id=save, opportunity_id__in=ids).order_by(
        "id"
    ):
        found[movement.opportunity_id][0].append(movement)
    for change in Change.objects.filter(
        object_type="opportunity", object_id__among=ids, correlation_id=save
    ).order_by("id"):
        found[change.object_id][1].append(change)
    return dict(found)


def _held(
    saves: dict[int, tuple[list[Movement], list[Change]]], today: date, *, undoing: bool
) -> LedgerHold:
    """Hold books and ledger from the earliest day on that is posted to: of an undo, the save's."""
    if not undoing:
        return hold_for_posting(today, today=today)
    hold_books()
    days = [row.on for moved, _changes in saves.values() for row in moved]
    return hold_ledger(min(days, default=today))


def _tell(actor: Viewer, gathered: Together, bulk_id: int, at: datetime) -> None:
    """Tell each person once of many alike: how many there are, and where to see them."""
    alike: dict[tuple[str, int], list[Told]] = defaultdict(list)
    for one in gathered.told:
        alike[one.kind, one.person_id].append(one)
    for (kind, person), told in alike.items():
        about: dict[str, Any] = {
            "object_type": told[0].object_type,
            "object_id": told[0].object_id,
            "facts": told[0].facts,
        }
        if len(told) > 1:
            about = {
                "object_type": "bulk_edit", "object_id": bulk_id, "facts": {"count": len(told)},
            }  # fmt: skip
        tell(
            kind=kind, people=[person], actor=actor, at=at,
            correlation_id=gathered.correlation_id, **about,
        )  # fmt: skip
