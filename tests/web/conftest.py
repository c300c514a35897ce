"""What tests of pages stand on: plain static names, no SQL while rendering, one connection."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections


@pytest.fixture(autouse=True)
def _plain_files_and_no_sql_in_templates(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        },
    }
    settings.DAKEHU_NO_SQL_IN_TEMPLATES = True


@pytest.fixture(autouse=True)
def _reader_sees_what_the_test_wrote() -> Iterator[None]:
    # A test's rows are not committed: a second connection would not see them.
    reader = connections["reader"]
    connections["reader"] = connections["default"]
    yield
    connections["reader"] = reader
