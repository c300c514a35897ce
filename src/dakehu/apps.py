"""The one Django app."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class DakehuConfig(AppConfig):
    """All of Dakehu."""

    name = "dakehu"
    label = "dakehu"
    verbose_name = "Dakehu"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dakehu.models.triggers import install_triggers

        post_migrate.connect(install_triggers, sender=self, dispatch_uid="dakehu.triggers")
        connection_created.connect(_settle, dispatch_uid="dakehu.reader")


def _settle(*, connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Let the snapshots of PostgreSQL begin READ ONLY (DESIGN: both engines), and nothing compile.

    PostgreSQL compiles what it thinks is costly: 50 ms and more before a figure of a large company
    that takes 100 ms to add up. Set here: as a start-up option a pooler would refuse it.
    """
    if connection.vendor == "postgresql":
        connection.connection.execute("SET jit TO off")
        # What moved in a week of a large company is grouped in memory, not on the disk.
        connection.connection.execute("SET work_mem TO '16MB'")
        if connection.alias == "reader":
            connection.connection.read_only = True
