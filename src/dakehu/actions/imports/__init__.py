"""Importing what other systems export (issue 2, item 7; issue 3, item 3)."""

from dakehu.actions.imports.engine import work_import
from dakehu.actions.imports.files import sweep
from dakehu.actions.imports.lease import take_up_stale
from dakehu.actions.imports.options import ImportOptions
from dakehu.actions.imports.reading import SourceFile, read_tables, source_files
from dakehu.actions.imports.run import FileRead, ImportReport, run_import
from dakehu.actions.imports.uploads import (
    check_again,
    go_on,
    map_columns,
    match_names,
    revert,
    stop,
    take_in,
    upload_files,
)

__all__ = [
    "FileRead", "ImportOptions", "ImportReport", "SourceFile", "check_again", "go_on",
    "map_columns", "match_names", "read_tables", "revert", "run_import", "source_files", "stop",
    "sweep", "take_in", "take_up_stale", "upload_files", "work_import",
]  # fmt: skip
