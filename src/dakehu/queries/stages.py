"""A version of a method as opportunities use it: its stages with their ids, and its gate."""

from dataclasses import dataclass

from dakehu.core.errors import NotFound
from dakehu.core.methods import MethodSpec
from dakehu.models import MethodStage, MethodVersion
from dakehu.queries.methods import spec_of
from dakehu.queries.stamps import kept_while


@dataclass(frozen=True, slots=True)
class StageInForce:
    """A stage of a version: the id of its lineage, and its place."""

    id: int
    key: str
    order: int
    name_zh: str
    name_en: str
    after_win: bool

    def name(self, language: str) -> str:
        """Give the name in the reader's language."""
        return (
            (self.name_en or self.name_zh)
            if language.startswith("en")
            else (self.name_zh or self.name_en)
        )


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """A version of a method with its stages in order."""

    id: int
    method_id: int
    number: int
    gate: str
    spec: MethodSpec
    stages: tuple[StageInForce, ...]
    is_current: bool = True
    method_key: str = ""
    method_name_zh: str = ""
    method_name_en: str = ""

    def method_name(self, language: str) -> str:
        """Give the method's name in the reader's language."""
        zh, en = self.method_name_zh, self.method_name_en
        return (en or zh) if language.startswith("en") else (zh or en)

    @property
    def open_stages(self) -> tuple[StageInForce, ...]:
        """Give the stages that an open opportunity can hold."""
        return tuple(stage for stage in self.stages if not stage.after_win)

    @property
    def order_of_stage(self) -> dict[int, int]:
        """Give each stage's place, to tell forward from back."""
        return {stage.id: stage.order for stage in self.stages}

    def by_id(self, stage_id: int) -> StageInForce | None:
        """Find a stage of this version by its lineage's id."""
        return next((s for s in self.stages if s.id == stage_id), None)

    def by_key(self, key: str) -> StageInForce | None:
        """Find a stage of this version by key."""
        return next((s for s in self.stages if s.key == key), None)


def version_in_force(version_id: int) -> VersionInForce:
    """Give a version of a method. Raises NotFound("method.unknown_version").

    Methods are no secret inside the organisation, so no viewer is asked for.
    """
    found = versions_in_force().get(version_id)
    if found is None:
        raise NotFound("method.unknown_version", version_id=version_id)
    return found


def stage_name(stage_id: int | None, language: str) -> str:
    """Name a stage by the newest version that has it; nothing for none."""
    for version in reversed(list(versions_in_force().values())) if stage_id else ():
        stage = version.by_id(stage_id or 0)
        if stage is not None:
            return stage.name(language)
    return ""


@kept_while("methods")
def versions_in_force() -> dict[int, VersionInForce]:
    """Read every version of every method, in the order in which methods are listed."""
    stages: dict[int, list[StageInForce]] = {}
    rows = MethodStage.objects.order_by("order").values_list(
        "version_id", "stage_id", "stage__key", "order", "name_zh", "name_en", "after_win"
    )
    for version_id, stage_id, key, order, zh, en, after in rows:
        stage = StageInForce(stage_id, key, order, zh, en, after)
        stages.setdefault(version_id, []).append(stage)
    versions = MethodVersion.objects.select_related("method").order_by(
        "method__order", "method_id", "number"
    )
    return {
        row.pk: VersionInForce(
            row.pk,
            row.method_id,
            row.number,
            row.gate,
            spec_of(row.spec),
            tuple(stages[row.pk]),
            row.is_current,
            row.method.key,
            row.method.name_zh,
            row.method.name_en,
        )
        for row in versions
        if row.pk in stages
    }
