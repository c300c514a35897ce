"""Writing rows of the ledger: what bulk_create does, without what it costs a single posting."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models

#: Both engines take more; a statement stays short enough to be planned once.
_PARAMETERS = 9_000


@cache
def _fields(model: type[models.Model]) -> "tuple[list[models.Field[Any, Any]], str, str]":
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    return fields, f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ", quote("id")


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one table and give each its id; must run inside the caller's transaction."""
    if not rows:
        return
    fields, start, key = _fields(type(rows[0]))
    most = max(1, _PARAMETERS // len(fields))
    for first in range(0, len(rows), most):
        chunk = rows[first : first + most]
        places = f"({', '.join(['%s'] * len(fields))})"
        values = [
            field.get_db_prep_save(getattr(row, field.attname), connection)
            for row in chunk
            for field in fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"{start}{', '.join([places] * len(chunk))} RETURNING {key}",
                values,
            )
            # Both engines give the ids in the order of the values, as Django relies on too.
            for row, (pk,) in zip(chunk, cursor.fetchall(), strict=True):
                row.pk = pk
                row._state.adding = False
