"""The parts of a line's words that may be names: 海岳泵业 张总 is a company and a Mr Zhang."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dakehu.core.activities.line import tidy

#: At most so many parts of a line are looked up.
MOST_PARTS = 6
_LONGEST = 200
_BETWEEN = re.compile(r"[\s,，、;；。:：()（）]+|(?<=[\u4e00-\u9fff])[和与跟](?=[\u4e00-\u9fff])")
_BEFORE = re.compile(
    r"^(?:给|跟|和|与|找|向|(?:with|to|from|and|&)$|(?:mr|ms|mrs)\.?$)", re.IGNORECASE
)
#: How people are addressed: what stands before it is the family name, or the whole one.
_TITLES = re.compile(
    r"(?:董事长|总经理|总工程师|副总经理|总监|总工|副总|经理|主任|处长|科长|部长|局长|院长|所长|厂长"
    r"|工程师|老师|先生|女士|小姐|工|总|董|主管)$"
)


@dataclass(frozen=True, slots=True)
class NamePart:
    """Words that may be a name; `stem` is without the title, which tells that it is a person.

    `start` and `end` are their place in the line, with the 给 or 'with' that leads to the name.
    """

    text: str
    stem: str
    start: int = 0
    end: int = 0

    @property
    def is_addressed(self) -> bool:
        """Test if somebody is addressed by a title."""
        return self.stem != self.text

    @property
    def spelt(self) -> str:
        """Give the letters and digits of what is not Chinese."""
        return "".join(c for c in self.text if c.isascii() and c.isalnum())


def name_parts(words: str) -> tuple[NamePart, ...]:
    """Give what of the words may be names, in order, each once."""
    cleaned = words.replace("\x00", " ")[:_LONGEST]
    found: dict[str, NamePart] = {}
    leads_from: int | None = None
    for start, end in _pieces(cleaned):
        before = _BEFORE.match(cleaned[start:end])
        name_from = start + (before.end() if before else 0)
        outer = start if leads_from is None else leads_from
        text = cleaned[name_from:end].casefold()
        # 'with' alone leads to the name that comes next.
        leads_from = None if text else outer
        if text:
            found.setdefault(text, NamePart(text, _TITLES.sub("", text), outer, end))
    return tuple(found.values())[:MOST_PARTS]


def words_without(words: str, places: Iterable[tuple[int, int]]) -> str:
    """Give the words without the names that stand at these places."""
    rest, at = "", 0
    for start, end in sorted(places):
        first, last = _joined(words, start, end)
        rest += words[at : max(first, at)] + " "
        at = max(last, at)
    return tidy(_LEFT_OVER.sub("", tidy(rest + words[at:])))


#: What joined two names leads to nothing where the first of them is gone.
_LEFT_OVER = re.compile(r"^(?:and|&)(?:\s+|$)|^[和与跟]$", re.IGNORECASE)


def _joined(words: str, start: int, end: int) -> tuple[int, int]:
    """Take along the 和 that joins a name to another one, the dot and the bracket that end it."""
    for found in _BETWEEN.finditer(words):
        if found[0] in "和与跟" and found.end() == start:
            start = found.start()
        elif found[0] in "和与跟" and found.start() == end:
            end = found.end()
    if "(" in words[start:end] or "（" in words[start:end]:
        end += len(words[end:]) - len(words[end:].lstrip(")）"))
    return start, end


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Give where what stands between spaces and punctuation begins and ends."""
    at = 0
    for between in _BETWEEN.finditer(text):
        yield from _apart(text, at, between.start())
        at = between.end()
    yield from _apart(text, at, len(text))


def _apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Split a company from the person written behind it: 海岳泵业张总."""
    title = _TITLES.search(text[start:end])
    if title is None or title.start() < 3:
        if start < end:
            yield start, end
        return
    person = start + title.start() - 1
    yield start, person
    yield person, end
