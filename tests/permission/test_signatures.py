"""No viewer, no row: every public query asks who asks, every action knows who acts."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import dakehu.actions
import dakehu.queries

#: Queries that ask for nobody, and why they need not.
NO_VIEWER: dict[str, str] = {}
#: Public functions of actions that are no actions, and why.
NO_ACTOR: dict[str, str] = {}


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def public_functions(package: ModuleType) -> dict[str, Callable[..., Any]]:
    """Give what a module defines at its top without an underscore, by its whole name."""
    found: dict[str, Callable[..., Any]] = {}
    for module in modules(package):
        source = ast.parse(inspect.getsource(module))
        for node in source.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                function = inspect.unwrap(getattr(module, node.name))
                name = f"{module.__name__}.{node.name}".removeprefix(f"{package.__name__}.")
                found[name] = function
    return found


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def test_every_query_asks_who_asks() -> None:
    found = public_functions(dakehu.queries)
    assert len(found) > 40
    without = {
        name
        for name, function in found.items()
        if not any(
            p.annotation in ("Viewer", dakehu.core.access.Viewer) for p in parameters(function)[:1]
        )
    }
    assert without == set(NO_VIEWER), (sorted(without), sorted(NO_VIEWER))


def test_every_action_is_told_by_keyword_who_acts() -> None:
    found = public_functions(dakehu.actions)
    assert len(found) > 30
    without = {
        name
        for name, function in found.items()
        if [p.name for p in parameters(function)][:1] != ["actor"]
        or any(p.kind is not inspect.Parameter.KEYWORD_ONLY for p in parameters(function))
    }
    assert without == set(NO_ACTOR), (sorted(without), sorted(NO_ACTOR))
