from django.db import migrations, models

#: What is carried of leaks is made anew, with those by rival, by whoever carries next.
MADE_ANEW = "UPDATE dakehu_carriedmonth SET stays_until = NULL"
#: By rival, which the code before knows nothing of.
GONE = "DELETE FROM dakehu_leaksum WHERE by = 3"


class Migration(migrations.Migration):
    """Leaks by rival are carried, too."""

    dependencies = [("dakehu", "0030_surnames")]

    operations = [
        migrations.AddField("leaksum", "rival", models.CharField(max_length=120, default="", db_default="")),
        migrations.AlterField(
            "leaksum",
            "by",
            models.PositiveSmallIntegerField(
                choices=[(1, "Stage"), (2, "Product"), (3, "Rival")]
            ),
        ),
        migrations.RunSQL(MADE_ANEW, GONE),
    ]
