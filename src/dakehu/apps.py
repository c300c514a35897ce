"""The one Django app."""

from django.apps import AppConfig


class DakehuConfig(AppConfig):
    name = "dakehu"
    label = "dakehu"
    verbose_name = "Dakehu"
    default_auto_field = "django.db.models.BigAutoField"
