from django.db import migrations, models


class Migration(migrations.Migration):
    """The pairs of whole weeks beside those of days; added up by whoever carries next."""

    dependencies = [
        ("dakehu", "0035_flow"),
    ]

    operations = [
        migrations.AddField(
            model_name="flowsum",
            name="days",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        # On the way back a week would be taken for a day.
        migrations.RunSQL(
            migrations.RunSQL.noop, "DELETE FROM dakehu_flowsum WHERE days <> 1"
        ),
    ]
