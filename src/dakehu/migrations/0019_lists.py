from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """Lists: what a selection adds up to from an index, and views that can be taken back."""

    atomic = False

    dependencies = [
        ("dakehu", "0026_accounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="savedview",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RemoveConstraint(
            model_name="savedview",
            name="saved_view_name_once",
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=("owner", "page", "name"),
                name="saved_view_name_once",
            ),
        ),
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["place", "currency", "amount_minor"],
                name="opp_place_sum",
                condition=models.Q(voided=False),
            ),
        ),
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["unit", "place", "currency", "owner", "amount_minor"],
                name="opp_unit_sum",
                condition=models.Q(voided=False),
            ),
        ),
    ]
