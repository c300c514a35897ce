from django.db import migrations, models


class Migration(migrations.Migration):
    """From where to where all went, day by day; made with stays, which 0031 has made stale."""

    dependencies = [
        ('dakehu', '0033_leak_unit'),
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
    ]
