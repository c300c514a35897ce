"""Sales methods as pages: read, copied, their rates and gate set, and a copy rewritten."""

from django.urls import path

from dakehu.web.methods.edit import method_edit
from dakehu.web.methods.pages import (
    method_copy,
    method_gate,
    method_list,
    method_page,
    method_rates,
)

_ONE = "methods/<int:method_id>"

urlpatterns = [
    path("methods/", method_list, name="methods"),
    path(f"{_ONE}/", method_page, name="method"),
    path(f"{_ONE}/edit/", method_edit, name="method_edit"),
    path(f"{_ONE}/rates/", method_rates, name="method_rates"),
    path(f"{_ONE}/gate/", method_gate, name="method_gate"),
    path(f"{_ONE}/copy/", method_copy, name="method_copy"),
]
