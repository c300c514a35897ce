"""Installing, copying and changing sales methods, and setting their win rates (FUN-1, FUN-3)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from django.db import transaction

from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.methods import (
    GateMode,
    MethodSpec,
    Words,
    built_in_methods,
    drafted,
    without_rates,
)
from dakehu.models import Method, MethodStage, MethodVersion, Stage, WinRate
from dakehu.queries.methods import spec_of, win_rates

_KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Installed:
    """A method as it stands after the action; stage lineages by their key."""

    method_id: int
    version_id: int
    stage_ids: Mapping[str, int]


@transaction.atomic
def install_built_in_methods(
    *, actor: Viewer, today: date, at: datetime, rates_from: date
) -> tuple[Installed, ...]:
    """Install the three methods of FUN-1 where they are missing; doing it again is harmless.

    Their win rates are in force from `rates_from`. Raises NotAllowed("method.edit"),
    RuleBroken("win_rate.in_future") where they would not be in force today.
    """
    _check_may_edit(actor)
    if rates_from > today:
        raise RuleBroken("win_rate.in_future", on=rates_from, today=today)
    present = set(Method.objects.values_list("key", flat=True))
    return tuple(
        install_method(
            actor=actor,
            spec=spec,
            at=at,
            rates_from=rates_from,
            is_built_in=True,
            order=order,
        )
        for order, spec in enumerate(built_in_methods(), start=1)
        if spec.key not in present
    )


@transaction.atomic
def install_method(
    *,
    actor: Viewer,
    spec: MethodSpec,
    at: datetime,
    rates_from: date | None,
    gate: GateMode = GateMode.ADVISE,
    is_built_in: bool = False,
    order: int = 100,
) -> Installed:
    """Install a method as its first version; its own win rates are in force from `rates_from`.

    None installs no rates: weighted amounts stay unknown until somebody sets them. Raises
    NotAllowed("method.edit"), RuleBroken("method.key_taken").
    """
    _check_may_edit(actor)
    if Method.objects.filter(key=spec.key).exists():
        raise RuleBroken("method.key_taken", field="key", key=spec.key)
    method = Method.objects.create(
        key=spec.key,
        name_zh=spec.name.zh,
        name_en=spec.name.en,
        is_built_in=is_built_in,
        order=order,
    )
    installed = _write_version(method, spec, number=1, gate=gate, at=at)
    if rates_from is not None:
        WinRate.objects.bulk_create(
            WinRate(
                stage_id=installed.stage_ids[stage.key],
                rate_bp=stage.rate_bp,
                on=rates_from,
                recorded_at=at,
                actor_id=actor.person_id,
            )
            for stage in spec.stages
        )
    return installed


@transaction.atomic
def copy_method(
    *,
    actor: Viewer,
    method_id: int,
    key: str,
    name: Words,
    today: date,
    at: datetime,
) -> Installed:
    """Copy a method under another key and name, with the win rates in force today.

    Raises NotAllowed("method.edit"), NotFound("method.unknown"), RuleBroken("method.key_malformed",
    "method.key_taken", "method.name_missing").
    """
    _check_may_edit(actor)
    if len(key) > 50 or not _KEY.fullmatch(key):
        raise RuleBroken("method.key_malformed", field="key", key=key)
    if not (name.zh or name.en):
        raise RuleBroken("method.name_missing", field="name_zh")
    current = _current(method_id)
    spec = replace(spec_of(current.spec), key=key, name=name)
    installed = install_method(
        actor=actor, spec=spec, at=at, rates_from=None, gate=GateMode(current.gate)
    )
    rates = win_rates(viewer=actor, on=today)
    sources = dict(Stage.objects.filter(method_id=method_id).values_list("key", "id"))
    WinRate.objects.bulk_create(
        WinRate(
            stage_id=stage_id,
            rate_bp=int(rates[sources[stage_key]] * 10_000),
            on=today,
            recorded_at=at,
            actor_id=actor.person_id,
        )
        for stage_key, stage_id in installed.stage_ids.items()
        if sources[stage_key] in rates
    )
    return installed


@transaction.atomic
def change_method(
    *,
    actor: Viewer,
    method_id: int,
    seen_number: int,
    at: datetime,
    gate: GateMode | None = None,
    spec: MethodSpec | None = None,
    rates_from: date | None = None,
) -> Installed:
    """Make a new version with another gate or wording; opportunities keep theirs until moved.

    Stages of the same key continue their lineage; keys that begin with `new:` are replaced. Given
    `rates_from`, the rates of `spec` that differ from those in force are in force from that day
    on; where nothing else differs no version is made. The wording of a built-in method stays as
    it is: copy it first. Raises NotAllowed("method.edit"), NotFound("method.unknown"), Conflict
    ("method.changed"), RuleBroken("method.built_in", "method.nothing_changed", …).
    """
    _check_may_edit(actor)
    current = _current(method_id)
    if current.number != seen_number:
        raise Conflict("method.changed", seen=seen_number, now=current.number)
    before = spec_of(current.spec)
    after = before if spec is None else _drafted(replace(spec, key=before.key))
    mode = GateMode(current.gate) if gate is None else gate
    if after != before and current.method.is_built_in:
        raise RuleBroken("method.built_in", method=before.key)
    reworded = without_rates(after) != without_rates(before) or mode != GateMode(current.gate)
    if reworded:
        MethodVersion.objects.filter(pk=current.pk).update(is_current=False)
        Method.objects.filter(pk=method_id).update(name_zh=after.name.zh, name_en=after.name.en)
        made = _write_version(current.method, after, number=current.number + 1, gate=mode, at=at)
    else:
        made = Installed(method_id, current.pk, _lineages(method_id))
    rates = {} if rates_from is None else _other_rates(made, after, actor, rates_from)
    if not (reworded or rates):
        raise RuleBroken("method.nothing_changed")
    if rates_from is not None and rates:
        set_win_rates(actor=actor, rates_bp=rates, on=rates_from, at=at)
    return made


def _drafted(draft: MethodSpec) -> MethodSpec:
    """Give the draft with keys that no version of its method has used before."""
    earlier = [
        spec_of(stored)
        for stored in MethodVersion.objects.filter(method__key=draft.key).values_list(
            "spec", flat=True
        )
    ]
    stages = [stage for spec in earlier for stage in spec.stages]
    return drafted(
        draft,
        stages_taken={stage.key for stage in stages},
        items_taken={item.key for stage in stages for item in stage.evidence},
    )


def _other_rates(made: Installed, spec: MethodSpec, actor: Viewer, on: date) -> dict[int, int]:
    """Give the rates of the method that are not what is in force on the day."""
    held = win_rates(viewer=actor, on=on)
    wanted = {made.stage_ids[stage.key]: stage.rate_bp for stage in spec.stages}
    return {
        stage: bp for stage, bp in wanted.items() if stage not in held or held[stage] * 10_000 != bp
    }


def _lineages(method_id: int) -> dict[str, int]:
    return dict(Stage.objects.filter(method_id=method_id).values_list("key", "id"))


@transaction.atomic
def set_win_rates(*, actor: Viewer, rates_bp: Mapping[int, int], on: date, at: datetime) -> None:
    """Set win rates by stage lineage from a day on: new dated rows, nothing is updated.

    Raises NotAllowed("method.edit"), NotFound("stage.unknown"),
    RuleBroken("win_rate.out_of_range").
    """
    _check_may_edit(actor)
    for rate_bp in rates_bp.values():
        if not 0 <= rate_bp <= 10_000:
            raise RuleBroken("win_rate.out_of_range", rate_bp=rate_bp)
    known = set(Stage.objects.filter(pk__in=rates_bp).values_list("id", flat=True))
    for stage_id in rates_bp:
        if stage_id not in known:
            raise NotFound("stage.unknown", stage=stage_id)
    WinRate.objects.bulk_create(
        WinRate(
            stage_id=stage_id,
            rate_bp=rate_bp,
            on=on,
            recorded_at=at,
            actor_id=actor.person_id,
        )
        for stage_id, rate_bp in rates_bp.items()
    )


def _check_may_edit(actor: Viewer) -> None:
    if not actor.holds("method.edit"):
        raise NotAllowed("method.edit")


def _current(method_id: int) -> MethodVersion:
    # The method is locked, not its version: who waited for a version that is current no more
    # would find none, and not learn which is.
    held = Method.objects.select_for_update(no_key=True).filter(pk=method_id).first()
    versions = MethodVersion.objects.select_related("method")
    row = versions.filter(method=held, is_current=True).first() if held else None
    if row is None:
        raise NotFound("method.unknown", method=method_id)
    return row


def _write_version(
    method: Method, spec: MethodSpec, *, number: int, gate: GateMode, at: datetime
) -> Installed:
    lineages = _lineages(method.pk)
    for stage in spec.stages:
        if stage.key not in lineages:
            lineages[stage.key] = Stage.objects.create(method=method, key=stage.key).pk
    version = MethodVersion.objects.create(
        method=method,
        number=number,
        gate=gate.value,
        signing_key=spec.signing_stage,
        winning_key=spec.winning_stage,
        spec=asdict(spec),
        recorded_at=at,
    )
    MethodStage.objects.bulk_create(
        MethodStage(
            version=version,
            stage_id=lineages[stage.key],
            order=order,
            name_zh=stage.name.zh,
            name_en=stage.name.en,
            after_win=not spec.is_open(stage.key),
        )
        for order, stage in enumerate(spec.stages, start=1)
    )
    return Installed(
        method.pk, version.pk, {stage.key: lineages[stage.key] for stage in spec.stages}
    )
