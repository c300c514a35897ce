"""Every key of the product, as the help under `?` lists them. Who adds a key adds a row here.

tests/http/test_keys.py reads the scripts and fails where one obeys a key that is not listed.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """What keys do: one of them each, those behind a modifier together with it."""

    keys: tuple[str, ...]
    label: str | Promise


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Where keys hold: everywhere, in lists, on the board …"""

    label: str | Promise
    rows: tuple[KeyHelp, ...]


def key(label: str | Promise, *keys: str) -> KeyHelp:
    """Write one row."""
    return KeyHelp(keys, label)


#: In this order. A group without rows is left out.
KEYS: tuple[KeyGroup, ...] = (
    KeyGroup(
        _("Everywhere"),
        (
            key(_("Search and commands; ⌘K on a Mac"), "Ctrl", "K"),
            key(_("Search, or the filter of the list"), "/"),
            key(_("New"), "n"),
            key(_("Log an activity"), "l"),
            key(_("This help"), "?"),
            key(_("Close"), "Esc"),
        ),
    ),
    KeyGroup(
        _("In the search"),
        (
            key(_("Choose"), "↑", "↓"),
            key(_("Open it"), "Enter"),
            key(_("Open in a new tab"), "Ctrl", "Enter"),
            key(_("What can be done with it"), "→", "Tab"),
            key(_("Back"), "←", "Backspace", "Esc"),
        ),
    ),
    KeyGroup(
        _("In lists"),
        (
            key(_("Next and previous row of a list"), "j", "k"),
            key(_("The same, from the box of a row"), "↓", "↑"),
            key(_("Pick the row"), "x"),
            key(_("Open the row"), "Enter"),
            key(_("Pick none"), "Esc"),
            key(_("Move a column, where columns are chosen"), "Alt", "↑", "↓"),
        ),
    ),
    KeyGroup(
        _("In the sheet of opportunities"),
        (
            key(_("From cell to cell"), "↑", "↓", "←", "→"),
            key(_("To the edge"), "Ctrl", "↑", "↓", "←", "→"),
            key(_("First and last cell of the row"), "Home", "End"),
            key(_("First and last cell of the sheet"), "Ctrl", "Home", "End"),
            key(_("Ten rows up and down"), "PgUp", "PgDn"),
            key(_("Next cell that can be edited"), "Tab"),
            key(_("The one before"), "Shift", "Tab"),
            key(_("Edit the cell"), "F2"),
            key(_("The same; after a clash, choose what holds"), "Enter"),
            key(_("Write over what stands in the cell"), "A…Z"),
            key(_("Empty the cell, then edit it"), "Delete", "Backspace"),
            key(_("Put back what stood there before it was refused"), "Esc"),
            key(_("Pick the row"), "Space"),
            key(_("Open the row"), "Ctrl", "Enter"),
            key(_("Take back the last change"), "Ctrl", "Z"),
            key(_("Copy the cell"), "Ctrl", "C"),
            key(_("Paste, from this cell on"), "Ctrl", "V"),
        ),
    ),
    KeyGroup(
        _("While editing a cell"),
        (
            key(_("Save, and down"), "Enter"),
            key(_("Save, and up"), "Shift", "Enter"),
            key(_("Save, and on to the next"), "Tab"),
            key(_("Save, and back to the one before"), "Shift", "Tab"),
            key(_("Leave it as it was"), "Esc"),
        ),
    ),
    KeyGroup(
        _("On the board"),
        (
            key(_("From card to card"), "↑", "↓", "←", "→"),
            key(_("First and last card of the column"), "Home", "End"),
            key(_("Pick the card up"), "Space"),
            key(_("Move the card to…"), "m"),
        ),
    ),
    KeyGroup(
        _("With a card picked up"),
        (
            key(_("Choose the column"), "↑", "↓", "←", "→"),
            key(_("Put it down"), "Space"),
            key(_("The same"), "Enter"),
            key(_("Put it back"), "Esc"),
        ),
    ),
    KeyGroup(
        _("In the calendar"),
        (
            key(_("From one free hour to another"), "↑", "↓", "←", "→"),
            key(_("Move what is planned by a day"), "Alt", "←", "→"),
            key(_("By half an hour; without an hour, by a week"), "Alt", "↑", "↓"),
        ),
    ),
    KeyGroup(
        _("In a note"),
        (
            key(_("Name a colleague"), "@"),
            key(_("Choose one"), "↑", "↓"),
            key(_("Take the chosen one"), "Enter", "Tab"),
            key(_("Name nobody"), "Esc"),
            key(_("Send"), "Ctrl", "Enter"),
        ),
    ),
    KeyGroup(
        _("On a record"),
        (
            key(_("Edit"), "e"),
            key(_("Pin, or no longer"), "p"),
            key(_("Follow, or no longer"), "f"),
            key(_("Add a picture from the clipboard"), "Ctrl", "V"),
        ),
    ),
)
