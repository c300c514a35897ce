"""Telling people what concerns them: the one writer of `Notice` rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dakehu.actions.background import enqueue
from dakehu.actions.together import gathering
from dakehu.core.access import Viewer
from dakehu.core.notices import KINDS
from dakehu.models import Grant, Mark, Notice, NoticeChoice, Opportunity
from dakehu.models.visibility import is_in_scope
from dakehu.queries.people import viewer_of

NOT_BY_MAIL, WAITS, SENT, GIVEN_UP = range(4)
#: Who follows something: their ids and log-ins.
Followers = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing told to one person."""

    person_id: int
    object_type: str = ""
    object_id: int | None = None
    facts: Mapping[str, Any] | None = None


def tell(
    *,
    kind: str,
    people: Iterable[int],
    actor: Viewer,
    at: datetime,
    object_type: str = "",
    object_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
    correlation_id: UUID | None = None,
) -> int:
    """Tell each of these people once, never the actor of their own deed; give how many.

    Within the transaction of the action that has something to tell: it is told or not done. Who
    wants this kind neither in the product nor by mail is told nothing. Where many saves are written
    together it waits for the end, and what is alike is told as one. `facts` are plain values
    (numbers, texts, ISO days); the words are found on reading.
    """
    assert kind in KINDS, kind
    gathered = gathering()
    if gathered is not None:
        gathered.tell(kind, people, object_type, object_id, facts)
        return 0
    told = [
        Telling(person, object_type, object_id, facts)
        for person in dict.fromkeys(people)
        if person != actor.person_id
    ]
    return write_notices(kind, told, actor_id=actor.person_id, at=at, correlation_id=correlation_id)


def untell(*, kind: str, object_type: str, object_id: int) -> None:
    """Take back what was told of something that is no longer so: unread, or a mail not yet sent."""
    told = Notice.objects.filter(kind=kind, object_type=object_type, object_id=object_id)
    told.filter(Q(read_at=None) | Q(mail_state=WAITS)).delete()


def waits_no_more(
    *, kind: str, object_type: str, object_ids: Collection[int], since: datetime, at: datetime
) -> None:
    """Mark as read, and don't mail, what was told since then and waits for nobody any more."""
    told = Notice.objects.filter(
        kind=kind, at__gte=since, object_type=object_type, object_id__in=object_ids
    )
    told.filter(mail_state=WAITS).update(mail_state=NOT_BY_MAIL, mail_at=None)
    told.filter(read_at=None).update(read_at=at)


def tell_followers(
    *,
    row: Opportunity,
    actor: Viewer,
    today: date,
    at: datetime,
    facts: Mapping[str, Any],
    correlation_id: UUID | None = None,
) -> int:
    """Tell who follows an opportunity, and sees it, that it moved.

    Where nobody follows it is one question.
    """
    people = _who_see(row, _followers(row.pk), today)
    if not people:
        return 0
    return tell(
        kind="stage_moved", people=people, actor=actor, at=at, object_type="opportunity",
        object_id=row.pk, facts=facts, correlation_id=correlation_id,
    )  # fmt: skip


def _who_see(row: Opportunity, followers: Followers, today: date) -> list[int]:
    """Keep those who see it by their seats or by a grant, which is asked for where it decides."""
    inside = {
        person
        for person, login in followers
        if is_in_scope(
            viewer_of(person_id=person, login=login, today=today, language="en"),
            owner_id=row.owner_id,
            unit_id=row.unit_id,
        )
    }
    rest = [person for person, _login in followers if person not in inside]
    if rest:
        granted = Grant.objects.filter(person_id__in=rest, opportunity_id=row.pk)
        inside |= set(granted.values_list("person_id", flat=True))
    return [person for person, _login in followers if person in inside]


def _followers(opportunity_id: int) -> Followers:
    """Give who follows an opportunity; of many that are saved together all are asked for once."""
    gathered = gathering()
    following = Mark.objects.filter(object_type="opportunity", followed_at__isnull=False)
    if gathered is None:
        mine = following.filter(object_id=opportunity_id).order_by("person_id")
        return list(mine.values_list("person_id", "person__login")[:2000])
    if gathered.followers is None:
        gathered.followers = {}
        rows = following.filter(object_id__in=list(gathered.rows)).order_by("person_id")
        for pk, person, login in rows.values_list("object_id", "person_id", "person__login"):
            gathered.followers.setdefault(pk, []).append((person, login))
    return gathered.followers.get(opportunity_id, [])


def write_notices(
    kind: str,
    told: Sequence[Telling],
    *,
    actor_id: int | None,
    at: datetime,
    correlation_id: UUID | None = None,
) -> int:
    """Write notices of a kind as each person wants them; give how many."""
    assert kind in KINDS, kind
    if not told:
        return 0
    chosen = {
        person: (in_product, mail)
        for person, in_product, mail in NoticeChoice.objects.filter(
            kind=kind, person_id__in=sorted({one.person_id for one in told})
        ).values_list("person_id", "in_product", "mail")
    }
    rows = []
    for one in told:
        in_product, mail = chosen.get(one.person_id, (True, KINDS[kind].mail))
        if settings.MAIL == "off":
            mail = "off"
        if not in_product and mail == "off":
            continue
        rows.append(
            Notice(
                person_id=one.person_id,
                kind=kind,
                object_type=one.object_type,
                object_id=one.object_id,
                facts=dict(one.facts or {}),
                actor_id=actor_id,
                correlation_id=correlation_id,
                at=at,
                # Who wants it by mail only need not read it here.
                read_at=None if in_product else at,
                mail_state=NOT_BY_MAIL if mail == "off" else WAITS,
                mail_at=at if mail == "now" else None,
            )
        )
    Notice.objects.bulk_create(rows, 500)
    if any(row.mail_at is not None for row in rows):
        _mail_afterwards()
    return len(rows)


def _queue_mails() -> None:
    enqueue("mail_notices")


def _mail_afterwards() -> None:
    """Queue one job that mails what waits, when it is committed; the hourly one is behind it."""
    waiting = transaction.get_connection().run_on_commit
    if not any(entry[1] is _queue_mails for entry in waiting):
        transaction.on_commit(_queue_mails, robust=True)
