"""Inputs are written as Django's templates write them, whatever stands in them."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from dakehu.http.inputs import Inputs

DJANGOS, OURS = DjangoTemplates(), Inputs()
#: As attributes come from our forms; the text of an attribute may be anything that is typed.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(
    TEXT, st.none(), st.booleans(), st.integers(), TEXT.map(mark_safe),
    st.sampled_from([gettext_lazy("Save"), 1.5]),
)  # fmt: skip
WIDGETS = (
    forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput, forms.PasswordInput,
    forms.HiddenInput, forms.DateInput, forms.DateTimeInput, forms.TimeInput, forms.CheckboxInput,
    forms.FileInput, forms.SearchInput, forms.TelInput,
)  # fmt: skip


@given(
    kind=st.sampled_from(WIDGETS),
    name=TEXT,
    value=VALUES,
    attrs=st.dictionaries(st.sampled_from(["id", "class", "required", "data-x"]), VALUES),
)
def test_an_input_is_written_as_django_writes_it(
    kind: type[forms.Widget], name: str, value: Any, attrs: dict[str, Any]
) -> None:
    def written(renderer: DjangoTemplates) -> str:
        return kind().render(name, value, attrs=attrs, renderer=renderer)

    assert written(OURS) == written(DJANGOS)


@pytest.mark.parametrize(
    "widget",
    [
        forms.Select(choices=[("a", "A&B"), ("b", "<b>")]),
        forms.Textarea(),
        forms.RadioSelect(choices=[("a", "A"), ("b", "B")]),
        forms.CheckboxSelectMultiple(choices=[("a", "A"), ("b", "B")]),
        forms.SelectMultiple(choices=[("a", "A")]),
        forms.ClearableFileInput(),
        forms.SplitDateTimeWidget(),
    ],
    ids=lambda widget: type(widget).__name__,
)
def test_other_widgets_are_left_to_django(widget: forms.Widget) -> None:
    value: Any = ["a"] if isinstance(widget, forms.SelectMultiple) else "a"
    if isinstance(widget, forms.SplitDateTimeWidget):
        value = None
    ours = widget.render("x", value, attrs={"id": "x"}, renderer=OURS)
    assert ours == widget.render("x", value, attrs={"id": "x"}, renderer=DJANGOS)
