"""Which rows a viewer may see: scope (own, units, all) in union with grants."""

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from dakehu.core.access import Viewer


def in_scope(viewer: Viewer, *, owner: str = "owner_id", unit: str = "unit_id") -> Q:
    """Give the condition for rows within the viewer's own scope, grants aside."""
    if viewer.sees_all:
        return Q()
    scope = Q(pk__in=[])
    if viewer.units:
        scope |= Q(**{f"{unit}__in": viewer.units})
    for person in sorted(viewer.owners):
        scope |= Q(**{owner: person})
    return scope


def visible_sql(viewer: Viewer, alias: str) -> str:
    """Give `OpportunityQuerySet.visible_to` as text, for SQL that has gathered its candidates.

    Ids are whole numbers of ours, so they stand in the text.
    """
    return _sql(viewer, alias, owner="owner_id", granted="opportunity_id")


def visible_sets_sql(viewer: Viewer, alias: str) -> list[str]:
    """Give what `OpportunityQuerySet.pages_for` splits a table into, as conditions in text."""
    if viewer.sees_all:
        return ["1 = 1"]
    sets = [f"{alias}.owner_id = {int(person)}" for person in sorted(viewer.owners)]
    if viewer.units:
        listed = ", ".join(str(int(unit)) for unit in sorted(viewer.units))
        sets.append(f"{alias}.unit_id IN ({listed})")
    mine = f"g.person_id = {int(viewer.person_id or 0)} AND g.opportunity_id IS NOT NULL"
    granted = f"SELECT g.opportunity_id FROM dakehu_grant g WHERE {mine}"
    return [*sets, f"{alias}.id IN ({granted})"]


def visible_accounts_sql(viewer: Viewer, alias: str) -> str:
    """Give `AccountQuerySet.visible_to` as text, likewise."""
    return _sql(viewer, alias, owner="manager_id", granted="account_id")


def _sql(viewer: Viewer, alias: str, *, owner: str, granted: str) -> str:
    if viewer.sees_all:
        return "1 = 1"
    grants = f"g.person_id = {int(viewer.person_id or 0)} AND g.{granted} = {alias}.id"
    parts = [f"EXISTS (SELECT 1 FROM dakehu_grant g WHERE {grants})"]
    for column, ids in (("unit_id", viewer.units), (owner, viewer.owners)):
        if ids:
            listed = ", ".join(str(int(one)) for one in sorted(ids))
            parts.append(f"{alias}.{column} IN ({listed})")
    return " OR ".join(parts)


def is_in_scope(viewer: Viewer, *, owner_id: int | None, unit_id: int | None) -> bool:
    """Test of one row what `in_scope` asks of a table."""
    return viewer.sees_all or unit_id in viewer.units or owner_id in viewer.owners


def _granted(viewer: Viewer, column: str) -> Exists:
    from dakehu.models.people import Grant

    rows = Grant.objects.filter(person_id=viewer.person_id or 0, **{column: OuterRef("pk")})
    return Exists(rows)


class OpportunityQuerySet(models.QuerySet[Any]):
    """Opportunities as somebody may see them."""

    def visible_to(self, viewer: Viewer) -> "OpportunityQuerySet":
        """Keep what the viewer may see; for single rows and small sets (see `pages_for`)."""
        if viewer.sees_all:
            return self
        return self.filter(in_scope(viewer) | Q(_granted(viewer, "opportunity_id")))

    def pages_for(self, viewer: Viewer) -> list["OpportunityQuerySet"]:
        """Split what the viewer may see into sets that each have an index to be ordered by.

        A list takes a page of each and merges them: an OR over scope and grants would read all.
        The sets may overlap; the merge drops what comes twice.
        """
        from dakehu.models.people import Grant

        if viewer.sees_all:
            return [self]
        sets = []
        if viewer.units:
            sets.append(self.filter(unit_id__in=viewer.units))
        sets += [self.filter(owner_id=person) for person in sorted(viewer.owners)]
        granted = Grant.objects.filter(person_id=viewer.person_id or 0, opportunity__isnull=False)
        sets.append(self.filter(pk__in=granted.values("opportunity_id")))
        return sets


class AccountQuerySet(models.QuerySet[Any]):
    """Accounts as somebody may see them; the account manager counts as owner."""

    def visible_to(self, viewer: Viewer) -> "AccountQuerySet":
        """Keep the accounts that the viewer manages, has in their units, or was granted."""
        if viewer.sees_all:
            return self
        scope = in_scope(viewer, owner="manager_id")
        return self.filter(scope | Q(_granted(viewer, "account_id")))

    def pages_for(self, viewer: Viewer) -> list["AccountQuerySet"]:
        """Split what the viewer may see into sets that each have an index to be ordered by."""
        from dakehu.models.people import Grant

        if viewer.sees_all:
            return [self]
        sets = []
        if viewer.units:
            sets.append(self.filter(unit_id__in=viewer.units))
        sets += [self.filter(manager_id=person) for person in sorted(viewer.owners)]
        granted = Grant.objects.filter(person_id=viewer.person_id or 0, account__isnull=False)
        sets.append(self.filter(pk__in=granted.values("account_id")))
        return sets
