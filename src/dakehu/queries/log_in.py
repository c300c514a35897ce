"""Who a session belongs to, as every request asks it: by plain statements, written once.

Django writes each of these two anew, which takes three times as long as to answer it. Whose a
session was the last time is asked with it: mostly it still is, and then one statement is enough.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connections
from django.utils import timezone

from dakehu.models import Person

Convert = Callable[[Any, Any, Any], Any]


class _Whole(NamedTuple):
    """A person whole: the columns of `p`, their attributes, and those stored in their own way."""

    columns: str
    names: tuple[str, ...]
    stored: tuple[tuple[int, Any], ...]


def session_with(key: str, person_id: int | None) -> tuple[str | None, Person | None]:
    """Give what a session that has not expired holds, signed as it is stored, and a person.

    The person is whoever the caller supposes the session to be of: not what the session says.
    """
    connection = connections["default"]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.session_data, {_whole().columns} FROM django_session s"
            " LEFT JOIN dakehu_person p ON p.id = %s"
            " WHERE s.session_key = %s AND s.expire_date > %s",
            [person_id, key, now],
        )
        row = cursor.fetchone()
    return (row[0], _person(row[1:])) if row else (None, None)


def person_by_id(pk: int) -> Person | None:
    """Give a person whole, as Django's log-in knows them."""
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT {_whole().columns} FROM dakehu_person p WHERE p.id = %s", [pk])
        row = cursor.fetchone()
    return _person(row) if row else None


def _person(row: Sequence[Any]) -> Person | None:
    """Make a person of a row of theirs; None of one that a join left empty."""
    connection, whole = connections["default"], _whole()
    values = list(row)
    if values[whole.names.index("id")] is None:
        return None
    for place, column in whole.stored:
        for convert in _converters(column):
            values[place] = convert(values[place], column, connection)
    return Person.from_db("default", whole.names, values)


@cache
def _whole() -> _Whole:
    fields = Person._meta.concrete_fields
    quote = connections["default"].ops.quote_name
    return _Whole(
        ", ".join(f"p.{quote(str(field.column))}" for field in fields),
        tuple(field.attname for field in fields),
        tuple((n, f.cached_col) for n, f in enumerate(fields) if _converters(f.cached_col)),
    )


def _converters(column: Any) -> list[Convert]:
    """Give what makes Python's values of a column's; they belong to this thread's connection."""
    connection = connections["default"]
    return [
        *connection.ops.get_db_converters(column),
        *column.get_db_converters(connection),
    ]
