"""Who was taken off a deal and can be put back: read from what is on record beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from dakehu.core.access import Viewer
from dakehu.core.past import KEPT
from dakehu.models import Account, Change, Contact, Grant, Opportunity
from dakehu.queries.people import PersonName, person_name

#: What actions.teams and actions.stakeholders record beside a deal.
_ON_RECORD = "deal_people"
#: By kind: the field of the change, and what it names somebody by.
REMOVED = {"stakeholder": ("stakeholder", "contact"), "member": ("team", "person")}
#: So many changes of teams and maps are looked through.
_READ = 5_000
_KIND_OF = {field: kind for kind, (field, _whom) in REMOVED.items()}


@dataclass(frozen=True, slots=True)
class Removal:
    """Somebody who was taken off a deal: `id` is the number of the change that says so."""

    kind: str
    id: int
    name: str
    about: str
    at: datetime
    by: PersonName | None
    may_restore: bool


def removals(
    viewer: Viewer, *, at: datetime, kinds: Sequence[str], most: int
) -> tuple[list[Removal], bool]:
    """Give whom the viewer took off deals in sight and who is off still, at most so many a kind.

    And whether there are more.
    """
    fields = [REMOVED[kind][0] for kind in kinds]
    changes = Change.objects.filter(object_type=_ON_RECORD, field__in=fields, at__gte=at - KEPT)
    gone = changes.filter(new__isnull=True)
    if not viewer.is_operator:
        gone = gone.filter(actor_id=viewer.person_id)
    # With all that came later on the same deals: who is back since is off no longer. The newest
    # are read, so that what came later is among them wherever the reading ends.
    rows: list[Any] = list(
        changes.filter(object_id__in=gone.values("object_id"))
        .select_related("actor")
        # Along the index of an object's history: by its key alone the whole table may be walked.
        .order_by("-object_type", "-id")[:_READ]
    )
    last: dict[tuple[int, str, int], Any] = {}
    for row in rows:
        last.setdefault((row.object_id, row.field, _whom(row)), row)
    found = [
        row
        for row in last.values()
        if row.new is None and (viewer.is_operator or row.actor_id == viewer.person_id)
    ]
    deals = _deals(viewer, {row.object_id for row in found})
    names = _contacts(viewer, {_whom(row) for row in found if row.field == "stakeholder"})
    shown: dict[str, list[Removal]] = {kind: [] for kind in kinds}
    for row in found:
        kind, deal = _KIND_OF[row.field], deals.get(row.object_id)
        whom = _whom(row)
        name = names.get(whom) if kind == "stakeholder" else _called(viewer, row.old)
        # Who left the team by themselves is added anew: nobody lets themselves in.
        left = kind == "member" and row.actor_id == whom
        if deal is None or name is None or left:
            continue
        may = _may_put_back(viewer, kind, deal, whom)
        by = person_name(row.actor) if row.actor else None
        shown[kind].append(Removal(kind, row.pk, name, deal.name, row.at, by, may))
    cut = len(rows) == _READ or any(len(one) > most for one in shown.values())
    return [removal for one in shown.values() for removal in one[:most]], cut


def _whom(row: Any) -> int:
    kept: dict[str, int] = row.old or row.new
    return kept[REMOVED[_KIND_OF[row.field]][1]]


def _deals(viewer: Viewer, ids: set[int]) -> dict[int, Any]:
    """Give the opportunities in sight that stand, with what the viewer was granted on each."""
    if not ids:
        return {}
    work = Grant.objects.filter(
        person_id=viewer.person_id or 0, right="work", opportunity_id=OuterRef("pk")
    )
    rows = Opportunity.objects.filter(pk__in=ids, voided=False).visible_to(viewer)
    return {row.pk: row for row in rows.annotate(granted_work=Exists(work))}


def _contacts(viewer: Viewer, ids: set[int]) -> dict[int, str]:
    """Name the contacts in sight; those who were deleted come back first."""
    if not ids:
        return {}
    rows = Contact.objects.filter(pk__in=ids, account__in=Account.visible_to(viewer))
    return dict(rows.values_list("pk", "name"))


def _called(viewer: Viewer, kept: Any) -> str:
    return str(kept["en" if viewer.language.startswith("en") else "zh"])


def _may_put_back(viewer: Viewer, kind: str, deal: Any, whom: int) -> bool:
    if kind == "member":
        # Nobody lets themselves in, and who was let in lets nobody in.
        may = viewer.may("team.edit", owner_id=deal.owner_id, unit_id=deal.unit_id)
        return may and whom not in (viewer.person_id, deal.owner_id)
    return viewer.may(
        "stakeholder.edit",
        owner_id=deal.owner_id,
        unit_id=deal.unit_id,
        granted="work" if deal.granted_work else None,
    )
