from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """What a board of the whole company adds up to is read in the order of its groups."""

    atomic = False

    dependencies = [("dakehu", "0036_flow_weeks")]

    operations = [
        AddIndexOnline(
            model_name="opportunity",
            index=models.Index(
                fields=[
                    "stage",
                    "currency",
                    "own_rate_bp",
                    "category",
                    "close_sort",
                    "amount_minor",
                ],
                name="opp_company_tallies",
                condition=models.Q(place=1, voided=False),
            ),
        ),
    ]
