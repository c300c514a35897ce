from django.db import migrations, models


class Migration(migrations.Migration):
    """Stays and leaks carried of the whole company; made by whoever carries, not here."""

    dependencies = [("dakehu", "0025_find")]

    operations = [
        migrations.AddField("carriedmonth", "stays_until", models.DateField(null=True)),
        migrations.CreateModel(
            name="StaySum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "span",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Ended Month"),
                            (2, "Ended Day"),
                            (3, "Came Day"),
                            (4, "Open Month"),
                            (5, "Again Day"),
                            (6, "Forward Again Day"),
                        ]
                    ),
                ),
                ("on", models.DateField()),
                ("came", models.DateField()),
                ("stage_id", models.BigIntegerField()),
                ("days", models.IntegerField()),
                ("forward", models.PositiveSmallIntegerField()),
                ("number", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["span", "on", "came", "stage_id", "days", "forward", "number"],
                        name="stay_sum_on",
                    ),
                    models.Index(
                        condition=models.Q(("span", 2)),
                        fields=["came", "on", "stage_id", "days", "forward", "number", "span"],
                        name="stay_sum_came",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeakSum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("span", models.PositiveSmallIntegerField(choices=[(1, "Day"), (2, "Month")])),
                ("on", models.DateField()),
                ("by", models.PositiveSmallIntegerField(choices=[(1, "Stage"), (2, "Product")])),
                ("key_id", models.BigIntegerField()),
                ("stage_id", models.BigIntegerField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("count", models.IntegerField()),
                ("amount_minor", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["span", "by", "on"], name="leak_sum_on")],
            },
        ),
    ]
