"""Methods as their pages show them: versions, stages, and win rates with their history."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Count

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.methods import (
    GateMode,
    MethodSpec,
    StageSpec,
)
from dakehu.models import Method, MethodStage, MethodVersion, SalesUnit, WinRate
from dakehu.queries.methods.book import BookStage, BookVersion, method_book, version_of, win_rates
from dakehu.queries.methods.stored import spec_of
from dakehu.queries.people import PersonName


@dataclass(frozen=True, slots=True)
class Rate:
    """A win rate in force: how much, from which day on, and who said so (None: the machine)."""

    stage_id: int
    rate_bp: int
    on: date
    recorded_at: datetime
    set_by: PersonName | None
    kind: str = "method"

    @property
    def rate(self) -> Fraction:
        """Give the rate, 0 to 1."""
        return Fraction(self.rate_bp, 10_000)


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A method as it stands in the list."""

    id: int
    key: str
    name: str
    is_built_in: bool
    number: int
    gate: GateMode
    stage_names: tuple[str, ...]
    open_count: int
    unit_names: tuple[str, ...]
    rates_missing: int


@dataclass(frozen=True)
class StageOnPage:
    """A stage with its words and the rate in force; `rate` is None where none was set."""

    id: int
    spec: StageSpec
    after_win: bool
    is_signing: bool
    is_winning: bool
    rate: Rate | None
    rate_history: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class VersionOnPage:
    """A line of the version history."""

    id: int
    number: int
    gate: GateMode
    stage_count: int
    is_current: bool
    recorded_at: datetime
    opportunity_count: int


@dataclass(frozen=True)
class MethodPage:
    """A method to be read: one version of it, its rates today, and its history."""

    id: int
    key: str
    name: str
    is_built_in: bool
    version: BookVersion
    spec: MethodSpec
    stages: tuple[StageOnPage, ...]
    versions: tuple[VersionOnPage, ...]
    may_edit: bool


def methods(*, viewer: Viewer, today: date) -> tuple[MethodRow, ...]:
    """Give the methods in use, with how many of the viewer's opportunities stand in each."""
    from dakehu.models import Opportunity

    book = method_book(viewer=viewer, with_specs=False)
    counts = dict(
        Opportunity.objects.visible_to(viewer)
        .filter(place=1, voided=False)
        .order_by()
        .values_list("stage__method_id")
        .annotate(n=Count("id"))
    )
    rated = win_rates(viewer=viewer, on=today)
    units: dict[int, list[str]] = {}
    english = viewer.language.startswith("en")
    for method_id, code, zh, en in (
        SalesUnit.objects.filter(method__isnull=False)
        .order_by("sort_key")
        .values_list("method_id", "code", "name_zh", "name_en")
    ):
        shown = (en or zh) if english else (zh or en)
        units.setdefault(method_id, []).append(shown or code)
    built_in = set(Method.objects.filter(is_built_in=True).values_list("id", flat=True))
    return tuple(
        MethodRow(
            id=version.method_id,
            key=version.method_key,
            name=version.name(viewer.language),
            is_built_in=version.method_id in built_in,
            number=version.number,
            gate=version.gate,
            stage_names=tuple(s.name(viewer.language) for s in version.stages),
            open_count=counts.get(version.method_id, 0),
            unit_names=tuple(units.get(version.method_id, ())),
            rates_missing=sum(s.id not in rated for s in version.open_stages),
        )
        for version in book.in_use
    )


def method(*, viewer: Viewer, method_id: int, today: date, number: int | None = None) -> MethodPage:
    """Give a method to be read, its current version or the one of that number.

    Opportunities are counted as far as the viewer sees them. Raises NotFound("method.unknown").
    """
    from dakehu.models import Opportunity

    row = Method.objects.filter(pk=method_id).first()
    if row is None:
        raise NotFound("method.unknown", method=method_id)
    versions = list(
        MethodVersion.objects.filter(method=row).select_related("method").order_by("-number")
    )
    chosen = [v for v in versions if (v.is_current if number is None else v.number == number)]
    if not chosen:
        raise NotFound("method.unknown", method=method_id)
    stages: dict[int, list[MethodStage]] = {}
    for stage in (
        MethodStage.objects.filter(version__method=row).select_related("stage").order_by("order")
    ):
        stages.setdefault(stage.version_id, []).append(stage)
    version = version_of(chosen[0], stages.get(chosen[0].pk, []), with_spec=True)
    spec = spec_of(chosen[0].spec)
    history = _rate_history([stage.id for stage in version.stages])
    held = dict(
        Opportunity.objects.visible_to(viewer)
        .filter(method_version__method=row, voided=False)
        .order_by()
        .values_list("method_version_id")
        .annotate(n=Count("id"))
    )
    return MethodPage(
        id=row.pk,
        key=row.key,
        name=version.name(viewer.language),
        is_built_in=row.is_built_in,
        version=version,
        spec=spec,
        stages=tuple(
            _stage_on_page(version, spec, stage, history.get(stage.id, []), today)
            for stage in version.stages
        ),
        versions=tuple(
            VersionOnPage(
                id=v.pk,
                number=v.number,
                gate=GateMode(v.gate),
                stage_count=len(stages.get(v.pk, [])),
                is_current=v.is_current,
                recorded_at=v.recorded_at,
                opportunity_count=held.get(v.pk, 0),
            )
            for v in versions
        ),
        may_edit=viewer.holds("method.edit"),
    )


def _rate_history(stage_ids: list[int]) -> dict[int, list[Rate]]:
    """Give the method's own rates per stage, the newest day first."""
    rows = (
        WinRate.objects.filter(stage_id__in=stage_ids, kind="method")
        .select_related("actor")
        .order_by("-on", "-recorded_at", "-id")
    )
    found: dict[int, list[Rate]] = {}
    for row in rows:
        actor = row.actor
        who = (
            PersonName(actor.pk, actor.login, actor.name, actor.name_en)
            if actor is not None
            else None
        )
        rate = Rate(row.stage_id, row.rate_bp, row.on, row.recorded_at, who)
        found.setdefault(row.stage_id, []).append(rate)
    return found


def _stage_on_page(
    version: BookVersion,
    spec: MethodSpec,
    stage: BookStage,
    history: list[Rate],
    today: date,
) -> StageOnPage:
    return StageOnPage(
        id=stage.id,
        spec=spec.stage(stage.key),
        after_win=stage.after_win,
        is_signing=stage.key == version.signing_key,
        is_winning=stage.key == version.winning_key,
        rate=next((rate for rate in history if rate.on <= today), None),
        rate_history=tuple(history),
    )
