"""Telling people what concerns them: the one writer of `Notice` rows."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from dakehu.actions.together import gathering
from dakehu.core.access import Viewer
from dakehu.core.notices import KINDS
from dakehu.models import Notice


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

    Within the transaction of the action that has something to tell: it is told or not done.
    Where many saves are written together it waits for the end, and what is alike is told as one.
    `facts` are plain values (numbers, texts, ISO days); the words are found on reading.
    """
    assert kind in KINDS, kind
    gathered = gathering()
    if gathered is not None:
        gathered.tell(kind, people, object_type, object_id, facts)
        return 0
    told = [
        Notice(
            person_id=person,
            kind=kind,
            object_type=object_type,
            object_id=object_id,
            facts=dict(facts or {}),
            actor_id=actor.person_id,
            correlation_id=correlation_id,
            at=at,
        )
        for person in dict.fromkeys(people)
        if person != actor.person_id
    ]
    Notice.objects.bulk_create(told, 500)
    return len(told)
