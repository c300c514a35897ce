"""What a person says about the files of an import."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from dakehu.core.periods import DateOrder


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user says about the files; None leaves it to the recipe and the files."""

    dates: DateOrder | None = None
    encoding: str | None = None
    state_of: date | None = None
    dry_run: bool = False
    #: Accounts that opportunities name and nobody knows are created.
    make_accounts: bool = False
    separator: str | None = None
    #: Opportunities that came before follow the file (updating.py); else they are left.
    update: bool = False
    #: By file: its kind, and the heading of each column; None as the headings show.
    mapping: Mapping[str, Any] | None = None
    #: What names mean that nobody has, by kind and folded name (matching.py).
    matches: Mapping[str, Mapping[str, int]] | None = None

    @classmethod
    def kept(cls, said: Mapping[str, Any]) -> "ImportOptions":
        """Give the options as a run keeps them."""
        names = {field.name for field in fields(cls)}
        values = {name: value for name, value in said.items() if name in names}
        if values.get("state_of"):
            values["state_of"] = date.fromisoformat(values["state_of"])
        return cls(**values)
