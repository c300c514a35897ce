"""Questions about one record that the ORM writes once, and not anew for every page."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, NamedTuple, ParamSpec, cast

from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import ValuesIterable, ValuesListIterable

from dakehu.queries.snapshot import read_alias

P = ParamSpec("P")
#: Stands for the record's id while a question is written: nothing else in it is this number.
_HOLE = 2_147_346_211


class _Written(NamedTuple):
    """A statement as a connection asks it, and what makes Python's values of its rows."""

    sql: str
    params: tuple[Any, ...]
    compiler: Any
    converters: Any
    #: Of questions by `values`.
    names: tuple[str, ...]


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
        kept: dict[Any, _Written] = connection.__dict__.setdefault("dakehu_written", {})
        key = (build, args, tuple(kwargs.items()))
        written = kept.get(key)
        if written is None:
            written = kept[key] = _write(build(_HOLE, *args, **kwargs), connection.alias)
        params = [type(p)(record_id) if p == _HOLE else p for p in written.params]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, params)
            rows = cursor.fetchall()
        if written.converters:
            rows = written.compiler.apply_converters(rows, written.converters)
        if written.names:
            return [dict(zip(written.names, row, strict=True)) for row in rows]
        return [tuple(row) for row in rows]

    return cast(Callable[Concatenate[int, P], list[Any]], update_wrapper(wrapper, build))


def _write(asked: QuerySet[Any, Any], alias: str) -> _Written:
    how = asked._iterable_class
    if how not in (ValuesIterable, ValuesListIterable):
        raise TypeError("Only what asks for values is written once.")
    compiler: Any = asked.query.get_compiler(using=alias)
    sql, params = compiler.as_sql()
    if _HOLE not in params:
        raise TypeError("The id of the record must stand in the statement.")
    select = [column for column, _sql, _alias in compiler.select]
    # Django keeps the order in which columns are asked for.
    names = tuple(asked.query.selected or ()) if how is ValuesIterable else ()
    return _Written(sql, tuple(params), compiler, compiler.get_converters(select), names)
