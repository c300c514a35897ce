"""Cleaning up removes what may be kept no longer, and nothing that somebody still has."""

import os
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session

from dakehu.actions.cleaning import Cleaned, clean_up
from dakehu.core.errors import NotAllowed
from dakehu.models import ImportRun, LookUp, StoredFile
from tests.world import World

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> Path:
    settings.FILES = tmp_path
    return tmp_path


def put(root: Path, content: bytes, written: datetime) -> Path:
    """Lay a file where uploads lie, under its content's name."""
    name = sha256(content).hexdigest()
    path = root / name[:2] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (written.timestamp(), written.timestamp()))
    return path


def clean(world: World) -> Cleaned:
    return clean_up(actor=world.viewer("operator"), at=world.at)


def test_files_that_no_row_names_go_after_a_day(world: World, root: Path) -> None:
    kept = put(root, b"a contract", world.at - 9 * DAY)
    StoredFile.objects.create(
        sha256=kept.name, name="c.pdf", size=10, uploaded_at=world.at,
        uploaded_by_id=world.people["wen"],
    )  # fmt: skip
    under_way = put(root, b"just written", world.at - DAY / 2)
    put(root, b"rolled back", world.at - 2 * DAY)
    half = root / f"{uuid4().hex}.part"
    half.write_bytes(b"killed")
    os.utime(half, (0, 0))
    others = root / "notes.txt"
    others.write_text("of the operator")
    os.utime(others, (0, 0))
    assert clean(world).files == 2
    left = {path for path in root.rglob("*") if path.is_file()}
    assert left == {kept, under_way, others}
    assert clean(world).files == 0


def test_files_of_imports_go_after_thirty_days(world: World, root: Path) -> None:
    for days in (31, 29):
        run = ImportRun.objects.create(
            correlation_id=uuid4(), recipe="x", status="done",
            started_at=world.at - days * DAY, finished_at=world.at,
        )  # fmt: skip
        folder = root / "imports" / str(run.pk)
        folder.mkdir(parents=True)
        (folder / "0").write_bytes(b"names of customers")
    assert clean(world).uploads == 1
    assert [entry.name for entry in (root / "imports").iterdir()] == [str(run.pk)]


def test_log_ins_that_are_over_go_and_look_ups_stay(world: World, root: Path) -> None:
    for name, end in (("over", -DAY), ("on", DAY)):
        Session.objects.create(session_key=name, session_data="x", expire_date=world.at + end)
    LookUp.objects.create(
        person_id=world.people["wen"], at=world.at - 900 * DAY, name="x", folded="x", hidden=1
    )
    assert clean(world).log_ins == 1
    assert [row.session_key for row in Session.objects.all()] == ["on"]
    assert LookUp.objects.count() == 1


def test_only_the_operator_cleans_up(world: World) -> None:
    with pytest.raises(NotAllowed):
        clean_up(actor=world.viewer("admin"), at=world.at)
