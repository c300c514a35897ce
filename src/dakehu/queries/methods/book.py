"""The book of methods, compact, for other pages and for actions; and win rates in force (FUN-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.methods import (
    EvidenceItem,
    GateMode,
    MethodSpec,
)
from dakehu.models import MethodStage, MethodVersion, WinRate
from dakehu.queries.methods.stored import spec_of


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
        {row.pk: version_of(row, stages.get(row.pk, []), with_specs) for row in versions}
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


def version_of(row: MethodVersion, stages: list[MethodStage], with_spec: bool) -> BookVersion:
    """Put a version together with its stages; its specification where that is asked for."""
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
