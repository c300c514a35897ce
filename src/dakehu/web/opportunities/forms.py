"""The form by which an opportunity is created and edited; it parses into one frozen command."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.actions.opportunities import EditOpportunity, NewOpportunity
from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Category
from dakehu.core.money import parse_amount, to_minor
from dakehu.core.opportunities import MAX_PRICE, MAX_QUANTITY, SOURCES, Line
from dakehu.core.periods import parse_period
from dakehu.messages import sentence
from dakehu.queries import opportunities as queries
from dakehu.web.forms import AmountField, DayField, PercentField, percent_typed
from dakehu.web.opportunities import wording

SPARE_LINES = 2
MOST_LINES = 200
_LINE_PARTS = ("product", "quantity", "price", "month")


@dataclass(frozen=True, slots=True)
class LineTyped:
    """A row of product lines as it was typed, with what is wrong with it."""

    number: int
    product: str = ""
    quantity: str = ""
    price: str = ""
    month: str = ""
    error: str = ""

    @property
    def is_blank(self) -> bool:
        """Test if nothing was typed."""
        return not any((self.product, self.quantity, self.price, self.month))


class OpportunityForm(forms.Form):
    """What a person says of an opportunity."""

    name = forms.CharField(label=lazy("Name"), max_length=200)
    account = forms.CharField(
        label=lazy("Account"),
        max_length=200,
        required=False,
        help_text=lazy("Type part of the name and choose; only accounts that you see."),
        widget=forms.TextInput(attrs={"list": "account-names", "autocomplete": "off"}),
    )
    stage = forms.ChoiceField(label=lazy("Method and stage"))
    amount = AmountField(
        label=lazy("Amount"),
        required=False,
        help_text=lazy("Such as 1,234.50."),
    )
    currency = forms.ChoiceField(label=lazy("Currency"))
    amount_follows_lines = forms.BooleanField(
        label=lazy("The amount is the sum of the product lines"), required=False
    )
    close_on = DayField(label=lazy("Expected close date"), required=False)
    category = forms.TypedChoiceField(
        label=lazy("Forecast category"), coerce=lambda v: Category(int(v))
    )
    own_rate = PercentField(
        label=lazy("Own win rate"),
        required=False,
        help_text=lazy("In percent; empty takes the rate of the method."),
    )
    source = forms.ChoiceField(label=lazy("Source"), required=False)
    compelling_event = forms.CharField(
        label=lazy("Compelling event"), max_length=240, required=False
    )
    next_step = forms.CharField(label=lazy("Next step"), max_length=240, required=False)
    next_step_on = DayField(label=lazy("Day of the next step"), required=False)
    competitors = forms.CharField(
        label=lazy("Competitors"),
        required=False,
        max_length=2000,
        help_text=lazy("One on each line."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    on = DayField(label=lazy("Day of the change"), required=False)

    def __init__(
        self,
        data: Any,
        *,
        viewer: Viewer,
        offered: queries.Choices,
        page: queries.OpportunityShown | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.viewer = viewer
        self.page = page
        self.account_id: int | None = None
        self.digits = dict(offered.currencies)
        codes = [code for code, _digits in offered.currencies]
        if page is not None:
            del self.fields["stage"]
            self.digits[page.currency] = page.digits
            codes = list(dict.fromkeys([*codes, page.currency]))
        else:
            _choose(self, "stage", _stages(offered))
        _choose(self, "currency", [(code, code) for code in codes])
        _choose(
            self,
            "category",
            [(int(c), w) for c, w in wording.CATEGORIES.items() if c is not Category.CLOSED]
            if page is None or page.category is not Category.CLOSED
            else [(int(Category.CLOSED), wording.CATEGORIES[Category.CLOSED])],
        )
        blank: list[tuple[object, object]] = [("", "—")]
        _choose(self, "source", blank + [(key, wording.SOURCES[key]) for key in SOURCES])
        self.lines_typed = _lines_typed(data, page)

    def clean(self) -> dict[str, Any]:
        """Resolve the account by name, and check amount and lines in the currency."""
        cleaned: dict[str, Any] = super().clean() or {}
        self._clean_account(cleaned.get("account", ""))
        digits = self.digits.get(cleaned.get("currency", ""), 2)
        amount = cleaned.get("amount")
        if amount is not None:
            try:
                to_minor(amount, digits)
            except RuleBroken as error:
                self.add_error("amount", sentence(error))
        self.lines = self._clean_lines()
        return cleaned

    def _clean_account(self, text: str) -> None:
        text = text.strip()
        if not text:
            return
        if self.page is not None and text == self.page.account:
            self.account_id = self.page.account_id
            return
        found = queries.account_by_name(viewer=self.viewer, text=text)
        if not found:
            self.add_error("account", _("No account that you see is called so."))
        elif len(found) > 1:
            codes = _(", ").join(account.code for account in found)
            self.add_error(
                "account",
                _("Several accounts are called so; type the code: %(codes)s") % {"codes": codes},
            )
        else:
            self.account_id = found[0].id

    def _clean_lines(self) -> tuple[Line, ...]:
        lines: list[Line] = []
        shown: list[LineTyped] = []
        for typed in self.lines_typed:
            if typed.is_blank:
                shown.append(typed)
                continue
            try:
                lines.append(_line(typed))
                shown.append(typed)
            except RuleBroken as error:
                words = sentence(error)
                shown.append(
                    LineTyped(
                        typed.number, typed.product, typed.quantity, typed.price,
                        typed.month, words,
                    )
                )  # fmt: skip
                self.add_error(
                    None,
                    _("Product line %(number)s: %(words)s")
                    % {"number": typed.number + 1, "words": words},
                )
        self.lines_typed = tuple(shown)
        return tuple(lines)

    def forgive(self) -> None:
        """Keep what was typed and say nothing of it yet: more room was asked for."""
        self.full_clean()
        self.errors.clear()

    def new(self, *, owner_id: int, unit_id: int | None = None) -> NewOpportunity:
        """Give the command that creates it."""
        said = self.cleaned_data
        version, _sep, stage = said["stage"].partition(":")
        return NewOpportunity(
            name=said["name"],
            account_id=self.account_id,
            owner_id=owner_id,
            unit_id=unit_id,
            method_version_id=int(version),
            stage_key=stage,
            currency=said["currency"],
            amount=said["amount"] or Decimal(0),
            close_on=said["close_on"],
            category=said["category"],
            own_rate_bp=said["own_rate"],
            source=said["source"],
            compelling_event=said["compelling_event"],
            next_step=said["next_step"],
            next_step_on=said["next_step_on"],
            competitors=tuple(said["competitors"].splitlines()),
            lines=self.lines,
            amount_follows_lines=said["amount_follows_lines"],
        )

    def edit(self) -> EditOpportunity:
        """Give the command that changes it."""
        said = self.cleaned_data
        return EditOpportunity(
            name=said["name"],
            account_id=self.account_id,
            currency=said["currency"],
            amount=said["amount"] or Decimal(0),
            close_on=said["close_on"],
            category=said["category"],
            own_rate_bp=said["own_rate"],
            source=said["source"],
            compelling_event=said["compelling_event"],
            next_step=said["next_step"],
            next_step_on=said["next_step_on"],
            competitors=tuple(said["competitors"].splitlines()),
            lines=self.lines,
            amount_follows_lines=said["amount_follows_lines"],
        )


def initial_of(page: queries.OpportunityShown) -> dict[str, Any]:
    """Give what stands in the form when an opportunity is about to be edited."""
    return {
        "name": page.name,
        "account": page.account,
        "amount": f"{page.amount:,f}",
        "currency": page.currency,
        "close_on": page.close_on,
        "category": int(page.category),
        "own_rate": percent_typed(page.rates.own_bp),
        "source": page.source,
        "compelling_event": page.compelling_event,
        "next_step": page.next_step,
        "next_step_on": page.next_step_on,
        "competitors": "\n".join(page.competitors),
    }


def _choose(form: forms.Form, name: str, options: list[Any]) -> None:
    form.fields[name].choices = options  # type: ignore[attr-defined]


def _stages(offered: queries.Choices) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for stage in offered.stages:
        option = (f"{stage.version_id}:{stage.key}", stage.name)
        groups.setdefault(stage.method, []).append(option)
    return list(groups.items())


def _lines_typed(data: Any, page: queries.OpportunityShown | None) -> tuple[LineTyped, ...]:
    if data is None:
        held = page.lines if page is not None else ()
        rows = [
            LineTyped(
                number,
                str(line.product_id),
                f"{line.quantity:f}",
                f"{line.unit_price:f}",
                f"{line.delivery_month:%Y-%m}" if line.delivery_month else "",
            )
            for number, line in enumerate(held)
        ]
    else:
        parts = [data.getlist(f"line_{part}") for part in _LINE_PARTS]
        longest = min(max((len(part) for part in parts), default=0), MOST_LINES + 1)
        rows = [
            LineTyped(
                number,
                *((part[number].strip()[:60] if number < len(part) else "") for part in parts),
            )
            for number in range(longest)
        ]
        rows = [row for row in rows if not row.is_blank]
        rows = [LineTyped(n, r.product, r.quantity, r.price, r.month) for n, r in enumerate(rows)]
    more = 5 if data is not None and "more_lines" in data else SPARE_LINES
    blank = [LineTyped(len(rows) + number) for number in range(more)]
    return tuple(rows + blank)


def _line(typed: LineTyped) -> Line:
    if not typed.product.isdecimal() or len(typed.product) > 18:
        raise RuleBroken("line.unknown_product")
    quantity = parse_amount(typed.quantity or "1")
    price = parse_amount(typed.price or "0")
    if not 0 < quantity <= MAX_QUANTITY or _places(quantity) > 3:
        raise RuleBroken("line.bad_quantity", quantity=typed.quantity, limit=MAX_QUANTITY)
    if not 0 <= price <= MAX_PRICE or _places(price) > 6:
        raise RuleBroken("line.bad_price", price=typed.price, limit=MAX_PRICE)
    return Line(int(typed.product), quantity, price, _month(typed.month))


def _places(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


def _month(text: str) -> date | None:
    return parse_period(text).start if text else None
