"""Accounts with their group tree, and contacts, from an import."""

from collections.abc import Iterator, Sequence

from django.db.models import F

from dakehu.actions.imports.organisation import people_by_name, units_of_sellers
from dakehu.actions.imports.work import Work
from dakehu.actions.names import sort_key
from dakehu.core.imports.plan import PlannedAccount, PlannedContact
from dakehu.core.names import folded
from dakehu.models import Account, AccountName, Contact

_FIELDS = (
    "industry", "region", "address", "phone", "website", "tax_code", "employees", "founded",
)  # fmt: skip


def known_accounts(work: Work) -> dict[str, list[int]]:
    """Give the accounts that the actor may see by folded name, former and short names too."""
    visible = Account.visible_to(work.actor)
    found: dict[str, list[int]] = {}
    rows = list(visible.values_list("id", "folded", "name_en", "code"))
    seen = {row[0] for row in rows}
    for pk, fold, name_en, code in rows:
        for key in {fold, folded(name_en), folded(code)} - {""}:
            found.setdefault(key, []).append(pk)
    names = AccountName.objects.values_list("account_id", "folded")
    for pk, fold in names:
        if pk in seen and pk not in found.get(fold, []):
            found.setdefault(fold, []).append(pk)
    return found


def write_accounts(
    work: Work, planned_accounts: Sequence[PlannedAccount], default_unit: int | None
) -> None:
    """Create the accounts that are not there yet, parents before branches."""
    found = known_accounts(work)
    known = work.known("account")
    codes = set(Account.objects.values_list("code", flat=True))
    fresh: list[PlannedAccount] = []
    remembered: list[tuple[str, int]] = []
    listed: set[str] = set()
    for planned in planned_accounts:
        fold = folded(planned.name)
        alike = found.get(fold, [])
        if not fold or fold in listed:
            work.refuse(planned.at, "import.listed_twice", name=planned.name)
        elif planned.name[:120] in known or len(alike) == 1:
            pk = known.get(planned.name[:120]) or alike[0]
            if planned.name[:120] not in known:
                remembered.append((planned.name[:120], pk))
            _compare(work, planned, pk)
        elif alike:
            work.refuse(planned.at, "import.several_accounts", name=planned.name)
        else:
            fresh.append(planned)
        listed.add(fold)
    tree = _Branches(found)
    people, sellers = people_by_name(work), units_of_sellers()
    rows: list[Account] = []
    made: list[PlannedAccount] = []
    for planned, parent in _parents_first(work, fresh):
        manager = _manager(work, planned, people)
        held = sellers.get(manager or 0)
        unit = held[0][0] if held else default_unit
        if planned.unit:
            unit = work.units.get(planned.unit)
        if planned.unit and unit is None:
            work.refuse(planned.at, "import.unknown_unit", unit=planned.unit)
            continue
        if not work.reaches(unit):
            work.refuse(planned.at, "import.unit_out_of_reach", unit=planned.unit)
            continue
        known_parent = parent if tree.holds(parent) else ""
        if parent != known_parent:
            work.warn(planned.at, "import.unknown_parent", parent=planned.parent)
        account = _account(work, planned, unit, codes)
        account.manager_id = manager
        tree.place(account, folded(planned.name), known_parent)
        rows.append(account)
        made.append(planned)
    for planned, account in zip(made, Account.objects.bulk_create(rows, 500), strict=True):
        remembered.append((planned.name[:120], account.pk))
        work.make("accounts", planned.at)
    tree.count_children()
    work.remember("account", remembered)


def _compare(work: Work, planned: PlannedAccount, pk: int) -> None:
    held = Account.objects.filter(pk=pk).values(*_FIELDS).first() or {}
    differing = [
        name for name in _FIELDS if (wanted := getattr(planned, name)) and wanted != held.get(name)
    ]
    if differing:
        work.changed(planned.at, planned.name, differing)
    else:
        work.mark(planned.at, "unchanged")


def _manager(work: Work, planned: PlannedAccount, people: dict[str, set[int]]) -> int | None:
    found = people.get(folded(planned.manager), set())
    if planned.manager and len(found) != 1:
        work.warn(planned.at, "import.unknown_manager", name=planned.manager)
    return next(iter(found)) if len(found) == 1 else None


def _account(work: Work, planned: PlannedAccount, unit: int | None, codes: set[str]) -> Account:
    code, number = (planned.code or planned.name)[:60], 2
    while code in codes:
        code, number = f"{(planned.code or planned.name)[:54]}-{number}", number + 1
    codes.add(code)
    return Account(
        code=code,
        name=planned.name,
        name_en=planned.name_en,
        folded=folded(planned.name)[:200],
        sort_key=sort_key(planned.name, 240),
        unit_id=unit,
        created_on=work.first_on,
        note=planned.note,
        **{name: getattr(planned, name) for name in _FIELDS},
    )


def _parents_first(
    work: Work, planned_accounts: list[PlannedAccount]
) -> Iterator[tuple[PlannedAccount, str]]:
    """Order accounts so that a parent comes before its branches; a ring is cut where it closes."""
    by_fold = {folded(p.name): p for p in planned_accounts}
    done: set[str] = set()
    for first in planned_accounts:
        chain: list[str] = []
        fold = folded(first.name)
        while fold in by_fold and fold not in done and fold not in chain:
            chain.append(fold)
            fold = folded(by_fold[fold].parent)
        ring = fold if fold in chain else ""
        for place in reversed(chain):
            planned = by_fold[place]
            parent = folded(planned.parent)
            if parent and parent == ring and place == chain[-1]:
                work.warn(planned.at, "import.parent_ring", parent=planned.parent)
                parent = ""
            done.add(place)
            yield planned, parent


class _Branches:
    """Gives new accounts their place in treebeard's path column, without a query for each."""

    def __init__(self, found: dict[str, list[int]]) -> None:
        self._found = found
        self._placed: dict[str, Account] = {}
        self._next: dict[str, int] = {}
        self._grown: dict[int, int] = {}

    def holds(self, parent: str) -> bool:
        """Test if an account of that folded name is there to hang others under."""
        return parent in self._placed or len(self._found.get(parent, [])) == 1

    def place(self, account: Account, fold: str, parent: str) -> None:
        """Set path and depth under the parent (folded name; '' for a root)."""
        base, depth = "", 1
        over = self._placed.get(parent)
        if over is not None:
            over.numchild += 1
        elif parent:
            pk = self._found[parent][0]
            over = Account.objects.get(pk=pk)
            self._grown[pk] = self._grown.get(pk, 0) + 1
        if over is not None:
            base, depth = over.path, over.depth + 1
        account.depth, account.numchild = depth, 0
        account.path = Account._get_path(base, depth, self._step(base, depth))
        self._placed[fold] = account

    def _step(self, base: str, depth: int) -> int:
        if base not in self._next:
            last = (
                Account.objects.filter(depth=depth, path__startswith=base)
                .order_by("-path")
                .values_list("path", flat=True)
                .first()
            )
            self._next[base] = Account._str2int(last[-Account.steplen :]) if last else 0
        self._next[base] += 1
        return self._next[base]

    def count_children(self) -> None:
        """Add the new branches to the counts of parents that were there before."""
        for pk, number in self._grown.items():
            Account.objects.filter(pk=pk).update(numchild=F("numchild") + number)


def write_contacts(work: Work, planned_contacts: Sequence[PlannedContact]) -> None:
    """Create the contacts that are not there yet at accounts that the actor may see."""
    if not planned_contacts:
        return
    found = known_accounts(work)
    known = work.known("contact")
    rows: list[Contact] = []
    made: list[tuple[PlannedContact, str]] = []
    for planned in planned_contacts:
        accounts = found.get(folded(planned.account), [])
        if len(accounts) != 1:
            code = "import.several_accounts" if accounts else "import.unknown_account"
            work.refuse(planned.at, code, name=planned.account)
            continue
        external = f"{accounts[0]}/{folded(planned.name)}/{planned.email.casefold()}"[:120]
        if external in known:
            work.mark(planned.at, "unchanged")
            continue
        known[external] = 0
        made.append((planned, external))
        rows.append(
            Contact(
                account_id=accounts[0],
                name=planned.name,
                name_en=planned.name_en,
                sort_key=sort_key(planned.name),
                title=planned.title,
                department=planned.department,
                phone=planned.phone,
                email=planned.email,
                note=planned.note,
                created_on=work.today,
            )
        )
    fresh = []
    for (planned, external), contact in zip(
        made, Contact.objects.bulk_create(rows, 500), strict=True
    ):
        fresh.append((external, contact.pk))
        work.make("contacts", planned.at)
    work.remember("contact", fresh)
