"""Sales methods as data, and what a move between their stages must prove (FUN-1, FUN-3).

A method is an ordered list of stages. Two of them are marked: the contract is signed on leaving
the *signing* stage, the opportunity is won on leaving the *winning* stage. Stages after the
winning one are entered by winning only and are therefore never open.

Evidence is ticked by key; a key is unique within its method, so that a set of keys is enough.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

from dakehu.core.errors import RuleBroken

BUILT_IN = ("industrial-6", "solution-7", "tender-8")
WON = "won"
LOST = "lost"

T = TypeVar("T")
MoveKind = Literal["created", "advanced", "regressed", "won", "stays"]


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in both languages; either may be empty, never both."""

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        """The words in `lang` ('en', 'en-gb', 'zh-hans', …), else in the other language."""
        return (self.en or self.zh) if lang.lower().startswith("en") else (self.zh or self.en)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a short list that a method names: a buyer's step, a standing, an aim."""

    key: str
    name: Words


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One verifiable thing to attach before a stage is left forward.

    `outcome` is set where the item proves how the opportunity ended, not that a stage is done.
    """

    key: str
    name: Words
    outcome: Literal["won", "lost"] | None = None


@dataclass(frozen=True, slots=True)
class StageSpec:
    """A stage; texts that the method does not give are None. `rate_bp` is in basis points."""

    key: str
    name: Words
    rate_bp: int
    evidence: tuple[EvidenceItem, ...] = ()
    buyer: Words | None = None
    buyer_steps: tuple[str, ...] = ()
    seller: Words | None = None
    purpose: Words | None = None
    tasks: Words | None = None
    milestone: Words | None = None
    action: Words | None = None
    good_habit: Words | None = None
    bad_habit: Words | None = None
    review_question: Words | None = None
    value_statement: Words | None = None
    aim: Choice | None = None
    relationship: Choice | None = None

    @property
    def rate(self) -> Fraction:
        """The method's win rate, 0 to 1."""
        return Fraction(self.rate_bp, 10_000)


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A method as written down: what a version of it is made from."""

    key: str
    name: Words
    signing_stage: str
    winning_stage: str
    stages: tuple[StageSpec, ...]
    note: Words | None = None
    buyer_cycle: tuple[Choice, ...] = ()
    standings: tuple[Choice, ...] = ()

    def position(self, stage_key: str) -> int:
        """Place of the stage, from 0; RuleBroken `method.unknown_stage`."""
        for place, stage in enumerate(self.stages):
            if stage.key == stage_key:
                return place
        raise RuleBroken("method.unknown_stage", method=self.key, stage=stage_key)

    def stage(self, stage_key: str) -> StageSpec:
        """The stage of that key; RuleBroken `method.unknown_stage`."""
        return self.stages[self.position(stage_key)]

    @property
    def open_stages(self) -> tuple[StageSpec, ...]:
        """Stages in which an opportunity can be open: up to the winning one."""
        return self.stages[: self.position(self.winning_stage) + 1]

    @property
    def stages_after_win(self) -> tuple[StageSpec, ...]:
        """Stages entered by winning; they weigh nothing (FUN-1)."""
        return self.stages[self.position(self.winning_stage) + 1 :]

    def is_open(self, stage_key: str) -> bool:
        """Whether an opportunity in this stage is still open."""
        return self.position(stage_key) <= self.position(self.winning_stage)

    @property
    def wins_on(self) -> Literal["signing", "payment"]:
        """Which event `closed` counts, for the split where methods are mixed (FUN-1)."""
        return "signing" if self.signing_stage == self.winning_stage else "payment"


# --- what a move must prove (FUN-3) ---------------------------------------------------------


def stages_between(method: MethodSpec, leaving: str, to: str) -> tuple[StageSpec, ...]:
    """Stages left by a forward move: from `leaving` up to but not including `to`; back: none."""
    return method.stages[method.position(leaving) : method.position(to)]


def move_kind(method: MethodSpec, *, leaving: str | None, to: str) -> MoveKind:
    """What a move is. `to` is a stage key or WON; entering a stage after the win is winning."""
    if to == WON or not method.is_open(to):
        return "won"
    if leaving is None:
        return "created"
    step = method.position(to) - method.position(leaving)
    return "advanced" if step > 0 else "regressed" if step < 0 else "stays"


def evidence_needed(
    method: MethodSpec, *, leaving: str | None, to: str
) -> tuple[EvidenceItem, ...]:
    """Evidence that a move needs; `leaving=None` is creation, `to` a stage key, WON or LOST.

    Forward: the evidence of every stage left or skipped. Back, or losing: none. Creation beyond
    the first stage: of every stage before it. A win: of every stage passed, from the first on,
    and what proves the win itself (our reading for tender-8: 08 is entered by winning, so its
    signed agreement belongs to the win, and its loss report is asked for but never holds back
    a loss). RuleBroken `method.unknown_stage`.
    """
    if leaving is not None:
        method.position(leaving)
    if to == LOST:
        return ()
    if move_kind(method, leaving=leaving, to=to) == "won":
        proofs = tuple(i for s in method.stages_after_win for i in s.evidence if i.outcome == WON)
        return tuple(i for s in method.open_stages for i in s.evidence) + proofs
    first = method.stages[0].key if leaving is None else leaving
    return tuple(i for s in stages_between(method, first, to) for i in s.evidence)


def evidence_missing(
    method: MethodSpec, *, leaving: str | None, to: str, ticked: Collection[str]
) -> tuple[EvidenceItem, ...]:
    """The items needed for the move whose keys are not among `ticked`."""
    needed = evidence_needed(method, leaving=leaving, to=to)
    return tuple(item for item in needed if item.key not in ticked)


class GateMode(StrEnum):
    """How strictly a method asks for its evidence."""

    ADVISE = "advise"
    REQUIRE = "require"
    VALIDATE = "validate"


class GateVerdict(StrEnum):
    """What becomes of the move: done · done with a warning · not done · waits for the manager."""

    PASS = "pass"
    WARN = "warn"
    REFUSE = "refuse"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict and the items that led to it: missing ones, or those to be validated."""

    verdict: GateVerdict
    items: tuple[EvidenceItem, ...] = ()


def gate(
    mode: GateMode | str,
    missing: tuple[EvidenceItem, ...],
    unvalidated: tuple[EvidenceItem, ...] = (),
) -> GateResult:
    """Judge a move by its `missing` evidence and, in *validate*, by what nobody validated yet.

    In *validate* an item that is missing refuses: there is nothing that a manager could mark
    true, precise and provable. A superior's overruling is the caller's (it is a permission).
    """
    mode = GateMode(mode)
    if missing:
        advised = mode is GateMode.ADVISE
        return GateResult(GateVerdict.WARN if advised else GateVerdict.REFUSE, missing)
    if mode is GateMode.VALIDATE and unvalidated:
        return GateResult(GateVerdict.WAIT, unvalidated)
    return GateResult(GateVerdict.PASS)


# --- reading methods ------------------------------------------------------------------------


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
    _check(method)
    return method


_STAGE_WORDS = (
    "buyer", "seller", "purpose", "tasks", "milestone", "action",
    "good_habit", "bad_habit", "review_question", "value_statement",
)  # fmt: skip
_METHOD_FIELDS = frozenset(MethodSpec.__dataclass_fields__)
_STAGE_FIELDS = frozenset(StageSpec.__dataclass_fields__) - {"rate_bp"} | {"rate"}
_KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_RESERVED = {WON, LOST, "abandoned", "nowhere"}


def _check(method: MethodSpec) -> None:
    """The rules that hold between the parts of a method."""
    if not method.stages:
        raise RuleBroken("method.no_stages", method=method.key)
    _unique("method.duplicate_stage", [s.key for s in method.stages])
    _unique("method.duplicate_evidence", [i.key for s in method.stages for i in s.evidence])
    for stage in method.stages:
        if stage.key in _RESERVED:
            raise RuleBroken("method.reserved_key", key=stage.key)
        for step in stage.buyer_steps:
            if step not in {choice.key for choice in method.buyer_cycle}:
                raise RuleBroken("method.unknown_buyer_step", stage=stage.key, step=step)
    signing, winning = method.position(method.signing_stage), method.position(method.winning_stage)
    if signing > winning:
        raise RuleBroken(
            "method.signed_after_won", signing=method.signing_stage, winning=method.winning_stage
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
    _known(table, frozenset({"key", "name", "outcome"}), where)
    outcome = table.get("outcome")
    if outcome not in (None, WON, LOST):
        raise RuleBroken("method.unknown_outcome", where=where, outcome=outcome)
    return EvidenceItem(_key(table, "key", where), _words(table, "name", where), outcome)


def _known(table: Mapping[str, Any], fields: frozenset[str], where: str) -> None:
    # A misspelt field would otherwise be lost without a word.
    for name in table:
        if name not in fields:
            raise RuleBroken("method.unknown_field", where=where, field=name)


def _field(table: Mapping[str, Any], name: str, kind: type[T], where: str) -> T:
    if name not in table:
        raise RuleBroken("method.missing_field", where=where, field=name)
    value = table[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RuleBroken("method.wrong_type", where=where, field=name, wanted=kind.__name__)
    return value


def _key(table: Mapping[str, Any], name: str, where: str) -> str:
    key = _field(table, name, str, where)
    if len(key) > 50 or not _KEY.fullmatch(key):
        raise RuleBroken("method.bad_key", where=where, field=name, key=key)
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
