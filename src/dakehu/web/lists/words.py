"""A filter's conditions in the reader's language: chips, and what its form offers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext_lazy

from dakehu.core.filters import Condition, Expression, Field, Group, Kind, Value, written
from dakehu.templatetags.figures import exact, scaled
from dakehu.web.lists.standing import link_with

Words = str | Promise

#: The days that move with today, as they are read.
DAYS: Mapping[str, Words] = {
    "today": lazy("today"),
    "tomorrow": lazy("tomorrow"),
    "yesterday": lazy("yesterday"),
    "this_week": lazy("this week"),
    "next_week": lazy("next week"),
    "last_week": lazy("last week"),
    "this_month": lazy("this month"),
    "next_month": lazy("next month"),
    "last_month": lazy("last month"),
    "this_quarter": lazy("this quarter"),
    "next_quarter": lazy("next quarter"),
    "last_quarter": lazy("last quarter"),
    "this_year": lazy("this year"),
    "next_year": lazy("next year"),
    "last_year": lazy("last year"),
    "next_7_days": lazy("the next 7 days"),
    "next_30_days": lazy("the next 30 days"),
    "last_7_days": lazy("the last 7 days"),
    "last_30_days": lazy("the last 30 days"),
}
#: What can be asked, as the form offers it.
OPERATORS: Mapping[str, Words] = {
    "is": lazy("is"),
    "not": lazy("is not"),
    "in": lazy("is one of"),
    "only": lazy("is exactly, without what is below"),
    "has": lazy("contains"),
    ">=": pgettext_lazy("filter", "at least"),
    "<": lazy("below"),
    "between": lazy("between"),
    "older": lazy("more than … days ago"),
    "empty": lazy("is empty"),
    "filled": lazy("is not empty"),
}
#: Of days some are read otherwise.
OF_DAYS: Mapping[str, Words] = {
    ">=": lazy("from … on"),
    "<": lazy("before"),
    "is": lazy("lies in"),
    "not": lazy("does not lie in"),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a list's fields, for those whom the reader may filter by."""

    fields: Mapping[str, Field]
    labels: Mapping[str, Words]
    #: Names a value of a choice or the number of a record.
    name: Callable[[Field, Value], str]
    language: str
    amount_unit: str = "auto"
    #: How a field is asked about that is no plain choice of a few.
    options: Callable[[Field], Sequence[tuple[str, str]]] | None = None
    #: How a record is written where it is typed and not chosen, and how that is read again.
    typed: Callable[[Field, Value], str] | None = None
    meant: Callable[[Field, str], str] | None = None

    def label(self, field: str) -> str:
        """Give what a field is called."""
        return str(self.labels.get(field, field))

    def offered(self, field: Field) -> Sequence[tuple[str, str]]:
        """Give what a field's values are chosen from, empty where they are typed."""
        if field.kind is Kind.CHOICE:
            return [(choice, self.name(field, choice)) for choice in field.choices]
        return self.options(field) if self.options else ()

    def value(self, field: Field, value: Value) -> str:
        """Give a value as it is read."""
        match field.kind:
            case Kind.AMOUNT:
                return self._amount(Decimal(value))
            case Kind.PERCENT:
                return f"{Decimal(value).normalize():f}%"
            case Kind.DAY:
                return str(DAYS.get(str(value), _some_days(str(value))))
            case Kind.NUMBER:
                return exact(int(value))
            case Kind.TEXT:
                return _("“%(text)s”") % {"text": value}
            case _:
                return self.name(field, value)

    def _amount(self, amount: Decimal) -> str:
        figure, scale = scaled(amount, self.amount_unit, self.language)
        figure = figure.removesuffix(".0").removesuffix(".00")
        word = {10**4: _("×10k"), 10**8: _("×100m")}.get(scale, "")
        return f"{figure} {word}".strip()

    def asked(self, condition: Condition) -> str:
        """Give what is asked of a field, without the field's name."""
        field = self.fields[condition.field]
        values = [self.value(field, value) for value in condition.values]
        first = values[0] if values else ""
        is_day = field.kind is Kind.DAY
        match condition.operator:
            case "empty":
                return _("none")
            case "filled":
                return _("some")
            case "older":
                days = int(condition.values[0])
                return ngettext(
                    "more than %(days)d day ago", "more than %(days)d days ago", days
                ) % {"days": days}
            case "between":
                return _("%(low)s to %(high)s") % {"low": first, "high": values[1]}
            case ">=":
                return (_("from %(day)s on") % {"day": first}) if is_day else f"≥ {first}"
            case "<":
                return (_("before %(day)s") % {"day": first}) if is_day else f"< {first}"
            case "not":
                return _("not %(value)s") % {"value": first}
            case "only":
                return _("only %(value)s") % {"value": first}
            case "has":
                return _("contains %(text)s") % {"text": first}
            case "in":
                return _(" or ").join(values)
            case _:
                return first

    def sentence(self, asked: Expression) -> str:
        """Give a whole expression as it is read."""
        if isinstance(asked, Condition):
            return f"{self.label(asked.field)} {self.asked(asked)}"
        word = _(" and ") if asked.every else _(" or ")
        parts = (
            f"({self.sentence(part)})" if isinstance(part, Group) else self.sentence(part)
            for part in asked.parts
        )
        return word.join(parts)


def _some_days(name: str) -> str:
    turn, _sep, rest = name.partition("_")
    days = rest.removesuffix("_days")
    if not days.isdecimal() or turn not in ("next", "last"):
        return name
    number = int(days)
    if turn == "next":
        return ngettext("the next %(n)d day", "the next %(n)d days", number) % {"n": number}
    return ngettext("the last %(n)d day", "the last %(n)d days", number) % {"n": number}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the URL without it."""

    label: str
    value: str
    url: str


def chips_of_where(get: QueryDict, asked: Expression | None, words: Vocabulary) -> tuple[Chip, ...]:
    """Give a chip for each part that must hold; each is taken away by itself."""
    if asked is None:
        return ()
    parts = asked.parts if isinstance(asked, Group) and asked.every else (asked,)
    found = []
    for number, part in enumerate(parts):
        left = tuple(one for place, one in enumerate(parts) if place != number)
        text = written(Group(True, left)) if len(left) > 1 else (written(left[0]) if left else "")
        url = link_with(get, _set_where(text))
        if isinstance(part, Condition):
            found.append(Chip(words.label(part.field), words.asked(part), url))
        else:
            found.append(Chip(_("Any of"), words.sentence(part), url))
    return tuple(found)


def _set_where(text: str) -> Callable[[QueryDict], None]:
    def change(query: QueryDict) -> None:
        if text:
            query["where"] = text
        else:
            query.pop("where", None)

    return change
