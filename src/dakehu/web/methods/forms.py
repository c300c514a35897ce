"""The form in which a method is rewritten: its stages and their evidence in any number and order.

It works without scripts: each row has a number that stays its own, the order of the hidden
`row` fields is the order of the stages, and the buttons beside them send the form back with
`do` (`up:3`, `item:3` …), upon which it is shown again, rearranged, with all that was typed.
"""

import re
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.methods import (
    MOST_ITEMS,
    MOST_STAGES,
    NAME_LIMIT,
    NEW,
    TEXT_LIMIT,
    EvidenceItem,
    MethodSpec,
    StageSpec,
    Words,
)
from dakehu.web.forms import PercentField, percent_typed

#: What a stage says, and whether one line is room enough.
TEXTS: tuple[tuple[str, str | Promise, bool], ...] = (
    ("buyer", lazy("Buyer's step"), True),
    ("seller", lazy("Seller's step"), True),
    ("purpose", lazy("Purpose"), False),
    ("tasks", lazy("Tasks and duties"), False),
    ("milestone", lazy("Ends when"), False),
    ("action", lazy("Action"), False),
    ("value_statement", lazy("Value statement"), False),
    ("good_habit", lazy("Good habit"), False),
    ("bad_habit", lazy("Bad habit"), False),
    ("review_question", lazy("Question for the review"), False),
)
_ROW = re.compile(r"[0-9]{1,4}")
LANGUAGES: tuple[tuple[str, str | Promise], ...] = (
    ("zh", lazy("%(what)s in Chinese")),
    ("en", lazy("%(what)s in English")),
)


class _InTwoLanguages(forms.Form):
    """Fields that stand twice, once for each language; for names one of the two is enough."""

    def words_field(
        self, name: str, label: str | Promise, *, limit: int, one_line: bool = True
    ) -> None:
        """Add the two fields of a text."""
        for language, pattern in LANGUAGES:
            widget = forms.TextInput() if one_line else forms.Textarea(attrs={"rows": 2})
            if language == "en":
                widget.attrs["lang"] = "en"
            else:
                widget.attrs["lang"] = "zh-Hans"
            self.fields[f"{name}_{language}"] = forms.CharField(
                label=str(pattern) % {"what": label},
                max_length=limit,
                required=False,
                widget=widget,
            )

    def words(self, name: str) -> Words:
        """Give what was typed; either language may be empty."""
        return Words(self.cleaned_data[f"{name}_zh"], self.cleaned_data[f"{name}_en"])

    def optional_words(self, name: str) -> Words | None:
        """Give what was typed, None where nothing was."""
        words = self.words(name)
        return words if words.zh or words.en else None

    def need(self, name: str) -> None:
        """Say that a name is missing where neither language has it."""
        both = (f"{name}_zh", f"{name}_en")
        if not any(self.cleaned_data.get(one) or one in self.errors for one in both):
            self.add_error(both[0], _("Write the name in Chinese or English."))


class ItemForm(_InTwoLanguages):
    """One item of evidence."""

    key = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=lazy("Strictness"),
        choices=(("required", lazy("required")), ("advised", lazy("advised"))),
    )

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        self.words_field("name", lazy("Evidence"), limit=TEXT_LIMIT)

    @property
    def is_blank(self) -> bool:
        """Test if a new item was never filled in: it is no item then."""
        said = self.cleaned_data
        return not any(said.get(name) for name in ("key", "name_zh", "name_en"))

    def clean(self) -> None:
        """An item that there was needs its name; a new one without is left out."""
        if self.cleaned_data.get("key"):
            self.need("name")

    def item(self, held: EvidenceItem | None) -> EvidenceItem:
        """Give the item; of one that there was what stands on no page is kept."""
        named = EvidenceItem(
            self.cleaned_data["key"] or f"{NEW}{self.prefix}",
            self.words("name"),
            advised=self.cleaned_data["kind"] == "advised",
        )
        return named if held is None else replace(named, key=held.key, outcome=held.outcome)


class StageForm(_InTwoLanguages):
    """One stage with its words; its evidence stands in forms of its own."""

    key = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput)
    rate = PercentField(label=lazy("Win rate, %"))

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        self.items: list[ItemForm] = []
        self.words_field("name", lazy("Name"), limit=NAME_LIMIT)
        for name, label, one_line in TEXTS:
            self.words_field(name, label, limit=TEXT_LIMIT, one_line=one_line)

    def clean(self) -> None:
        """Every stage needs a name."""
        self.need("name")

    @property
    def texts(self) -> list[forms.BoundField]:
        """Give the fields of the words, both languages of each side by side."""
        return [self[f"{name}_{lang}"] for name, _label, _line in TEXTS for lang, _p in LANGUAGES]

    @property
    def texts_wrong(self) -> bool:
        """Test if a field among the words, which may be folded away, has an error."""
        return any(field.errors for field in self.texts)

    @property
    def texts_filled(self) -> int:
        """Count the fields of the words that say something."""
        return sum(bool(field.value()) for field in self.texts)

    @property
    def row(self) -> str:
        """Give the number of the row as the buttons write it."""
        return str(self.number)

    @property
    def item_button(self) -> str:
        """Give what the button for more evidence asks."""
        return f"item:{self.number}"

    @property
    def title(self) -> str:
        """Give the name as typed, for buttons that speak of this stage."""
        return str(self["name_zh"].value() or self["name_en"].value() or self.number)

    def stage(self, held: StageSpec | None, rate_bp: int) -> StageSpec:
        """Give the stage; of one that there was what stands on no page is kept."""
        base = held or StageSpec(f"{NEW}{self.prefix}", Words("", ""), 0)
        items = {item.key: item for item in base.evidence}
        texts: dict[str, Any] = {name: self.optional_words(name) for name, _l, _o in TEXTS}
        return replace(
            base,
            name=self.words("name"),
            rate_bp=rate_bp,
            evidence=tuple(
                item.item(items.get(item.cleaned_data["key"]))
                for item in self.items
                if not item.is_blank
            ),
            **texts,
        )


class MethodForm(_InTwoLanguages):
    """A method being rewritten: `stages` are forms of their own, in the order shown."""

    signing = forms.CharField(label=lazy("Contract signed on leaving"), required=False)
    winning = forms.CharField(label=lazy("Won on leaving"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        spec: MethodSpec,
        rates: dict[str, int | None],
        seen: int,
    ) -> None:
        rows = {stage.key: str(number) for number, stage in enumerate(spec.stages, start=1)}
        first = {f"{part}_{lang}": getattr(words, lang) for part, words in
                 (("name", spec.name), ("note", spec.note or Words("", "")))
                 for lang, _p in LANGUAGES}  # fmt: skip
        super().__init__(
            data,
            initial={
                **first,
                "signing": rows[spec.signing_stage],
                "winning": rows[spec.winning_stage],
                "seen": seen,
            },
        )
        self.spec = spec
        self.rates = rates
        self.focus = ""
        self.words_field("name", lazy("Name"), limit=NAME_LIMIT)
        self.words_field("note", lazy("Note"), limit=TEXT_LIMIT, one_line=False)
        self.stages = self._held_stages() if data is None else self._typed_stages(data)

    @property
    def marks(self) -> tuple[forms.BoundField, forms.BoundField]:
        """Give the two choices that stand beside the stages."""
        return self["signing"], self["winning"]

    def _held_stages(self) -> list[StageForm]:
        found = []
        for number, stage in enumerate(self.spec.stages, start=1):
            form = StageForm(prefix=f"s{number}", number=number, initial=self._initial(stage))
            form.items = [
                ItemForm(
                    prefix=f"s{number}e{place}",
                    number=place,
                    initial={
                        "key": item.key,
                        "name_zh": item.name.zh,
                        "name_en": item.name.en,
                        "kind": "advised" if item.advised else "required",
                    },
                )
                for place, item in enumerate(stage.evidence, start=1)
            ]
            found.append(form)
        return found

    def _initial(self, stage: StageSpec) -> dict[str, object]:
        texts: dict[str, Words | None] = {"name": stage.name}
        texts |= {name: getattr(stage, name) for name, _label, _line in TEXTS}
        return {
            "key": stage.key,
            "rate": percent_typed(self.rates.get(stage.key)),
            **{
                f"{name}_{lang}": getattr(words, lang) if words else ""
                for name, words in texts.items()
                for lang, _pattern in LANGUAGES
            },
        }

    def _typed_stages(self, data: QueryDict) -> list[StageForm]:
        found = []
        for number in _numbers(data, "row", MOST_STAGES + 1):
            form = StageForm(data, prefix=f"s{number}", number=number)
            form.items = [
                ItemForm(data, prefix=f"s{number}e{item}", number=item)
                for item in _numbers(data, f"s{number}_item", MOST_ITEMS + 1)
            ]
            found.append(form)
        return found

    def clean(self) -> None:
        """All parts must hold; the signing and the winning stage must be among them."""
        parts = [stage.is_valid() for stage in self.stages]
        parts += [item.is_valid() for stage in self.stages for item in stage.items]
        if not self.stages:
            self.add_error(None, _("The method has no stages. Add one at least."))
        elif not all(parts):
            self.add_error(None, _("Some fields need another look; they are marked below."))
        self.need("name")
        order = [str(stage.number) for stage in self.stages]
        for name in ("signing", "winning"):
            if self.cleaned_data.get(name) not in order:
                self.add_error(name, _("Choose the stage."))
        if not self.errors and order.index(self.cleaned_data["signing"]) > order.index(
            self.cleaned_data["winning"]
        ):
            words = _("The contract is signed at the latest when the sale is won.")
            self.add_error("signing", words)

    def written(self) -> MethodSpec:
        """Give the method as it was rewritten."""
        held = {stage.key: stage for stage in self.spec.stages}
        written = {
            str(form.number): form.stage(
                held.get(form.cleaned_data["key"]), form.cleaned_data["rate"]
            )
            for form in self.stages
        }
        return replace(
            self.spec,
            name=self.words("name"),
            note=self.optional_words("note"),
            stages=tuple(written.values()),
            signing_stage=written[self.cleaned_data["signing"]].key,
            winning_stage=written[self.cleaned_data["winning"]].key,
        )

    def rearrange(self, asked: str) -> None:
        """Do what a button beside a row asks, and say nothing yet of what is typed so far."""
        what, _sep, where = asked.partition(":")
        row, _sep, item = where.partition(":")
        place = next((n for n, s in enumerate(self.stages) if str(s.number) == row), None)
        if what == "add":
            self._add_stage()
        elif place is not None:
            self._rearrange_row(what, place, item)
        for form in (self, *self.stages, *(i for s in self.stages for i in s.items)):
            form.full_clean()
        for form in (self, *self.stages, *(i for s in self.stages for i in s.items)):
            form.errors.clear()

    def _rearrange_row(self, what: str, place: int, item: str) -> None:
        stage = self.stages[place]
        if what == "drop":
            del self.stages[place]
            self.focus = "add"
        elif what == "item":
            self._add_item(stage)
        elif what == "drop_item":
            stage.items = [one for one in stage.items if str(one.number) != item]
            self.focus = f"item:{stage.number}"
        elif what in ("up", "down"):
            there = min(max(place + (1 if what == "down" else -1), 0), len(self.stages) - 1)
            self.stages.insert(there, self.stages.pop(place))
            edge = 0 if what == "up" else len(self.stages) - 1
            other = "down" if what == "up" else "up"
            self.focus = f"{other if there == edge else what}:{stage.number}"

    def _add_stage(self) -> None:
        if len(self.stages) >= MOST_STAGES:
            return
        number = max((stage.number for stage in self.stages), default=0) + 1
        made = StageForm(self.data, prefix=f"s{number}", number=number)
        made.fields["name_zh"].widget.attrs["autofocus"] = True
        self.stages.append(made)

    def _add_item(self, stage: StageForm) -> None:
        if len(stage.items) >= MOST_ITEMS:
            return
        number = max((item.number for item in stage.items), default=0) + 1
        prefix = f"s{stage.number}e{number}"
        made = ItemForm(self.data, prefix=prefix, number=number)
        made.fields["name_zh"].widget.attrs["autofocus"] = True
        stage.items.append(made)


def _numbers(data: QueryDict, name: str, most: int) -> list[int]:
    """Give the numbers of the rows in their order, each once."""
    typed = [text for text in data.getlist(name) if _ROW.fullmatch(text)]
    return list(dict.fromkeys(int(text) for text in typed))[:most]
