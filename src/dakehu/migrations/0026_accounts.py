"""The few accounts and contacts that were deleted are found by an index of their own."""

from django.db import migrations, models

from dakehu.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    """Two partial indexes."""

    atomic = False

    dependencies = [("dakehu", "0022_gate")]
    operations = [
        AddIndexOnline(
            model_name="account",
            index=models.Index(
                fields=["deleted_at", "id"],
                name="account_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ),
        AddIndexOnline(
            model_name="contact",
            index=models.Index(
                fields=["deleted_at", "id"],
                name="contact_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ),
    ]
