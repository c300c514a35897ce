from django.db import migrations, models


class Migration(migrations.Migration):
    """From where to where all went, day by day; made anew with stays by whoever carries next."""

    dependencies = [
        ("dakehu", "0034_found"),
    ]

    operations = [
        migrations.CreateModel(
            name='FlowSum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('was_place', models.PositiveSmallIntegerField()),
                ('was_stage', models.BigIntegerField()),
                ('was_code', models.CharField(max_length=3)),
                ('now_place', models.PositiveSmallIntegerField()),
                ('now_stage', models.BigIntegerField()),
                ('now_code', models.CharField(max_length=3)),
                ('count', models.IntegerField()),
                ('was_minor', models.BigIntegerField()),
                ('now_minor', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['on'], name='flow_sum_on')],
            },
        ),
        migrations.RunSQL(
            "UPDATE dakehu_carriedmonth SET stays_until = NULL", migrations.RunSQL.noop
        ),
    ]
