from django.db import migrations, models


def forget_carried(apps, schema_editor):
    """Empty the caches; `dakehu serve` or `dakehu ledger carry` makes them anew by month.

    Filled here they would hold up postings for as long as all entries take to be read. Until
    they stand figures are right and slower.
    """
    connection = schema_editor.connection
    verb = "TRUNCATE" if connection.vendor == "postgresql" else "DELETE FROM"
    with connection.cursor() as cursor:
        cursor.execute(f"{verb} dakehu_carriedmonth")
        cursor.execute(f"{verb} dakehu_balance")


ALIKE = [
    ("stage_id", models.BigIntegerField()),
    ("close_month", models.DateField()),
    ("currency", models.CharField(max_length=3)),
    ("own_rate_bp", models.SmallIntegerField()),
    ("count", models.IntegerField()),
    ("amount_minor", models.BigIntegerField()),
]
ID = (
    "id",
    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
)


class Migration(migrations.Migration):
    """Turnover of the whole company by day and month, in place of that by owner and unit."""

    dependencies = [
        ("dakehu", "0011_reviews"),
    ]

    operations = [
        migrations.RunPython(forget_carried, forget_carried),
        migrations.DeleteModel(name="Turnover"),
        migrations.CreateModel(
            name="Turnover",
            fields=[
                ID,
                *ALIKE,
                ("span", models.PositiveSmallIntegerField(choices=[(1, "Day"), (2, "Month")])),
                ("on", models.DateField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("shrunk", models.PositiveSmallIntegerField()),
                ("place", models.PositiveSmallIntegerField()),
                ("base_minor", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddConstraint(
            model_name="turnover",
            constraint=models.UniqueConstraint(
                fields=(
                    "span",
                    "on",
                    "place",
                    "kind",
                    "shrunk",
                    "stage_id",
                    "close_month",
                    "currency",
                    "own_rate_bp",
                ),
                name="turnover_once",
            ),
        ),
        migrations.CreateModel(
            name="CompanyBalance",
            fields=[ID, *ALIKE, ("month", models.DateField())],
        ),
        migrations.AddConstraint(
            model_name="companybalance",
            constraint=models.UniqueConstraint(
                fields=("month", "stage_id", "close_month", "currency", "own_rate_bp"),
                name="company_balance_once",
            ),
        ),
        migrations.RemoveIndex(model_name="balance", name="balance_month"),
    ]
