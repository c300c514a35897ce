"""What the people of the demo's log-ins do every day: records looked at, pinned, followed, told."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dakehu.actions.notices.tell import Telling, write_notices
from dakehu.core.ledger import Place
from dakehu.models import Account, Mark, Opportunity, Person
from dakehu.queries.people import DEMO_LOG_INS, viewer_of

_SEEN, _PINNED, _FOLLOWED, _TOLD = 8, 2, 3, 3


def write_habits(*, today: date) -> None:
    """Write marks and notices of yesterday for those whom one may be by one click."""
    at = datetime.combine(today - timedelta(days=1), time(9), ZoneInfo("Asia/Shanghai"))
    people = Person.objects.filter(login__in=DEMO_LOG_INS).order_by("id")
    for person in people:
        _write(person, today, at)


def _write(person: Person, today: date, at: datetime) -> None:
    viewer = viewer_of(person_id=person.pk, login=person.login, today=today, language="en")
    deals = list(
        Opportunity.objects.visible_to(viewer)
        .filter(place=Place.OPEN, voided=False)
        .order_by("-base_minor", "id")
        .values_list("id", "owner_id", "stage_id", "method_version_id")[: _SEEN * 3]
    )
    accounts = Account.visible_to(viewer).order_by("id").values_list("id", flat=True)[:_PINNED]
    marks = [
        Mark(
            person=person, object_type="opportunity", object_id=pk,
            seen_at=at - timedelta(minutes=17 * place) if place < _SEEN else None,
            pinned_at=at if place < _PINNED else None,
            followed_at=at if place < _FOLLOWED and owner != person.pk else None,
        )
        for place, (pk, owner, _stage, _version) in enumerate(deals)
        if place < _SEEN
    ]  # fmt: skip
    marks += [
        Mark(
            person=person, object_type="account", object_id=pk, seen_at=at - timedelta(hours=3),
            pinned_at=at - timedelta(hours=place),
        )
        for place, pk in enumerate(accounts)
    ]  # fmt: skip
    Mark.objects.bulk_create(marks)
    moved = [deal for deal in deals[:_FOLLOWED] if deal[1] != person.pk]
    for pk, owner, stage, version in moved:
        facts = {"to": "on", "stage": stage, "version": version}
        told = [Telling(person.pk, "opportunity", pk, facts)]
        write_notices("stage_moved", told, actor_id=owner, at=at)
    given = [deal for deal in deals if deal[1] == person.pk][:_TOLD]
    told = [Telling(person.pk, "opportunity", pk) for pk, *_rest in given]
    write_notices("assigned", told, actor_id=None, at=at - timedelta(days=2))
