"""Changes of indexes that don't hold up those who write: a million rows take PostgreSQL seconds.

A migration that uses them says `atomic = False`. SQLite has one writer and builds at once.
"""

from typing import Any

from django.db import migrations


class AddIndexOnline(migrations.AddIndex):
    """Add an index, on PostgreSQL CONCURRENTLY."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Build it beside the table's work."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Drop it beside the table's work."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        schema_editor.remove_index(model, self.index, concurrently=True)


class RemoveIndexOnline(migrations.RemoveIndex):
    """Remove an index, on PostgreSQL CONCURRENTLY."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Drop it beside the table's work."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        schema_editor.remove_index(model, index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Build it again beside the table's work."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        schema_editor.add_index(model, index, concurrently=True)


class DropIndexOnline(migrations.AlterField):
    """Take the index off a field that other indexes begin with, on PostgreSQL CONCURRENTLY.

    The table itself is left alone; SQLite would be made to write it anew by a plain AlterField.
    """

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Drop what the database has on that column alone."""
        model = from_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        connection = schema_editor.connection
        online = " CONCURRENTLY" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            held = connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name, about in held.items():
            alone = about["columns"] == [field.column] and about["index"]
            if alone and not about["unique"] and not _is_named(model, name):
                schema_editor.execute(
                    f"DROP INDEX{online} IF EXISTS {schema_editor.quote_name(name)}"
                )

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Build it again."""
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        for statement in schema_editor._field_indexes_sql(model, field):
            sql = str(statement)
            if schema_editor.connection.vendor == "postgresql":
                sql = sql.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)
            schema_editor.execute(sql)


def _is_named(model: Any, name: str) -> bool:
    return name in {index.name for index in model._meta.indexes}
