"""Accounts with their group tree, and contacts, from an import."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.db.models import F

from dakehu.actions.accounts import lock_groups
from dakehu.actions.bulk import insert_models
from dakehu.actions.imports.organisation import people_by_name, units_of_sellers
from dakehu.actions.imports.work import Work
from dakehu.actions.names import person_key, sort_key
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


@dataclass(frozen=True, slots=True)
class Placed:
    """A planned account and the folded name of its parent; `again` where it was listed before."""

    planned: PlannedAccount
    parent: str = ""
    again: bool = False


class Accounts:
    """Takes accounts in, some at a time, parents before branches."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.found = known_accounts(work)
        #: Codes that are taken: by accounts in sight, and by others, of which nothing is told.
        self._codes: set[str] = set()
        self._hidden: set[str] = set()
        self._people: dict[str, set[int]] = {}
        self._sellers: dict[int, list[tuple[int, date, date | None]]] = {}
        self._made_up = 0

    def order(self, planned_accounts: Sequence[PlannedAccount]) -> list[Placed]:
        """Give the accounts in the order in which they are taken in: the same at every start."""
        if planned_accounts:
            visible = Account.visible_to(self._work.actor)
            self._codes = set(visible.values_list("code", flat=True))
            self._hidden = set(Account.objects.values_list("code", flat=True)) - self._codes
            self._people, self._sellers = people_by_name(self._work), units_of_sellers()
        once: dict[str, PlannedAccount] = {}
        again: list[Placed] = []
        for planned in planned_accounts:
            fold = folded(planned.name)
            if fold and fold not in once:
                once[fold] = planned
            elif not planned.implied:
                again.append(Placed(planned, again=True))
        return again + [Placed(*both) for both in _parents_first(self._work, list(once.values()))]

    def take(self, chunk: Sequence[Placed], *, trying: bool = False) -> None:
        """Create those that are not there yet; with `trying` only say what would come of it."""
        work = self._work
        known = work.known_among("account", [p.planned.name[:120] for p in chunk])
        remembered: list[tuple[str, int]] = []
        fresh: list[Placed] = []
        for placed in chunk:
            planned = placed.planned
            fold = folded(planned.name)
            alike = self.found.get(fold, [])
            here = known.get(planned.name[:120]) or (alike[0] if len(alike) == 1 else None)
            if placed.again:
                work.refuse(planned.at, "import.listed_twice", name=planned.name)
            elif here is not None:
                if planned.name[:120] not in known and here > 0:
                    remembered.append((planned.name[:120], here))
                # What is only being tried has made-up ids, below zero.
                if not planned.implied and here > 0:
                    _compare(work, planned, here)
            elif not alike:
                fresh.append(placed)
            elif not planned.implied:
                work.refuse(planned.at, "import.several_accounts", name=planned.name)
        made = self._create(fresh, trying=trying)
        if not trying:
            work.remember("account", remembered + made)

    def _create(self, fresh: Sequence[Placed], *, trying: bool) -> list[tuple[str, int]]:
        work = self._work
        lock_groups()
        tree = _Branches(self.found)
        rows: list[Account] = []
        made: list[PlannedAccount] = []
        for placed in fresh:
            planned, parent = placed.planned, placed.parent
            unit, manager = self._unit(planned)
            if not self._fits(planned, unit):
                continue
            known_parent = parent if tree.holds(parent) else ""
            if parent != known_parent:
                work.warn(planned.at, "import.unknown_parent", parent=planned.parent)
            if planned.code[:60] in self._hidden:
                work.refuse_hidden(planned.at, planned.code)
                continue
            account = _account(work, planned, unit, self._free_code(planned))
            account.manager_id = manager
            if trying:
                tree.know(account, folded(planned.name))
            else:
                tree.place(account, folded(planned.name), known_parent)
            rows.append(account)
            made.append(planned)
        if trying:
            for account in rows:
                self._made_up -= 1
                account.pk = self._made_up
        else:
            insert_models(Account, rows)
            tree.count_children()
        for planned, account in zip(made, rows, strict=True):
            self.found.setdefault(folded(planned.name), []).append(account.pk)
            if planned.implied:
                work.created["accounts"] += 1
            else:
                work.make("accounts", planned.at)
            work.made.append(("account", account.pk))
        return [(p.name[:120], a.pk) for p, a in zip(made, rows, strict=True)]

    def _free_code(self, planned: PlannedAccount) -> str:
        """Give the code that the file gives, with something drawn behind it where it is taken.

        A code made from the name, or numbered, would tell by its number of those out of sight.
        """
        wanted = planned.code[:60]
        code = wanted or f"A-{uuid4().hex[:12]}"
        while code in self._codes or code in self._hidden:
            code = f"{wanted[:51]}-{uuid4().hex[:8]}" if wanted else f"A-{uuid4().hex[:12]}"
        self._codes.add(code)
        return code

    def _fits(self, planned: PlannedAccount, unit: int | None) -> bool:
        """Test if the account may be made there; one that is only named is refused by its row."""
        unknown = bool(planned.unit) and unit is None
        if not unknown and self._work.reaches(unit):
            return True
        if not planned.implied:
            code = "import.unknown_unit" if unknown else "import.unit_out_of_reach"
            self._work.refuse(planned.at, code, unit=planned.unit)
        return False

    def _unit(self, planned: PlannedAccount) -> tuple[int | None, int | None]:
        """Give the unit and the manager of a new account."""
        manager = _manager(self._work, planned, self._people)
        if planned.unit:
            return self._work.units.get(planned.unit), manager
        held = self._sellers.get(manager or 0)
        return (held[0][0] if held else self._work.root), manager


def _compare(work: Work, planned: PlannedAccount, pk: int) -> None:
    held = Account.visible_to(work.actor).filter(pk=pk).values(*_FIELDS).first()
    if held is None:
        work.refuse_hidden(planned.at, planned.name)
        return
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


def _account(work: Work, planned: PlannedAccount, unit: int | None, code: str) -> Account:
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

    def know(self, account: Account, fold: str) -> None:
        """Let others hang under an account that is only tried."""
        self._placed[fold] = account

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


def take_contacts(
    work: Work,
    planned_contacts: Sequence[PlannedContact],
    found: Mapping[str, list[int]],
    *,
    trying: bool = False,
) -> None:
    """Create the contacts that are not there yet at accounts that the actor may see."""
    wanted: dict[str, tuple[PlannedContact, int]] = {}
    for planned in planned_contacts:
        accounts = found.get(folded(planned.account), [])
        if len(accounts) != 1:
            code = "import.several_accounts" if accounts else "import.unknown_account"
            work.refuse(planned.at, code, name=planned.account)
            continue
        external = f"{accounts[0]}/{folded(planned.name)}/{planned.email.casefold()}"[:120]
        if external in wanted:
            work.mark(planned.at, "unchanged")
        wanted.setdefault(external, (planned, accounts[0]))
    known = work.known_among("contact", list(wanted))
    rows: list[Contact] = []
    made: list[str] = []
    for external, (planned, account) in wanted.items():
        if external in known:
            work.mark(planned.at, "unchanged")
            continue
        made.append(external)
        rows.append(_contact(work, planned, account))
        work.make("contacts", planned.at)
    if not trying:
        insert_models(Contact, rows)
        work.made += [("contact", contact.pk) for contact in rows]
        pairs = zip(made, rows, strict=True)
        work.remember("contact", [(external, contact.pk) for external, contact in pairs])


def _contact(work: Work, planned: PlannedContact, account: int) -> Contact:
    return Contact(
        account_id=account,
        name=planned.name,
        name_en=planned.name_en,
        sort_key=person_key(planned.name),
        title=planned.title,
        department=planned.department,
        phone=planned.phone,
        email=planned.email,
        note=planned.note,
        created_on=work.today,
    )
