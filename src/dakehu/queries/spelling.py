"""How names are spelt: simplified, in pinyin in all readings, by initials; the tokens of a name.

Two sets of tokens: of the core of a company's name (CUS-2), and of a whole name as the search
finds it. There a sign says what a token is: `!` the whole name, `=` pinyin and `~` initials from
the start of a word on, `#` a code, `%` three letters of the pinyin; grams and words bear none.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import islice, product
from typing import Any

from pypinyin import Style, pinyin

from dakehu.core.names import core_of, grams, surname_reading

_READINGS = 6
_LONGEST = 40
#: So many characters of a name are read in more than one way.
_READ_AHEAD = 5
#: Names of so few characters are found from their second on too: 明朗 of 李明朗.
_SHORT = 4
#: Where so many letters are typed, an error in later ones does no harm.
_THIRDS = 16


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache(maxsize=65_536)
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


# --- the whole name ----------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def letters_of(name: str) -> tuple[tuple[int, str], ...]:
    """Give the letters and digits of a name folded, each with its place in it."""
    plain = simplified(name)
    text = plain if len(plain) == len(name) else name
    if text.isascii():
        return tuple((n, c.lower()) for n, c in enumerate(text) if c.isalnum())
    return tuple((place, c) for place, one in enumerate(text) for c in _folded(one))


@lru_cache(maxsize=65_536)
def _folded(one: str) -> str:
    wide = unicodedata.normalize("NFKC", one).casefold()
    if not wide.isascii() and not is_spelt(wide[0]):
        wide = unicodedata.normalize("NFKD", wide)
    return "".join(c for c in wide if unicodedata.category(c)[0] in "LN")


def is_spelt(character: str) -> bool:
    """Test for a character that pinyin spells."""
    return character >= "\u2e80"


@lru_cache(maxsize=65_536)
def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a text folded: runs of Han, and of letters and digits."""
    words: list[str] = []
    last, last_kind = -2, False
    for place, c in letters_of(text):
        kind = is_spelt(c)
        if words and kind is last_kind and place - last <= 1:
            words[-1] += c
        else:
            words.append(c)
        last, last_kind = place, kind
    return tuple(words)


@lru_cache(maxsize=32_768)
def readings(character: str) -> tuple[str, ...]:
    """Give every syllable that a character is read as, the usual one first."""
    first, *others = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    # A family name is typed as it is read: it comes before what is rarer.
    found = (first, surname_reading(character), *others)
    return tuple(dict.fromkeys(s for s in found if s.isascii() and s.isalpha()))[:4]


@lru_cache(maxsize=65_536)
def _syllables(word: str) -> tuple[tuple[str, ...], ...]:
    """Give the readings of each character of a word, two at most; letters are their own."""
    if not is_spelt(word[0]):
        return ((word,),)
    usual = [one[0] for one in pinyin(word, style=Style.NORMAL)]
    if len(usual) != len(word):
        return tuple((one,) for one in usual)
    # First as the word is read, then as each character may be: 重庆 is not zhongqing, yet typed.
    return tuple(
        tuple(dict.fromkeys((first, *readings(c))))[:2]
        for first, c in zip(usual, word, strict=True)
    )


@lru_cache(maxsize=65_536)
def _read_from(word: str) -> tuple[tuple[str, str], ...]:
    """Give pinyin and initials of a word, in the ways that its first characters are read."""
    read = _syllables(word)
    if not is_spelt(word[0]):
        return ((word, word),)
    ways = islice(product(*read[:_READ_AHEAD]), _SHORT)
    rest = [one[0] for one in read[_READ_AHEAD:]]
    return tuple(
        dict.fromkeys(
            ("".join((*way, *rest)), "".join(s[:1] for s in (*way, *rest))) for way in ways
        )
    )


def found_by(names: Iterable[str], codes: Iterable[str] = (), *, thirds: bool = False) -> set[str]:
    """Give the tokens by which the search finds something of these names and codes.

    `thirds`: three letters of the pinyin each, by which it is found in spite of a typing error.
    """
    found = {f"#{code.casefold()}" for code in codes if code}
    for name in names:
        found |= _found_by(name, thirds)
    return {token[:_LONGEST] for token in found}


@lru_cache(maxsize=4_096)
def _found_by(name: str, thirds: bool) -> frozenset[str]:
    words = words_of(name)
    if not words:
        return frozenset()
    found = {"!" + "".join(words)}
    for place, word in enumerate(words):
        if is_spelt(word[0]):
            found |= {word[n : n + 2] for n in range(len(word))}
        elif len(word) > 1:
            found.add(word)
        after = [_read_from(later)[0] for later in words[place + 1 :]]
        tails = [word]
        if len(words) == 1 and is_spelt(word[0]) and len(word) <= _SHORT:
            tails += [word[n:] for n in range(1, len(word))]
        for tail in tails:
            for spelt, short in _read_from(tail):
                found.add("=" + "".join((spelt, *(s for s, _i in after))))
                if is_spelt(word[0]):
                    found.add("~" + "".join((short, *(i for _s, i in after))))
    if thirds:
        found |= thirds_of("".join(_read_from(word)[0][0] for word in words))
    return frozenset(found)


def thirds_of(spelt: str) -> set[str]:
    """Give every three letters that follow each other."""
    return {f"%{spelt[n : n + 3]}" for n in range(min(len(spelt), _THIRDS) - 2)}


@lru_cache(maxsize=65_536)
def plainly(name: str) -> str:
    """Give the letters and digits of a name, folded."""
    return "".join(c for _place, c in letters_of(name))


@lru_cache(maxsize=65_536)
def initials_of(name: str) -> str:
    """Give the usual initials of a name's pinyin."""
    return "".join(_read_from(word)[0][1] for word in words_of(name))


@lru_cache(maxsize=65_536)
def spelt_plainly(name: str) -> str:
    """Give the usual pinyin of a name, without spaces."""
    return "".join(_read_from(word)[0][0] for word in words_of(name))


# A set takes ten times as much room as its name does.
@lru_cache(maxsize=8_192)
def typed_with(name: str) -> frozenset[str]:
    """Give every character by which a part of a name can be typed: what has others isn't it."""
    plain = plainly(name)
    spelt = (letter for c in plain if is_spelt(c) for read in readings(c) for letter in read)
    return frozenset(plain).union(spelt)


def span_of(name: str, asked: str) -> tuple[int, int, bool] | None:
    """Give where in a name something asked for (folded) stands, and whether only as it is spelt.

    As it is, else by pinyin, initials, or both mixed: haiyjm is 海岳精密.
    """
    plain = plainly(name)
    at = plain.find(asked)
    if at >= 0:
        letters = letters_of(name)
        return letters[at][0], letters[at + len(asked) - 1][0] + 1, False
    if plain.isascii() or not _may_be_spelt(plain, asked):
        return None
    letters = letters_of(name)
    for start, begun in enumerate(_begun(plain)):
        if asked[0] not in begun:
            continue
        end = _consumed(letters, start, asked)
        if end is not None:
            return letters[start][0], letters[end - 1][0] + 1, True
    return None


def _may_be_spelt(plain: str, asked: str) -> bool:
    """Test for letters in what is asked for; its characters must stand in the name as they are."""
    if asked.isascii():
        return True
    return any(c.isascii() for c in asked) and all(c.isascii() or c in plain for c in asked)


@lru_cache(maxsize=65_536)
def _begun(plain: str) -> tuple[str, ...]:
    """Give for each character of a name itself and the letters that its readings begin with."""
    return tuple(
        c + "".join(syllable[0] for syllable in readings(c)) if is_spelt(c) else c for c in plain
    )


def _consumed(letters: tuple[tuple[int, str], ...], start: int, asked: str) -> int | None:
    """Give behind which letter what is asked is used up, None where it does not fit."""
    if not asked:
        return start
    if start == len(letters):
        return None
    c = letters[start][1]
    if asked[0] == c:
        return _consumed(letters, start + 1, asked[1:])
    if not is_spelt(c):
        return None
    for syllable in readings(c):
        if syllable[0] != asked[0]:
            continue
        if syllable.startswith(asked):
            return start + 1
        if asked.startswith(syllable):
            end = _consumed(letters, start + 1, asked[len(syllable) :])
            if end is not None:
                return end
        end = None if len(syllable) == 1 else _consumed(letters, start + 1, asked[1:])
        if end is not None:
            return end
    return None
