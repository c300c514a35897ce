"""Reading methods from TOML: the three built in, and those an organisation writes.

A fault is refused with its place; a misspelt field is a fault, not a field left out.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from dakehu.core.errors import RuleBroken
from dakehu.core.methods.evidence import LOST, WON
from dakehu.core.methods.spec import (
    Choice,
    EvidenceItem,
    MethodSpec,
    StageSpec,
    Words,
)

BUILT_IN = ("industrial-6", "solution-7", "tender-8")
T = TypeVar("T")


@cache
def built_in_methods() -> tuple[MethodSpec, ...]:
    """The three methods of FUN-1 a, b, c."""
    folder = resources.files("dakehu.core") / "data" / "methods"
    return tuple(
        load_method((folder / f"{key}.toml").read_text(encoding="utf-8")) for key in BUILT_IN
    )


def load_method(text: str) -> MethodSpec:
    """Read a method from TOML; RuleBroken `method.…` names the place and what is wrong there."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleBroken("method.malformed", problem=str(error)) from error
    _known(table, _METHOD_FIELDS, "method")
    stages = tuple(
        _stage(entry, f"stages[{place}]")
        for place, entry in enumerate(_tables(table, "stages", "method"), start=1)
    )
    method = MethodSpec(
        key=_key(table, "key", "method"),
        name=_words(table, "name", "method"),
        note=_optional_words(table, "note", "method"),
        signing_stage=_key(table, "signing_stage", "method"),
        winning_stage=_key(table, "winning_stage", "method"),
        stages=stages,
        buyer_cycle=_choices(table, "buyer_cycle", "method"),
        standings=_choices(table, "standings", "method"),
    )
    check_method(method)
    return method


_STAGE_WORDS = (
    "buyer", "seller", "purpose", "tasks", "milestone", "action",
    "good_habit", "bad_habit", "review_question", "value_statement",
)  # fmt: skip
_METHOD_FIELDS = frozenset(MethodSpec.__dataclass_fields__)
_STAGE_FIELDS = frozenset(StageSpec.__dataclass_fields__) - {"rate_bp"} | {"rate"}
_KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
RESERVED_KEYS = {WON, LOST, "abandoned", "nowhere"}


def check_method(method: MethodSpec) -> None:
    """Refuse what can't hold between the parts of a method. RuleBroken `method.…`."""
    if not method.stages:
        raise RuleBroken("method.no_stages", method=method.key)
    _unique("method.duplicate_stage", [s.key for s in method.stages])
    _unique("method.duplicate_evidence", [i.key for s in method.stages for i in s.evidence])
    for place, stage in enumerate(method.stages, start=1):
        # Keys stand in addresses, and beside each other in one text.
        _well_formed(stage.key, "key", f"stages[{place}]")
        for item in stage.evidence:
            _well_formed(item.key, "key", f"stages[{place}].evidence")
        if stage.key in RESERVED_KEYS:
            raise RuleBroken("method.reserved_key", key=stage.key)
        for step in stage.buyer_steps:
            if step not in {choice.key for choice in method.buyer_cycle}:
                raise RuleBroken("method.unknown_buyer_step", stage=stage.key, step=step)
    signing, winning = (
        method.position(method.signing_stage),
        method.position(method.winning_stage),
    )
    if signing > winning:
        raise RuleBroken(
            "method.signed_after_won",
            signing=method.signing_stage,
            winning=method.winning_stage,
        )


def _stage(table: Mapping[str, Any], where: str) -> StageSpec:
    _known(table, _STAGE_FIELDS, where)
    rate = _field(table, "rate", int, where)
    if not 0 <= rate <= 100:
        raise RuleBroken("method.rate_out_of_range", where=where, rate=rate)
    return StageSpec(
        key=_key(table, "key", where),
        name=_words(table, "name", where),
        rate_bp=rate * 100,
        evidence=tuple(_evidence(item, where) for item in _tables(table, "evidence", where)),
        buyer_steps=_strings(table, "buyer_steps", where),
        aim=_optional_choice(table, "aim", where),
        relationship=_optional_choice(table, "relationship", where),
        **{name: _optional_words(table, name, where) for name in _STAGE_WORDS},
    )


def _evidence(table: Mapping[str, Any], where: str) -> EvidenceItem:
    where = f"{where}.evidence"
    _known(table, frozenset({"key", "name", "outcome", "advised"}), where)
    outcome = table.get("outcome")
    if outcome not in (None, WON, LOST):
        raise RuleBroken("method.unknown_outcome", where=where, outcome=outcome)
    advised = _field(table, "advised", bool, where) if "advised" in table else False
    return EvidenceItem(_key(table, "key", where), _words(table, "name", where), outcome, advised)


def _known(table: Mapping[str, Any], fields: frozenset[str], where: str) -> None:
    # A misspelt field would otherwise be lost without a word.
    for name in table:
        if name not in fields:
            raise RuleBroken("method.unknown_field", where=where, field=name)


def _field(table: Mapping[str, Any], name: str, kind: type[T], where: str) -> T:
    if name not in table:
        raise RuleBroken("method.missing_field", where=where, field=name)
    value = table[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise RuleBroken("method.wrong_type", where=where, field=name, wanted=kind.__name__)
    return value


def _key(table: Mapping[str, Any], name: str, where: str) -> str:
    return _well_formed(_field(table, name, str, where), name, where)


def _well_formed(key: str, field: str, where: str) -> str:
    if len(key) > 50 or not _KEY.fullmatch(key):
        raise RuleBroken("method.bad_key", where=where, field=field, key=key)
    return key


def _words(table: Mapping[str, Any], name: str, where: str) -> Words:
    entry: dict[str, Any] = _field(table, name, dict, where)
    where = f"{where}.{name}"
    _known(entry, frozenset({"zh", "en"}), where)
    zh, en = (_field(entry, lang, str, where).strip() if lang in entry else "" for lang in _LANGS)
    if not (zh or en):
        raise RuleBroken("method.empty_words", where=where)
    return Words(zh, en)


_LANGS = ("zh", "en")


def _optional_words(table: Mapping[str, Any], name: str, where: str) -> Words | None:
    return _words(table, name, where) if name in table else None


def _choice(table: Mapping[str, Any], where: str) -> Choice:
    _known(table, frozenset({"key", "name"}), where)
    return Choice(_key(table, "key", where), _words(table, "name", where))


def _optional_choice(table: Mapping[str, Any], name: str, where: str) -> Choice | None:
    return _choice(_field(table, name, dict, where), f"{where}.{name}") if name in table else None


def _choices(table: Mapping[str, Any], name: str, where: str) -> tuple[Choice, ...]:
    choices = tuple(_choice(entry, f"{where}.{name}") for entry in _tables(table, name, where))
    _unique("method.duplicate_choice", [choice.key for choice in choices])
    return choices


def _tables(table: Mapping[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    return _list(table, name, dict, where)


def _strings(table: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    return tuple(_list(table, name, str, where))


def _list(table: Mapping[str, Any], name: str, kind: type[T], where: str) -> list[T]:
    if name not in table:
        return []
    entries: list[Any] = _field(table, name, list, where)
    for entry in entries:
        if not isinstance(entry, kind):
            raise RuleBroken("method.wrong_type", where=where, field=name, wanted=kind.__name__)
    return entries


def _unique(code: str, keys: list[str]) -> None:
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise RuleBroken(code, key=key)
