"""Words of bulk edits: verbs, what a row changes, what lies where before and after."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.ledger import Category, Place
from dakehu.core.money import from_minor
from dakehu.messages import sentence, worded
from dakehu.queries.opportunities.list import stage_names
from dakehu.web.opportunities.wording import (
    CATEGORIES,
    FIELDS,
    PLACES,
    REASONS,
    SOURCES,
    rate_words,
)

Words = str | Promise

VERBS: Mapping[str, Words] = {
    "reassign": lazy("Reassign"),
    "close_on": lazy("Set the close date"),
    "shift": lazy("Shift close dates"),
    "category": lazy("Set the category"),
    "next_step": lazy("Set the next step"),
    "source": lazy("Set the source"),
    "own_rate": lazy("Set the own win rate"),
    "advance": lazy("Advance"),
    "lose": lazy("Lost"),
    "abandon": lazy("Abandon"),
    "void": lazy("Void"),
    "restore": lazy("Restore"),
    "paste": lazy("Paste"),
}
COLUMNS: Mapping[str, Words] = {
    "name": FIELDS["name"],
    "owner_id": lazy("Owner"),
    "stage_id": lazy("Stage"),
    "place": lazy("State"),
    "voided": lazy("Voided"),
    "amount_minor": FIELDS["amount"],
    "category": FIELDS["category"],
    "close_on": FIELDS["close_on"],
    "next_step": FIELDS["next_step"],
    "next_step_on": FIELDS["next_step_on"],
    "own_rate_bp": FIELDS["own_rate_bp"],
    "source": FIELDS["source"],
}


@dataclass(frozen=True, slots=True)
class Names:
    """Names that rows tell of by number."""

    people: Mapping[int, str]
    stages: Mapping[int, str]

    @classmethod
    def of(cls, language: str, people: Mapping[int, str]) -> "Names":
        """Take the stages' names from the methods, the newest version's last."""
        named = sorted(stage_names(language).items())
        return cls(people, {stage: name for (_version, stage), name in named})


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """A column of a row: from what, to what."""

    column: str
    old: str
    new: str


def changes_shown(
    changes: Mapping[str, Sequence[Any]], names: Names, digits: int
) -> tuple[ChangeShown, ...]:
    """Put what a row changes into words."""
    return tuple(
        ChangeShown(
            str(COLUMNS.get(name, name)),
            value_shown(name, pair[0], names, digits),
            value_shown(name, pair[1], names, digits),
        )
        for name, pair in changes.items()
    )


def value_shown(name: str, value: Any, names: Names, digits: int) -> str:
    """Put a value of a column into words; nothing is a dash."""
    if value is None or value == "":
        return "—"
    match name:
        case "owner_id":
            return names.people.get(value, f"#{value}")
        case "stage_id":
            return names.stages.get(value, f"#{value}")
        case "place":
            return str(PLACES[Place(value)])
        case "voided":
            return _("yes") if value else _("no")
        case "category":
            return str(CATEGORIES[Category(value)])
        case "source":
            return str(SOURCES.get(value, value))
        case "own_rate_bp":
            return rate_words(value)
        case "amount_minor":
            return str(worded(from_minor(value, digits)))
    return str(worded(value))


def asked_words(asked: Mapping[str, Any], names: Names) -> str:
    """Say what was asked of all rows, beside the verb."""
    parts: list[str] = []
    if "owner_id" in asked:
        parts.append(names.people.get(asked["owner_id"], f"#{asked['owner_id']}"))
    plain = ("close_on", "next_step", "next_step_on", "competitor", "text")
    parts += [str(asked[name]) for name in plain if asked.get(name)]
    if "days" in asked:
        parts.append(_("%(days)s days") % {"days": f"{asked['days']:+d}".replace("-", "−")})
    if "category" in asked:
        parts.append(str(CATEGORIES[Category(asked["category"])]))
    if "source" in asked:
        parts.append(str(SOURCES.get(asked["source"], asked["source"])))
    if "own_rate_bp" in asked:
        parts.append(rate_words(asked["own_rate_bp"]))
    if "stage_id" in asked:
        parts.append(names.stages.get(asked["stage_id"], f"#{asked['stage_id']}"))
    if "reason" in asked:
        parts.insert(0, str(REASONS.get(asked["reason"], asked["reason"])))
    if "fields" in asked:
        known = {"amount": "amount_minor"}
        parts += [str(COLUMNS.get(known.get(f, f), f)) for f in asked["fields"]]
    return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are refused for the same reason."""

    words: str
    rows: tuple[tuple[int, str, str], ...]
    count: int


def groups_of(
    rows: Iterable[tuple[int, str, str, str, Mapping[str, Any]]], most: int
) -> tuple[Group, ...]:
    """Group refused rows (id, code, name, problem, facts) by what is the matter, most first."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for pk, code, name, problem, facts in rows:
        found.setdefault(sentence(problem, facts), []).append((pk, code, name))
    groups = [Group(words, tuple(rows[:most]), len(rows)) for words, rows in found.items()]
    return tuple(sorted(groups, key=lambda group: -group.count))


def key_of(verb: str, row: Any) -> tuple[Hashable, int | None] | None:
    """Give under what a row is summed for a verb, with its worth; None where it is nowhere."""
    if row.voided:
        return None
    if verb in ("lose", "abandon", "void", "restore"):
        return ("place", row.place), row.base_minor
    if verb == "reassign":
        return ("owner_id", row.owner_id), row.base_minor
    if verb == "advance":
        return ("stage_id", row.stage_id), row.base_minor
    if verb == "category":
        return ("category", row.category), row.base_minor
    if verb in ("close_on", "shift"):
        month = None if row.close_on is None else row.close_on.replace(day=1)
        return ("month", month), row.base_minor
    return ("all", 0), row.base_minor


def key_words(key: Hashable, names: Names) -> str:
    """Name what rows are summed under."""
    assert isinstance(key, tuple)
    name, value = key
    if name == "all":
        return _("All together")
    if name == "month":
        return _("no date") if value is None else f"{value:%Y-%m}"
    return value_shown(name, value, names, 2)


@dataclass(frozen=True, slots=True)
class SumShown:
    """A line of the sums: how many and how much, before and after, in base currency."""

    label: str
    count_before: int
    before: Decimal
    count_after: int
    after: Decimal
    unknown: int
