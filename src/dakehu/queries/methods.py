"""Sales methods: a compact book for other pages, the list, and each method as a page (FUN-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Count

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.methods import (
    Choice,
    EvidenceItem,
    GateMode,
    MethodSpec,
    StageSpec,
    Words,
)
from dakehu.models import Method, MethodStage, MethodVersion, SalesUnit, WinRate
from dakehu.queries.people import PersonName

_WORDS = (
    "buyer", "seller", "purpose", "tasks", "milestone", "action", "good_habit", "bad_habit",
    "review_question", "value_statement",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BookStage:
    """A stage of one version; `id` is its lineage, by which ledger and reports group."""

    id: int
    key: str
    order: int
    name_zh: str
    name_en: str
    after_win: bool
    evidence: tuple[EvidenceItem, ...] = ()

    def name(self, language: str) -> str:
        """Give the name in the reader's language, else in the other one."""
        first, second = (
            (self.name_en, self.name_zh)
            if language.startswith("en")
            else (self.name_zh, self.name_en)
        )
        return first or second or self.key


@dataclass(frozen=True)
class BookVersion:
    """One version of a method; `spec` is None in a book read without specifications."""

    id: int
    method_id: int
    method_key: str
    method_name_zh: str
    method_name_en: str
    number: int
    gate: GateMode
    signing_key: str
    winning_key: str
    is_current: bool
    stages: tuple[BookStage, ...]
    spec: MethodSpec | None = None

    def name(self, language: str) -> str:
        """Give the method's name in the reader's language, else in the other one."""
        first, second = (
            (self.method_name_en, self.method_name_zh)
            if language.startswith("en")
            else (self.method_name_zh, self.method_name_en)
        )
        return first or second or self.method_key

    def stage(self, stage_id: int) -> BookStage:
        """Give the stage of a lineage. Raises NotFound("stage.not_of_method")."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise NotFound("stage.not_of_method", stage=stage_id, method=self.method_key)

    @property
    def open_stages(self) -> tuple[BookStage, ...]:
        """Give the stages in which an opportunity can be open."""
        return tuple(stage for stage in self.stages if not stage.after_win)

    @property
    def order_of_stage(self) -> dict[int, int]:
        """Give the place of each stage lineage, for telling forward from back."""
        return {stage.id: stage.order for stage in self.stages}


@dataclass(frozen=True)
class MethodBook:
    """All versions of all methods, in the order in which methods are listed."""

    versions: Mapping[int, BookVersion]

    def version(self, version_id: int) -> BookVersion:
        """Give a version. Raises NotFound("method.unknown")."""
        if version_id not in self.versions:
            raise NotFound("method.unknown", method=version_id)
        return self.versions[version_id]

    def current(self, method_id: int) -> BookVersion:
        """Give the version of a method that new opportunities take. Raises NotFound."""
        for version in self.versions.values():
            if version.method_id == method_id and version.is_current:
                return version
        raise NotFound("method.unknown", method=method_id)

    def by_key(self, key: str) -> BookVersion:
        """Give the current version of the method with that key. Raises NotFound."""
        for version in self.versions.values():
            if version.method_key == key and version.is_current:
                return version
        raise NotFound("method.unknown", method=key)

    @property
    def in_use(self) -> tuple[BookVersion, ...]:
        """Give the current version of each method."""
        return tuple(v for v in self.versions.values() if v.is_current)

    def stage(self, stage_id: int) -> BookStage:
        """Give a stage lineage as its newest version words it. Raises NotFound."""
        found: tuple[int, BookStage] | None = None
        for version in self.versions.values():
            for stage in version.stages:
                if stage.id == stage_id and (found is None or version.number > found[0]):
                    found = version.number, stage
        if found is None:
            raise NotFound("stage.unknown", stage=stage_id)
        return found[1]


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


def method_book(*, viewer: Viewer, with_specs: bool = True) -> MethodBook:
    """Give every version with its stages, in two queries. Methods are no secret inside.

    Without specifications evidence is empty and `spec` None: enough for tables and charts.
    """
    del viewer
    versions = MethodVersion.objects.select_related("method").order_by(
        "method__order", "method_id", "number"
    )
    if not with_specs:
        versions = versions.defer("spec")
    stages: dict[int, list[MethodStage]] = {}
    for row in MethodStage.objects.select_related("stage").order_by("order"):
        stages.setdefault(row.version_id, []).append(row)
    return MethodBook(
        {row.pk: _version(row, stages.get(row.pk, []), with_specs) for row in versions}
    )


def win_rates(
    *,
    viewer: Viewer,
    on: date,
    kind: str = "method",
    known_at: datetime | None = None,
) -> dict[int, Fraction]:
    """Give the win rate in force on a day by stage lineage; a stage without one is left out."""
    del viewer
    rows = WinRate.objects.filter(kind=kind, on__lte=on)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    ordered = rows.order_by("on", "recorded_at", "id").values_list("stage_id", "rate_bp")
    return {stage: Fraction(rate, 10_000) for stage, rate in ordered}


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
    version = _version(chosen[0], stages.get(chosen[0].pk, []), with_spec=True)
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


def spec_of(stored: Mapping[str, Any]) -> MethodSpec:
    """Give the specification that `MethodVersion.spec` holds (as dataclasses.asdict wrote it)."""
    return MethodSpec(
        key=stored["key"],
        name=Words(**stored["name"]),
        note=_words(stored.get("note")),
        signing_stage=stored["signing_stage"],
        winning_stage=stored["winning_stage"],
        stages=tuple(_stage_spec(stage) for stage in stored["stages"]),
        buyer_cycle=tuple(_choice(c) for c in stored.get("buyer_cycle", ())),
        standings=tuple(_choice(c) for c in stored.get("standings", ())),
    )


def _stage_spec(stored: Mapping[str, Any]) -> StageSpec:
    aim, relationship = stored.get("aim"), stored.get("relationship")
    return StageSpec(
        key=stored["key"],
        name=Words(**stored["name"]),
        rate_bp=stored["rate_bp"],
        evidence=tuple(
            EvidenceItem(
                item["key"],
                Words(**item["name"]),
                item.get("outcome"),
                bool(item.get("advised", False)),
            )
            for item in stored.get("evidence", ())
        ),
        buyer_steps=tuple(stored.get("buyer_steps", ())),
        aim=None if aim is None else _choice(aim),
        relationship=None if relationship is None else _choice(relationship),
        **{name: _words(stored.get(name)) for name in _WORDS},
    )


def _words(stored: Mapping[str, str] | None) -> Words | None:
    return None if stored is None else Words(**stored)


def _choice(stored: Mapping[str, Any]) -> Choice:
    return Choice(stored["key"], Words(**stored["name"]))


def _version(row: MethodVersion, stages: list[MethodStage], with_spec: bool) -> BookVersion:
    spec = spec_of(row.spec) if with_spec else None
    evidence = {s.key: s.evidence for s in spec.stages} if spec else {}
    return BookVersion(
        id=row.pk,
        method_id=row.method_id,
        method_key=row.method.key,
        method_name_zh=row.method.name_zh,
        method_name_en=row.method.name_en,
        number=row.number,
        gate=GateMode(row.gate),
        signing_key=row.signing_key,
        winning_key=row.winning_key,
        is_current=row.is_current,
        stages=tuple(
            BookStage(
                id=stage.stage_id,
                key=stage.stage.key,
                order=stage.order,
                name_zh=stage.name_zh,
                name_en=stage.name_en,
                after_win=stage.after_win,
                evidence=evidence.get(stage.stage.key, ()),
            )
            for stage in stages
        ),
        spec=spec,
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
