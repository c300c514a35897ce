"""What every test stands on: how hard property tests try, and which database is theirs."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

ROOT = Path(__file__).resolve().parent.parent

# A shared machine is slow at times: no deadline per example, only a number of examples.
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis.register_profile("quick", max_examples=10, derandomize=True, **COMMON)
hypothesis.register_profile("default", max_examples=50, **COMMON)
hypothesis.register_profile("deep", max_examples=1000, print_blob=True, **COMMON)
hypothesis.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


settings.DAKEHU_NO_SQL_IN_TEMPLATES = True  # DESIGN: no SQL runs while a page is rendered
# A password takes half a second by design; tests that start the product itself keep that.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> None:
    """Name PostgreSQL's test database after this checkout: two worktrees never share one.

    pytest-django has already put the xdist worker's suffix on the name.
    """
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    for database in settings.DATABASES.values():
        if database["ENGINE"].endswith("postgresql"):
            name = database["TEST"].get("NAME") or f"test_{database['NAME']}"
            database["TEST"]["NAME"] = f"{name}_{checkout}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Let `reader` be the connection of the test itself, so that it sees what the test wrote.

    Django's mirrors are a second connection, blind to the test's open transaction.
    """
    connections["reader"].close()
    connections["reader"] = connections["default"]
    yield
    del connections["reader"]


@pytest.fixture(autouse=True)
def nothing_known_of_other_tests() -> None:
    """Let a search count anew which names are common: each test has names of its own."""
    from dakehu.queries.search import counting

    counting._common.clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every test of the database read snapshots too (databases of both aliases)."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and "databases" not in marker.kwargs:
            both = {**marker.kwargs, "databases": ["default", "reader"]}
            item.add_marker(pytest.mark.django_db(*marker.args, **both), append=False)
        elif not marker and "db" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db(databases=["default", "reader"]))


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Tell tools/run_tests.py how many are left to the other engine."""
    told = os.environ.get("TEST_LEFT")
    if told:
        Path(told).write_text(
            str(sum(item.get_closest_marker("once") is not None for item in items))
        )


pytest_plugins = ["tests.databases", "tests.world"]
