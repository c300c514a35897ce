"""Cursors come back from the URL: whatever stands there, it is read or refused."""

import base64
import json
from typing import Any

import pytest

from dakehu.core.errors import RuleBroken
from dakehu.models import Account
from dakehu.queries.paging import Cut, page_of
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


def test_a_cursor_goes_on_where_it_was_cut(world: World) -> None:
    first = page_of([Account.objects.all()], order=("sort_key", "id"), cut=Cut(size=1))
    assert first.next is not None
    after = page_of(
        [Account.objects.all()], order=("sort_key", "id"), cut=Cut(size=1, after=first.next)
    )
    found = [row.pk for row in (*first.rows, *after.rows)]
    assert sorted(found) == sorted(world.accounts.values())
