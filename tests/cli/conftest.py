"""A small demo company, built once a module and taken back, and a terminal to type in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.db import transaction
from django.utils import translation
from pytest_django import DjangoDbBlocker

from dakehu.actions.demo import build
from dakehu.cli.commands import dakehu
from dakehu.core.access import operator


@dataclass(frozen=True)
class Demo:
    """The demo company and the last day of its history."""

    last: date

    @property
    def on(self) -> str:
        return self.last.isoformat()

    @property
    def after(self) -> str:
        return (self.last + timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Demo]:
    today = datetime.now(UTC).date()
    with django_db_blocker.unblock(), transaction.atomic():
        build(actor=operator(), today=today, at=datetime.now(UTC), size=160, people=40, years=1)
        yield Demo(today - timedelta(days=1))
        transaction.set_rollback(True)


@dataclass
class Terminal:
    """Types `dakehu …` and reads the answer."""

    language: str = "en"

    def run(self, *words: str, answer_with: str = "") -> Result:
        with translation.override(self.language):
            return CliRunner().invoke(dakehu, list(words), input=answer_with)

    def json(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, *words: str) -> dict[str, Any]:
        result = self.run(*words, "--json")
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        found: dict[str, Any] = json.loads(result.stderr)
        assert found.keys() == {"code", "detail", "facts"}
        return found


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()
