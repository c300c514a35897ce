"""Fields of forms as HTML: escaped, and tied together for who doesn't see them."""

import re
from typing import Any

import pytest
from django import forms
from django.utils.translation import override

from dakehu.templatetags.fields import field

HOSTILE = "<b>&\"'"
CHOICES = [("a", "A"), ("b", "B")]


class Trial(forms.Form):
    text = forms.CharField(label=HOSTILE, help_text=HOSTILE)
    note = forms.CharField(widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(help_text="Help")
    kind = forms.ChoiceField(choices=CHOICES, help_text="Help")
    one = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, help_text="Help")
    some = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple)


def written(name: str, data: dict[str, Any] | None = None, *args: str) -> str:
    form = Trial(data)
    if data is not None:
        form.is_valid()
    with override("en"):
        return str(field(form[name], *args))


def test_nothing_that_is_said_becomes_html() -> None:
    form = Trial({})
    form.add_error("text", HOSTILE)
    with override("en"):
        html = str(field(form["text"], "", HOSTILE))
    assert "<b>" not in html
    assert html.count("&lt;b&gt;&amp;&quot;&#x27;") == 4
    assert "&lt;b&gt;" in written("note", None, HOSTILE)


@pytest.mark.parametrize("name", list(Trial.base_fields))
def test_what_an_input_is_described_by_stands_beside_it(name: str) -> None:
    html = written(name, {})
    ids = set(re.findall(r' id="([^"]+)"', html))
    tied = re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', html)
    assert {one for said in tied for one in said.split()} <= ids
    for label in re.findall(r'<label for="([^"]*)"', html):
        assert label in ids
    help_text = Trial.base_fields[name].help_text
    for there, end in ((help_text, "helptext"), (Trial({})[name].errors, "error")):
        told = f"id_{name}_{end}"
        assert (told in ids) == bool(there)
        assert any(told in said.split() for said in tied) == bool(there)


def test_a_group_has_its_label_and_a_role() -> None:
    one, some = written("one"), written("some")
    assert 'role="radiogroup" aria-labelledby="id_one_label" aria-describedby="id_one_h' in one
    assert 'role="group" aria-labelledby="id_some_label">' in some
    assert '<span class="label" id="id_one_label">One</span>' in one


def test_the_label_of_a_tick_stands_behind_it_and_what_may_stay_empty_says_so() -> None:
    tick = written("agreed")
    assert tick.index("<input") < tick.index("<label")
    assert tick.startswith('<div class="field check">')
    assert "(optional)" in written("note")
    assert "(optional)" not in written("text") + tick
    wrong = written("kind", {})
    assert wrong.startswith('<div class="field wrong">')
    assert 'class="form-select is-invalid"' in wrong
