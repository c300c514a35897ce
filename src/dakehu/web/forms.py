"""What forms of all pages share: fields as people type them, and refusals back at the form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dakehu.core.errors import Conflict, RuleBroken
from dakehu.core.money import parse_amount
from dakehu.core.periods import parse_day
from dakehu.core.units import Tree
from dakehu.messages import sentence
from dakehu.queries.units import Units

T = TypeVar("T")


class DayField(forms.CharField):
    """A day as 2026-11-20 or 2026年11月20日; empty is None where it is not required."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        """Read the day, or say what is wrong with it."""
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        try:
            return parse_day(text)
        except RuleBroken as error:
            raise forms.ValidationError(sentence(error)) from error


class AmountField(forms.CharField):
    """An amount as people type it (1,234.50 or 120万); empty is None where it is not required."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, *, digits: int | None = None, negative: bool = False, **kwargs: Any) -> None:
        self.digits = digits
        self.negative = negative
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """Read the amount, or say what is wrong with it."""
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        try:
            return parse_amount(text, digits=self.digits, negative=self.negative)
        except RuleBroken as error:
            raise forms.ValidationError(sentence(error)) from error


class RateField(forms.CharField):
    """An exchange rate: a number above nought with at most eight decimals."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """Read the rate, or say what is wrong with it."""
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        try:
            rate = parse_amount(text, digits=8)
        except RuleBroken as error:
            if error.code == "money.too_large":
                raise forms.ValidationError(_("The rate is too large.")) from error
            rate = Decimal(0)
        if rate <= 0:
            raise forms.ValidationError(
                _("Write the rate as a number above 0 with at most 8 decimals, like 7.2398.")
            )
        return rate


class PercentField(forms.CharField):
    """A share as a percentage with at most two decimals; cleaned to basis points."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        """Read the share, or say what is wrong with it."""
        text = "" if value is None else str(value).strip().rstrip("%\uff05").strip()
        if not text:
            return None
        try:
            points = Fraction(parse_amount(text)) * 100
        except RuleBroken:
            points = Fraction(-1)
        if points.denominator != 1 or not 0 <= points <= 10_000:
            raise forms.ValidationError(
                _("Write a percentage from 0 to 100 with at most two decimals.")
            )
        return points.numerator


def percent_typed(rate_bp: int | None) -> str:
    """Give basis points as they stand in a field: 1250 is 12.5; nothing for None."""
    return "" if rate_bp is None else f"{(Decimal(rate_bp) / 100).normalize():f}"


def ask_unit(form: forms.Form, units: Sequence[tuple[int, str]], *, one_owner: bool) -> None:
    """Let a form ask in which of their units an owner sells; nothing where there is no choice.

    One owner's first unit is chosen; of several, empty is the one in which the owner sells.
    """
    if not units:
        return
    blank = [] if one_owner else [("", gettext("The unit in which the owner sells"))]
    form.fields["unit"] = forms.TypedChoiceField(
        label=gettext("Unit"),
        coerce=int,
        empty_value=None,
        required=one_owner,
        choices=[*blank, *units],
        help_text=gettext("Where it counts: who works in several units chooses."),
    )


def done(form: forms.Form, act: Callable[[dict[str, Any]], T]) -> T | None:
    """Do what a valid form asks; a refusal is put into the form, which keeps what was typed.

    Gives what the action gave (never None), or None when the form has errors now. A refusal
    whose facts name a `field` of the form stands at that field; of a conflict both values of each
    field are shown (parts/clashes.html), and sending the form again is meant to overwrite it.
    """
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data)
    except RuleBroken as error:
        form.refusal = error.code  # type: ignore[attr-defined]
        name = error.facts.get("field")
        form.add_error(name if name in form.fields else None, sentence(error))
    except Conflict as error:
        form.add_error(None, sentence(error))
        form.clashes = clashes_of(form, error)  # type: ignore[attr-defined]
        if "version" in error.facts and "seen" in form.fields:
            typed = cast(QueryDict, form.data).copy()
            typed["seen"] = str(error.facts["version"])
            form.data = typed
    return None


@dataclass(frozen=True, slots=True)
class Clashes:
    """What somebody saved meanwhile beside what was typed: field, theirs, yours."""

    rows: tuple[tuple[str, str, str], ...]
    who: object = None
    at: datetime | None = None


def clashes_of(form: forms.Form, error: Conflict) -> Clashes:
    """Give both values of each field of the form on which two people differ."""
    theirs, yours = error.facts.get("theirs", {}), error.facts.get("yours", {})
    return Clashes(
        tuple(
            (
                str(form.fields[name].label or name),
                _chosen(form.fields[name], value),
                _chosen(form.fields[name], yours.get(name)),
            )
            for name, value in theirs.items()
            if name in form.fields
        ),
        error.facts.get("who"),
        error.facts.get("at"),
    )


def _chosen(field: forms.Field, value: object) -> str:
    """Give a value in the words of the field's choices, where it has some."""
    words: dict[str, str] = {}
    for key, word in getattr(field, "choices", ()):
        group = word if isinstance(word, list | tuple) else [(key, word)]
        words |= {str(one): str(said) for one, said in group}
    if isinstance(value, list | tuple):
        return shown([words.get(str(one), one) for one in value])
    return words.get("" if value is None else str(value)) or shown(value)


def shown(value: object) -> str:
    """Give a value as a reader sees it; nothing is a dash."""
    if isinstance(value, list | tuple):
        return gettext(", ").join(str(one) for one in value) or "—"
    return "—" if value in (None, "") else str(value)


def status_of(form: forms.Form) -> int:
    """Give the status of the answer that shows this form: 422 when it has errors."""
    return 422 if form.is_bound and form.errors else 200


def unit_choices(units: Units, tree: Tree, language: str) -> list[tuple[str, str]]:
    """Give the units of a tree for a choice, each indented by its depth."""
    return [
        (str(unit), "\u2003" * (len(tree.path(unit)) - 1) + units.names[unit].name(language))
        for root in tree.roots()
        for unit in tree.walk(root)
    ]


def whole_in_url(text: str) -> int | None:
    """Give the whole number of a filter in the URL; anything else narrows nothing."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
