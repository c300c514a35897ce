"""The company of the permission proof, built once for the folder and taken back."""

import csv
import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker
from python_calamine import CalamineWorkbook

from dakehu.models import Person
from tests.permission.company import Company, make_company


@pytest.fixture(scope="package")
def company(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Company]:
    """Give the company at a size that 40 people can be asked about in a minute."""
    with built(django_db_blocker, tmp_path_factory.mktemp("files"), size=240, people=45) as made:
        yield made


@contextmanager
def built(blocker: DjangoDbBlocker, files: Path, *, size: int, people: int) -> Iterator[Company]:
    """Build a company of a size inside a transaction that is rolled back."""
    kept, settings.FILES = settings.FILES, str(files)
    try:
        with blocker.unblock(), transaction.atomic():
            made = make_company(size=size, people=people)
            # What is never committed no autovacuum sees: without figures of the tables the
            # planner walks all of them for each row.
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
            yield made
            transaction.set_rollback(True)
    finally:
        settings.FILES = kept


def plain(cell: Any) -> str:
    """Write a cell of either kind of file alike: numbers, days and yes as the other would."""
    if isinstance(cell, bool):
        return "1.000000" if cell else "0.000000"
    if isinstance(cell, date | datetime):
        return str(cell)[:16].removesuffix(" 00:00")
    text = str(cell).strip().removeprefix("'")
    text = {"True": "1", "False": "0"}.get(text, text)
    try:
        return f"{float(text):.6f}"
    except ValueError:
        return text.replace("T", " ")[:16] if re.match(r"\d{4}-\d\d-\d\d", text) else text


class Reader:
    """Somebody at their browser."""

    def __init__(self, company: Company, login: str | None, *, csrf: bool = False) -> None:
        self.client = Client(enforce_csrf_checks=csrf)
        if login is not None:
            self.client.force_login(Person.objects.get(login=login))

    def page(self, url: str) -> str:
        answer = self.client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        text: str = answer.content.decode()
        return text

    def status(self, url: str) -> int:
        return int(self.client.get(url).status_code)

    def all_pages(self, url: str) -> Iterator[str]:
        """Give the list page by page, by its links to the next."""
        for _turn in range(1000):
            text = self.page(url)
            yield text
            found = re.search(r'rel="next"\s+href="([^"]+)"', text)
            if not found:
                return
            query = html.unescape(found[1])
            assert query.startswith("?")
            url = url.split("?", maxsplit=1)[0] + query
        raise AssertionError("the list has no end")

    def listed(self, url: str, pattern: str) -> list[int]:
        """Give the ids that a list links to, page after page, in their order."""
        found: list[int] = []
        for text in self.all_pages(url):
            found += [
                int(n) for n in re.findall(pattern, text.split('<div class="table-box">')[-1])
            ]
        return found

    def file(self, path: str, query: str = "") -> list[dict[str, str]]:
        """Give the rows of a list's CSV, which its xlsx must hold cell by cell."""
        answer: Any = self.client.get(f"{path}.xlsx{query}")
        assert answer.status_code == 200, (path, answer.status_code)
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue()))
        sheet = book.get_sheet_by_index(0).to_python()
        lines = list(
            csv.reader(
                io.StringIO(self.client.get(f"{path}.csv{query}").getvalue().decode("utf-8-sig"))
            )
        )
        assert len(sheet) == len(lines), (path, query)
        for number, (cells, words) in enumerate(zip(sheet[1:], lines[1:], strict=True)):
            told = [plain(word) for word in words]
            assert [plain(c) for c in cells[: len(told)]] == told, (path, number, cells, words)
        return [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]

    def csv(self, url: str) -> list[dict[str, str]]:
        answer: Any = self.client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        body = b"".join(answer) if answer.streaming else answer.content
        return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
