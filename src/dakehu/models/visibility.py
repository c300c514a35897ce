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
    """Give `AccountQuerySet.visible_to` as text, likewise; what was deleted is out of sight."""
    seen = _sql(viewer, alias, owner="manager_id", granted="account_id")
    return f"{alias}.deleted_at IS NULL AND ({seen})"


def _sql(viewer: Viewer, alias: str, *, owner: str, granted: str) -> str:
    if viewer.sees_all:
        return "1 = 1"
    grants = f"g.person_id = {int(viewer.person_id or 0)} AND g.{granted} = {alias}.id"
    # What stands in the row is looked at first: few are seen by a grant alone.
    parts = []
    for column, ids in (("unit_id", viewer.units), (owner, viewer.owners)):
        if ids:
            listed = ", ".join(str(int(one)) for one in sorted(ids))
            parts.append(f"{alias}.{column} IN ({listed})")
    return " OR ".join([*parts, f"EXISTS (SELECT 1 FROM dakehu_grant g WHERE {grants})"])


def opportunity_scopes_sql(viewer: Viewer, *, apart: bool = False) -> list[str]:
    """Give `OpportunityQuerySet.pages_for` as conditions in text, one for each set.

    `apart` lets no row stand in two of them, so that what they add up to can be added.
    """
    if viewer.sees_all:
        return ["1 = 1"]
    table = "dakehu_opportunity"
    units = ", ".join(str(int(unit)) for unit in sorted(viewer.units))
    owners = ", ".join(str(int(person)) for person in sorted(viewer.owners))
    found, before = [], ""
    for column, ids in (("unit_id", units), ("owner_id", owners)):
        if ids:
            found.append(f"{table}.{column} IN ({ids}){before}")
            before += f" AND {table}.{column} NOT IN ({ids})" if apart else ""
    granted = (
        "SELECT g.opportunity_id FROM dakehu_grant g"
        f" WHERE g.person_id = {int(viewer.person_id or 0)} AND g.opportunity_id IS NOT NULL"
    )
    return [*found, f"{table}.id IN ({granted}){before}"]


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
        return self.standing().visible_once_to(viewer)

    def standing(self) -> "AccountQuerySet":
        """Leave out what was deleted."""
        return self.filter(deleted_at__isnull=True)

    def visible_once_to(self, viewer: Viewer) -> "AccountQuerySet":
        """Keep what the viewer may see, deleted or not: for the bin alone."""
        if viewer.sees_all:
            return self
        scope = in_scope(viewer, owner="manager_id")
        return self.filter(scope | Q(_granted(viewer, "account_id")))

    def pages_for(self, viewer: Viewer) -> list["AccountQuerySet"]:
        """Split what the viewer may see into sets that each have an index to be ordered by."""
        from dakehu.models.people import Grant

        there = self.standing()
        if viewer.sees_all:
            return [there]
        sets = []
        if viewer.units:
            sets.append(there.filter(unit_id__in=viewer.units))
        sets += [there.filter(manager_id=person) for person in sorted(viewer.owners)]
        granted = Grant.objects.filter(person_id=viewer.person_id or 0, account__isnull=False)
        sets.append(there.filter(pk__in=granted.values("account_id")))
        return sets


class ContactQuerySet(models.QuerySet[Any]):
    """Contacts as somebody may see them: with their account."""

    def visible_to(self, viewer: Viewer) -> "ContactQuerySet":
        """Keep the contacts of accounts that the viewer may see."""
        from dakehu.models.accounts import Account

        there = self.filter(deleted_at__isnull=True)
        if viewer.sees_all:
            # Few accounts are deleted: an index holds them alone.
            gone = AccountQuerySet(Account).filter(deleted_at__isnull=False)
            return there.exclude(account_id__in=gone.values("pk"))
        return there.filter(account__in=Account.visible_to(viewer))


class ActivityQuerySet(models.QuerySet[Any]):
    """Activities as somebody may see them (docs/decisions/0024)."""

    def there(self) -> "ActivityQuerySet":
        """Leave out what was deleted."""
        return self.filter(deleted_at=None)

    def visible_to(self, viewer: Viewer) -> "ActivityQuerySet":
        """Keep what the viewer may see; for single rows and counts (see `pages_for`)."""
        if viewer.sees_all:
            return self
        seen = models.Q(pk__in=[])
        for condition in _activity_conditions(viewer):
            seen |= condition
        return self.filter(seen)

    def visible_on(self, viewer: Viewer, *, account_id: int | None) -> "ActivityQuerySet":
        """Keep what the viewer may see, for what is narrowed to an account that they see."""
        if viewer.sees_all:
            return self
        seen = Q(account_id=account_id, opportunity_id=None)
        for condition in _activity_conditions_but_account(viewer):
            seen |= condition
        return self.filter(seen)

    def pages_for(self, viewer: Viewer) -> list["ActivityQuerySet"]:
        """Split what the viewer may see into sets that are ordered each by itself and merged."""
        if viewer.sees_all:
            return [self]
        return [self.filter(condition) for condition in _activity_conditions(viewer)]


def _activity_conditions(viewer: Viewer) -> list[Q]:
    """Give what lets somebody see an activity: its owner, its unit, part in it, its record."""
    from dakehu.models.accounts import Account

    # What was done on a deal tells of the deal: seeing its account is not enough.
    accounts = Account.visible_to(viewer).values("pk")
    of_account = Q(account_id__in=accounts, opportunity_id=None)
    return [*_activity_conditions_but_account(viewer), of_account]


def _activity_conditions_but_account(viewer: Viewer) -> list[Q]:
    from dakehu.models.activities import ActivityPerson
    from dakehu.models.opportunities import Opportunity

    found = [Q(unit_id__in=viewer.units)] if viewer.units else []
    owners = set(viewer.owners)
    # Who may log reaches customers: what they did, and what they take part in, is theirs to see.
    if viewer.person_id is not None and viewer.holds("activity.log"):
        owners.add(viewer.person_id)
        part = ActivityPerson.objects.filter(person_id=viewer.person_id)
        found.append(Q(pk__in=part.values("activity_id")))
    found += [Q(owner_id=person) for person in sorted(owners)]
    found.append(Q(opportunity_id__in=Opportunity.objects.visible_to(viewer).values("pk")))
    return found
