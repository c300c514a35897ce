"""The help under `?` lists every key that a script obeys, at the place where it holds."""

import re
from collections import defaultdict
from pathlib import Path

from django.utils import translation

from dakehu.http.keys import KEYS

ASSETS = Path(__file__).parents[2] / "assets"

#: Where the keys of a script hold: the groups of the help.
PLACES: dict[str, tuple[str, ...]] = {
    "board.ts": ("On the board", "With a card picked up"),
    "calendar.ts": ("In the calendar",),
    "cells.ts": ("In the sheet of opportunities",),
    "dialogs.ts": ("Everywhere",),
    "evidence.ts": ("On a record",),
    "files.ts": ("On a record",),
    "filters.ts": ("In lists",),
    "grid.ts": ("In the sheet of opportunities", "While editing a cell"),
    "keys.ts": ("Everywhere", "On a record"),
    "lists.ts": ("In lists",),
    "mentions.ts": ("In a note",),
    "menus.ts": ("Everywhere",),
    "palette.ts": ("In the search",),
}
#: What a script asks for without it being a key to learn.
NOT_LISTED = {
    ("board.ts", "Tab"): "left to the browser while a card is picked up",
    ("grid.ts", "Process"): "what an input method sends for any letter",
    ("grid.ts", "?"): "left to the help",
    ("grid.ts", "/"): "left to the search",
    ("filters.ts", "Enter"): "kept from sending a form; it does nothing",
    ("keys.ts", "g"): "listed with each place to go to",
    ("dialogs.ts", "Ctrl"): "the browser's own click into a new tab",
    ("dialogs.ts", "Shift"): "the browser's own click into a new window",
    ("lists.ts", "Shift"): "goes with a click",
    ("lists.ts", "Ctrl"): "left to the browser",
    ("board.ts", "Ctrl"): "left to the browser",
    ("board.ts", "Alt"): "left to the browser",
    ("grid.ts", "Alt"): "left to the browser",
    ("keys.ts", "Alt"): "left to the browser",
    ("palette.ts", "Shift"): "left to the browser: back out of the search",
}
#: Keys that no script compares with: what the browser makes of them is heard instead.
HEARD = {"A…Z": "grid.ts", "@": "mentions.ts", "C": "grid.ts", "V": "grid.ts"}
CAPS = {
    "ArrowUp": "↑", "ArrowDown": "↓", "ArrowLeft": "←", "ArrowRight": "→", "Escape": "Esc",
    " ": "Space", "PageUp": "PgUp", "PageDown": "PgDn",
}  # fmt: skip
#: Literals that name a key wherever they stand, and what else `key` is compared with.
_NAMED = re.compile(
    r'"(Escape|Enter|Tab|Arrow\w+|Home|End|Page\w+|Insert|Delete|Backspace|Process|F\d+)"'
)
_COMPARED = re.compile(r'\bkey(?:\.toLowerCase\(\))? [=!]== "([^"]|[A-Z]\w*)"')
_CASE = re.compile(r'case "([^"]|[A-Z]\w*)":')
_MODIFIERS = {"ctrlKey": "Ctrl", "altKey": "Alt", "shiftKey": "Shift"}


def obeyed() -> dict[str, set[str]]:
    """Give the keys that each script asks for, as they are written on a keyboard."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(ASSETS.glob("*.ts")):
        text = path.read_text()
        keys = {*_NAMED.findall(text), *_COMPARED.findall(text), *_CASE.findall(text)}
        found[path.name] |= {CAPS.get(key, key) for key in keys}
        found[path.name] |= {cap for name, cap in _MODIFIERS.items() if f".{name}" in text}
    return {name: keys for name, keys in found.items() if keys}


def listed() -> dict[str, set[str]]:
    """Give the keys that the help lists, group by group."""
    with translation.override("en"):
        return {str(group.label): {cap for row in group.rows for cap in row.keys} for group in KEYS}


def caps(keys: set[str]) -> set[str]:
    """Write letters alike: in a chord they are printed large."""
    return {key.lower() if len(key) == 1 else key for key in keys}


def test_every_key_that_a_script_obeys_is_listed_where_it_holds() -> None:
    groups = listed()
    assert {group for places in PLACES.values() for group in places} == set(groups)
    for script, keys in obeyed().items():
        assert script in PLACES, f"{script} obeys {keys}: where do they hold?"
        told = caps({cap for group in PLACES[script] for cap in groups[group]})
        missing = {k for k in caps(keys) - told if (script, k) not in NOT_LISTED}
        assert not missing, (script, missing)


def test_no_key_is_listed_that_no_script_obeys() -> None:
    found = obeyed()
    for group, keys in listed().items():
        scripts = [script for script, places in PLACES.items() if group in places]
        known = caps({key for script in scripts for key in found.get(script, set())})
        known |= caps({key for key, script in HEARD.items() if script in scripts})
        if "evidence.ts" in scripts:  # a picture is pasted, as the browser says
            known |= {"Ctrl", "v"}
        assert caps(keys) <= known, (group, caps(keys) - known)


def test_no_reason_outlives_its_key() -> None:
    found = obeyed()
    assert all(key in found[script] for script, key in NOT_LISTED)


def test_a_script_asks_for_keys_by_their_names() -> None:
    """By `key`, compared with what it is: another way would hide it from these tests."""
    for path in ASSETS.glob("*.ts"):
        text = path.read_text()
        assert not re.search(r"event\.(code|which|charCode)\b|keypress|keyup", text), path.name
        assert not re.search(r"\bkeyCode (?!=== 229)", text), path.name
        assert not re.search(r"\.(includes|has|test)\(event\.key\)", text), path.name


def test_the_same_key_stands_once_in_a_group() -> None:
    for group in KEYS:
        chords = [row.keys for row in group.rows]
        assert len(chords) == len(set(chords)), str(group.label)
