"""What the database is told while very many rows come in: when to plan, gather, and wait."""

from django.db import connection

from dakehu.models import (
    Balance,
    CompanyBalance,
    Entry,
    ExternalId,
    Movement,
    Opportunity,
    Turnover,
)

_GROWING = (Opportunity, Movement, Entry, Balance, CompanyBalance, Turnover, ExternalId)


def suited_to_many() -> None:
    """Set the worker's connection to very many rows.

    SQLite gathers more before it copies pages into the file: chunks touch the same ones.
    PostgreSQL plans each time: a plan made while a table was empty reads it whole ever after.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_autocheckpoint = 50000")
        else:
            cursor.execute("SET plan_cache_mode = force_custom_plan")


def count_anew() -> None:
    """Let PostgreSQL look at what has grown: pages read by plans made while it was empty."""
    if connection.vendor == "postgresql":
        tables = ", ".join(model._meta.db_table for model in _GROWING)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")


def commit_lightly() -> None:
    """Let PostgreSQL commit this chunk without waiting for the disk: it would be done again.

    What checks references is planned once, else each row of them would be planned for.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("SET LOCAL plan_cache_mode = auto")
