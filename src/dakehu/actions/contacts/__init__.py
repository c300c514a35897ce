"""Creating, editing, deleting and erasing contacts."""

from dakehu.actions.contacts.edit import create_contact, edit_contact
from dakehu.actions.contacts.existence import delete_contact, erase_contact, restore_contact
from dakehu.core.past import CONTACT_FIELDS as FIELDS

__all__ = [
    "FIELDS",
    "create_contact",
    "delete_contact",
    "edit_contact",
    "erase_contact",
    "restore_contact",
]
