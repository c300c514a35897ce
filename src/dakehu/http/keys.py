"""Every key of the product, as the help under `?` lists them. Who adds a key adds a row here."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One key or chord, and what it does; keys of a chord are pressed together."""

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
            key(_("What can be done with it"), "→"),
            key(_("Back"), "←"),
        ),
    ),
    KeyGroup(
        _("In lists"),
        (
            key(_("Next and previous row of a list"), "j", "k"),
            key(_("Pick the row"), "x"),
        ),
    ),
    KeyGroup(
        _("On the board"),
        (key(_("Pick the card up"), "Space"), key(_("Move the card to…"), "m")),
    ),
    KeyGroup(
        _("On a record"),
        (
            key(_("Edit"), "e"),
            key(_("Pin, or no longer"), "p"),
            key(_("Follow, or no longer"), "f"),
        ),
    ),
)
