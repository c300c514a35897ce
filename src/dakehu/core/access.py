"""Who may see and do what: one table of roles, scopes and permissions (DESIGN: Permission).

Rights of several appointments are the union. A scope says which records a role reaches: one's
own, those of the unit's subtree, or all; single records are reached by grants.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """How far the role of an appointment reaches."""

    OWN = "own"
    SUBTREE = "subtree"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Role:
    """What a role sees and may do beside reading."""

    key: str
    scope: Scope
    may: frozenset[str] = frozenset()
    #: Fields that only some roles may read (DESIGN: masked in one serialiser).
    fields: frozenset[str] = frozenset()


_EDIT = {
    "opportunity.create", "opportunity.edit", "opportunity.advance", "opportunity.regress",
    "opportunity.win", "opportunity.lose", "opportunity.abandon", "opportunity.reopen",
    "opportunity.void", "opportunity.restore", "evidence.tick", "contact.edit", "account.create",
    "account.edit", "account.delete", "contact.delete", "team.edit", "stakeholder.edit",
    "file.attach",
}  # fmt: skip
#: What everybody may who has to do with customers, on what they see (docs/decisions/0018).
_TAKES_PART = {"note.write", "activity.log"}

ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        Role(
            "salesperson",
            Scope.OWN,
            frozenset(_EDIT | _TAKES_PART | {"small_sale.record"}),
            frozenset({"contact.phone", "contact.note"}),
        ),
        Role(
            "unit_head",
            Scope.SUBTREE,
            frozenset(
                {
                    "opportunity.reassign", "evidence.validate", "gate.overrule", "norm.set",
                    "quota.set", "account.assign", "review.save", "view.share", "team.edit",
                    "file.attach",
                }
                | _TAKES_PART
            ),
            frozenset({"contact.phone", "contact.note", "margin"}),
        ),
        Role(
            "sales_operations",
            Scope.SUBTREE,
            frozenset(
                {
                    "import.run", "import.history", "account.merge", "account.assign",
                    "account.create", "account.edit", "contact.edit", "method.edit",
                    "product.edit", "ledger.correct", "opportunity.import",
                    "review.save", "view.share", "account.delete", "contact.delete", "file.attach",
                    "team.edit",
                }
                | _TAKES_PART
            ),
            frozenset({"contact.phone", "contact.note"}),
        ),
        Role(
            "executive", Scope.ALL, frozenset(_TAKES_PART), frozenset({"contact.note", "margin"})
        ),
        Role(
            "finance",
            Scope.ALL,
            frozenset(
                {"small_sale.record", "rate.set", "books.close", "books.post", "receivable.edit"}
                | _TAKES_PART
            ),
            frozenset({"margin", "rates"}),
        ),
        Role(
            "support",
            Scope.NONE,
            frozenset({"hours.record"} | _TAKES_PART),
            frozenset({"contact.note"}),
        ),
        Role(
            "auditor",
            Scope.ALL,
            frozenset({"audit.read"}),
            frozenset({"contact.note", "margin", "rates"}),
        ),
        Role(
            "administrator",
            Scope.NONE,
            frozenset({"person.edit", "unit.edit", "settings.edit", "method.edit"}),
        ),
    )
}  # fmt: skip

#: Never done by a person to what is their own (FUN-3, FOR-5).
NOT_ON_OWN = frozenset({"opportunity.reassign", "evidence.validate", "gate.overrule"})


@dataclass(frozen=True, slots=True)
class Reach:
    """One appointment in force: the role, and the units it reaches today."""

    role: str
    unit_id: int
    units: frozenset[int]
    #: Whom a deputy stands in for: that person's own records are this appointment's own.
    for_person: int | None = None


@dataclass(frozen=True, slots=True)
class Right:
    """That somebody may do something; `for_person` where only as the deputy of that person."""

    for_person: int | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: every query's first argument. The operator of the machine sees and may all."""

    person_id: int | None
    login: str
    language: str
    reaches: tuple[Reach, ...] = ()
    is_operator: bool = False

    @property
    def sees_all(self) -> bool:
        """Test if every record of the organisation is in scope."""
        return self.is_operator or any(
            ROLES[reach.role].scope is Scope.ALL for reach in self.reaches
        )

    @property
    def units(self) -> frozenset[int]:
        """Give the units whose records are in scope today."""
        return frozenset(
            unit
            for reach in self.reaches
            if ROLES[reach.role].scope is Scope.SUBTREE
            for unit in reach.units
        )

    @property
    def owners(self) -> frozenset[int]:
        """Give the people whose own records are in scope: oneself, and whom one stands in for."""
        people = (
            reach.for_person or self.person_id
            for reach in self.reaches
            if ROLES[reach.role].scope in (Scope.OWN, Scope.SUBTREE)
        )
        return frozenset(person for person in people if person is not None)

    @property
    def owns(self) -> int | None:
        """Give whose own records the viewer starts from: one's own before anybody else's."""
        if self.person_id in self.owners:
            return self.person_id
        return min(self.owners, default=None)

    def holds(self, permission: str) -> bool:
        """Test if any role of the viewer has the permission, on whatever record."""
        return self.right_held(permission) is not None

    def right_held(self, permission: str) -> Right | None:
        """Give the right to do this on whatever record; one's own role before a deputy's."""
        if self.is_operator:
            return Right()
        return _best(r for r in self.reaches if permission in ROLES[r.role].may)

    def reads_field(self, field: str) -> bool:
        """Test if a sensitive field is readable in some role."""
        return self.is_operator or any(field in ROLES[r.role].fields for r in self.reaches)

    def acts_for(self, permission: str) -> int | None:
        """Give whom the viewer stands in for where they do this only as a deputy."""
        right = self.right_held(permission)
        return None if right is None else right.for_person

    def may(
        self,
        permission: str,
        *,
        owner_id: int | None,
        unit_id: int | None,
        granted: str | None = None,
    ) -> bool:
        """Test if the viewer may do this to a record of that owner and unit."""
        right = self.right_to(permission, owner_id=owner_id, unit_id=unit_id, granted=granted)
        return right is not None

    def right_to(
        self,
        permission: str,
        *,
        owner_id: int | None,
        unit_id: int | None,
        granted: str | None = None,
    ) -> Right | None:
        """Give the right to do this to a record of that owner and unit, None where there is none.

        `granted` is the right of a grant on the record: work lets a salesperson edit it. Grants
        are the person's own, a deputy does not inherit them. What is refused on one's own is
        refused to one's deputy too.
        """
        if self.is_operator:
            return Right()
        barred = permission in NOT_ON_OWN and owner_id is not None
        if barred and owner_id == self.person_id:
            return None
        return _best(
            reach
            for reach in self.reaches
            if permission in ROLES[reach.role].may
            and not (barred and reach.for_person == owner_id)
            and self._covers(reach, owner_id, unit_id, granted)
        )

    def _covers(
        self, reach: Reach, owner_id: int | None, unit_id: int | None, granted: str | None
    ) -> bool:
        match ROLES[reach.role].scope:
            case Scope.ALL:
                return True
            case Scope.SUBTREE:
                return unit_id in reach.units
            case Scope.OWN:
                own = owner_id is not None and owner_id == (reach.for_person or self.person_id)
                return own or (granted == "work" and reach.for_person is None)
            case Scope.NONE:
                return False


def best_right(*rights: Right | None) -> Right | None:
    """Choose under which right one acts: one's own, else the first deputyship."""
    found = [right for right in rights if right is not None]
    return next((right for right in found if right.for_person is None), None) or next(
        iter(found), None
    )


def _best(reaches: Iterable[Reach]) -> Right | None:
    return best_right(*(Right(reach.for_person) for reach in reaches))


def operator(language: str = "en") -> Viewer:
    """Give the viewer of the command line: who can reach the database sees all."""
    return Viewer(None, "operator", language, is_operator=True)
