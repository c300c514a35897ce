"""A version of a method as opportunities use it: its stages with their ids, and its gate."""

from dataclasses import dataclass

from dakehu.core.errors import NotFound
from dakehu.core.methods import MethodSpec
from dakehu.models import MethodStage, MethodVersion
from dakehu.queries.methods import spec_of


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
    """Read a version of a method in one query. Raises NotFound("method.unknown_version").

    Methods are no secret inside the organisation, so no viewer is asked for.
    """
    rows = list(
        MethodStage.objects.filter(version_id=version_id)
        .order_by("order")
        .values_list("stage_id", "stage__key", "order", "name_zh", "name_en", "after_win")
    )
    version = (
        MethodVersion.objects.filter(pk=version_id)
        .values_list("method_id", "number", "gate", "spec", "is_current")
        .first()
    )
    if version is None or not rows:
        raise NotFound("method.unknown_version", version_id=version_id)
    method_id, number, gate, spec, is_current = version
    stages = tuple(StageInForce(*row) for row in rows)
    return VersionInForce(version_id, method_id, number, gate, spec_of(spec), stages, is_current)
