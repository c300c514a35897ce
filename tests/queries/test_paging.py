"""Cursors come back from the URL: whatever stands there, it is read or refused."""

import base64
import json
from typing import Any

import pytest

from dakehu.core.errors import RuleBroken
from dakehu.models import Account
from dakehu.queries.opportunities.filters import Order, place_of
from dakehu.queries.paging import Cut, key_of, page_of
from tests.world import World


@pytest.mark.parametrize(
    ("order", "key"),
    [
        (("sort_key", "id"), ["a\x00b", 1]),
        (("sort_key", "id"), ["\ud800", 1]),
        (("created_on", "id"), [10**30, 1]),
        (("created_on", "id"), ["2026-02-30", 1]),
    ],
    ids=["NUL", "half a character", "a number for a day", "no such day"],
)
@pytest.mark.usefixtures("world")
def test_a_cursor_that_no_column_holds_is_refused(order: tuple[str, ...], key: list[Any]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
    with pytest.raises(RuleBroken) as refused:
        page_of([Account.objects.all()], order=order, cut=Cut(after=cursor))
    assert refused.value.code == "list.bad_cursor"


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("name", '["name","a\\u0000b",1]'), ("name", '["name","\\ud800",1]'),
        ("name", "[" * 1500), ("name", f'["name","{"x" * 5000}",1]'), ("close", "{}"),
    ],
    ids=["NUL", "half a character", "deep", "long", "no list"],
)  # fmt: skip
def test_a_crafted_cursor_is_refused_by_every_reader(sort: str, text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    for read in (lambda: place_of(Order.of(sort), cursor), lambda: key_of(cursor, length=3)):
        with pytest.raises(RuleBroken) as refused:
            read()
        assert refused.value.code == "list.bad_cursor"


def test_a_cursor_goes_on_where_it_was_cut(world: World) -> None:
    first = page_of([Account.objects.all()], order=("sort_key", "id"), cut=Cut(size=1))
    assert first.next is not None
    after = page_of(
        [Account.objects.all()], order=("sort_key", "id"), cut=Cut(size=1, after=first.next)
    )
    found = [row.pk for row in (*first.rows, *after.rows)]
    assert sorted(found) == sorted(world.accounts.values())
