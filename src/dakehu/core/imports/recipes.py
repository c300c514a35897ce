"""Recipes: which files a system exports, and what their columns mean. Data, not code."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal, cast

from dakehu.core.errors import RuleBroken
from dakehu.core.imports.tables import Table, header_key
from dakehu.core.methods import Words
from dakehu.core.names import folded
from dakehu.core.periods import DateOrder

#: A unit at the end of a heading, in brackets or not.
_UNIT = re.compile(r"[(（\[【/]?(?:单位)?(万元|亿元|千元|百万元|万|亿|元)[)）\]】]?$")
_UNITS = {
    "元": 1, "千元": 1_000, "万": 10_000, "万元": 10_000, "百万元": 1_000_000,
    "亿": 100_000_000, "亿元": 100_000_000,
}  # fmt: skip

Kind = Literal["text", "day", "amount", "number", "whole", "email"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its headers in any language, and if it must be there and be filled."""

    key: str
    headers: tuple[str, ...]
    kind: Kind = "text"
    required: bool = False
    filled: bool = False
    limit: int | None = None
    #: What the column is called where somebody chooses it: its first heading in each language.
    label: Words = field(default_factory=lambda: Words(zh="", en=""))


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a recipe and what its rows are: accounts, teams, a pipeline …"""

    subject: str
    columns: tuple[Column, ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the files of one system are read."""

    key: str
    name: Words
    files: tuple[FilePart, ...]
    note: Words | None = None
    currency: str | None = None
    dates: DateOrder | None = None
    method: str | None = None
    #: How opportunities came to be: 'current' has only today's state, others are code.
    history: str = "current"
    #: What words mean in a column: words["outcome"]["won"] = ("Won", "Closed Won").
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    #: The same by column and folded word.
    said: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def meaning(self, column: str, text: str) -> str | None:
        """Give the key that a word of the column stands for, the key itself included."""
        return self.said.get((column, folded(text)))


@dataclass(frozen=True, slots=True)
class BoundFile:
    """A table with the place of each column that the recipe knows."""

    part: FilePart
    table: Table
    places: Mapping[str, int]
    #: By what a column's amounts are multiplied, where its heading says 万元 or the like.
    units: Mapping[str, int] = field(default_factory=dict)

    def header(self, key: str) -> str:
        """Give the header under which the column stands in the file."""
        return self.table.headers[self.places[key]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A recipe with the files that it reads, and those that it has no use for."""

    recipe: Recipe
    files: tuple[BoundFile, ...]
    left_over: tuple[str, ...]


@cache
def recipes() -> tuple[Recipe, ...]:
    """Give the built-in recipes, those for a certain system first."""
    folder = resources.files("dakehu.core") / "data" / "recipes"
    found = [
        load_recipe(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda r: (len(r.files) == 1, r.key)))


def recipe_by_key(key: str) -> Recipe:
    """Give a recipe. RuleBroken `import.unknown_recipe`."""
    for recipe in recipes():
        if recipe.key == key:
            return recipe
    raise RuleBroken("import.unknown_recipe", recipe=key, known=[r.key for r in recipes()])


def recognise(tables: Sequence[Table], key: str | None = None) -> Bound:
    """Find the recipe by the headers of the files, or bind them to the one that is named.

    Raises RuleBroken `import.unknown_recipe`, `import.not_recognised`,
    `import.several_recipes`, `import.missing_column`.
    """
    if key is not None:
        return bind(recipe_by_key(key), tables)
    fitting = [bound for recipe in recipes() if (bound := _bound(recipe, tables)) is not None]
    if not fitting:
        raise RuleBroken(
            "import.not_recognised",
            files=[table.file for table in tables],
            headers=list(tables[0].headers[:20]) if tables else [],
        )
    ranked = sorted(fitting, key=_strength, reverse=True)
    if len(ranked) > 1 and _strength(ranked[0]) == _strength(ranked[1]):
        raise RuleBroken("import.several_recipes", recipes=[b.recipe.key for b in ranked])
    return ranked[0]


def bind(recipe: Recipe, tables: Sequence[Table]) -> Bound:
    """Bind the files to a recipe. RuleBroken `import.missing_column`."""
    bound = _bound(recipe, tables)
    if bound is not None:
        return bound
    for part in recipe.files:
        if part.required:
            nearest = max(tables, key=lambda t: len(places_of(part, t)), default=None)
            missing = missing_columns(part, nearest)
            if missing:
                raise RuleBroken(
                    "import.missing_column",
                    recipe=recipe.key,
                    file=nearest.file if nearest else part.subject,
                    columns=missing,
                )
    raise RuleBroken("import.not_recognised", files=[t.file for t in tables], headers=[])


def _bound(recipe: Recipe, tables: Sequence[Table]) -> Bound | None:
    files: list[BoundFile] = []
    free = list(tables)
    for part in recipe.files:
        fitting = [table for table in free if not missing_columns(part, table)]
        if not fitting:
            if part.required:
                return None
            continue
        best = max(fitting, key=lambda t: len(places_of(part, t)))
        free.remove(best)
        files.append(
            BoundFile(
                part, best, places_of(part, best), units_of(best, places_of(part, best), part)
            )
        )
    if not files:
        return None
    return Bound(recipe, tuple(files), tuple(table.file for table in free))


def _strength(bound: Bound) -> tuple[int, int]:
    return len(bound.files), sum(len(file.places) for file in bound.files)


def places_of(part: FilePart, table: Table) -> dict[str, int]:
    """Give where the columns stand, by the headings that the recipe knows."""
    at = {header_key(name): index for index, name in enumerate(table.headers) if name}
    for name, index in {_UNIT.sub("", key): i for key, i in at.items()}.items():
        at.setdefault(name, index)
    found: dict[str, int] = {}
    taken: set[int] = set()
    for column in part.columns:
        for header in column.headers:
            place = at.get(header)
            if place is not None and place not in taken:
                found[column.key] = place
                taken.add(place)
                break
    return found


def units_of(table: Table, places: Mapping[str, int], part: FilePart) -> dict[str, int]:
    """Give by what amounts are multiplied, of columns whose heading names a unit."""
    found: dict[str, int] = {}
    for column in part.columns:
        if column.kind in ("amount", "number") and column.key in places:
            said = _UNIT.search(header_key(table.headers[places[column.key]]))
            if said:
                found[column.key] = _UNITS[said[1]]
    return found


def missing_columns(part: FilePart, table: Table | None) -> list[str]:
    """Give the columns that the file lacks and that must be there."""
    places = places_of(part, table) if table is not None else {}
    return [c.key for c in part.columns if c.required and c.key not in places]


def load_recipe(text: str) -> Recipe:
    """Read a recipe from TOML; a word that nobody knows is an error of the author."""
    table: dict[str, Any] = tomllib.loads(text)
    for name in ("name", "note"):
        if name in table:
            table[name] = Words(**table[name])
    table["words"] = {
        column: {key: tuple(said) for key, said in keys.items()}
        for column, keys in table.get("words", {}).items()
    }
    table["said"] = said_by(table["words"])
    table["files"] = tuple(_part(entry) for entry in table["files"])
    return Recipe(**table)


def said_by(
    words: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> dict[tuple[str, str], str]:
    """Give the key that a folded word of a column stands for; the first that says so wins."""
    found: dict[tuple[str, str], str] = {}
    for column, keys in words.items():
        for key, said in keys.items():
            for word in (key, *said):
                if fold := folded(word):
                    found.setdefault((column, fold), key)
    return found


def _part(entry: dict[str, Any]) -> FilePart:
    columns = tuple(
        Column(
            key=key,
            label=_label(key, spec.get("headers", [])),
            headers=tuple(dict.fromkeys(header_key(h) for h in [*spec.pop("headers", []), key])),
            kind=cast(Kind, spec.pop("kind", "text")),
            **spec,
        )
        for key, spec in entry.pop("columns").items()
    )
    return FilePart(columns=columns, **entry)


def _label(key: str, headers: Sequence[str]) -> Words:
    plain = key.replace("_", " ").capitalize()
    english = next((h for h in headers if h.isascii() and " " in h), None)
    english = english or next((h for h in headers if h.isascii() and h[:1].isupper()), plain)
    return Words(zh=next((h for h in headers if not h.isascii()), english), en=english)
