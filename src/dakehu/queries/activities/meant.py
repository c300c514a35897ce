"""How well the words of a line fit a name: which of them stand for it, and whether for certain."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dakehu.core.activities import NamePart
from dakehu.core.names import folded
from dakehu.queries.spelling import core, initials_of, simplified, spellings

#: A name may be written apart: zhou xiao feng.
_MOST_JOINED = 3
#: Two letters are as soon an abbreviation of something else: PO, HR.
_SURE_INITIALS = 3
_SURE_BEGINNING = 3

#: Family names in pinyin, and first names, that a line in English may hold as words.
_ALSO_WORDS = frozenset({
    "a", "an", "art", "ban", "bang", "be", "bill", "can", "dang", "die", "ding", "do", "drew",
    "due", "fan", "gang", "go", "grace", "grant", "hang", "he", "hope", "in", "jack", "joy",
    "kin", "lang", "long", "man", "mark", "may", "me", "men", "no", "nu", "on", "pan", "pat",
    "pin", "quit", "rang", "rich", "rob", "rose", "sang", "she", "song", "sue", "sun", "tan",
    "tang", "ten", "tie", "ting", "to", "wan", "we", "will", "win", "you",
})  # fmt: skip

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fit:
    """The words by which somebody may be meant, and whether nobody of another name can be."""

    place: Place
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Parts of the line that follow each other, read as one name."""

    parts: tuple[NamePart, ...]

    @property
    def place(self) -> Place:
        """Give where they stand."""
        return self.parts[0].start, self.parts[-1].end

    @property
    def text(self) -> str:
        """Give them folded, as one word."""
        return folded("".join(part.text for part in self.parts))

    @property
    def spelt(self) -> str:
        """Give their letters; none where one of them is Chinese."""
        if not all(part.text.isascii() for part in self.parts):
            return ""
        return "".join(part.spelt for part in self.parts)


def runs(parts: Sequence[NamePart]) -> Iterator[Run]:
    """Give the parts that may be a name together, the longest first."""
    for length in range(_MOST_JOINED, 0, -1):
        for first in range(len(parts) - length + 1):
            run = tuple(parts[first : first + length])
            if all(b.start - a.end <= 1 for a, b in pairwise(run)):
                yield Run(run)


def person_fit(
    parts: Sequence[NamePart], name: str, name_en: str, key: str, *, at_their_account: bool
) -> Fit | None:
    """Give by which words somebody may be meant.

    The whole name is certain, in characters or pinyin. Where the account is known, so are its
    initials and the family name: zxf, 王工, chen. A mere beginning never is.
    """
    doubtful: Fit | None = None
    for run in runs(parts):
        if _is_whole(run, name, name_en, key):
            return Fit(run.place, is_certain=True)
        if at_their_account and (
            _abbreviates(run, name, key) or _is_family(run, name, name_en, key)
        ):
            return Fit(run.place, is_certain=True)
        if doubtful is None and _begins(run, name, name_en, key):
            doubtful = Fit(run.place, is_certain=False)
    return doubtful


def _is_whole(run: Run, name: str, name_en: str, key: str) -> bool:
    texts = {run.text} | ({folded(run.parts[0].stem)} if len(run.parts) == 1 else set())
    if texts & {one for one in (folded(name), folded(name_en)) if one}:
        return True
    if not run.spelt or name.isascii():
        return False
    return run.spelt in {key.replace(" ", ""), *spellings(simplified(name))}


def _abbreviates(run: Run, name: str, key: str) -> bool:
    """Tell whether they are somebody's initials; CRM and ERP are such, too."""
    long = len(run.spelt) >= _SURE_INITIALS and not name.isascii()
    return long and run.spelt in _initials(name, key)


def _initials(name: str, key: str) -> set[str]:
    """Give the initials as they are usually read, and with the family name as it is."""
    return {initials_of(name), "".join(syllable[0] for syllable in key.split())}


def _is_family(run: Run, name: str, name_en: str, key: str) -> bool:
    if len(run.parts) > 1:
        return False
    part = run.parts[0]
    if not part.text.isascii():
        return part.is_addressed and bool(part.stem) and name.startswith(part.stem)
    named = part.text in (key.partition(" ")[0], *name_en.casefold().split())
    return named and part.text not in _ALSO_WORDS


def _begins(run: Run, name: str, name_en: str, key: str) -> bool:
    if not run.spelt:
        stem = run.parts[0].stem
        long = len(stem) >= 2 or (bool(stem) and run.parts[0].is_addressed)
        return len(run.parts) == 1 and long and name.startswith(stem)
    if len(run.spelt) < 2:
        return False
    text = " ".join(part.text for part in run.parts)
    return (
        key.replace(" ", "").startswith(run.spelt)
        or text in name_en.casefold()
        or (not name.isascii() and run.spelt in _initials(name, key))
    )


def account_place(
    words: str, parts: Sequence[NamePart], names: Sequence[str], key: str, codes: Collection[str]
) -> Place | None:
    """Give which words name an account for certain; words from within its name may be its trade.

    `codes` are what it is spelt or abbreviated as.
    """
    for name in names:
        place = _in_full(words, name)
        if place is not None:
            return place
    begun = [folded(name) for name in names] + [folded(core(name)) for name in names]
    for run in runs(parts):
        if any(part.is_addressed for part in run.parts):
            continue
        least = _SURE_BEGINNING if run.text.isascii() else 2
        fits = len(run.text) >= least and any(one.startswith(run.text) for one in begun)
        spelt = len(run.spelt) > _SURE_BEGINNING and key.replace(" ", "").startswith(run.spelt)
        if fits or spelt or (run.spelt and run.spelt in codes):
            return run.place
    return None


def _in_full(words: str, name: str) -> Place | None:
    """Give where a whole name stands, whatever its brackets and spaces are."""
    said, wanted = "", folded(name)
    places: list[int] = []
    for place, character in enumerate(words):
        letters = folded(character)
        said += letters
        places += [place] * len(letters)
    at = said.find(wanted) if len(wanted) >= 2 else -1
    return None if at < 0 else (places[at], places[at + len(wanted) - 1] + 1)
