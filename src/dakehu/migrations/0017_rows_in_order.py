from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """The rows behind a stage in their order, and what was deleted since a day."""

    atomic = False

    dependencies = [
        ("dakehu", "0016_carried_days"),
    ]

    operations = [
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["stage", "-amount_minor", "id"],
                name="opp_stage_amount",
                condition=models.Q(place=1, voided=False),
            ),
        ),
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["last_on", "id"], name="opp_voided", condition=models.Q(voided=True)
            ),
        ),
    ]
