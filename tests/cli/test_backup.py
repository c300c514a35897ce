"""Backup, restore, upgrade: all of it comes back, on either engine, or nothing does."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.databases import NewDatabase

pytestmark = pytest.mark.slow  # every command is a process that starts from nothing
SOURCE = Path(__file__).resolve().parents[2] / "src"

COMPANY = """
import django
django.setup()
from datetime import UTC, datetime
from dakehu.actions.demo import build
from dakehu.core.access import operator
at = datetime.now(UTC)
build(actor=operator(), today=at.date(), at=at, size=60, people=40, years=1)
"""
#: Creates opportunities until it is told to stop.
BUSY = """
import sys
import django
django.setup()
from datetime import UTC, datetime
from pathlib import Path
from decimal import Decimal
from dakehu.actions.opportunities import NewOpportunity, create_opportunity
from dakehu.core.ledger import Way
from dakehu.models import Opportunity
from dakehu.queries.people import viewer_of
deal = Opportunity.objects.filter(place=1, method_version__is_current=True).first()
at = datetime.now(UTC)
seller = viewer_of(person_id=deal.owner_id, login="x", today=at.date(), language="en")
made = 0
while not Path(sys.argv[1]).exists():
    create_opportunity(
        actor=seller, on=at.date(), today=at.date(), at=datetime.now(UTC), way=Way.FORM,
        new=NewOpportunity(
            name=f"Busy {made}", account_id=None, owner_id=deal.owner_id,
            amount=Decimal(7), currency="CNY",
            method_version_id=deal.method_version_id,
        ),
    )
    made += 1
print(made)
"""


@dataclass(frozen=True)
class House:
    """An installation of its own: its database and its folder."""

    url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("DAKEHU_")}
        return {
            **clean,
            "PYTHONPATH": str(SOURCE),
            "LC_ALL": "C.UTF-8",
            "DJANGO_SETTINGS_MODULE": "dakehu.settings",
            "DAKEHU_HOME": str(self.home),
            "DAKEHU_DATABASE_URL": self.url,
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._python("-m", "dakehu", *words)

    def script(self, text: str) -> str:
        done = self._python("-c", text)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def refused(self, *words: str) -> str:
        done = self.run(*words, "--json")
        assert done.returncode == 1, done.stdout
        return str(json.loads(done.stderr)["code"])

    def _python(self, *words: str) -> subprocess.CompletedProcess[str]:
        self.home.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [sys.executable, *words], env=self.environment, cwd=self.home,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip


Houses = Callable[..., House]


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Houses:
    """Make installations with empty databases, on the engine under test; `bare`: without tables."""
    folder = tmp_path_factory.mktemp("houses")

    def house(name: str, engine: str = connection.vendor, *, bare: bool = False) -> House:
        return House(new_database(name, engine, bare=bare), folder / name)

    return house


@pytest.fixture(scope="module")
def company(houses: Houses) -> House:
    house = houses("company")
    assert house.run("init").returncode == 0
    house.script(COMPANY)
    proof = b"a signed contract" * 1000
    name = hashlib.sha256(proof).hexdigest()
    target = house.home / "files" / name[:2] / name
    target.parent.mkdir(parents=True)
    target.write_bytes(proof)
    return house


@pytest.fixture(scope="module")
def archive(company: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("archives") / "dakehu.zip"
    answer = company.json("backup", str(made))
    assert answer["files"] == 1
    assert answer["rows"] > 1000
    return made


def manifest(archive: Path) -> Any:
    with zipfile.ZipFile(archive) as opened:
        return json.loads(opened.read("manifest.json"))


def test_all_tables_and_files_come_back_the_same(
    houses: Houses, archive: Path, tmp_path: Path
) -> None:
    other = houses("other")
    assert other.json("restore", str(archive))["files"] == 1
    again = tmp_path / "again.zip"
    other.json("backup", str(again))
    was, now = manifest(archive), manifest(again)
    assert now["tables"] == was["tables"]
    assert now["files"] == was["files"]
    assert other.json("ledger", "verify")["right"]
    on = "2100-01-01"
    assert other.refused("funnel", "--on", on) == "funnel.future"


def test_a_backup_moves_to_the_other_engine(houses: Houses, archive: Path, tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("runs once, where PostgreSQL is under test")
    small = houses("small", "sqlite")
    small.json("restore", str(archive))
    back = tmp_path / "back.zip"
    small.json("backup", str(back))
    assert manifest(back)["tables"] == manifest(archive)["tables"]
    home = houses("home")
    home.json("restore", str(back))
    assert home.json("ledger", "verify")["right"]


def test_a_restored_installation_goes_on_counting(houses: Houses, archive: Path) -> None:
    house = houses("counting")
    house.json("restore", str(archive))
    stop = house.home / "stop"
    stop.write_text("")
    assert house.script(BUSY.replace("sys.argv[1]", repr(str(stop)))).strip() == "0"
    made = BUSY.replace("while not Path(sys.argv[1]).exists()", "while made < 3")
    assert house.script(made).strip() == "3"
    assert house.json("ledger", "verify")["right"]


def test_people_go_on_working_while_it_is_made(
    company: House, houses: Houses, tmp_path: Path
) -> None:
    stop = tmp_path / "stop"
    busy = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(stop)],
        env=company.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        company.json("backup", str(tmp_path / "busy.zip"))
    finally:
        stop.write_text("")
        said, _error = busy.communicate(timeout=60)
    assert int(said) > 0
    other = houses("busy")
    other.json("restore", str(tmp_path / "busy.zip"))
    assert other.json("ledger", "verify")["right"]


def test_nothing_is_restored_over_what_is_there(company: House, archive: Path) -> None:
    assert company.refused("restore", str(archive)) == "backup.not_empty"
    assert company.refused("backup", str(archive)) == "backup.exists"


def rewritten(archive: Path, to: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Copy an archive member by member, changed."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def test_a_damaged_backup_restores_nothing(houses: Houses, archive: Path, tmp_path: Path) -> None:
    house = houses("damaged")

    def one_digit(name: str, content: bytes) -> bytes:
        if name != "tables/dakehu.opportunity.jsonl":
            return content
        return content.replace(b'"CNY"', b'"USD"', 1)

    bad = rewritten(archive, tmp_path / "bad.zip", one_digit)
    assert house.refused("restore", str(bad)) == "backup.damaged"
    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-2000])
    assert house.refused("restore", str(cut)) == "backup.unreadable"
    assert house.refused("restore", str(tmp_path / "none.zip")) == "backup.no_file"
    text = tmp_path / "text.zip"
    text.write_text("not an archive")
    assert house.refused("restore", str(text)) == "backup.unreadable"
    assert house.json("restore", str(archive))["rows"] > 0


def test_a_file_cannot_be_placed_outside_the_folder(
    houses: Houses, archive: Path, tmp_path: Path
) -> None:
    def outside(name: str, content: bytes) -> bytes:
        if name != "manifest.json":
            return content
        told = json.loads(content)
        told["files"][0]["path"] = "../../outside"
        return json.dumps(told).encode()

    bad = rewritten(archive, tmp_path / "outside.zip", outside)
    house = houses("outside")
    assert house.refused("restore", str(bad)) == "backup.damaged"
    assert not (house.home.parent / "outside").is_file()


def test_a_newer_backup_is_refused(houses: Houses, archive: Path, tmp_path: Path) -> None:
    def newer(name: str, content: bytes) -> bytes:
        if name != "manifest.json":
            return content
        told = json.loads(content)
        told["migrations"]["dakehu"].append("9999_from_the_future")
        return json.dumps(told).encode()

    bad = rewritten(archive, tmp_path / "newer.zip", newer)
    assert houses("newer").refused("restore", str(bad)) == "backup.newer"


def test_a_backup_of_an_earlier_version_is_upgraded(
    houses: Houses, archive: Path, tmp_path: Path
) -> None:
    """The archive as version 0005 would have written it: without what came with 0006 and later."""
    told = manifest(archive)
    registry = MigrationLoader(None).project_state(("dakehu", "0005_stamp")).apps
    columns = {
        model._meta.label_lower: {field.attname for field in model._meta.concrete_fields}
        for model in registry.get_models(include_auto_created=True)
        if model._meta.app_label == "dakehu"
    }
    parts = {table["model"]: table for table in told["tables"]}

    def earlier(name: str, content: bytes) -> bytes | None:
        if name == "manifest.json":
            kept = [n for n in told["migrations"]["dakehu"] if n < "0006"]
            told["migrations"]["dakehu"] = kept
            told["tables"] = [t for t in told["tables"] if is_of_then(t["model"])]
            return json.dumps(told).encode()
        model = name.removeprefix("tables/").removesuffix(".jsonl")
        if not name.startswith("tables/dakehu."):
            return content
        return shorter(model, content) if is_of_then(model) else None

    def is_of_then(model: str) -> bool:
        return not model.startswith("dakehu.") or model in columns

    def shorter(model: str, content: bytes) -> bytes:
        part = parts[model]
        if not columns[model] <= set(part["columns"]):
            # Carried anew since in another shape; then it stood empty until it was carried.
            content = b""
            part["rows"] = 0
            part["columns"] = sorted(columns[model])
        kept = [n for n, column in enumerate(part["columns"]) if column in columns[model]]
        left = b"".join(
            json.dumps(
                [json.loads(line)[n] for n in kept], ensure_ascii=False, sort_keys=True,
                separators=(",", ":"),
            ).encode() + b"\n"
            for line in content.splitlines()
        )  # fmt: skip
        part["columns"] = [part["columns"][n] for n in kept]
        part["sha256"] = hashlib.sha256(left).hexdigest()
        return left

    old = rewritten(archive, tmp_path / "old.zip", earlier)
    house = houses("earlier", bare=True)
    house.json("restore", str(old))
    assert house.json("upgrade", "--check")["due"] == []
    assert house.json("ledger", "verify")["right"]


def test_upgrade_says_what_is_due_before_it_does_it(houses: Houses) -> None:
    house = houses("upgrade")
    assert house.run("init").returncode == 0
    assert house.json("upgrade", "--check") == {"due": [], "unknown": [], "applied": False}
    house.script(
        "import django; django.setup();"
        "from django.core.management import call_command as c; c('migrate', 'dakehu', '0019')"
    )
    due = house.run("upgrade", "--check", "--json")
    assert due.returncode == 1
    assert json.loads(due.stdout)["due"][0].startswith("dakehu.0021")
    assert house.json("upgrade")["applied"]
    assert house.json("upgrade", "--check")["due"] == []
    shutil.rmtree(house.home, ignore_errors=True)
