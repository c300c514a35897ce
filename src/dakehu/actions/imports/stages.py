"""The stages that opportunities of an import may stand at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from dakehu.actions.methods import install_method
from dakehu.core.access import Viewer
from dakehu.core.imports.recipes import Recipe
from dakehu.core.ledger import Place
from dakehu.core.methods import load_method
from dakehu.core.names import folded
from dakehu.models import Method, MethodStage


@dataclass(frozen=True, slots=True)
class StagePlace:
    """A stage of the current version of a method."""

    method_id: int
    version_id: int
    stage_id: int
    order: int = 0


class Stages:
    """Finds stages by key or name, in one method or, unnamed, in the only one that has them."""

    def __init__(self, rows: Sequence[MethodStage], default: str = "") -> None:
        self._default = folded(default)
        self._by_name: dict[tuple[str, str], StagePlace] = {}
        self._ends: dict[str, tuple[StagePlace, StagePlace]] = {}
        for row in rows:
            method = row.version.method
            place = StagePlace(method.pk, row.version_id, row.stage_id, row.order)
            names = {folded(n) for n in (row.stage.key, row.name_zh, row.name_en)}
            for called in {folded(n) for n in (method.key, method.name_zh, method.name_en)}:
                if not row.after_win:
                    for name in names - {""}:
                        self._by_name[(called, name)] = place
                first = self._ends.get(called, (place, place))[0]
                last = self._ends.get(called, (place, place))[1]
                winning = row.stage.key == row.version.winning_key
                self._ends[called] = (first, place if winning else last)

    def find(self, method: str, stage: str, outcome: Place | None) -> StagePlace | None:
        """Give the stage; a decided one whose stage nobody knows stood at the winning stage."""
        called = folded(method) or self._default
        if stage:
            if called:
                return self._by_name.get((called, folded(stage)))
            found = {p for (_m, name), p in self._by_name.items() if name == folded(stage)}
            return found.pop() if len(found) == 1 else None
        if outcome is None or called not in self._ends:
            return None
        first, winning = self._ends[called]
        return winning if outcome is Place.WON else first


def install_recipe_method(
    recipe: Recipe, *, actor: Viewer, at: datetime
) -> tuple[int | None, bool]:
    """Install the method that the recipe brings, without win rates; say if it is new."""
    if recipe.method is None:
        return None, False
    present = Method.objects.filter(key=recipe.method).values_list("id", flat=True).first()
    if present is not None:
        return present, False
    folder = resources.files("dakehu.core") / "data" / "methods"
    spec = load_method((folder / f"{recipe.method}.toml").read_text(encoding="utf-8"))
    installed = install_method(actor=actor, spec=spec, at=at, rates_from=None)
    return installed.method_id, True


def stages(default: str | None) -> Stages:
    """Read the stages of the current versions of all methods."""
    rows = (
        MethodStage.objects.filter(version__is_current=True)
        .select_related("version__method", "stage")
        .order_by("version_id", "order")
    )
    return Stages(list(rows), default or "")
