"""One account with its group, its people and its opportunities, as the viewer may see them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Place
from dakehu.models import Account, AccountName, Contact, Grant, Opportunity, Stakeholder
from dakehu.models.visibility import AccountQuerySet
from dakehu.queries.accounts.list import unit_name
from dakehu.queries.contacts import ContactRow, contact_row
from dakehu.queries.opportunities.list import stage_names
from dakehu.queries.people import PersonName, person_name

#: The most members of a group that its page lists.
GROUP_SHOWN = 200
OPPORTUNITIES_SHOWN = 50
DECIDED_SHOWN = 6
CONTACTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A place in the group tree; of a member out of sight only that it is there."""

    id: int | None
    name: str
    depth: int
    is_this: bool
    manager: PersonName | None
    path: str


@dataclass(frozen=True, slots=True)
class AccountOpportunity:
    """An opportunity that the viewer may see; amount in minor units."""

    id: int
    code: str
    name: str
    #: Whose it is, where the whole group's are shown.
    account: str
    stage_name: str
    place: Place
    amount_minor: int
    currency: str
    digits: int
    close_on: date | None
    decided_on: date | None
    next_step: str
    next_step_on: date | None
    owner: PersonName


@dataclass(frozen=True, slots=True)
class AccountPerson:
    """A contact with the parts they have in opportunities that the viewer may see."""

    contact: ContactRow
    roles: tuple[str, ...]
    opportunities: int


@dataclass(frozen=True)
class AccountPage:
    """One account with its place in the group, and what the viewer may do with it."""

    id: int
    version: int
    code: str
    name: str
    name_en: str
    aliases: tuple[str, ...]
    industry: str
    region: str
    address: str
    phone: str
    website: str
    tax_code: str
    employees: int | None
    founded: int | None
    note: str
    created_on: date
    last_contact_on: date | None
    unit_id: int | None
    unit_name: str
    manager: PersonName | None
    parent_id: int | None
    path: str
    has_branches: bool
    group: tuple[GroupMember, ...]
    group_is_cut: bool
    may_edit: bool
    may_assign: bool
    may_edit_contacts: bool
    may_delete: bool

    @property
    def pk(self) -> int:
        """Give the id as a row of the table does."""
        return self.id

    @property
    def manager_id(self) -> int | None:
        """Give whose account it is."""
        return self.manager.id if self.manager else None


def account(*, viewer: Viewer, account_id: int) -> AccountPage:
    """Give one account. Raises NotFound("account.unknown") where it is out of sight."""
    work = Grant.objects.filter(
        person_id=viewer.person_id or 0, account_id=OuterRef("pk"), right="work"
    )
    row = (
        Account.visible_to(viewer)
        .select_related("unit", "manager")
        .annotate(granted_work=Exists(work))
        .filter(pk=account_id)
        .first()
    )
    if row is None:
        raise NotFound("account.unknown")
    group, parent_id, group_is_cut = _group(viewer, row)
    granted = "work" if row.granted_work else None

    def may(permission: str, granted: str | None = granted) -> bool:
        return viewer.may(permission, owner_id=row.manager_id, unit_id=row.unit_id, granted=granted)

    names = AccountName.objects.filter(account_id=row.pk).order_by("id")
    return AccountPage(
        id=row.pk,
        version=row.version,
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        aliases=tuple(names.values_list("name", flat=True)),
        industry=row.industry,
        region=row.region,
        address=row.address,
        phone=row.phone,
        website=row.website,
        tax_code=row.tax_code,
        employees=row.employees,
        founded=row.founded,
        note=row.note,
        created_on=row.created_on,
        last_contact_on=row.last_contact_on,
        unit_id=row.unit_id,
        unit_name=unit_name(row.unit, viewer),
        manager=person_name(row.manager) if row.manager else None,
        parent_id=parent_id,
        path=row.path,
        has_branches=any(m.path.startswith(row.path) and not m.is_this for m in group),
        group=group,
        group_is_cut=group_is_cut,
        may_edit=may("account.edit"),
        may_assign=may("account.assign"),
        may_edit_contacts=may("contact.edit"),
        may_delete=may("account.delete", None),
    )


def account_people(*, viewer: Viewer, account: AccountPage) -> tuple[AccountPerson, ...]:
    """Give the contacts of an account in sight, with their parts in opportunities in sight.

    At most CONTACTS_SHOWN, and one more, which says that there are more.
    """
    rows = Contact.objects.filter(account_id=account.id).order_by("sort_key", "id")
    found = list(rows[: CONTACTS_SHOWN + 1])
    if not found:
        return ()
    parts: dict[int, list[Any]] = defaultdict(list)
    seen = Opportunity.objects.filter(voided=False).visible_to(viewer).values("pk")
    taken = Stakeholder.objects.filter(
        contact_id__in=[row.pk for row in found], opportunity__in=seen
    )
    for contact_id, roles in taken.order_by("id").values_list("contact_id", "roles"):
        parts[contact_id].append(roles)
    return tuple(
        AccountPerson(
            contact=contact_row(row, account, viewer=viewer),
            roles=tuple(dict.fromkeys(role for roles in parts[row.pk] for role in roles)),
            opportunities=len(parts[row.pk]),
        )
        for row in found
    )  # fmt: skip


def account_opportunities(
    *, viewer: Viewer, account: AccountPage, with_group: bool = False
) -> tuple[AccountOpportunity, ...]:
    """Give the opportunities of the account in sight, or of all below it: the open ones first.

    At most OPPORTUNITIES_SHOWN, of the decided ones the last DECIDED_SHOWN, and one more, which
    says that there are more.
    """
    rows = Opportunity.objects.filter(voided=False).visible_to(viewer)
    if with_group and account.has_branches:
        below = Account.objects.filter(
            path__gte=account.path, path__lt=path_end(account.path)
        ).values("pk")
        rows = rows.filter(account_id__in=below)
    else:
        rows = rows.filter(account_id=account.id)
    # What is open has no day of decision: it stands first, then what was decided last.
    found = rows.select_related("owner", "currency", "account").order_by(
        F("decided_on").desc(nulls_first=True), "close_sort", "id"
    )
    stages = stage_names(viewer.language)
    some = list(found[: OPPORTUNITIES_SHOWN + 1])
    opened = sum(row.place == Place.OPEN for row in some)
    return tuple(
        AccountOpportunity(
            id=row.pk,
            code=row.code,
            name=row.name,
            account=row.account.name if row.account_id != account.id else "",
            stage_name=stages.get((row.method_version_id, row.stage_id), ""),
            place=Place(row.place),
            amount_minor=row.amount_minor,
            currency=row.currency_id,
            digits=row.currency.digits,
            close_on=row.close_on,
            decided_on=row.decided_on,
            next_step=row.next_step,
            next_step_on=row.next_step_on,
            owner=person_name(row.owner),
        )
        for row in some[: opened + DECIDED_SHOWN + 1]
    )


def path_end(path: str) -> str:
    """Give the first path beyond an account and all below it: paths are of 0-9 and A-Z."""
    return f"{path}["


def _group(viewer: Viewer, row: Any) -> tuple[tuple[GroupMember, ...], int | None, bool]:
    """Give the group tree around an account, its parent, and whether the tree was cut.

    Where not all fit, what stands above it and below it comes before the rest.
    """
    if row.depth == 1 and row.numchild == 0:
        return (), None, False
    root = row.path[: Account.steplen]
    seen = Account.visible_to(viewer).filter(pk=OuterRef("pk"))
    above = {row.path[: Account.steplen * n] for n in range(1, row.depth)}
    members: QuerySet[Any] = (
        AccountQuerySet(Account)
        .standing()
        .filter(path__gte=root, path__lt=path_end(root))
        .annotate(in_sight=Exists(seen))
        .filter(Q(in_sight=True) | Q(path__in=above))
        .select_related("manager")
        .order_by(
            Case(
                When(path__in=[*above, row.path], then=0),
                When(path__gte=row.path, path__lt=path_end(row.path), then=1),
                default=2,
            ),
            "path",
        )
    )
    found = list(members[: GROUP_SHOWN + 1])
    shown = tuple(
        GroupMember(
            id=member.pk if member.in_sight else None,
            name=member.name if member.in_sight else "",
            depth=member.depth - 1,
            is_this=member.pk == row.pk,
            manager=person_name(member.manager) if member.in_sight and member.manager else None,
            path=member.path,
        )
        for member in sorted(found[:GROUP_SHOWN], key=lambda member: member.path)
    )
    parent_path = row.path[: -Account.steplen]
    parent = next((m.pk for m in found if m.path == parent_path and m.in_sight), None)
    # One that stands alone but for what was deleted is no group.
    return shown if len(shown) > 1 else (), parent, len(found) > GROUP_SHOWN
