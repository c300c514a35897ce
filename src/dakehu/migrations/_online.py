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
