"""Bytes to text: by the mark at the start, else by what the bytes can be."""

import codecs
from dataclasses import dataclass

from dakehu.core.errors import RuleBroken

#: Names that people may give; anything else that Python can decode is taken too.
_NAMES = {"gbk": "gb18030", "gb2312": "gb18030", "ansi": "gb18030"}
#: Longest first: the mark of UTF-32 little-endian begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text, the encoding it was in, and whether that was only the likeliest guess."""

    text: str
    encoding: str
    guessed: bool = False


def decode(content: bytes, *, file: str, encoding: str | None = None) -> Decoded:
    """Read the bytes of a text file.

    Raises RuleBroken `import.unknown_encoding`, `import.undecodable` (with the encoding asked
    for), `import.not_text`.
    """
    if encoding is not None:
        return _as_asked(content, file, encoding)
    found = _by_mark(content, file) or _unmarked(content)
    if found is None:
        raise RuleBroken("import.not_text", file=file)
    return found


def _as_asked(content: bytes, file: str, encoding: str) -> Decoded:
    wanted = _NAMES.get(encoding.strip().lower(), encoding.strip().lower())
    try:
        codec = codecs.lookup(wanted)
    except (LookupError, ValueError) as error:
        raise RuleBroken("import.unknown_encoding", encoding=encoding) from error
    # base64 and the like are codecs too, but not encodings of text.
    if not getattr(codec, "_is_text_encoding", True):
        raise RuleBroken("import.unknown_encoding", encoding=encoding)
    try:
        text = content.decode(codec.name)
    except UnicodeError as error:
        raise RuleBroken("import.undecodable", file=file, encoding=encoding) from error
    return Decoded(text.removeprefix("\ufeff"), codec.name)


def _by_mark(content: bytes, file: str) -> Decoded | None:
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            # Some exports put the mark of UTF-16 before text in UTF-32.
            wide = _utf32_behind(content[2:]) if name == "utf-16" else None
            if wide is not None:
                return Decoded(wide, "utf-32")
            try:
                return Decoded(content.decode(codec), name)
            except UnicodeError as error:
                raise RuleBroken("import.undecodable", file=file, encoding=name) from error
    return None


def _utf32_behind(rest: bytes) -> str | None:
    for shift in (0, 2):
        body = rest[shift:]
        if len(body) % 4 or body.count(0) * 2 < len(body):
            continue
        for codec in ("utf-32-le", "utf-32-be"):
            text = _strictly(body, codec)
            if text is not None:
                return text
    return None


def _unmarked(content: bytes) -> Decoded | None:
    if content.count(0) * 3 > len(content):
        even = content[0::2].count(0)
        codec = "utf-16-be" if even > content[1::2].count(0) else "utf-16-le"
        text = _strictly(content, codec)
        return None if text is None or "\0" in text else Decoded(text, "utf-16", True)
    for codec, guessed in (("utf-8", False), ("gb18030", False), ("cp1252", True)):
        text = _strictly(content, codec)
        if text is None or (codec != "utf-8" and text.count("\0") * 100 > len(text)):
            continue
        if codec == "gb18030" and (other := _traditional(content, text)) is not None:
            return Decoded(other, "big5", True)
        return Decoded(text, codec, guessed)
    return None


def _traditional(content: bytes, as_gb: str) -> str | None:
    """Give the text in Big5 if its characters are much more common than those of GB18030."""
    text = _strictly(content, "big5")
    if text is None:
        return None
    # The first half of each set holds the characters in daily use.
    ours = _common(as_gb, "gb2312", 0xB0, 0xD7)
    theirs = _common(text, "big5", 0xA4, 0xC6)
    return text if theirs > ours + 0.2 else None


def _common(text: str, codec: str, first: int, last: int) -> float:
    """Give the share of Chinese characters whose first byte lies among those of daily use."""
    han = [c for c in text[:20_000] if c > "\u2e7f"]
    leads = [c.encode(codec, "ignore")[:1] for c in han]
    return sum(lead != b"" and first <= lead[0] <= last for lead in leads) / max(len(han), 1)


def _strictly(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeError:
        return None
