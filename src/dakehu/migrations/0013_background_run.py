from django.db import migrations, models


class Migration(migrations.Migration):
    """What the schedule has done, one row for each time that a job was due."""

    dependencies = [
        ("dakehu", "0012_company_turnover"),
    ]

    operations = [
        migrations.CreateModel(
            name="BackgroundRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job", models.CharField(max_length=24)),
                ("due_at", models.DateTimeField()),
                ("status", models.CharField(max_length=8)),
                ("begun_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("worker", models.CharField(blank=True, default="", max_length=36)),
                ("held_until", models.DateTimeField(null=True)),
                ("result", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, default="", max_length=60)),
                ("facts", models.JSONField(default=dict)),
            ],
        ),
        migrations.AddIndex(
            model_name="backgroundrun",
            index=models.Index(fields=["due_at", "id"], name="background_run_due"),
        ),
        migrations.AddConstraint(
            model_name="backgroundrun",
            constraint=models.UniqueConstraint(
                fields=("job", "due_at"), name="background_run_once"
            ),
        ),
    ]
