"""Who may see and do what: one table of roles, scopes and permissions (DESIGN: Permission).

Rights of several appointments are the union. A scope says which records a role reaches: one's
own, those of the unit's subtree, or all; single records are reached by grants.
"""

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
    "account.edit",
}  # fmt: skip

ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        Role(
            "salesperson",
            Scope.OWN,
            frozenset(_EDIT | {"small_sale.record"}),
            frozenset({"contact.phone"}),
        ),
        Role(
            "unit_head",
            Scope.SUBTREE,
            frozenset(
                {
                    "opportunity.reassign", "evidence.validate", "gate.overrule", "norm.set",
                    "quota.set", "account.assign",
                }
            ),
            frozenset({"contact.phone", "margin"}),
        ),
        Role(
            "sales_operations",
            Scope.SUBTREE,
            frozenset(
                {
                    "import.run", "import.history", "account.merge", "account.assign",
                    "account.create", "account.edit", "contact.edit", "method.edit",
                    "product.edit", "ledger.correct", "opportunity.import",
                }
            ),
            frozenset({"contact.phone"}),
        ),
        Role("executive", Scope.ALL, fields=frozenset({"margin"})),
        Role(
            "finance",
            Scope.ALL,
            frozenset(
                {"small_sale.record", "rate.set", "books.close", "books.post", "receivable.edit"}
            ),
            frozenset({"margin", "rates"}),
        ),
        Role("support", Scope.NONE, frozenset({"hours.record"})),
        Role("auditor", Scope.ALL, frozenset({"audit.read"}), frozenset({"margin", "rates"})),
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
    def owns(self) -> int | None:
        """Give the person whose own records are in scope, if the role has any."""
        owning = any(ROLES[r.role].scope in (Scope.OWN, Scope.SUBTREE) for r in self.reaches)
        return self.person_id if owning else None

    def holds(self, permission: str) -> bool:
        """Test if any role of the viewer has the permission, on whatever record."""
        return self.is_operator or any(permission in ROLES[r.role].may for r in self.reaches)

    def reads_field(self, field: str) -> bool:
        """Test if a sensitive field is readable in some role."""
        return self.is_operator or any(field in ROLES[r.role].fields for r in self.reaches)

    def may(
        self,
        permission: str,
        *,
        owner_id: int | None,
        unit_id: int | None,
        granted: str | None = None,
    ) -> bool:
        """Test if the viewer may do this to a record of that owner and unit.

        `granted` is the right of a grant on the record: work lets a salesperson edit it.
        """
        if self.is_operator:
            return True
        own = owner_id is not None and owner_id == self.person_id
        if own and permission in NOT_ON_OWN:
            return False
        for reach in self.reaches:
            role = ROLES[reach.role]
            if permission not in role.may:
                continue
            if role.scope is Scope.ALL:
                return True
            if role.scope is Scope.SUBTREE and unit_id in reach.units:
                return True
            if role.scope is Scope.OWN and (own or granted == "work"):
                return True
        return False


def operator(language: str = "en") -> Viewer:
    """Give the viewer of the command line: who can reach the database sees all."""
    return Viewer(None, "operator", language, is_operator=True)
