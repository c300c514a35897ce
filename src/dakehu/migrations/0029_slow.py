from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline, RemoveIndexOnline


class Migration(migrations.Migration):
    """The slowest at a stage in order; sums of categories, and who moved, from an index alone."""

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
        RemoveIndexOnline(model_name="opportunity", name="opp_board_sums"),
        AddIndexOnline(
            model_name="entry",
            index=models.Index(
                fields=[
                    "on",
                    "place",
                    "unit_id",
                    "owner_id",
                    "stage_id",
                    "close_month",
                    "currency",
                    "own_rate_bp",
                    "kind",
                    "count",
                    "amount_minor",
                    "opportunity",
                ],
                name="entry_on_whose",
            ),
        ),
        RemoveIndexOnline(model_name="entry", name="entry_on_position"),
        AddIndexOnline(
            model_name="smallsale",
            index=models.Index(
                fields=["on", "unit", "owner", "orders", "base_minor"], name="small_sale_sum"
            ),
        ),
        RemoveIndexOnline(model_name="smallsale", name="small_sale_on"),
    ]
