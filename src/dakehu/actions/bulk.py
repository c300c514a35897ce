"""Writing very many rows at once, as an import or a made-up company does: no model objects.

PostgreSQL takes them by COPY, SQLite by executemany; ids are handed out beforehand, so that rows
may refer to each other.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models

Row = tuple[Any, ...]


def take_ids(model: type[models.Model], count: int) -> range | list[int]:
    """Take so many ids of a table; inside the transaction that will write the rows."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # One writer at a time, and ids are never given twice (AUTOINCREMENT).
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            last = cursor.fetchone()
            first = (last[0] if last else 0) + 1
            return range(first, first + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows whose values stand in the order of `columns` (names of columns, not fields).

    Columns left out must have a default in the database or be NULL. Enums are given as numbers.
    """
    table = model._meta.db_table
    quoted = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            fields = {field.column: field for field in model._meta.local_concrete_fields}
            kept = [_KEPT_AS.get(fields[column].get_internal_type()) for column in columns]
            special = [(place, keep) for place, keep in enumerate(kept) if keep is not None]
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({quoted}) VALUES ({marks})",
                [_adapted(row, special) for row in rows],
            )
        else:
            with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def count_the_uncounted() -> list[str]:
    """Have PostgreSQL count the tables that hold rows it has never counted; give their names.

    Without statistics it plans as if they were nearly empty, and what reads a month of entries
    takes minutes. Autovacuum does it in time, where it is switched on.
    """
    if connection.vendor != "postgresql":
        return []
    tables = [model._meta.db_table for model in apps.get_app_config("dakehu").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            # Not `reltuples`: making an index sets that, and counts no column.
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relname = ANY(%s) AND pg_relation_size(oid) > 0 AND relname NOT IN"
            " (SELECT tablename FROM pg_stats WHERE schemaname = current_schema()) ORDER BY 1",
            [tables],
        )
        uncounted = [str(name) for (name,) in cursor.fetchall()]
        if uncounted:
            cursor.execute(f"ANALYZE {', '.join(uncounted)}")
    return uncounted


def insert_models(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows that are made already, with the defaults of the model; each gets its id."""
    if not rows:
        return
    fields = model._meta.concrete_fields
    names = [field.attname for field in fields]
    for pk, row in zip(take_ids(model, len(rows)), rows, strict=True):
        row.pk = pk
        row._state.adding = False
    insert_rows(
        model,
        [str(field.column) for field in fields],
        (tuple(row.__dict__[name] for name in names) for row in rows),
    )


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[models.Model]
) -> None:
    """Write these columns of rows that are there already, each as it stands in the object."""
    fields = {field.column: field for field in model._meta.local_concrete_fields}
    chosen = [fields[column] for column in columns]
    setting = ", ".join(f'"{column}" = %s' for column in columns)
    values = [
        (*(f.get_db_prep_save(getattr(row, f.attname), connection) for f in chosen), row.pk)
        for row in rows
    ]
    if values and columns:
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {model._meta.db_table} SET {setting} WHERE id = %s", values)


def _adapted(row: Row, special: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for place, keep in special:
        if values[place] is not None:
            values[place] = keep(values[place])
    return values


@lru_cache(maxsize=1024)
def _moment(value: datetime) -> str:
    return str(value.astimezone(UTC).replace(tzinfo=None))


def _day(value: date) -> str:
    return value.isoformat()


def _hex(value: UUID) -> str:
    return value.hex


def _number(value: Decimal) -> str:
    return str(value)


#: How Django keeps values in SQLite, by the type of the field.
_KEPT_AS: dict[str, Callable[[Any], Any]] = {
    "DateTimeField": _moment,
    "DateField": _day,
    "UUIDField": _hex,
    "DecimalField": _number,
}
