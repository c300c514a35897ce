"""Questions about one record that the ORM writes once, and not anew for every page."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, NamedTuple, ParamSpec, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import ValuesIterable, ValuesListIterable

from dakehu.queries.snapshot import read_alias

P = ParamSpec("P")
#: Stands for the record's id while a question is written: nothing else in it is this number.
#: Another tells whether the id stands there as it is.
_HOLE, _OTHER = 2_147_346_211, 2_146_902_337


class _Written(NamedTuple):
    """A statement as a connection asks it, and what makes Python's values of its rows."""

    sql: str
    params: tuple[Any, ...]
    compiler: Any
    converters: Any
    #: Of questions by `values`.
    names: tuple[str, ...]
    #: So many columns are asked for; what it is ordered by may come behind them.
    width: int


def written_once(
    build: Callable[Concatenate[int, P], QuerySet[Any, Any]],
) -> Callable[Concatenate[int, P], list[Any]]:
    """Give the rows of a question by `values` or `values_list` about the record with an id.

    To write it takes the ORM longer than to ask it. What else it is told must be hashable, and is
    kept with it; the id must stand in it as a value.
    """

    def wrapper(record_id: int, *args: P.args, **kwargs: P.kwargs) -> list[Any]:
        connection = connections[read_alias()]
        # With the connection, which belongs to a thread.
        kept: dict[Any, _Written | None] = connection.__dict__.setdefault("dakehu_written", {})
        key = (build, args, tuple(kwargs.items()))
        if key not in kept:
            kept[key] = _write(lambda pk: build(pk, *args, **kwargs), connection.alias)
        written = kept[key]
        if written is None:
            return []
        params = [type(p)(record_id) if p == _HOLE else p for p in written.params]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, params)
            rows = [row[: written.width] for row in cursor.fetchall()]
        if written.converters:
            rows = written.compiler.apply_converters(rows, written.converters)
        if written.names:
            return [dict(zip(written.names, row, strict=True)) for row in rows]
        return [tuple(row) for row in rows]

    return cast(Callable[Concatenate[int, P], list[Any]], update_wrapper(wrapper, build))


def _write(ask: Callable[[int], QuerySet[Any, Any]], alias: str) -> _Written | None:
    """Write a question with the hole for an id; None where no row can fit whatever it is."""
    asked = ask(_HOLE)
    how = asked._iterable_class
    if how not in (ValuesIterable, ValuesListIterable):
        raise TypeError("Only what asks for values is written once.")
    compiler: Any = asked.query.get_compiler(using=alias)
    try:
        sql, params = compiler.as_sql()
        again = ask(_OTHER).query.get_compiler(using=alias).as_sql()
    except EmptyResultSet:
        return None
    filled = tuple(_OTHER if param == _HOLE else param for param in params)
    if _HOLE not in params or (sql, filled) != (again[0], tuple(again[1])):
        raise TypeError("The id of the record must stand in the statement as it is.")
    # Django keeps the order in which columns are asked for.
    names = tuple(asked.query.selected or ()) if how is ValuesIterable else ()
    shown = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
    return _Written(sql, tuple(params), compiler, compiler.get_converters(shown), names, len(shown))
