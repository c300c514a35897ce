"""The selling team of an opportunity (PRJ-3): its members see the deal, some work on it."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.notices import tell
from dakehu.actions.opportunities.held import hold
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.past import KEPT
from dakehu.core.teams import TEAM_RIGHTS, TEAM_ROLES
from dakehu.models import Change, Grant, Opportunity, Person, TeamMember
from dakehu.queries.records import LARGEST_ID
from dakehu.queries.seats import seats

#: What is on record of the people of a deal: beside its own changes, which undo takes back.
OBJECT_TYPE = "deal_people"
BECAUSE = "selling_team"
#: Within so long a removal that its actor takes back was a slip of the hand: nobody is told.
_SLIP = timedelta(hours=1)


@transaction.atomic
def add_member(
    *,
    actor: Viewer,
    opportunity_id: int,
    person_id: int,
    role: str,
    right: str,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Put a colleague on the selling team, with the grant that goes with it; gives the member's id.

    NotFound `opportunity.not_found`, NotAllowed `team.edit`, `team.oneself`, RuleBroken
    `team.unknown_role`, `team.unknown_right`, `team.no_such_person`, `team.is_owner`,
    `team.already_there`.
    """
    row, by = _held(actor, opportunity_id)
    _check(role, right)
    if person_id == actor.person_id:
        raise NotAllowed("team.oneself")
    person = _colleague(person_id, today)
    if person.pk == row.owner_id:
        raise RuleBroken("team.is_owner", field="person")
    if TeamMember.objects.filter(opportunity=row, person=person).exists():
        raise RuleBroken("team.already_there", field="person")
    member = TeamMember.objects.create(
        opportunity=row, person=person, role=role, right=right, added_at=at,
        added_by_id=actor.person_id,
    )  # fmt: skip
    _grant(actor, member, at)
    _note(actor, row.pk, (None, _plain(member, person)), by, way, at)
    _tell(actor, member, at)
    return member.pk


@transaction.atomic
def change_member(
    *,
    actor: Viewer,
    opportunity_id: int,
    member_id: int,
    role: str,
    right: str,
    seen: tuple[str, str] | None,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Give a member another role or right; never oneself a further one.

    As `add_member`; NotFound `team.no_member`, RuleBroken `team.changed` where `seen` (role and
    right as the actor saw them) is no longer so.
    """
    row, by = _held(actor, opportunity_id)
    _check(role, right)
    member = _member(row, member_id)
    if member.person_id == actor.person_id and right != member.right:
        raise NotAllowed("team.oneself")
    if right != member.right:
        _colleague(member.person_id, today)
    if seen is not None and seen != (member.role, member.right):
        raise RuleBroken("team.changed")
    before = _plain(member, member.person)
    member.role, member.right = role, right
    member.save(update_fields=["role", "right"])
    _grant(actor, member, at)
    _note(actor, row.pk, (before, _plain(member, member.person)), by, way, at)


@transaction.atomic
def remove_member(
    *,
    actor: Viewer,
    opportunity_id: int,
    member_id: int,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Take a colleague off the team, with the grant of the team; everybody may leave by themselves.

    What was granted for another reason stays. Gives the number of the removal, by which
    `restore_member` takes it back. NotFound, NotAllowed `team.edit`.
    """
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    member = _member(held.row, member_id)
    by: Right | None = Right()
    if member.person_id != actor.person_id:
        by = _right(actor, held.row)
    if by is None:
        raise NotAllowed("team.edit")
    before = _plain(member, member.person)
    Grant.objects.filter(
        person_id=member.person_id, opportunity_id=held.row.pk, because=BECAUSE
    ).delete()
    member.delete()
    added = {"added_at": member.added_at.isoformat(), "added_by": member.added_by_id}
    saved = _note(actor, held.row.pk, (before | added, None), by, way, at)
    return removal_of(held.row.pk, saved)


@transaction.atomic
def restore_member(
    *, actor: Viewer, removal_id: int, today: date, at: datetime, way: Way = Way.UNDO
) -> int:
    """Put a colleague back on the team as they stood, within 30 days; gives the opportunity's id.

    They are told, unless who took them off puts them back at once. Who left by themselves is
    added anew. As `add_member`; NotFound `past.nothing_to_undo`, RuleBroken `note.too_late`.
    """
    gone = removal_held(actor, "team", removal_id, at)
    row, by = _held(actor, gone.object_id)
    old: Any = gone.old
    if old["person"] == actor.person_id:
        raise NotAllowed("team.oneself")
    if old["person"] == gone.actor_id:
        raise NotFound("past.nothing_to_undo")
    person = _colleague(old["person"], today)
    if person.pk == row.owner_id:
        raise RuleBroken("team.is_owner")
    if TeamMember.objects.filter(opportunity=row, person=person).exists():
        raise RuleBroken("team.already_there")
    check_last_removal(gone, "person")
    member = TeamMember.objects.create(
        opportunity=row, person=person, role=old["role"], right=old["right"],
        added_at=datetime.fromisoformat(old["added_at"]) if "added_at" in old else gone.at,
        added_by_id=old.get("added_by"),
    )  # fmt: skip
    _grant(actor, member, at)
    _note(actor, row.pk, (None, _plain(member, person)), by, way, at)
    if gone.actor_id != actor.person_id or at - gone.at > _SLIP:
        _tell(actor, member, at)
    return row.pk


def removal_of(opportunity_id: int, saved: UUID) -> int:
    """Give the number of the removal that was just recorded."""
    rows = Change.objects.filter(object_type=OBJECT_TYPE, object_id=opportunity_id)
    return rows.values_list("pk", flat=True).get(correlation_id=saved)


def removal_held(actor: Viewer, field: str, removal_id: int, at: datetime) -> Change:
    """Give the record of a removal that can be taken back yet, of a deal in sight.

    NotFound `past.nothing_to_undo`, RuleBroken `note.too_late`.
    """
    gone = Change.objects.filter(
        pk=min(removal_id, LARGEST_ID), object_type=OBJECT_TYPE, field=field, new__isnull=True
    ).first()
    seen = Opportunity.objects.visible_to(actor)
    if gone is None or not seen.filter(pk=gone.object_id).exists():
        raise NotFound("past.nothing_to_undo")
    if at - gone.at > KEPT:
        raise RuleBroken("note.too_late", limit=KEPT.days)
    return gone


def check_last_removal(gone: Change, whom: str) -> None:
    """Refuse a removal after which the same person came and went again.

    NotFound `past.nothing_to_undo`.
    """
    later = Change.objects.filter(
        object_type=OBJECT_TYPE, object_id=gone.object_id, field=gone.field, pk__gt=gone.pk
    )
    kept: Any = [row.old or row.new for row in (gone, *later)]
    if any(one[whom] == kept[0][whom] for one in kept[1:]):
        raise NotFound("past.nothing_to_undo")


def _held(actor: Viewer, opportunity_id: int) -> tuple[Opportunity, Right]:
    held = hold(actor=actor, opportunity_id=min(opportunity_id, LARGEST_ID), seen_version=None)
    right = _right(actor, held.row)
    if right is None:
        raise NotAllowed("team.edit")
    return held.row, right


def _right(actor: Viewer, row: Opportunity) -> Right | None:
    """Give the right by owner or unit: who is on the team by a grant lets nobody in."""
    return actor.right_to("team.edit", owner_id=row.owner_id, unit_id=row.unit_id)


def _check(role: str, right: str) -> None:
    if role and role not in TEAM_ROLES:
        raise RuleBroken("team.unknown_role", field="role", role=role[:24])
    if right not in TEAM_RIGHTS:
        raise RuleBroken("team.unknown_right", field="right", right=right[:8])


def _colleague(person_id: int, today: date) -> Person:
    person = Person.objects.filter(pk=min(person_id, LARGEST_ID), is_active=True).first()
    if person is None or not seats().of(person.pk, today):
        raise RuleBroken("team.no_such_person", field="person")
    return person


def _member(row: Opportunity, member_id: int) -> TeamMember:
    member = (
        TeamMember.objects.select_related("person")
        .filter(pk=min(member_id, LARGEST_ID), opportunity=row)
        .first()
    )
    if member is None:
        raise NotFound("team.no_member")
    return member


def _grant(actor: Viewer, member: TeamMember, at: datetime) -> None:
    Grant.objects.update_or_create(
        person_id=member.person_id,
        opportunity_id=member.opportunity_id,
        because=BECAUSE,
        defaults={"right": member.right, "granted_at": at, "granted_by_id": actor.person_id},
    )


def _tell(actor: Viewer, member: TeamMember, at: datetime) -> None:
    tell(
        kind="assigned",
        people=[member.person_id],
        actor=actor,
        at=at,
        object_type="opportunity",
        object_id=member.opportunity_id,
        facts={"as": "team", "role": member.role, "right": member.right},
    )


def _plain(member: TeamMember, person: Person) -> dict[str, Any]:
    return {
        "person": person.pk, "zh": person.name, "en": person.name_en or person.name,
        "role": member.role, "right": member.right,
    }  # fmt: skip


def _note(
    actor: Viewer,
    opportunity_id: int,
    change: tuple[Any, Any],
    by: Right,
    way: Way,
    at: datetime,
) -> UUID:
    saved = uuid4()
    record_changes(
        actor=actor,
        object_type=OBJECT_TYPE,
        object_id=opportunity_id,
        changes={"team": change},
        correlation_id=saved,
        way=way,
        at=at,
        for_person_id=by.for_person,
    )
    return saved
