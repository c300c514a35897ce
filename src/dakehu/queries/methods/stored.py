"""Methods as they are stored: a version's specification, read back into the core's types."""

from collections.abc import Mapping
from typing import Any

from dakehu.core.methods import (
    Choice,
    EvidenceItem,
    MethodSpec,
    StageSpec,
    Words,
)

_WORDS = (
    "buyer", "seller", "purpose", "tasks", "milestone", "action", "good_habit", "bad_habit",
    "review_question", "value_statement",
)  # fmt: skip


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
