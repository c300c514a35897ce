"""The one Django app."""

from django.apps import AppConfig
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
