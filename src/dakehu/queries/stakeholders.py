"""The customer's people in a deal (CUS-11): who of them is in sight, the light, the empty seats.

Whoever sees the opportunity sees the light and which seats are taken; name and part of somebody
only where the contact is in sight, else they are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.teams import Light, Player, empty_seats, light_of
from dakehu.models import Account, Contact, Stakeholder
from dakehu.queries.contacts import hidden_fields
from dakehu.queries.records import Record, record_in_sight

MOST = 100
_CHOICES = 200


@dataclass(frozen=True, slots=True)
class StakeholderRow:
    """Somebody of the customer with their part; the note is about a person, and masked so."""

    id: int
    version: int
    contact_id: int
    name: str
    title: str
    account: str
    roles: tuple[str, ...]
    influence: int
    attitude: int | None
    note: str
    note_hidden: bool
    last_contact_on: Any


@dataclass(frozen=True, slots=True)
class DecisionMap:
    """The people in sight, how many are not, the light and the empty seats of all."""

    record: Record
    rows: tuple[StakeholderRow, ...]
    hidden: int
    light: Light
    empty: tuple[str, ...]
    may_edit: bool
    may_add_contact: bool
    #: What the rule sees of all of them, in sight or not, by their number.
    players: Mapping[int, Player]

    def without(self, stakeholder_id: int) -> tuple[Light, tuple[str, ...]]:
        """Give the light and the empty seats that there are without somebody."""
        left = [player for pk, player in self.players.items() if pk != stakeholder_id]
        return light_of(left), empty_seats(player.roles for player in left)

    def row(self, stakeholder_id: int) -> StakeholderRow:
        """Give one of the people in sight. NotFound `stakeholder.not_found`."""
        for found in self.rows:
            if found.id == stakeholder_id:
                return found
        raise NotFound("stakeholder.not_found")


@dataclass(frozen=True, slots=True)
class ContactChoice:
    """A contact who can become a stakeholder."""

    id: int
    name: str
    title: str
    account: str


def decision_map(viewer: Viewer, *, opportunity_id: int) -> DecisionMap:
    """Give the map. NotFound `opportunity.not_found` where the deal is out of sight."""
    record = record_in_sight(viewer, kind="opportunity", record_id=opportunity_id)
    # Put in order below: asked for by number, a planner may walk the whole table by its key.
    every = list(
        Stakeholder.objects.filter(
            opportunity_id=record.id, contact__deleted_at__isnull=True
        ).select_related("contact__account")[:MOST]
    )
    accounts = {row.contact.account_id for row in every} | {record.account_id} - {None}
    seen = _seen(viewer, accounts)
    players = {row.pk: Player(tuple(row.roles), row.influence, row.attitude) for row in every}
    shown = [row for row in every if row.contact.account_id in seen]
    may_edit = not record.is_gone and record.right(viewer, "stakeholder.edit") is not None
    return DecisionMap(
        record=record,
        rows=tuple(_row(viewer, row) for row in sorted(shown, key=_order)),
        hidden=len(every) - len(shown),
        light=light_of(players.values()),
        empty=empty_seats(player.roles for player in players.values()),
        may_edit=may_edit,
        may_add_contact=may_edit and record.account_id in seen,
        players=players,
    )


def contact_choices(viewer: Viewer, *, opportunity_id: int) -> tuple[ContactChoice, ...]:
    """Give the contacts in sight of the deal's account and its group who are not on the map."""
    record = record_in_sight(viewer, kind="opportunity", record_id=opportunity_id)
    if record.account_id is None:
        return ()
    path = Account.objects.values_list("path", flat=True).get(pk=record.account_id)
    there = Stakeholder.objects.filter(opportunity_id=record.id).values("contact_id")
    rows = (
        Contact.objects.filter(
            account__in=Account.visible_to(viewer).filter(path__startswith=path[: Account.steplen]),
            deleted_at__isnull=True,
        )
        .exclude(pk__in=there)
        .select_related("account")
        .order_by("sort_key", "id")[:_CHOICES]
    )
    return tuple(
        ContactChoice(row.pk, row.name, row.title, row.account.name)
        for row in sorted(rows, key=lambda row: row.account_id != record.account_id)
    )


def _seen(viewer: Viewer, accounts: set[int | None]) -> set[int | None]:
    if viewer.sees_all or not accounts:
        return accounts
    found = Account.visible_to(viewer).filter(pk__in=accounts)
    return set(found.values_list("pk", flat=True))


def _order(row: Stakeholder) -> tuple[bool, int, int]:
    player = Player(tuple(row.roles), row.influence, row.attitude)
    return not player.is_key, -row.influence, row.pk


def _row(viewer: Viewer, row: Stakeholder) -> StakeholderRow:
    hidden = "note" in hidden_fields(viewer, row.contact.account)
    return StakeholderRow(
        id=row.pk,
        version=row.version,
        contact_id=row.contact_id,
        name=row.contact.name,
        title=row.contact.title,
        account=row.contact.account.name,
        roles=tuple(row.roles),
        influence=row.influence,
        attitude=row.attitude,
        note="" if hidden else row.note,
        note_hidden=bool(row.note) and hidden,
        last_contact_on=row.contact.last_contact_on,
    )
