"""What the columns of a file mean, as somebody said or as its headings suggest.

Files of one import may be of several kinds; then they are read by one recipe made of theirs.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dakehu.core.errors import RuleBroken
from dakehu.core.imports.recipes import (
    Bound,
    BoundFile,
    FilePart,
    Recipe,
    missing_columns,
    places_of,
    recipes,
    said_by,
    units_of,
)
from dakehu.core.imports.tables import Table, header_key
from dakehu.core.methods import Words

#: The recipe of files of several kinds.
MIXED = "tables"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A file's kind and, by column, the heading under which it stands; '' leaves a file out."""

    subject: str
    columns: Mapping[str, str]


def simple_recipes() -> dict[str, Recipe]:
    """Give the recipes of one file, by what its rows are."""
    return {r.files[0].subject: r for r in recipes() if len(r.files) == 1}


def digest_of(headers: Iterable[str]) -> str:
    """Give the mark of a set of headings, by which a mapping is known again."""
    keys = sorted(key for header in headers if (key := header_key(header)))
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def suggested(table: Table) -> Mapped:
    """Give the kind whose columns the headings name best; '' where they name nothing."""
    best, most = Mapped("", {}), (False, 0.0)
    for subject, recipe in simple_recipes().items():
        part = recipe.files[0]
        places = places_of(part, table)
        # A short kind that fits wholly beats a long one that fits in few columns.
        strength = (not missing_columns(part, table), len(places) + len(places) / 100)
        if places and strength > most:
            columns = {key: table.headers[place] for key, place in places.items()}
            best, most = Mapped(subject, columns), strength
    return best


def named_as(subject: str, headers: Sequence[str]) -> dict[str, str]:
    """Give the columns of a kind that the headings name."""
    table = Table("", "", tuple(headers), ())
    places = places_of(simple_recipes()[subject].files[0], table)
    return {key: headers[place] for key, place in places.items()}


def fits(table: Table, mapped: Mapped) -> bool:
    """Test if the mapping names all that its kind needs, and only headings that the file has."""
    recipe = simple_recipes().get(mapped.subject)
    if recipe is None:
        return mapped.subject == ""
    there = set(table.headers)
    needed = {column.key for column in recipe.files[0].columns if column.required}
    named = {key for key, header in mapped.columns.items() if header in there}
    return needed <= named


def bind_mapped(tables: Sequence[Table], mapping: Mapping[str, Mapped]) -> Bound:
    """Bind files as they were mapped. RuleBroken `import.missing_column`, `import.no_files`."""
    known = simple_recipes()
    used = [t for t in tables if mapping.get(t.file, Mapped("", {})).subject in known]
    if not used:
        raise RuleBroken("import.no_files")
    files = [_bound(table, mapping[table.file], known) for table in used]
    subjects = list(dict.fromkeys(mapping[table.file].subject for table in used))
    recipe = known[subjects[0]] if len(subjects) == 1 else _mixed([known[s] for s in subjects])
    left = tuple(table.file for table in tables if table not in used)
    return Bound(recipe, tuple(files), left)


def _bound(table: Table, mapped: Mapped, known: Mapping[str, Recipe]) -> BoundFile:
    recipe = known[mapped.subject]
    part: FilePart = recipe.files[0]
    at = {header: place for place, header in enumerate(table.headers)}
    places = {key: at[header] for key, header in mapped.columns.items() if header in at}
    missing = [c.key for c in part.columns if c.required and c.key not in places]
    if missing:
        raise RuleBroken(
            "import.missing_column", recipe=recipe.key, file=table.file, columns=missing
        )
    return BoundFile(part, table, places, units_of(table, places, part))


def _mixed(parts: Sequence[Recipe]) -> Recipe:
    words = {column: keys for recipe in parts for column, keys in recipe.words.items()}
    return Recipe(
        key=MIXED,
        name=Words(
            zh=" + ".join(recipe.name.zh for recipe in parts),
            en=" + ".join(recipe.name.en for recipe in parts),
        ),
        files=tuple(recipe.files[0] for recipe in parts),
        words=words,
        said=said_by(words),
    )
