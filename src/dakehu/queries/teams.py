"""The selling team of an opportunity, for those who see it."""

from dataclasses import dataclass
from datetime import datetime

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityState
from dakehu.core.errors import NotFound
from dakehu.models import Activity, Person, TeamMember
from dakehu.queries.people import PersonName, person_name
from dakehu.queries.records import Record, record_in_sight

#: No team in earnest is larger.
MOST = 100


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A colleague on the team; `right` is read or work."""

    id: int
    person: PersonName
    role: str
    right: str
    added_at: datetime
    is_me: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class Team:
    """The primary owner and the team; whoever may edit it lets others in."""

    record: Record
    owner: PersonName
    members: tuple[MemberRow, ...]
    may_edit: bool

    def member(self, member_id: int) -> MemberRow:
        """Give one of the members. NotFound `team.no_member`."""
        for row in self.members:
            if row.id == member_id:
                return row
        raise NotFound("team.no_member")


def team(viewer: Viewer, *, opportunity_id: int) -> Team:
    """Give the team. NotFound `opportunity.not_found` where the deal is out of sight."""
    record = record_in_sight(viewer, kind="opportunity", record_id=opportunity_id)
    owner_id = record.owner_id or 0
    rows = (
        TeamMember.objects.filter(opportunity_id=record.id)
        .exclude(person_id=owner_id)
        .select_related("person")
    )[:MOST]
    return Team(
        record=record,
        owner=person_name(Person.objects.get(pk=owner_id)),
        members=tuple(
            MemberRow(
                id=row.pk,
                person=person_name(row.person),
                role=row.role,
                right=row.right,
                added_at=row.added_at,
                is_me=row.person_id == viewer.person_id,
                is_active=row.person.is_active,
            )
            for row in sorted(rows, key=lambda row: row.pk)
        ),
        may_edit=not record.is_gone and may_edit_team(viewer, record),
    )


def planned_by(viewer: Viewer, *, opportunity_id: int, person_id: int) -> int:
    """Count what somebody has planned on a deal in sight. NotFound `opportunity.not_found`."""
    record = record_in_sight(viewer, kind="opportunity", record_id=opportunity_id)
    mine = Activity.objects.there().filter(owner_id=person_id, opportunity_id=record.id)
    return mine.filter(state=ActivityState.PLANNED).count()


def may_edit_team(viewer: Viewer, record: Record) -> bool:
    """Test by owner and unit: who is on the team by a grant lets nobody in."""
    return viewer.may("team.edit", owner_id=record.owner_id, unit_id=record.unit_id)
