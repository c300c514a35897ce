"""Importing what other systems export (issue 2, item 7)."""

from dakehu.actions.imports.reading import SourceFile, read_tables, source_files
from dakehu.actions.imports.run import (
    FileRead,
    ImportOptions,
    ImportReport,
    run_import,
)
from dakehu.actions.imports.uploads import confirm_upload, try_upload

__all__ = [
    "FileRead",
    "ImportOptions",
    "ImportReport",
    "SourceFile",
    "confirm_upload",
    "read_tables",
    "run_import",
    "source_files",
    "try_upload",
]
