"""What one run of an import carries along: who, when, what is known, what came of each row."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from dakehu.actions.bulk import insert_rows
from dakehu.actions.names import LookUps
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.imports.mapping import MIXED
from dakehu.core.imports.plan import At
from dakehu.core.imports.problems import Problem, Severity, refused, warned
from dakehu.core.imports.recipes import Recipe
from dakehu.models import ExternalId

_SYSTEMS = {
    "opportunity": "opportunities", "account": "accounts", "contact": "contacts",
    "product": "products", "person": "people", "unit": "people",
}  # fmt: skip
_RANK = {"unchanged": 0, "changed": 1, "created": 2}


@dataclass
class Work:
    """The state of a run. Refused rows are those with a problem that says so."""

    actor: Viewer
    recipe: Recipe
    correlation_id: UUID
    today: date
    at: datetime
    currency: str
    digits: int
    first_on: date
    look_ups: LookUps
    problems: list[Problem] = field(default_factory=list)
    created: Counter[str] = field(default_factory=Counter)
    rows: dict[At, str] = field(default_factory=dict)
    #: What was made beside the ledger, as (kind, id), so that the import can be taken back.
    made: list[tuple[str, int]] = field(default_factory=list)
    root: int | None = None
    people: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    _reached: dict[int | None, bool] = field(default_factory=dict)

    def refuse(self, at: At, code: str, column: str = "", **facts: Any) -> None:
        """Leave a row out, saying why."""
        self.problems.append(refused(at.file, at.row, column, code, **facts))

    def warn(self, at: At, code: str, column: str = "", **facts: Any) -> None:
        """Let a row in and say what is doubtful."""
        self.problems.append(warned(at.file, at.row, column, code, **facts))

    def mark(self, at: At, outcome: str) -> None:
        """Note what came of a row: created beats changed beats unchanged."""
        if _RANK[outcome] >= _RANK.get(self.rows.get(at, ""), -1):
            self.rows[at] = outcome

    def changed(self, at: At, name: str, fields: Iterable[str]) -> None:
        """Say that a row differs from what is here; nothing is overwritten."""
        self.warn(at, "import.differs_not_updated", name=name, fields=sorted(fields))
        self.mark(at, "changed")

    def refuse_hidden(self, at: At, name: str) -> None:
        """Leave out a row whose record is out of sight: no more is said, and it is counted."""
        self.look_ups.tell(name)
        self.refuse(at, "import.kept_elsewhere", name=name)

    def make(self, kind: str, at: At, number: int = 1) -> None:
        """Count what was created from a row."""
        self.created[kind] += number
        self.mark(at, "created")

    def reaches(self, unit_id: int | None) -> bool:
        """Test if the actor may import into a unit."""
        if unit_id not in self._reached:
            self._reached[unit_id] = self.actor.may("import.run", owner_id=None, unit_id=unit_id)
        return self._reached[unit_id]

    def allow(self, unit_id: int) -> None:
        """Note that a unit was hung under one that the actor reaches."""
        self._reached[unit_id] = True

    def require(self, permission: str) -> None:
        """Refuse the run to whom the permission is missing. Raises NotAllowed(permission)."""
        if not self.actor.holds(permission):
            raise NotAllowed(permission)

    def refused_rows(self) -> set[At]:
        """Give the rows that stay out."""
        return {
            At(p.file, p.row)
            for p in self.problems
            if p.severity is Severity.REFUSED and p.row is not None
        }

    def system(self, object_type: str) -> str:
        """Give under which name ids are kept: files of several kinds keep those of each kind."""
        return self.recipe.key if self.recipe.key != MIXED else _SYSTEMS[object_type]

    def known(self, object_type: str) -> dict[str, int]:
        """Give what this recipe brought before: external id to our id."""
        rows = ExternalId.objects.filter(system=self.system(object_type), object_type=object_type)
        return dict(rows.values_list("external_id", "object_id"))

    def known_among(self, object_type: str, externals: Sequence[str]) -> dict[str, int]:
        """Give those of these ids that came before, with ours."""
        rows = ExternalId.objects.filter(
            system=self.system(object_type), object_type=object_type, external_id__among=externals
        )
        return dict(rows.values_list("external_id", "object_id"))

    def remember(self, object_type: str, ids: Iterable[tuple[str, int]]) -> None:
        """Keep the ids of another system, so that a second import knows the rows."""
        insert_rows(
            ExternalId,
            ("system", "object_type", "external_id", "object_id"),
            ((self.system(object_type), object_type, external, ours) for external, ours in ids),
        )
