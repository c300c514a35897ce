from typing import Any

from django.db import migrations, models

_AT_ONCE = 10_000
#: The most that the movements of an opportunity ever added up to, one after the other.
_SUMS = """
UPDATE dakehu_opportunity SET most_minor = (
    SELECT COALESCE(MAX(held.amount), 0) FROM (
        SELECT SUM(e.amount_minor) OVER (ORDER BY e."on", e.movement_id) AS amount
        FROM dakehu_entry e
        WHERE e.opportunity_id = dakehu_opportunity.id AND e.place >= 1
    ) AS held
) WHERE id > %s AND id <= %s
"""


def _add_up(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("dakehu", "Opportunity")._base_manager
    last = rows.using(schema_editor.connection.alias).aggregate(last=models.Max("id"))["last"] or 0
    with schema_editor.connection.cursor() as cursor:
        for start in range(0, last, _AT_ONCE):
            cursor.execute(_SUMS, [start, start + _AT_ONCE])


class Migration(migrations.Migration):
    """What opportunities held before: some at a time, and again from the start where it broke."""

    atomic = False

    dependencies = [("dakehu", "0032_most")]

    operations = [migrations.RunPython(_add_up, migrations.RunPython.noop)]
