from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline

OPEN_AND_THERE = models.Q(place=1, voided=False)


class Migration(migrations.Migration):
    """The cards and the sums of a board's columns, out of indexes alone."""

    atomic = False

    dependencies = [
        ("dakehu", "0019_lists"),
    ]

    operations = [
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["stage", "close_sort", "id", "unit", "owner"],
                name="opp_board_cards",
                condition=OPEN_AND_THERE,
            ),
        ),
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=["unit", "stage", "currency", "own_rate_bp", "close_sort", "amount_minor"],
                name="opp_board_sums",
                condition=OPEN_AND_THERE,
            ),
        ),
    ]
