"""Which parts a number has, what their groups are called, and what of it is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dakehu.core.funnel import Figure, Scope
from dakehu.queries.funnel import FunnelOnDay
from dakehu.queries.rows_behind import Behind, Group, Part

_SCOPED: Mapping[str, Scope] = {
    "funnel.overdue": "overdue",
    "funnel.in_period": "in_period",
    "funnel.later": "later",
    "funnel.undated": "undated",
}


def parts_of(
    address: str, *, stages: Sequence[int], with_small: bool, all_open: bool
) -> tuple[Part, ...]:
    """Give the parts of a number of the funnel page; `stages` are those of the table's cell."""
    scopes: tuple[Scope, ...] = ("in_period", "later", "undated") if all_open else ("in_period",)
    weighted = Part("open", scopes=scopes)
    small = (Part("small"),) if with_small else ()
    match address:
        case "funnel.forecast_index" | "funnel.gap":
            return (Part("won"), weighted, *small)
        case "funnel.progress_index":
            return (
                Part("won_change"),
                Part("moved"),
                *((Part("small_change"),) if with_small else ()),
            )
        case "funnel.weighted_period":
            return (weighted,)
        case "funnel.weighted_before":
            return (Part("open", scopes=scopes, week_ago=True),)
        case "funnel.weighted_change":
            return (Part("moved"),)
        case "funnel.closed":
            return (Part("won"),)
        case "funnel.closed_before":
            return (Part("won", week_ago=True),)
        case "funnel.closed_change":
            return (Part("won_change"),)
        case "funnel.small_sales" | "funnel.small_expected":
            return (Part("small"),)
        case "funnel.small_before":
            return (Part("small", week_ago=True),)
        case "funnel.small_change":
            return (Part("small_change"),)
    scope = _SCOPED.get(address)
    return (Part("open", stages=tuple(stages), scopes=(scope,) if scope else None),)


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A group under its name."""

    name: str
    group: Group


def groups_shown(
    parts: Sequence[Part], behind: Behind, answer: FunnelOnDay, language: str
) -> dict[tuple[int, int], GroupShown]:
    """Give the groups by part and group, in their order; stages are named with their method."""
    names = {}
    for one in answer.methods:
        for stage in one.method.stages:
            method, name = (
                (one.method.name_en or one.method.name_zh, stage.name_en or stage.name_zh)
                if language == "en"
                else (one.method.name_zh or one.method.name_en, stage.name_zh or stage.name_en)
            )
            names[stage.lineage_id] = f"{method} · {name}" if _across(parts) else name
    words = {
        "won": _("Won in the period"),
        "small": _("Out-of-funnel sales"),
        "moved": _("Moved in the week"),
        "won_change": _("Won in the week"),
        "small_change": _("Out-of-funnel sales of the week"),
    }
    return {
        (group.part, group.group): GroupShown(
            words.get(group.what) or names.get(group.stage_id or 0, ""), group
        )
        for group in behind.groups
    }


def _across(parts: Sequence[Part]) -> bool:
    return any(part.what == "open" and part.stages is None for part in parts)


@dataclass(frozen=True, slots=True)
class Computed:
    """A term of a number that has no rows, or the total of all its terms."""

    name: str
    figure: Figure
    is_total: bool = False


def computed_of(
    address: str, behind: Behind, answer: FunnelOnDay, *, literal: bool
) -> tuple[Computed, ...]:
    """Give what a number holds beside its rows; with it they add up to the total."""
    match address:
        case "funnel.forecast_index" | "funnel.gap":
            total = Computed(_("Forecast amount"), answer.forecast.numerator, True)
            if not answer.small_in_use:
                return (total,)
            name = _("Out-of-funnel sales expected in the rest of the period")
            return (Computed(name, answer.small_expected), total)
        case "funnel.weighted_change":
            change = answer.weighted - answer.weighted_before
            return (_rates(change - behind.adds), Computed(_("Change in the week"), change, True))
        case "funnel.progress_index":
            change = answer.weighted - answer.weighted_before
            moved = [group.adds for group in behind.groups if group.what == "moved"]
            rest = change - moved[0] if moved else change
            closed = answer.closed.amount - answer.closed_before
            if answer.small_in_use:
                closed = closed + answer.small - answer.small_before
            again = (Computed(_("Closed once more: the literal form"), closed),) if literal else ()
            total = Computed(_("Change in the week"), answer.progress.numerator, True)
            return (_rates(rest), *again, total)
    return ()


def _rates(rest: Figure) -> Computed:
    """Name what changed without a movement: rates, the unit tree, what is known since."""
    return Computed(_("At other win or exchange rates, or in other units"), rest)
