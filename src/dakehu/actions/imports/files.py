"""The files of a run: kept while it may be resumed, with their rows for download."""

import json
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from dakehu.actions.imports.reading import SourceFile
from dakehu.core.errors import NotFound
from dakehu.core.imports.tables import Table
from dakehu.models import ImportRun
from dakehu.queries.imports import upload_folder

#: Uploads and their rows are personal data: they go after so many days.
KEPT_FOR = timedelta(days=30)


def keep_files(run_id: int, files: Sequence[SourceFile]) -> None:
    """Keep the files of a run; the list of names is written last, so that none is half there."""
    folder = upload_folder(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files):
        (folder / str(number)).write_bytes(file.read())
    (folder / "names.json").write_text(json.dumps([file.name for file in files]))


def files_of(run_id: int) -> list[SourceFile]:
    """Give the files of a run. NotFound("import.files_gone")."""
    folder = upload_folder(run_id)
    if not (folder / "names.json").is_file():
        raise NotFound("import.files_gone")
    names = json.loads((folder / "names.json").read_text())
    return [SourceFile(name, folder / str(number)) for number, name in enumerate(names)]


def write_tables(run_id: int, tables: Sequence[Table]) -> None:
    """Keep headings and first rows of each file, so that somebody may say what they mean."""
    shown = [
        {
            "file": table.file,
            "encoding": table.encoding,
            "separator": table.separator,
            "headers": table.headers,
            "rows": [[cell[:80] for cell in cells] for _number, cells in table.rows[:3]],
        }
        for table in tables
    ]
    path = upload_folder(run_id) / "tables.json"
    path.write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")


def write_rows(run_id: int, tables: Sequence[Table]) -> None:
    """Keep the rows as they were read, so that the refused ones can be corrected and sent again."""
    with (upload_folder(run_id) / "rows.jsonl").open("w", encoding="utf-8") as out:
        for table in tables:
            head = {"file": table.file, "headers": table.headers}
            out.write(json.dumps(head, ensure_ascii=False) + "\n")
            rows = table.rows
            if table.refused_rows:
                rows = tuple(sorted((*table.rows, *table.refused_rows)))
            for number, cells in rows:
                out.write(json.dumps([number, cells], ensure_ascii=False) + "\n")


def sweep(at: datetime) -> int:
    """Remove what is older than it may be kept; give of how many imports."""
    root = Path(settings.FILES) / "imports"
    old = ImportRun.objects.filter(started_at__lt=at - KEPT_FOR).values_list("id", flat=True)
    there = {entry.name for entry in root.iterdir()} if root.is_dir() else set()
    over = [run_id for run_id in old if str(run_id) in there]
    for run_id in over:
        shutil.rmtree(upload_folder(run_id))
    return len(over)
