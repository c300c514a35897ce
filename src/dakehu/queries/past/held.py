"""Records as they stand now, beside what their history kept; and who may take a save back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Exists, OuterRef

from dakehu.core.access import Right, Viewer, best_right
from dakehu.core.errors import NotFound
from dakehu.core.past import ACCOUNT_FIELDS, CONTACT_FIELDS, PRODUCT_FIELDS, UNDOABLE
from dakehu.models import Account, AccountName, Contact, Grant, Product
from dakehu.queries.contacts import hidden_fields


@dataclass(frozen=True)
class HeldRecord:
    """A record in sight: its row, what of it may not be read, and the account that rights go by."""

    kind: str
    row: Any
    name: str
    hidden: frozenset[str]
    #: Of an account and of a contact; None for a product.
    account: Any


def held_record(*, viewer: Viewer, kind: str, object_id: int) -> HeldRecord:
    """Give an account, contact or product in sight. NotFound("….unknown") where it is not."""
    if kind == "account":
        row = _account(viewer, object_id)
        return HeldRecord(kind, row, row.name, frozenset(), row)
    if kind == "contact":
        found = Contact.objects.visible_to(viewer).filter(pk=object_id).first()
        if found is None:
            raise NotFound("contact.unknown")
        account = _account(viewer, found.account_id)
        return HeldRecord(kind, found, found.name, hidden_fields(viewer, account), account)
    if kind == "product":
        product = Product.objects.filter(pk=object_id).first()
        if product is None:
            raise NotFound("product.unknown")
        english = viewer.language.startswith("en")
        names = (product.name_en, product.name_zh) if english else (product.name_zh, "")
        name = names[0] or names[1] or product.name_en or product.code
        return HeldRecord(kind, product, name, frozenset(), None)
    raise NotFound("past.unknown_kind")


def _account(viewer: Viewer, account_id: int) -> Any:
    work = Grant.objects.filter(
        person_id=viewer.person_id or 0, account_id=OuterRef("pk"), right="work"
    )
    rows = Account.visible_to(viewer).annotate(granted_work=Exists(work))
    row = rows.filter(pk=account_id).first()
    if row is None:
        raise NotFound("account.unknown")
    return row


def values_now(held: HeldRecord, fields: Iterable[str]) -> dict[str, Any]:
    """Give what the fields hold now, comparable with what the history keeps of them."""
    row = held.row
    found: dict[str, Any] = {}
    for field in fields:
        if field == "aliases":
            names = AccountName.objects.filter(account_id=row.pk).order_by("id")
            found[field] = list(names.values_list("name", flat=True))
        elif field == "parent":
            found[field] = _parent_id(row)
        elif field in ("manager", "unit"):
            found[field] = getattr(row, f"{field}_id")
        elif field in {*ACCOUNT_FIELDS, *CONTACT_FIELDS, *PRODUCT_FIELDS}:
            found[field] = getattr(row, field)
    return found


def _parent_id(row: Any) -> int | None:
    if row.depth == 1:
        return None
    above: Any = Account.objects.filter(path=row.path[: -Account.steplen])
    found: int | None = above.values_list("pk", flat=True).first()
    return found


def kept_id(kept: Any) -> int | None:
    """Give the id of a reference that the history keeps with its names."""
    return int(kept["id"]) if isinstance(kept, dict) else None


def is_held(field: str, now: Any, kept: Any) -> bool:
    """Test if a field holds what a save left in it."""
    if field in ("manager", "unit", "parent"):
        return bool(now == kept_id(kept))
    if field == "list_price":
        return bool(now == price_of(kept))
    return bool(now == kept)


def price_of(kept: Any) -> Decimal | None:
    """Read a price of the history."""
    try:
        return None if kept is None else Decimal(str(kept))
    except InvalidOperation:
        return None


def is_undoable(kind: str, changes: Mapping[str, tuple[Any, Any]]) -> bool:
    """Test if a save is of fields that can be set back, references among them with their ids."""
    fields = UNDOABLE.get(kind, frozenset())
    return bool(changes) and all(
        field in fields
        and (
            field not in ("manager", "unit", "parent")
            or all(kept is None or (isinstance(kept, dict) and "id" in kept) for kept in pair)
        )
        for field, pair in changes.items()
    )


def undo_right(
    viewer: Viewer, held: HeldRecord, fields: Iterable[str], *, own: bool, today: date
) -> Right | None:
    """Give the right to take a save back: of who made it and may still edit, or of a superior.

    Superiors and sales operations are those who assign the accounts of its unit; of products all
    who keep them. What somebody may not read they may not set back.
    """
    del today
    wanted = frozenset(fields)
    if wanted & held.hidden:
        return None
    if held.kind == "product":
        return viewer.right_held("product.edit")
    account = held.account
    needed = {"manager": "account.assign", "unit": "account.assign"}
    edit = "contact.edit" if held.kind == "contact" else "account.edit"

    def right(permission: str) -> Right | None:
        return viewer.right_to(
            permission,
            owner_id=account.manager_id,
            unit_id=account.unit_id,
            granted="work" if account.granted_work else None,
        )

    above = right("account.assign")
    if not own:
        return above
    mine = [right(needed.get(field, edit)) for field in sorted(wanted)]
    return above if any(one is None for one in mine) else best_right(*mine)
