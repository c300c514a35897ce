"""What a bulk edit asks: one form for each verb; it parses into one frozen ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.bulk_edits import MOST_DAYS, Ask
from dakehu.core.ledger import Category
from dakehu.core.opportunities import ABANDON_REASONS, LOSS_REASONS, SOURCES
from dakehu.http import SignedRequest
from dakehu.queries import opportunities as queries
from dakehu.web.forms import DayField, PercentField
from dakehu.web.opportunities import wording
from dakehu.web.opportunities.wording import CATEGORIES, REASONS


def _text(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class VerbForm(forms.Form):
    """What a verb asks for all rows; the fields carry the names of `Ask`."""

    verb = ""

    def __init__(self, data: Any, *, request: SignedRequest) -> None:
        super().__init__(data)
        self.prepare(request)

    def prepare(self, request: SignedRequest) -> None:
        """Offer what there is to choose from."""

    def ask(self) -> Ask:
        """Give what is asked of every row."""
        return Ask(verb=self.verb, **self.cleaned_data)

    def offer(self, name: str, options: list[Any]) -> None:
        """Set the choices of a field."""
        self.fields[name].choices = options  # type: ignore[attr-defined]


class ReassignForm(VerbForm):
    """To whom, and why."""

    verb = "reassign"
    owner_id = forms.TypedChoiceField(label=lazy("New owner"), coerce=int)
    text = _text(lazy("Why"))

    def prepare(self, request: SignedRequest) -> None:
        people = queries.owner_choices(
            viewer=request.viewer, opportunity_id=None, today=request.today
        )
        language = request.viewer.language
        self.offer("owner_id", [("", "—"), *((p.id, p.shown(language)) for p in people)])


class CloseForm(VerbForm):
    """The same close date for all; empty takes it away."""

    verb = "close_on"
    close_on = DayField(
        label=lazy("Expected close date"),
        required=False,
        help_text=lazy("Empty takes the date away."),
    )


class ShiftForm(VerbForm):
    """All close dates by so many days."""

    verb = "shift"
    days = forms.IntegerField(
        label=lazy("Shift close dates by days"),
        min_value=-MOST_DAYS,
        max_value=MOST_DAYS,
        help_text=lazy("30 is thirty days later, -7 a week earlier."),
    )


class CategoryForm(VerbForm):
    """The forecast category."""

    verb = "category"
    category = forms.TypedChoiceField(label=lazy("Forecast category"), coerce=int)

    def prepare(self, request: SignedRequest) -> None:
        words = [(int(c), w) for c, w in CATEGORIES.items() if c is not Category.CLOSED]
        self.offer("category", words)


class NextStepForm(VerbForm):
    """The same next step for all, with its day."""

    verb = "next_step"
    next_step = forms.CharField(
        label=lazy("Next step"),
        max_length=240,
        required=False,
        help_text=lazy("Empty takes the next step away."),
    )
    next_step_on = DayField(label=lazy("Day of the next step"), required=False)


class SourceForm(VerbForm):
    """Where they come from."""

    verb = "source"
    source = forms.ChoiceField(label=lazy("Source"), required=False)

    def prepare(self, request: SignedRequest) -> None:
        self.offer("source", [("", "—"), *((key, wording.SOURCES[key]) for key in SOURCES)])


class OwnRateForm(VerbForm):
    """The owner's own win rate."""

    verb = "own_rate"
    own_rate_bp = PercentField(
        label=lazy("Own win rate"),
        required=False,
        help_text=lazy("In percent; empty takes the rate of the method."),
    )


class AdvanceForm(VerbForm):
    """To which stage: each row's next one, or one of a method."""

    verb = "advance"
    stage_id = forms.TypedChoiceField(
        label=lazy("To stage"), coerce=int, required=False, empty_value=None
    )
    text = _text(lazy("Why"))

    def prepare(self, request: SignedRequest) -> None:
        groups: dict[str, list[tuple[int, str]]] = {}
        for stage in queries.choices(viewer=request.viewer).stages:
            groups.setdefault(stage.method, []).append((stage.stage_id, stage.name))
        self.offer("stage_id", [("", _("The next stage of each")), *groups.items()])


class OutcomeForm(VerbForm):
    """How they ended: a reason, a competitor, words."""

    reasons: tuple[str, ...] = ()
    reason = forms.ChoiceField(label=lazy("Reason"))
    competitor = forms.CharField(
        label=lazy("Competitor"),
        max_length=120,
        required=False,
        help_text=lazy("Leave it empty where nobody knows."),
    )
    text = _text(lazy("In words"))

    def prepare(self, request: SignedRequest) -> None:
        blank: list[tuple[object, object]] = [("", _("Choose a reason"))]
        self.offer("reason", blank + [(key, REASONS[key]) for key in self.reasons])


class LoseForm(OutcomeForm):
    """Lost, all for the same reason."""

    verb = "lose"
    reasons = LOSS_REASONS


class AbandonForm(OutcomeForm):
    """Given up, all for the same reason."""

    verb = "abandon"
    reasons = ABANDON_REASONS


class VoidForm(VerbForm):
    """Out of the funnel."""

    verb = "void"
    text = _text(lazy("Why"))


class RestoreForm(VerbForm):
    """Back to where each stood."""

    verb = "restore"


FORMS: dict[str, type[VerbForm]] = {
    form.verb: form
    for form in (
        ReassignForm, CloseForm, ShiftForm, CategoryForm, NextStepForm, SourceForm, OwnRateForm,
        AdvanceForm, LoseForm, AbandonForm, VoidForm, RestoreForm,
    )
}  # fmt: skip
