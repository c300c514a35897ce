from django.conf import settings
from django.db import migrations, models

from dakehu.migrations._online import DropIndexOnline


class Migration(migrations.Migration):
    """Columns that longer indexes begin with need none of their own: each row wrote both."""

    atomic = False

    dependencies = [
        ("dakehu", "0014_speed_and_leaks"),
    ]

    operations = [
        DropIndexOnline(
            model_name="opportunity",
            name="account",
            field=models.ForeignKey(
                "dakehu.account", null=True, blank=True, on_delete=models.PROTECT, db_index=False
            ),
        ),
        DropIndexOnline(
            model_name="opportunity",
            name="owner",
            field=models.ForeignKey(
                settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False
            ),
        ),
        DropIndexOnline(
            model_name="opportunity",
            name="unit",
            field=models.ForeignKey(
                "dakehu.salesunit", on_delete=models.PROTECT, db_index=False
            ),
        ),
        DropIndexOnline(
            model_name="opportunity",
            name="stage",
            field=models.ForeignKey(
                "dakehu.stage", on_delete=models.PROTECT, db_index=False
            ),
        ),
        DropIndexOnline(
            model_name="opportunity",
            name="currency",
            field=models.ForeignKey(
                "dakehu.currency", on_delete=models.PROTECT, db_index=False
            ),
        ),
        DropIndexOnline(
            model_name="movement",
            name="opportunity",
            field=models.ForeignKey(
                "dakehu.opportunity", related_name="movements", on_delete=models.PROTECT, db_index=False
            ),
        ),
        DropIndexOnline(
            model_name="movement",
            name="reverses",
            field=models.ForeignKey(
                "dakehu.movement", null=True, related_name="+", on_delete=models.PROTECT, db_index=False
            ),
        ),
    ]
