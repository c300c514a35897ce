"""What the weekly mail tells somebody: what theirs lacks, what they agreed, which reviews are new.

It tells what the recipient may see on that day, and no amount: those stand behind the log-in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.models import Person
from dakehu.queries.hygiene import HygieneCounts, HygieneFilter, Medians, hygiene_counts
from dakehu.queries.paging import Cut
from dakehu.queries.people import PersonName, person_name, viewer_of
from dakehu.queries.reviews import ActionRow, ReviewRow, open_actions, reviews
from dakehu.queries.seats import seats
from dakehu.queries.speed import stage_medians

WEEK = timedelta(days=7)
ROLES = ("salesperson", "unit_head")


@dataclass(frozen=True, slots=True)
class Weekly:
    """What one recipient is told."""

    person: PersonName
    email: str
    language: str
    today: date
    is_head: bool
    counts: HygieneCounts
    actions: tuple[ActionRow, ...]
    reviews: tuple[ReviewRow, ...]

    @property
    def is_empty(self) -> bool:
        """Test if there is nothing to say: then nobody is written to."""
        return not (self.counts.untidy or self.actions or self.reviews)


def weekly(viewer: Viewer, *, today: date) -> Iterator[Weekly]:
    """Give everybody who sells or heads a unit, can be written to, and has something to be told.

    Raises NotAllowed("mail.send"): only the operator of the installation writes to everybody.
    """
    if not viewer.is_operator:
        raise NotAllowed("mail.send")
    medians = stage_medians(viewer, today=today)
    people = Person.objects.filter(is_active=True).exclude(email="").order_by("id")
    for person in people.iterator(chunk_size=500):
        roles = {s.role for s in seats().of(person.pk, today)}
        if not roles & set(ROLES):
            continue
        found = _of(person, "unit_head" in roles, today, medians)
        if not found.is_empty:
            yield found


def _of(person: Person, is_head: bool, today: date, medians: Medians) -> Weekly:
    reader = viewer_of(
        person_id=person.pk, login=person.login, today=today, language=person.language
    )
    recent: tuple[ReviewRow, ...] = ()
    if is_head:
        page = reviews(reader, today=today, cut=Cut(size=20))
        recent = tuple(row for row in page.rows if row.on > today - WEEK)
    return Weekly(
        person=person_name(person),
        email=person.email,
        language=person.language,
        today=today,
        is_head=is_head,
        counts=hygiene_counts(reader, asked=HygieneFilter(), today=today, medians=medians),
        actions=open_actions(reader, today=today),
        reviews=recent,
    )
