from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dakehu", "0004_opportunity_place"),
    ]

    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                (
                    "family",
                    models.CharField(max_length=20, primary_key=True, serialize=False),
                ),
                ("stamp", models.CharField(max_length=36)),
            ],
        ),
    ]
