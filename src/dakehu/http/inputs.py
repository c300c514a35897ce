"""Inputs of forms as HTML, without a template each: a record's page has a dozen of them.

What is written is what Django's own templates write; all other widgets are left to those. A
template of ours under one of these names would be passed over.
"""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape

_PLAIN = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in (
        "checkbox", "date", "datetime", "email", "file", "hidden", "input", "number", "password",
        "search", "tel", "text", "time", "url",
    )
)  # fmt: skip


class Inputs(DjangoTemplates):
    """Django's form renderer, writing single inputs itself (FORM_RENDERER)."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """Render a widget of a form."""
        if template_name in _PLAIN:
            return _input(context["widget"])
        return super().render(template_name, context, request)


def _input(widget: dict[str, Any]) -> str:
    attrs = "".join(
        f" {conditional_escape(name)}{'' if value is True else _said(value)}"
        for name, value in widget["attrs"].items()
        if value is not False
    )
    value = "" if widget["value"] is None else f" value{_said(widget['value'])}"
    kind, name = conditional_escape(widget["type"]), conditional_escape(widget["name"])
    return f'<input type="{kind}" name="{name}"{value}{attrs}>'


def _said(value: Any) -> str:
    return f'="{conditional_escape(value)}"'
