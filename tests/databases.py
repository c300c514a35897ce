"""Databases of a test's own, for tests that start the product as processes.

Their tables are copied from one that was migrated once a run: that takes longer than most tests.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.db import connection

SOURCE = Path(__file__).resolve().parents[1] / "src"
MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
"""

#: Gives the URL of a new database: its name, its engine, and whether it has no tables yet.
NewDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Make databases with all tables and no rows, on the engine under test unless told."""
    folder = tmp_path_factory.mktemp("databases")
    templates: dict[str, str] = {}
    with ExitStack() as opened:

        def new(name: str, engine: str = connection.vendor, *, bare: bool = False) -> str:
            source = None if bare else template(engine)
            if engine == "sqlite":
                return _sqlite(folder / f"{name}.sqlite3", source)
            mark = hashlib.sha256(str(folder / name).encode()).hexdigest()[:12]
            return _postgresql(f"dakehu_{name}_{mark}", source, opened)

        def template(engine: str) -> str:
            if engine not in templates:
                url = new("template", engine, bare=True)
                _migrate(url, folder)
                templates[engine] = url
            return templates[engine]

        yield new


def _sqlite(path: Path, source: str | None) -> str:
    path.unlink(missing_ok=True)
    if source is not None:
        shutil.copyfile(source.removeprefix("sqlite:///"), path)
    return f"sqlite:///{path}"


def _postgresql(base: str, source: str | None, opened: ExitStack) -> str:
    server = os.environ["DAKEHU_DATABASE_URL"]
    like = f' TEMPLATE "{source.rsplit("/", 1)[1]}"' if source is not None else ""
    _tell(
        server, f'DROP DATABASE IF EXISTS "{base}" WITH (FORCE)', f'CREATE DATABASE "{base}"{like}'
    )
    opened.callback(_tell, server, f'DROP DATABASE IF EXISTS "{base}" WITH (FORCE)')
    return f"{server.rsplit('/', 1)[0]}/{base}"


def _tell(server: str, *statements: str) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement.encode())


def _migrate(url: str, home: Path) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DAKEHU_")}
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE],
        env={
            **clean,
            "PYTHONPATH": str(SOURCE),
            "DJANGO_SETTINGS_MODULE": "dakehu.settings",
            "DAKEHU_HOME": str(home / "home"),
            "DAKEHU_DATABASE_URL": url,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
