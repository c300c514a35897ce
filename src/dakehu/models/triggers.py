"""Triggers: the ledger's tables refuse to change (FUN-5), and slow-changing ones mark a change.

SQLite drops the triggers of a table silently when a migration rebuilds it, so they are installed
by one idempotent function after every migrate.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from dakehu.models.stamps import COLUMNS, FAMILIES

#: Tables that only ever grow; their rows are neither changed nor removed.
APPEND_ONLY = (
    "dakehu_movement", "dakehu_entry", "dakehu_review", "dakehu_reviewunit", "dakehu_dealreview",
)  # fmt: skip


def install_triggers(*, using: str = "default", **_signal: Any) -> None:
    """Install every trigger; doing it again is harmless."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in APPEND_ONLY:
            if table in present:
                _refuse_change(connection, cursor, table)
        if "dakehu_stamp" not in present:
            return
        for family, tables in FAMILIES.items():
            _mark_changes(connection, cursor, family, [t for t in tables if t in present])


def _refuse_change(connection: BaseDatabaseWrapper, cursor: CursorWrapper, table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE."""
    if connection.vendor == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()}"
                f" BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'history is append-only: {table}'); END"
            )
        return
    cursor.execute(
        "CREATE OR REPLACE FUNCTION dakehu_refuse() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'history is append-only: %', TG_TABLE_NAME; END $$"
    )
    cursor.execute(
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE"
        f" ON {table} FOR EACH ROW EXECUTE FUNCTION dakehu_refuse()"
    )
    cursor.execute(
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE"
        f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION dakehu_refuse()"
    )


def _mark_changes(
    connection: BaseDatabaseWrapper, cursor: CursorWrapper, family: str, tables: list[str]
) -> None:
    """Give the family a new random mark with every change of its tables (models/stamps.py)."""
    sqlite = connection.vendor == "sqlite"
    mark = "lower(hex(randomblob(16)))" if sqlite else "gen_random_uuid()::text"
    cursor.execute(
        f"INSERT INTO dakehu_stamp (family, stamp) VALUES ('{family}', {mark})"
        f" ON CONFLICT (family) DO UPDATE SET stamp = {mark}"
    )
    if not sqlite:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION dakehu_mark() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN UPDATE dakehu_stamp SET stamp = {mark} WHERE family = TG_ARGV[0];"
            " RETURN NULL; END $$"
        )
    for table in tables:
        of = ", ".join(COLUMNS.get(table, ()))
        update = f"UPDATE OF {of}" if of else "UPDATE"
        if sqlite:
            for verb in ("INSERT", update, "DELETE"):
                name = f"{table}_mark_{verb.split()[0].lower()}"
                # Made anew: another version of the program may watch other columns.
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(
                    f"CREATE TRIGGER {name} AFTER {verb} ON {table}"
                    f" BEGIN UPDATE dakehu_stamp SET stamp = {mark} WHERE family = '{family}'; END"
                )
        else:
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER {table}_mark"
                f" AFTER INSERT OR {update} OR DELETE OR TRUNCATE ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION dakehu_mark('{family}')"
            )
