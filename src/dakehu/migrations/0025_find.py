from typing import Any

from django.db import migrations, models


def _collate(collation: str) -> Any:
    """Let tokens be compared byte by byte on PostgreSQL too: what begins with is one range."""

    def change(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                "ALTER TABLE dakehu_nametoken ALTER COLUMN token TYPE varchar(40)"
                f' COLLATE "{collation}"'
            )

    return change


class Migration(migrations.Migration):
    """What the search reads, and notices of a kind since a moment."""

    dependencies = [("dakehu", "0024_day")]

    operations = [
        migrations.RemoveIndex(model_name="nametoken", name="name_token_object"),
        migrations.RunPython(_collate("C"), _collate("default")),
        migrations.AddIndex(
            model_name="nametoken",
            index=models.Index(fields=["kind", "object_id", "token"], name="name_token_of"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["kind", "at"], name="notice_kind"),
        ),
    ]
