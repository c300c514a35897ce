from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """The slowest at a stage are found in order; sums of categories come from an index alone."""

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
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=[
                    "unit",
                    "stage",
                    "currency",
                    "own_rate_bp",
                    "close_sort",
                    "amount_minor",
                    "category",
                ],
                name="opp_board_tallies",
                condition=models.Q(place=1, voided=False),
            ),
        ),
        migrations.RemoveIndex(model_name="opportunity", name="opp_board_sums"),
    ]
