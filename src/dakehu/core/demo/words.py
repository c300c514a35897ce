"""The word lists that the demo is made of, read from core/data/demo."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Name:
    """The same name in both languages."""

    zh: str
    en: str


@cache
def words(part: str) -> dict[str, Any]:
    """Give one list: companies, company, people or deals."""
    folder = resources.files("dakehu.core") / "data" / "demo"
    return tomllib.loads((folder / f"{part}.toml").read_text(encoding="utf-8"))


class Namer:
    """Gives names of people that do not come twice, as long as the lists allow."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def person(self) -> Name:
        """Give a name of somebody of our own, not given before while any is left."""
        for _ in range(60):
            name = contact_name(self._rng)
            if name.zh not in self._given:
                break
        self._given.add(name.zh)
        return name


def contact_name(rng: Random) -> Name:
    """Give a name of somebody at a customer; it may come twice, as names do."""
    lists = words("people")
    surname = rng.choice(lists["surnames"])
    first, second = rng.choice(lists["first"]), rng.choice(lists["second"])
    if rng.random() < 0.12:
        return Name(surname[0] + second[0], f"{second[1].capitalize()} {surname[1]}")
    given = (first[1] + second[1]).capitalize()
    return Name(surname[0] + first[0] + second[0], f"{given} {surname[1]}")
