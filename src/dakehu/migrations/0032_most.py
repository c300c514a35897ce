from django.db import migrations

from dakehu.models.fields import MinorField, within_limit


class Migration(migrations.Migration):
    """The most an opportunity ever held, by which the largest of a past day are found."""

    dependencies = [("dakehu", "0031_rivals")]

    operations = [
        migrations.AddField("opportunity", "most_minor", MinorField(default=0, db_default=0)),
        migrations.AddConstraint(
            "opportunity", within_limit("most_minor", "opportunity_most_limit")
        ),
    ]
