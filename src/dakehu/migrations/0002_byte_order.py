"""What is compared as plain ASCII must be compared byte by byte on PostgreSQL too.

A group's subtree is one range of paths, and lists are ordered and paged by sort keys: under a
cluster's own locale both would come in another order than Python's and SQLite's.
"""

from typing import Any

from django.db import migrations

COLUMNS = (
    ("dakehu_account", "path", 255),
    ("dakehu_account", "sort_key", 240),
    ("dakehu_contact", "sort_key", 160),
    ("dakehu_opportunity", "sort_key", 240),
    ("dakehu_person", "sort_key", 160),
    ("dakehu_product", "sort_key", 200),
    ("dakehu_salesunit", "sort_key", 200),
)


def _collate(collation: str) -> Any:
    def change(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        for table, column, length in COLUMNS:
            schema_editor.execute(
                f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({length})"
                f' COLLATE "{collation}"'
            )

    return change


class Migration(migrations.Migration):
    dependencies = [("dakehu", "0001_first")]
    operations = [migrations.RunPython(_collate("C"), _collate("default"))]
