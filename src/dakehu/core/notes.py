"""Text of notes: where it names people with @ and where it holds links; nothing else is markup."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 10_000
#: So many people can be named in one note.
MOST_MENTIONS = 20
_LONGEST_NAME = 40
#: Not within an address (somebody@example.com); Chinese may stand right before it.
_AT = re.compile(r"(?<![A-Za-z0-9._%+\-@＠])[@＠](?=\S)")
_LINK = re.compile(r"https?://[^\s<>\"'，。；！？、（）《》“”]+", re.IGNORECASE)
_LATIN_END = re.compile(r"[A-Za-z0-9]$")
_LATIN_START = re.compile(r"[A-Za-z0-9_\-]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: plain, a mention, or a link."""

    text: str
    kind: str = "text"  # text, mention, link


def possible_names(text: str) -> set[str]:
    """Give every name that the text may say after an @."""
    found: set[str] = set()
    for number, place in enumerate(_AT.finditer(text)):
        if number == MOST_MENTIONS * 2:
            break
        tail = _tail(text, place.end())
        found |= {tail[:length] for length in range(1, len(tail) + 1)}
    return found


def names_said(text: str, names: Iterable[str]) -> list[str]:
    """Give which of the names the text says after an @, each once, in their order."""
    known = _by_length(names)
    said = (_name_at(_tail(text, place.end()), known) for place in _AT.finditer(text))
    return list(dict.fromkeys(name for name in said if name))


def pieces_of(text: str, names: Iterable[str]) -> tuple[Piece, ...]:
    """Cut a text into plain stretches, mentions of these names, and links."""
    known = _by_length(names)
    marks: list[tuple[int, int, str]] = []
    for place in _AT.finditer(text):
        name = _name_at(_tail(text, place.end()), known)
        if name:
            marks.append((place.start(), place.end() + len(name), "mention"))
    for place in _LINK.finditer(text):
        link = place.group().rstrip(".,;:!?)]}…")
        marks.append((place.start(), place.start() + len(link), "link"))
    found: list[Piece] = []
    at = 0
    for start, end, kind in sorted(marks):
        if start < at:
            continue
        if start > at:
            found.append(Piece(text[at:start]))
        found.append(Piece(text[start:end], kind))
        at = end
    if at < len(text):
        found.append(Piece(text[at:]))
    return tuple(found)


def _tail(text: str, start: int) -> str:
    return text[start : start + _LONGEST_NAME].split("\n", 1)[0]


def _by_length(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name}, key=len, reverse=True)


def _name_at(tail: str, known: list[str]) -> str:
    """Give the longest name that the tail begins with; Lisa is not Li."""
    for name in known:
        if not tail.startswith(name):
            continue
        after = tail[len(name) :]
        if _LATIN_END.search(name) and _LATIN_START.match(after):
            continue
        return name
    return ""
