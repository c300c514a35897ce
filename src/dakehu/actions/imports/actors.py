"""Who an import acts as in the background."""

from datetime import date

from dakehu.core.access import Viewer, operator
from dakehu.core.errors import NotAllowed
from dakehu.models import ImportRun, Person
from dakehu.queries.people import viewer_of


def actor_of(run: ImportRun, today: date) -> Viewer:
    """Give who imports, with the rights that they have now. Raises NotAllowed("import.run")."""
    person: Person | None = run.actor
    if person is None:
        return operator()
    viewer = viewer_of(
        person_id=person.pk, login=person.login, today=today, language=person.language
    )
    if not (person.is_active and viewer.holds("import.run")):
        raise NotAllowed("import.run")
    return viewer
