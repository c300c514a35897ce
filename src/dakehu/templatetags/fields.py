"""One field of a form: label, input, help and errors. Loaded in every template.

    {% field form.name %} {% field form.name "Another label" "wide" %}

Written here and not by a template: forms have a dozen, and three of them stand on a page.
"""

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dakehu.templatetags.dakehu import icon

register = template.Library()

_CLASSES: tuple[tuple[type, str], ...] = (
    (RadioSelect, "radios"),
    (CheckboxInput, "form-check-input"),
    (Select, "form-select"),
)


@register.simple_tag
def field(bound: BoundField, label: str = "", css: str = "") -> SafeString:
    """Show one field of a form with label, help and errors, tied together for screen readers."""
    is_check, wrong = isinstance(bound.field.widget, CheckboxInput), bool(bound.errors)
    said, input_ = _label(bound, label, is_check=is_check), _input(bound, wrong=wrong)
    classes = ("field", css, "check" if is_check else "", "wrong" if wrong else "")
    return format_html(
        '<div class="{}"{}>{}{}{}{}</div>',
        " ".join(filter(None, classes)),
        _grouped(bound),
        *((input_, said) if is_check else (said, input_)),
        _help(bound),
        _errors(bound) if wrong else "",
    )


def _grouped(bound: BoundField) -> str | SafeString:
    """Tie label, help and errors to a group of inputs; to a single one Django ties them itself."""
    widget = bound.field.widget
    if not isinstance(widget, RadioSelect):
        return ""
    pk = bound.auto_id
    parts = (("_helptext", bound.help_text), ("_error", bound.errors))
    told = " ".join(f"{pk}{end}" for end, there in parts if there)
    described = format_html(' aria-describedby="{}"', told) if told else ""
    role = "group" if isinstance(widget, CheckboxSelectMultiple) else "radiogroup"
    return format_html(' role="{}" aria-labelledby="{}_label"{}', role, pk, described)


def _input(bound: BoundField, *, wrong: bool) -> SafeString:
    widget = bound.field.widget
    kind = next((name for cls, name in _CLASSES if isinstance(widget, cls)), "form-control")
    if wrong:
        kind += " is-invalid"
    return bound.as_widget(attrs={"class": f"{widget.attrs.get('class', '')} {kind}".strip()})


def _label(bound: BoundField, label: str, *, is_check: bool) -> SafeString:
    words = label or bound.label
    if isinstance(bound.field.widget, RadioSelect):
        # Each of its inputs has a label of its own.
        return format_html('<span class="label" id="{}_label">{}</span>', bound.auto_id, words)
    # Of several that may each stay empty, but not all of them, the form says so once.
    one_needed = bound.name in getattr(bound.form, "one_needed", ())
    optional: str | SafeString = ""
    if not (bound.field.required or is_check or one_needed):
        optional = format_html(' <span class="muted">{}</span>', _("(optional)"))
    return format_html('<label for="{}">{}{}</label>', bound.id_for_label, words, optional)


def _help(bound: BoundField) -> str | SafeString:
    """Give the help under the id by which it is tied to its input, as errors are."""
    if not bound.help_text:
        return ""
    return format_html('<p class="help" id="{}_helptext">{}</p>', bound.auto_id, bound.help_text)


def _errors(bound: BoundField) -> SafeString:
    sign = icon("alert-octagon-filled")
    told = format_html_join("", "<p>{}{}</p>", ((sign, error) for error in bound.errors))
    return format_html('<div class="error" id="{}_error">{}</div>', bound.auto_id, told)
