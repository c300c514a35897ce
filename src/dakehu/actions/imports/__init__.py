"""Importing what other systems export (issue 2, item 7)."""

from dakehu.actions.imports.reading import SourceFile, read_tables, source_files
from dakehu.actions.imports.run import (
    FileRead,
    ImportOptions,
    ImportReport,
    run_import,
)

__all__ = [
    "FileRead",
    "ImportOptions",
    "ImportReport",
    "SourceFile",
    "read_tables",
    "run_import",
    "source_files",
]
