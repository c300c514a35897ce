from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """What speed, leakage and flow read, each from a narrow index alone."""

    atomic = False

    dependencies = [
        ("dakehu", "0013_background_run"),
    ]

    operations = [
        AddIndexOnline(
            model_name="entry",
            index=models.Index(
                fields=[
                    "opportunity",
                    "on",
                    "movement",
                    "kind",
                    "place",
                    "stage_id",
                    "unit_id",
                    "owner_id",
                    "count",
                ],
                name="entry_turn",
                condition=models.Q(count=1, kind__in=[1, 2, 10, 11, 12, 13, 14, 15, 17, 18]),
            ),
        ),
        AddIndexOnline(
            model_name="entry",
            index=models.Index(
                fields=[
                    "on",
                    "kind",
                    "stage_id",
                    "unit_id",
                    "owner_id",
                    "currency",
                    "count",
                    "amount_minor",
                    "opportunity",
                    "movement",
                    "place",
                ],
                name="entry_leak",
                condition=models.Q(place=1, count__lte=0, kind__in=[6, 8, 11, 13]),
            ),
        ),
        AddIndexOnline(
            model_name="movement",
            index=models.Index(fields=["on", "kind", "opportunity"], name="movement_on_kind"),
        ),
        migrations.RemoveIndex(model_name="movement", name="movement_on"),
    ]
