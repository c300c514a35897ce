"""Writing the demo's activities: on each deal, with somebody of its account."""

from collections.abc import Mapping, Sequence

from dakehu.actions.bulk import insert_rows, take_ids
from dakehu.core.demo.activities import ActivityPlan
from dakehu.models import Activity, ActivityContact

_ACTIVITY = (
    "id", "kind", "state", "subject", "owner_id", "unit_id", "account_id", "opportunity_id", "on",
    "starts_at", "minutes", "location", "outcome", "result", "next_step", "created_at",
    "created_by_id", "updated_at", "version",
)  # fmt: skip
#: An opportunity's id, its account, and what is done on it.
Told = tuple[int, int, list[ActivityPlan]]


def write_activities(told: Sequence[Told], contacts: Mapping[int, Sequence[int]]) -> None:
    """Write the activities of some deals; `contacts`: the people of each account."""
    flat = [(deal, account, plan) for deal, account, plans in told for plan in plans]
    ids = list(take_ids(Activity, len(flat)))
    insert_rows(
        Activity,
        _ACTIVITY,
        (
            (
                pk, int(p.kind), int(p.state), p.subject, p.owner_id, p.unit_id, account, deal,
                p.on, p.starts_at, p.minutes, "", int(p.outcome), p.result, "", p.created_at,
                p.owner_id, p.created_at, 1,
            )
            for pk, (deal, account, p) in zip(ids, flat, strict=True)
        ),
    )  # fmt: skip
    insert_rows(
        ActivityContact,
        ("activity_id", "contact_id"),
        (
            (pk, contacts[account][plan.contact % len(contacts[account])])
            for pk, (_deal, account, plan) in zip(ids, flat, strict=True)
            if contacts.get(account)
        ),
    )
