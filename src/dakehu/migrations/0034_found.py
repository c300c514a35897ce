from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """What ever held most, and what leaks in some units, are found without all others."""

    atomic = False

    dependencies = [("dakehu", "0033_most_held")]

    operations = [
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["-most_minor", "created_on", "last_on"], name="opp_most"
            ),
        ),
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
