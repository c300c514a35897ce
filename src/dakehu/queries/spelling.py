"""How names are spelt: simplified, in pinyin in all readings, by initials; the tokens of a name."""

from functools import cache, lru_cache
from itertools import product
from typing import Any

from pypinyin import Style, pinyin

from dakehu.core.names import core_of, grams

_READINGS = 6
_LONGEST = 40


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """Give the text in simplified characters."""
    return str(_converter().convert(text)) if not text.isascii() else text


@lru_cache(maxsize=65_536)
def core(name: str) -> str:
    """Give the distinctive core of a name, in simplified characters."""
    return core_of(simplified(name))


@lru_cache(maxsize=65_536)
def spellings(core_name: str) -> tuple[str, ...]:
    """Give the pinyin of a core without spaces, in all its readings: 重庆 has two."""
    if core_name.isascii():
        return (core_name.replace(" ", ""),)
    syllables = pinyin(core_name.replace(" ", ""), style=Style.NORMAL, heteronym=True)
    short = [list(dict.fromkeys(readings))[:2] for readings in syllables]
    found = ("".join(one) for one in product(*short))
    return tuple(dict.fromkeys(text for _n, text in zip(range(_READINGS), found, strict=False)))


def initials(core_name: str) -> str:
    """Give the initials of a core's pinyin: 海岳 is hy."""
    if core_name.isascii():
        return ""
    return "".join(s[0][:1] for s in pinyin(core_name, style=Style.NORMAL))


def tokens_of(name: str, *codes: str) -> set[str]:
    """Give what a name is found by: grams of its core, pinyin, initials, and codes as they are."""
    base = core(name)
    found = grams(base) | {f"={spelt}" for spelt in spellings(base)}
    short = initials(base)
    if len(short) > 1:
        found.add(f"~{short}")
    found |= {f"#{code.casefold()}" for code in codes if code}
    return {token[:_LONGEST] for token in found}
