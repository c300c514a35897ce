from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """What leaks in some units is found without what leaks in all others."""

    atomic = False

    dependencies = [("dakehu", "0032_most")]

    operations = [
        AddIndexOnline(
            model_name="entry",
            index=models.Index(
                fields=[
                    "unit_id",
                    "on",
                    "kind",
                    "stage_id",
                    "owner_id",
                    "currency",
                    "count",
                    "amount_minor",
                    "opportunity",
                    "movement",
                    "place",
                ],
                name="entry_leak_unit",
                condition=models.Q(place=1, count__lte=0, kind__in=[6, 8, 11, 13]),
            ),
        ),
    ]
