"""Whose funnel can be chosen: units as a tree, people as options."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dakehu.http import SignedRequest, layout_of, render_page, signed_in
from dakehu.queries.funnel import MethodLabel, person_in_sight
from dakehu.queries.people import people_in_sight
from dakehu.web.funnel.asked import Asked, asked_of


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit that the viewer may choose, at its depth in today's tree."""

    id: int
    name: str
    depth: int


def _unit_choices(asked: Asked, language: str) -> list[UnitChoice]:
    return [
        UnitChoice(unit, asked.units.names[unit].name(language), len(asked.tree.path(unit)) - 1)
        for root in asked.tree.roots()
        for unit in asked.tree.walk(root)
    ]


def unit_path(asked: Asked, language: str) -> list[str]:
    unit = asked.question.unit_id
    if unit is None:
        return []
    return [asked.units.names[u].name(language) for u in asked.tree.path(unit)]


def whose(
    request: SignedRequest,
    asked: Asked,
    method: MethodLabel | None = None,
    *,
    with_period: bool = True,
) -> tuple[str, ...]:
    """Say of whom a page of its own tells: unit, person, account group, period, method.

    A part of the funnel page stands beside all of this and says nothing. `with_period` where the
    figures ask for it: others name the days that they look at by themselves.
    """
    if layout_of(request) == "layouts/part.html":
        return ()
    language, question = request.viewer.language, asked.question
    words = [" › ".join(unit_path(asked, language))]
    if question.person_id is not None:
        person = person_in_sight(request.viewer, person_id=question.person_id)
        words.append(person.shown(language))
    if asked.group is not None:
        words.append(asked.group.name)
    if with_period:
        words.append(question.period.key)
    if method is not None:
        first, second = method.name_zh, method.name_en
        words.append((second or first) if language == "en" else (first or second))
    if question.as_organised_today:
        words.append(_("As organised today"))
    if question.known_at is not None:
        zone = ZoneInfo(request.organisation.time_zone)
        words.append(f"{_('As known at')} {question.known_at.astimezone(zone):%Y-%m-%d %H:%M}")
    return tuple(word for word in words if word)


@signed_in
def funnel_units(request: SignedRequest) -> HttpResponse:
    """Give the units that can be chosen as a tree of links: fetched when the picker opens."""
    asked = asked_of(request)
    query = request.GET.copy()
    for name in ("unit", "person"):
        query.pop(name, None)
    kept = query.urlencode()
    return render_page(
        request,
        "funnel/_units.html",
        {
            "units": _unit_choices(asked, request.viewer.language),
            "unit_id": asked.question.unit_id,
            "base": f"{reverse('funnel')}?{kept}{'&' if kept else ''}unit=",
        },
    )


@signed_in
def funnel_people(request: SignedRequest) -> HttpResponse:
    """Give the people whose funnel can be chosen, as options: fetched after the first answer."""
    asked = asked_of(request)
    units = None
    if asked.question.unit_id is not None:
        units = asked.tree.subtree(asked.question.unit_id)
    people = people_in_sight(request.viewer, units=units, today=request.today)
    return render_page(
        request,
        "funnel/_people.html",
        {"people": people, "chosen": asked.question.person_id},
    )
