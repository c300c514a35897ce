"""What a method is made of: words, choices, evidence, stages (FUN-1)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from dakehu.core.errors import RuleBroken


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
    An `advised` item is asked for and shown as a gap, and never holds a move back.
    """

    key: str
    name: Words
    outcome: Literal["won", "lost"] | None = None
    advised: bool = False


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
