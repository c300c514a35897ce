"""Files to tables: what a file really is, its limits, and the sheets of a workbook."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
    XmlError,
    ZipError,
)

from dakehu.core.errors import RuleBroken
from dakehu.core.imports.tables import MAX_ROWS, Table, read_csv, table_of
from dakehu.core.imports.text import decode

MAX_BYTES = 200 * 1024 * 1024
#: What a workbook may be when unpacked, and how much larger than packed.
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_RATIO = 200
_SMALL = 50 * 1024 * 1024

TEXT_NAMES = {"csv", "tsv", "txt"}
SHEET_NAMES = {"xlsx", "xlsm", "xls"}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to import: its name as the user knows it, and its bytes or where they lie."""

    name: str
    content: bytes | Path

    def read(self) -> bytes:
        """Give the bytes. RuleBroken `import.file_too_large`, `import.file_missing`."""
        if isinstance(self.content, Path):
            if not self.content.is_file():
                raise RuleBroken("import.file_missing", file=self.name)
            self._within(self.content.stat().st_size)
            return self.content.read_bytes()
        self._within(len(self.content))
        return self.content

    def _within(self, size: int) -> None:
        if size > MAX_BYTES:
            raise RuleBroken("import.file_too_large", file=self.name, limit_mb=MAX_BYTES >> 20)


def source_files(paths: Sequence[Path]) -> tuple[SourceFile, ...]:
    """Give the files at the paths; of a folder, those that could be imported.

    Raises RuleBroken `import.file_missing`, `import.no_files`.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(
                entry for entry in path.iterdir() if _ending(entry.name) in TEXT_NAMES | SHEET_NAMES
            )
        elif path.is_file():
            found.append(path)
        else:
            raise RuleBroken("import.file_missing", file=str(path))
    if not found:
        raise RuleBroken("import.no_files")
    return tuple(SourceFile(path.name, path) for path in found)


def read_tables(
    source: SourceFile, *, encoding: str | None = None, separator: str | None = None
) -> list[Table]:
    """Read a file: one table of a text file, one per sheet of a workbook that holds anything.

    Raises RuleBroken `import.wrong_extension`, `import.unknown_extension`,
    `import.empty_file`, `import.unreadable_workbook`, and what decoding and tables raise.
    """
    content = source.read()
    name, ending = PurePath(source.name).name, _ending(source.name)
    if ending not in TEXT_NAMES | SHEET_NAMES:
        raise RuleBroken(
            "import.unknown_extension", file=name, known=sorted(TEXT_NAMES | SHEET_NAMES)
        )
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise RuleBroken("import.empty_file", file=name)
    really = _really(content)
    fits = {"zip": {"xlsx", "xlsm"}, "ole": {"xls"}, "": TEXT_NAMES}.get(really, set())
    if ending not in fits:
        raise RuleBroken("import.wrong_extension", file=name, said=ending, really=really or "text")
    if ending in TEXT_NAMES:
        decoded = decode(content, file=name, encoding=encoding)
        return [read_csv(decoded.text, file=name, encoding=decoded.encoding, separator=separator)]
    return _read_workbook(content, name, zipped=really == "zip")


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")


def _really(content: bytes) -> str:
    """Tell what the first bytes say a file is; '' for what may be text."""
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(b"PK\x03\x04"):
        return "zip"
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if start.startswith(b"%pdf"):
        return "pdf"
    # What many systems offer as .xls is a web page.
    if start.startswith((b"<html", b"<!doctype", b"<?xml", b"<table")):
        return "html"
    return ""


def _read_workbook(content: bytes, name: str, *, zipped: bool) -> list[Table]:
    if zipped:
        _refuse_bomb(content, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [
            book.get_sheet_by_name(meta.name)
            for meta in book.sheets_metadata
            if meta.visible == SheetVisibleEnum.Visible
        ]
        held = [sheet for sheet in sheets if sheet.total_height > 0]
        if not held:
            raise RuleBroken("import.empty_file", file=name)
        tables = []
        for sheet in held:
            shown = name if len(held) == 1 else f"{name} · {sheet.name}"
            if sheet.total_height > MAX_ROWS:
                raise RuleBroken("import.too_many_rows", file=shown, limit=MAX_ROWS)
            tables.append(table_of(_rows(sheet), file=shown, encoding="", is_sheet=True))
    except PasswordError as error:
        raise RuleBroken("import.password", file=name) from error
    except (CalamineError, XmlError, ZipError) as error:
        raise RuleBroken("import.unreadable_workbook", file=name) from error
    return tables


def _refuse_bomb(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as error:
        raise RuleBroken("import.unreadable_workbook", file=name) from error
    swollen = unpacked > _SMALL and unpacked > MAX_RATIO * len(content)
    if unpacked > MAX_UNPACKED or swollen:
        raise RuleBroken("import.unpacks_too_large", file=name, limit_mb=MAX_UNPACKED >> 20)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.to_python(skip_empty_area=False):
        yield [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    """Write a cell as text: whole numbers without '.0', days as ISO writes them."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        # Excel keeps and shows 15 digits; the others are noise of the binary form.
        return f"{Decimal(f'{cell:.15g}'):f}"
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else ""
