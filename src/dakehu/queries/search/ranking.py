"""How well a name fits what was typed, and which part of it is marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from rapidfuzz import fuzz

from dakehu.queries.search.probes import Asked
from dakehu.queries.spelling import (
    initials_of,
    is_spelt,
    letters_of,
    plainly,
    span_of,
    spelt_plainly,
    typed_with,
)

#: From this score on something is shown at all.
LIKELY = 45


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a name; marked where it is what was asked for."""

    text: str
    is_marked: bool


def score_of(asked: Asked, names: Sequence[str], *codes: str, in_spite: bool = False) -> float:
    """Give how well any of the names or codes fits, 0 to 100; below LIKELY it does not.

    As it is spelt, or only `in_spite` of typing errors.
    """
    best = 0.0 if in_spite else _of_codes(asked.joined, codes)
    for place, name in enumerate(names):
        if name:
            # Other names than the first count a little less.
            best = max(best, _of_name(asked, name, in_spite) - (2 if place else 0))
    return best


def may_fit(asked: Asked, *names: str) -> bool:
    """Test if some name holds all that was typed, as it is or spelt: others score nothing."""
    return any(asked.letters <= typed_with(name) for name in names)


def _of_codes(joined: str, codes: Sequence[str]) -> float:
    best = 0.0
    for code in codes:
        plain = plainly(code)
        if plain == joined:
            return 100.0
        if len(joined) > 1 and plain.startswith(joined):
            best = 88.0
    return best


def _of_name(asked: Asked, name: str, in_spite: bool) -> float:
    plain = plainly(name)
    if not plain or not (in_spite or asked.letters <= typed_with(name)):
        return 0.0
    longer = min(6.0, max(0, len(plain) - len(asked.joined)) / 3)
    if in_spite:
        return _fuzzy(asked, name, plain) * 0.7 - longer
    if plain == asked.joined:
        return 100.0
    span = span_of(name, asked.joined)
    if span is not None:
        starts = span[0] <= letters_of(name)[0][0]
        if span[2]:
            return (88 if starts else 76) - longer
        return (94 if starts else 86) - longer
    if len(asked.words) > 1:
        found = list(takewhile(bool, (span_of(name, word) for word in asked.words)))
        if len(found) == len(asked.words):
            return (72 if any(one and one[2] for one in found) else 82) - longer
    return 0.0


@lru_cache(maxsize=65_536)
def glance(name: str) -> str:
    """Give a name as it is, in pinyin, and by initials, to pass quickly over what does not fit."""
    return f"{plainly(name)}\n{spelt_plainly(name)}\n{initials_of(name)}"


def _fuzzy(asked: Asked, name: str, plain: str) -> float:
    """Compare in spite of typing errors; letters with the pinyin, of which the start is enough."""
    joined, many = asked.joined, len(asked.joined)
    if many < 3 and not (many == 2 and is_spelt(joined[0])):
        return 0.0
    if asked.is_spelt:
        return fuzz.partial_ratio(joined, plain, score_cutoff=65)
    spelt = spelt_plainly(name)
    alike = max(
        fuzz.ratio(joined, spelt[: many - 1], score_cutoff=72),
        fuzz.ratio(joined, spelt[:many], score_cutoff=72),
        fuzz.ratio(joined, spelt[: many + 1], score_cutoff=72),
    )
    if many > 4:
        alike = max(alike, fuzz.partial_ratio(joined, spelt, score_cutoff=75) - 3)
    return max(alike, 0.0)


def pieces_of(asked: Asked, name: str) -> tuple[Piece, ...]:
    """Cut a name into what was asked for and what was not."""
    whole = span_of(name, asked.joined) if asked.joined else None
    found = [whole] if whole else [span_of(name, word) for word in asked.words]
    spans = [(span[0], span[1]) for span in found if span is not None]
    pieces: list[Piece] = []
    at = 0
    for start, end in sorted(spans):
        if start < at:
            continue
        if start > at:
            pieces.append(Piece(name[at:start], False))
        pieces.append(Piece(name[start:end], True))
        at = end
    if at < len(name):
        pieces.append(Piece(name[at:], False))
    return tuple(pieces)
