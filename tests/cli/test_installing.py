"""From nothing to a working installation by commands alone, on a database of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # every command is a process that starts from nothing
SOURCE = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True)
class Machine:
    """A machine with nothing on it but Dakehu; commands run as they do in a shell."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("DAKEHU_")}
        return {
            **clean,
            "PYTHONPATH": str(SOURCE),
            "LC_ALL": "C.UTF-8",
            "DAKEHU_HOME": str(self.home),
            **self.settings,
        }

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dakehu", *words],
            env=self.environment(),
            cwd=self.home,
            input=typed,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    made = Machine(tmp_path_factory.mktemp("machine"))
    done = made.run("init")
    assert done.returncode == 0, done.stderr
    assert "dakehu person add" in done.stdout
    return made


def test_a_second_init_changes_nothing(machine: Machine) -> None:
    again = machine.run("init")
    assert again.returncode == 0
    assert "nothing was changed" in again.stdout


def test_before_init_every_command_says_what_to_do(tmp_path: Path) -> None:
    refused = Machine(tmp_path).run("funnel", "--on", "2020-01-01")
    assert refused.returncode == 1
    assert "dakehu init" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_empty_installation_answers_with_nothing_open(machine: Machine) -> None:
    answer = json.loads(machine.run("funnel", "--on", "2020-01-01", "--json").stdout)
    assert answer["total"] == {"count": 0, "amount": "0.00", "weighted": "0.00"}


def test_data_of_ones_own_is_never_mixed_with_the_demo(machine: Machine) -> None:
    done = machine.run("person", "add", "root", "--name", "管理员", typed="a long pass phrase\n")
    assert done.returncode == 0, done.stderr
    refused = machine.run("init", "--demo", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stderr)["code"] == "demo.not_empty"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"DAKEHU_DEMO": "1", "DAKEHU_HOST": "0.0.0.0"}, "DAKEHU_DEMO"),  # noqa: S104
        ({"DAKEHU_DATABSE_URL": "sqlite:///x"}, "DAKEHU_DATABSE_URL"),
    ],
)
def test_an_unsafe_or_misspelt_setting_is_refused(
    machine: Machine, settings: dict[str, str], named: str
) -> None:
    refused = Machine(machine.home, settings).run("serve")
    assert refused.returncode == 1
    assert named in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_does_not_answer_is_said_so(machine: Machine) -> None:
    settings = {"DAKEHU_DATABASE_URL": f"postgres://nobody@127.0.0.1:{_free_port()}/none"}
    refused = Machine(machine.home, settings).run("funnel", "--on", "2020-01-01")
    assert refused.returncode == 1
    assert "DAKEHU_DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def served(machine: Machine) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dakehu", "serve", "--port", str(port)],
        env=machine.environment(),
        cwd=machine.home,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield f"http://127.0.0.1:{port}/", process
    process.terminate()
    process.wait(timeout=30)
    assert process.stdout is not None
    process.stdout.close()


def test_serve_prints_its_address_and_answers_there(
    served: tuple[str, subprocess.Popen[str]],
) -> None:
    address, process = served
    assert process.stdout is not None
    assert address in process.stdout.readline()
    for _attempt in range(200):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
                assert answer.status == 200
                assert b"Dakehu" in answer.read()
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("nothing answered at the address")


REBUILT = """
import django
django.setup()
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from dakehu.models import Entry, Movement

def guards():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger'"
            " AND sql LIKE '%append-only%'")
        return cursor.fetchone()[0]

before = guards()
with connection.schema_editor() as editor:
    # What SQLite does for every migration that alters a table.
    editor._remake_table(Entry)
    editor._remake_table(Movement)
without = guards()
call_command("migrate", verbosity=0)
print(before, without, guards())
"""


def test_the_guards_stand_again_after_a_migration_that_rebuilt_the_table(
    machine: Machine,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REBUILT],
        env={**machine.environment(), "DJANGO_SETTINGS_MODULE": "dakehu.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, without, after = (int(word) for word in done.stdout.split())
    assert (without, after) == (before - 4, before)
