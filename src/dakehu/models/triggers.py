"""The database itself refuses to change history: triggers on the ledger's tables (FUN-5).

SQLite drops the triggers of a table silently when a migration rebuilds it, so they are installed
by one idempotent function after every migrate.
"""

from typing import Any

from django.db import connections

#: Tables that only ever grow; their rows are neither changed nor removed.
APPEND_ONLY = ("dakehu_movement", "dakehu_entry")


def install_triggers(*, using: str = "default", **_signal: Any) -> None:
    """Install the triggers that refuse UPDATE, DELETE and TRUNCATE; doing it again is harmless."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    tables = [table for table in APPEND_ONLY if table in present]
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "sqlite":
                for verb in ("UPDATE", "DELETE"):
                    cursor.execute(
                        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()}"
                        f" BEFORE {verb} ON {table}"
                        f" BEGIN SELECT RAISE(ABORT, 'history is append-only: {table}'); END"
                    )
            else:
                cursor.execute(
                    "CREATE OR REPLACE FUNCTION dakehu_refuse() RETURNS trigger LANGUAGE plpgsql"
                    " AS $$ BEGIN RAISE EXCEPTION 'history is append-only: %', TG_TABLE_NAME;"
                    " END $$"
                )
                cursor.execute(
                    f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE"
                    f" ON {table} FOR EACH ROW EXECUTE FUNCTION dakehu_refuse()"
                )
                cursor.execute(
                    f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE"
                    f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION dakehu_refuse()"
                )
