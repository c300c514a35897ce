from django.db import migrations, models


def keep(apps, schema_editor):
    """Leave all as it is: no day of the running month is carried until somebody carries."""


def forget_days(apps, schema_editor):
    """Empty the carried days of the running month, which the program before knows nothing of."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            'DELETE FROM dakehu_turnover WHERE span = 1 AND "on" >='
            " (SELECT MAX(month) FROM dakehu_carriedmonth)"
        )


class Migration(migrations.Migration):
    """How far the days of the running month are carried."""

    dependencies = [
        ("dakehu", "0015_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="carriedmonth",
            name="days_until",
            field=models.DateField(null=True),
        ),
        migrations.RunPython(keep, forget_days),
    ]
