"""Which fields of records people edit: forms, history and taking back agree on them here."""

from datetime import timedelta

#: The fields of an account, with the longest text of each (None: a number).
ACCOUNT_FIELDS: dict[str, int | None] = {
    "name": 200, "name_en": 200, "industry": 80, "region": 80, "address": 240, "phone": 60,
    "website": 200, "tax_code": 30, "employees": None, "founded": None, "note": 20_000,
}  # fmt: skip
CONTACT_FIELDS: dict[str, int] = {
    "name": 80, "name_en": 80, "title": 120, "department": 120, "phone": 60, "email": 254,
    "note": 20_000,
}  # fmt: skip
PRODUCT_FIELDS = frozenset(
    {"name_zh", "name_en", "series", "list_price", "currency_id", "is_active"}
)
#: Fields that name another record: kept with its id beside its names.
ACCOUNT_REFERENCES = frozenset({"manager", "unit", "parent"})
#: Of each kind of record the fields whose change can be taken back.
UNDOABLE: dict[str, frozenset[str]] = {
    "account": frozenset(ACCOUNT_FIELDS) | {"aliases"} | ACCOUNT_REFERENCES,
    "contact": frozenset(CONTACT_FIELDS),
    "product": PRODUCT_FIELDS,
}
#: The kinds of record whose history has a page.
KINDS = ("opportunity", "account", "contact", "product", "unit", "person")
#: So long what was deleted can be brought back.
KEPT = timedelta(days=30)
#: Under what the note about somebody who was taken off a deal's map is kept, by their number: it
#: is found again to be erased with them.
PART_NOTE = "part_note"
