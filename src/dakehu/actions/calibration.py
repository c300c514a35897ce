"""Calibrated win rates as dated rows, found anew every night (FUN-9)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.speed import calibrated
from dakehu.models import Organisation, WinRate
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import calibrated_on, win_rates
from dakehu.queries.speed import decided_by_stage


@dataclass(frozen=True, slots=True)
class Calibration:
    """How many stages were looked at, and how many got a new row."""

    stages: int
    changed: int


@transaction.atomic
def calibrate_win_rates(*, actor: Viewer, today: date, at: datetime) -> Calibration:
    """Find each stage's calibrated win rate from what is decided, in force from today on.

    A stage whose rate and number of cases are the same as before gets no new row, so doing it
    twice is harmless. Raises NotAllowed("method.edit").
    """
    if not actor.is_operator and not actor.holds("method.edit"):
        raise NotAllowed("method.edit")
    # Two that run at once would both find a rate missing and write it twice.
    Organisation.objects.select_for_update().values_list("pk").first()
    method_bp = {stage: rate for stage, rate in win_rates().on(today).items() if rate is not None}
    found = calibrated(method_bp, decided_by_stage(actor), organisation().calibration_weight)
    held = calibrated_on(today)
    rows = [
        WinRate(
            stage_id=stage,
            kind="calibrated",
            rate_bp=rate,
            decided=decided,
            on=today,
            recorded_at=at,
            actor_id=actor.person_id,
        )
        for stage, (rate, decided) in sorted(found.items())
        if stage not in held or (held[stage].rate_bp, held[stage].decided) != (rate, decided)
    ]
    WinRate.objects.bulk_create(rows)
    return Calibration(len(found), len(rows))
