"""Setting quotas: dated rows, the newest recorded rules, nothing is updated (FOR-4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.money import to_minor
from dakehu.core.periods import containing
from dakehu.models import Person, Quota, SalesUnit
from dakehu.queries.organisation import organisation
from dakehu.queries.quotas import may_set_quota, people_seated
from dakehu.queries.units import all_units

LEVELS = ("target", "stretch", "challenge")


@dataclass(frozen=True, slots=True)
class QuotaTarget:
    """A quota of one unit or one person for [start, end); an amount of None takes it back."""

    start: date
    end: date
    amount: Decimal | None
    unit_id: int | None = None
    person_id: int | None = None
    level: str = "target"


@transaction.atomic
def set_quotas(
    *,
    actor: Viewer,
    targets: Sequence[QuotaTarget],
    today: date,
    at: datetime,
    seen_id: int | None = None,
) -> None:
    """Set quotas in units of the base currency, all or none.

    `seen_id` is the newest row that the actor saw. Raises NotAllowed("quota.set"), NotFound
    ("unit.unknown", "person.unknown"), Conflict("quota.changed"), RuleBroken("quota.of_one",
    "quota.unknown_level", "quota.not_a_period", "money.negative", and what to_minor says).
    """
    org = organisation()
    tree = all_units().tree(today)
    if seen_id is not None:
        _lock_subjects(targets)
    rows = []
    for target in targets:
        _check(target, org.fiscal_first_month)
        if target.unit_id is not None:
            if target.unit_id not in tree or not _sees_unit(actor, target.unit_id):
                raise NotFound("unit.unknown", unit=target.unit_id)
            allowed = may_set_quota(actor, tree=tree, unit_id=target.unit_id)
        else:
            seated = people_seated(today=today, person_id=target.person_id)
            units = seated[0].units if seated else frozenset()
            if not seated or not _sees_person(actor, target.person_id, units):
                raise NotFound("person.unknown", person=target.person_id)
            allowed = may_set_quota(
                actor, tree=tree, person_id=target.person_id, units_of_person=units
            )
        if not allowed:
            raise NotAllowed("quota.set")
        minor = None if target.amount is None else to_minor(target.amount, org.base_digits)
        if seen_id is not None:
            _check_unchanged(target, seen_id, minor)
        rows.append(
            Quota(
                unit_id=target.unit_id,
                person_id=target.person_id,
                start_on=target.start,
                end_on=target.end,
                level=target.level,
                amount_minor=minor,
                recorded_at=at,
                actor_id=actor.person_id,
            )
        )
    Quota.objects.bulk_create(rows)


def _check(target: QuotaTarget, first_month: int) -> None:
    if (target.unit_id is None) == (target.person_id is None):
        raise RuleBroken("quota.of_one")
    if target.level not in LEVELS:
        raise RuleBroken("quota.unknown_level", level=target.level)
    whole = [containing(target.start, kind, first_month) for kind in ("month", "quarter", "year")]
    if not any((p.start, p.end) == (target.start, target.end) for p in whole):
        raise RuleBroken("quota.not_a_period", start=target.start, end=target.end)
    if target.amount is not None and target.amount < 0:
        raise RuleBroken("money.negative", text=str(target.amount))


def _lock_subjects(targets: Sequence[QuotaTarget]) -> None:
    """Let the quotas of a unit or a person be set over what was seen one at a time."""
    for model, ids in (
        (SalesUnit, {t.unit_id for t in targets if t.unit_id is not None}),
        (Person, {t.person_id for t in targets if t.person_id is not None}),
    ):
        held = model.objects.select_for_update(no_key=True).filter(pk__in=ids)
        list(held.order_by("pk").values_list("pk"))


def _check_unchanged(target: QuotaTarget, seen_id: int, minor: int | None) -> None:
    newest = (
        Quota.objects.filter(
            Q(unit_id=target.unit_id) & Q(person_id=target.person_id),
            start_on=target.start,
            end_on=target.end,
            level=target.level,
        )
        .order_by("-recorded_at", "-id")
        .first()
    )
    if newest is not None and newest.pk > seen_id and newest.amount_minor != minor:
        raise Conflict("quota.changed", start=target.start, end=target.end)


def _sees_unit(actor: Viewer, unit_id: int) -> bool:
    return actor.sees_all or unit_id in actor.units


def _sees_person(actor: Viewer, person_id: int | None, units: frozenset[int]) -> bool:
    return actor.sees_all or person_id == actor.person_id or bool(units & actor.units)
