"""Tables without their secondary indexes and foreign keys while very many rows are written.

Afterwards all are made again as the catalogue had described them, and the catalogue is asked
whether it reads as before: what is measured is what the migrations made. PostgreSQL only.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

#: What sorting an index may hold in memory, and how many are built at once.
MEMORY, AT_ONCE = "768MB", 2

_KEPT_APART = """
SELECT c.relname, k.conname, NULL, pg_get_constraintdef(k.oid), k.contype = 'f'
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.relname = ANY(%s) AND k.contype IN ('f', 'u')
UNION ALL
SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid), NULL, FALSE
  FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
 WHERE c.relname = ANY(%s)
   AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid
                   AND k.contype IN ('p', 'u', 'x'))
ORDER BY 1, 2
"""
Kept = tuple[str, str, str | None, str | None, bool]


@contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """Take indexes and foreign keys from these tables, and give them back at the end."""
    if connection.vendor != "postgresql":
        yield
        return
    before = _described(tables)
    with connection.cursor() as cursor:
        # Foreign keys first: some stand on a unique key of another table.
        for table, name, index, _constraint, _foreign in sorted(before, key=lambda k: not k[4]):
            cursor.execute(
                f'DROP INDEX "{name}"' if index else f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'
            )
    yield
    with ThreadPoolExecutor(AT_ONCE) as hands:
        list(hands.map(_run, [index for _t, _n, index, _c, _f in before if index]))
    for table, name, _index, constraint, _foreign in sorted(before, key=lambda k: k[4]):
        if constraint:
            _run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {constraint}')
    if _described(tables) != before:
        raise AssertionError("the tables are not as the migrations made them")


def _described(tables: Sequence[str]) -> list[Kept]:
    with connection.cursor() as cursor:
        cursor.execute(_KEPT_APART, [list(tables), list(tables)])
        return [(t, n, i, c, f) for t, n, i, c, f in cursor.fetchall()]


def _run(sql: str) -> None:
    import psycopg

    settings: dict[str, Any] = connection.get_connection_params()
    own = {key: settings[key] for key in ("host", "port", "user", "password", "dbname")
           if settings.get(key)}  # fmt: skip
    with psycopg.connect(**own, autocommit=True) as raw:
        raw.execute(f"SET maintenance_work_mem = '{MEMORY}'")
        raw.execute(sql)
