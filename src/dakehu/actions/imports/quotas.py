"""Quotas from an import: new dated rows, as anybody who may set a quota would write them."""

from collections.abc import Sequence

from dakehu.actions.imports.organisation import people_by_name, units_of_sellers
from dakehu.actions.imports.work import Work
from dakehu.core.imports.plan import PlannedQuota
from dakehu.core.money import round_to_minor
from dakehu.core.names import folded
from dakehu.models import Quota


def write_quotas(
    work: Work, planned_quotas: Sequence[PlannedQuota], *, trying: bool = False
) -> None:
    """Set the quotas that differ from what is set; the right to set them is asked per unit."""
    if not planned_quotas:
        return
    people, sellers = people_by_name(work), units_of_sellers()
    set_now = {
        (row.person_id, row.unit_id, row.start_on, row.end_on, row.level): row.amount_minor
        for row in Quota.objects.order_by("recorded_at", "id")
    }
    rows: list[Quota] = []
    for planned in planned_quotas:
        person = unit = None
        if planned.person:
            found = people.get(folded(planned.person), set())
            person = next(iter(found)) if len(found) == 1 else None
            held = sellers.get(person or 0, [])
            place = held[0][0] if held else None
        else:
            place = unit = work.units.get(planned.unit)
        if person is None and unit is None:
            code = "import.unknown_owner" if planned.person else "import.unknown_unit"
            work.refuse(planned.at, code, name=planned.person, unit=planned.unit)
            continue
        if not work.actor.may("quota.set", owner_id=person, unit_id=place):
            work.refuse(planned.at, "import.quota_not_allowed")
            continue
        key = (person, unit, planned.start_on, planned.end_on, planned.level)
        minor = round_to_minor(planned.amount, work.digits)
        if set_now.get(key) == minor:
            work.mark(planned.at, "unchanged")
            continue
        set_now[key] = minor
        rows.append(
            Quota(
                person_id=person, unit_id=unit, start_on=planned.start_on,
                end_on=planned.end_on, level=planned.level, amount_minor=minor,
                recorded_at=work.at, actor_id=work.actor.person_id,
            )
        )  # fmt: skip
        work.make("quotas", planned.at)
    if trying:
        return
    for row in Quota.objects.bulk_create(rows, 500):
        work.made.append(("quota", row.pk))
