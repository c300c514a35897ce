from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """The slowest at a stage are found in order."""

    atomic = False

    dependencies = [("dakehu", "0028_stays")]

    operations = [
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["stage", "stage_since", "id"],
                name="opp_stage_since",
                condition=models.Q(place=1, voided=False),
            ),
        ),
    ]
