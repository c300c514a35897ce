from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """What some opportunities held on a day is read from one index, in place of a narrower one."""

    atomic = False

    dependencies = [
        ("dakehu", "0006_deputies_and_look_ups"),
    ]

    operations = [
        AddIndexOnline(
            model_name="entry",
            index=models.Index(
                fields=[
                    "opportunity",
                    "place",
                    "on",
                    "stage_id",
                    "unit_id",
                    "owner_id",
                    "own_rate_bp",
                    "currency",
                    "close_month",
                    "count",
                    "amount_minor",
                ],
                name="entry_of_opportunity",
            ),
        ),
        migrations.RemoveIndex(model_name="entry", name="entry_opportunity"),
    ]
