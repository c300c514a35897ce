"""A group's subtree is one range of paths, so PostgreSQL must compare them byte by byte."""

from typing import Any

from django.db import migrations


def _collate(collation: str) -> Any:
    def change(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                "ALTER TABLE dakehu_account ALTER COLUMN path TYPE varchar(255)"
                f' COLLATE "{collation}"'
            )

    return change


class Migration(migrations.Migration):
    dependencies = [("dakehu", "0001_first")]
    operations = [migrations.RunPython(_collate("C"), _collate("default"))]
