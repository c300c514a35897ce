"""What a file is by its first bytes, and whether it is what its name says (FUN-3: provable)."""

from pathlib import PurePath

#: As many bytes as tell every kind below apart.
HEAD = 64

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
    (b"\xfe\xed\xfa", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
)
#: What a name promises: the kinds that keep the promise.
_PROMISED: dict[str, frozenset[str]] = {
    ending: frozenset(kinds)
    for endings, kinds in (
        ((".jpg", ".jpeg", ".jpe"), {"jpeg"}),
        ((".png",), {"png"}),
        ((".gif",), {"gif"}),
        ((".webp",), {"webp"}),
        ((".heic", ".heif", ".avif"), {"heif"}),
        ((".pdf",), {"pdf"}),
        ((".docx", ".xlsx", ".pptx", ".ods", ".odt", ".odp", ".zip"), {"zip"}),
        # Old Office saves some of these as RTF, and some programs write XLSX as XLS.
        ((".doc", ".xls", ".ppt", ".msg"), {"ole", "rtf", "zip"}),
        ((".wps", ".et", ".dps"), {"ole", "zip"}),
    )
    for ending in endings
}
#: Pictures that a browser draws and that hold no script.
PICTURES: dict[str, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
}


def kind_of(head: bytes) -> str | None:
    """Tell what a file is by its first bytes; None where nothing here knows it."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return "heif"
    return None


_HEIF = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif"})


def ending_of(name: str) -> str:
    """Give the ending of a name in small letters; dots and blanks behind it hide nothing."""
    return PurePath(name.lower().rstrip(". ")).suffix


def is_as_named(name: str, head: bytes) -> bool:
    """Test if a file is what its name promises; a name that promises nothing is kept to."""
    promised = _PROMISED.get(ending_of(name))
    return promised is None or kind_of(head) in promised
