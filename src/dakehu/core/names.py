"""Names: folded for exact look-ups, what is distinctive of a company (CUS-2), family names."""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib import resources

_BRACKETS = re.compile(r"[（(【\[][^）)】\]]*[）)】\]]")
_WORDS = re.compile(r"[a-z0-9]+|[^\x00-\x7f]+")


@lru_cache(maxsize=65_536)
def folded(name: str) -> str:
    """Fold width and case and leave out spaces and punctuation."""
    wide = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in wide if unicodedata.category(c)[0] in "LN")


@cache
def _little() -> dict[str, tuple[str, ...]]:
    text = (resources.files("dakehu.core") / "data" / "names.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {key: tuple(sorted(words, key=len, reverse=True)) for key, words in table.items()}


def core_of(name: str) -> str:
    """Give the distinctive core of a name (字号), of simplified characters.

    Legal form, places and words of a trade are left out while something else remains.
    """
    wide = unicodedata.normalize("NFKC", name).casefold().strip()
    for mark in _little()["exchange"]:
        rest = wide.removeprefix(mark)
        # The mark of an exchange stands before Chinese; 'SAP' is no 'S' before 'AP'.
        if rest != wide and rest[:1] > "\x7f":
            wide = rest
            break
    wide = _BRACKETS.sub("", wide) or wide
    parts = _WORDS.findall(wide)
    latin = [p for p in parts if p.isascii() and p not in _little()["legal"]]
    plain = [p for p in latin if p not in _little()["trades"]] or latin
    han = "".join(p for p in parts if not p.isascii())
    core = " ".join([*plain, *([_han_core(han)] if han else [])])
    return core or "".join(parts)


def _han_core(han: str) -> str:
    han = _without(han, _little()["legal"], at_end=True, all_of_them=True)
    placed = _without(han, _little()["places"], at_end=False)
    placed = placed[1:] if placed != han and placed[:1] in "省市县" else placed
    short = _without(placed, _little()["trades"], at_end=True, all_of_them=True)
    return next((core for core in (short, placed, han) if len(core) >= 2), han)


def _without(text: str, words: tuple[str, ...], *, at_end: bool, all_of_them: bool = False) -> str:
    """Leave out words at an end while at least two characters remain."""
    found = True
    while found:
        found = False
        for word in words:
            fits = text.endswith(word) if at_end else text.startswith(word)
            if fits and len(text) - len(word) >= 2:
                text = text[: -len(word)] if at_end else text[len(word) :]
                found = all_of_them
                break
    return text


def grams(core: str) -> set[str]:
    """Give the 1- and 2-grams of the Chinese in a core, and its Latin words as they are."""
    found: set[str] = set()
    for part in _WORDS.findall(core):
        if part.isascii():
            found.add(part)
        else:
            found |= set(part) | {part[place : place + 2] for place in range(len(part) - 1)}
    return found


@cache
def _surnames() -> dict[str, str]:
    text = (resources.files("dakehu.core") / "data" / "surnames.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)["readings"]
    return {character: reading for reading, named in table.items() for character in named}


def surname_reading(character: str) -> str:
    """Give how a character is read as a family name, '' where it is read as ever."""
    return _surnames().get(character, "")


#: Longer is no name of a person, but of a desk: 单位联系人.
_LONGEST_PERSON = 4


def surname_of_person(name: str) -> str:
    """Give how the family name of a person is read, '' where it is read as its characters are."""
    if not 2 <= len(name) <= _LONGEST_PERSON or name.startswith("单于"):
        return ""
    return surname_reading(name[0])
