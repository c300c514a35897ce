"""What the dialogs of the verbs ask: a stage, a reason, an owner, what was wrong."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.actions.opportunities import Outcome
from dakehu.core.opportunities import ABANDON_REASONS, LOSS_REASONS, WIN_REASONS
from dakehu.http import SignedRequest
from dakehu.queries import opportunities as queries
from dakehu.web.forms import AmountField, DayField
from dakehu.web.opportunities import wording

Shown = queries.OpportunityShown


class MoveForm(forms.Form):
    """What every verb may ask: the day, and why."""

    on = DayField(label=lazy("Day"), required=False)

    def __init__(self, data: Any, *, request: SignedRequest, page: Shown) -> None:
        super().__init__(data, initial={"on": request.today})
        self.page = page
        self.prepare(request)

    def prepare(self, request: SignedRequest) -> None:
        """Offer what there is to choose from."""


def _text(label: Any, *, required: bool, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=2000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


_OVERRULE = lazy("Overrule the gate, because")


def offer_overruling(form: forms.Form, page: Shown) -> None:
    """Let a superior overrule; one to whom the deal is not theirs to move must say why (FUN-3)."""
    if not page.may.overrule:
        del form.fields["overrule"]
        return
    if not page.may.overrules:
        return
    field, whose = form.fields["overrule"], {"owner": page.owner}
    field.required = True
    field.label = _("Why you do it for the owner")
    field.help_text = (
        _("This opportunity is %(owner)s’s to move. As their superior you may overrule; the reason"
          " goes on record.")
        % whose
    )  # fmt: skip
    field.error_messages["required"] = (
        _("Give a reason: without one you may not move what is %(owner)s’s.") % whose
    )


class AdvanceForm(MoveForm):
    """To which stage; a superior may overrule."""

    stage = forms.ChoiceField(label=lazy("To stage"))
    overrule = _text(_OVERRULE, required=False)

    def prepare(self, request: SignedRequest) -> None:
        place = [s.id for s in self.page.stages].index(self.page.here.id)
        later = [s for s in self.page.stages[place + 1 :] if not s.after_win]
        _offer(self, "stage", [(s.key, s.name) for s in later])
        offer_overruling(self, self.page)


class StageForm(forms.Form):
    """A move to a stage as it comes in: the action knows which stages there are."""

    on = DayField(required=False)
    stage = forms.CharField(max_length=50)
    overrule = forms.CharField(required=False, max_length=2000)


class RegressForm(MoveForm):
    """To which earlier stage, and why."""

    stage = forms.ChoiceField(label=lazy("To stage"))
    why = _text(lazy("Why"), required=True)

    def prepare(self, request: SignedRequest) -> None:
        place = [s.id for s in self.page.stages].index(self.page.here.id)
        earlier = reversed(self.page.stages[:place])
        _offer(self, "stage", [(s.key, s.name) for s in earlier])


class OutcomeForm(MoveForm):
    """How it ended, and why."""

    reasons: tuple[str, ...] = ()
    reason = forms.ChoiceField(label=lazy("Reason"))
    competitor = forms.CharField(
        label=lazy("Competitor"),
        max_length=120,
        required=False,
        help_text=lazy("Leave it empty where nobody knows."),
        widget=forms.TextInput(attrs={"list": "rivals", "autocomplete": "off"}),
    )
    text = _text(lazy("In words"), required=False)

    def prepare(self, request: SignedRequest) -> None:
        blank: list[tuple[object, object]] = [("", _("Choose a reason"))]
        _offer(self, "reason", blank + [(key, wording.REASONS[key]) for key in self.reasons])

    @property
    def outcome(self) -> Outcome:
        """Give what was said."""
        said = self.cleaned_data
        return Outcome(said["reason"], said["competitor"], said["text"])


class WinForm(OutcomeForm):
    """A win: why, against whom; a superior may overrule the gate."""

    reasons = WIN_REASONS
    overrule = _text(_OVERRULE, required=False)

    def prepare(self, request: SignedRequest) -> None:
        super().prepare(request)
        offer_overruling(self, self.page)


class LoseForm(OutcomeForm):
    """A loss: why, and to whom."""

    reasons = LOSS_REASONS


class AbandonForm(OutcomeForm):
    """Given up: why."""

    reasons = ABANDON_REASONS


class ReopenForm(MoveForm):
    """Opened again: why, and when it is expected to close."""

    why = _text(lazy("Why"), required=True)
    close_on = DayField(label=lazy("Expected close date"), required=False)

    def prepare(self, request: SignedRequest) -> None:
        self.initial["close_on"] = self.page.close_on


class TodayForm(MoveForm):
    """What is done today and on no other day (FUN-5)."""

    def prepare(self, request: SignedRequest) -> None:
        del self.fields["on"]


class VoidForm(TodayForm):
    """Voided: out of the funnel, why."""

    why = _text(lazy("Why"), required=False)


class ReassignForm(MoveForm):
    """To whom, and why."""

    owner = forms.TypedChoiceField(label=lazy("New owner"), coerce=int)
    why = _text(lazy("Why"), required=False)

    def prepare(self, request: SignedRequest) -> None:
        people = queries.owner_choices(
            viewer=request.viewer, opportunity_id=self.page.id, today=request.today
        )
        language = request.viewer.language
        _offer(self, "owner", [("", "—"), *((p.id, p.shown(language)) for p in people)])


class MethodForm(MoveForm):
    """To which method and which stage of it."""

    stage = forms.ChoiceField(label=lazy("Method and stage"))
    why = _text(lazy("Why"), required=False)
    overrule = _text(_OVERRULE, required=False)

    def prepare(self, request: SignedRequest) -> None:
        offer_overruling(self, self.page)
        groups: dict[str, list[tuple[str, str]]] = {}
        for stage in queries.choices(viewer=request.viewer).stages:
            if stage.version_id != self.page.method_version_id:
                option = (f"{stage.version_id}:{stage.key}", stage.name)
                groups.setdefault(stage.method, []).append(option)
        _offer(self, "stage", list(groups.items()))


class CorrectForm(MoveForm):
    """What was wrong with a movement: its day, its amount, or that it was posted at all."""

    amount = AmountField(label=lazy("Right amount"), required=False)
    drop = forms.BooleanField(label=lazy("It should not have been posted at all"), required=False)
    why = _text(lazy("Why"), required=True)


def _offer(form: forms.Form, name: str, options: list[Any]) -> None:
    form.fields[name].choices = options  # type: ignore[attr-defined]
