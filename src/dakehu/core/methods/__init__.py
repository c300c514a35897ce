"""Sales methods as data, and what a move between their stages must prove (FUN-1, FUN-3).

A method is an ordered list of stages. Two of them are marked: the contract is signed on
leaving the *signing* stage, the opportunity is won on leaving the *winning* stage. Stages
after the winning one are entered by winning only and are therefore never open.
"""

from dakehu.core.methods.drafting import (
    MOST_ITEMS,
    MOST_STAGES,
    NAME_LIMIT,
    NEW,
    TEXT_LIMIT,
    drafted,
    without_rates,
)
from dakehu.core.methods.evidence import (
    LOST,
    WON,
    GateMode,
    GateResult,
    GateVerdict,
    ItemState,
    Marks,
    MoveKind,
    evidence_missing,
    evidence_needed,
    evidence_unconfirmed,
    gate,
    item_state,
    move_kind,
    stages_between,
)
from dakehu.core.methods.reading import BUILT_IN, built_in_methods, load_method
from dakehu.core.methods.spec import (
    Choice,
    EvidenceItem,
    MethodSpec,
    StageSpec,
    Words,
)

__all__ = [
    "BUILT_IN",
    "LOST",
    "MOST_ITEMS",
    "MOST_STAGES",
    "NAME_LIMIT",
    "NEW",
    "TEXT_LIMIT",
    "WON",
    "Choice",
    "EvidenceItem",
    "GateMode",
    "GateResult",
    "GateVerdict",
    "ItemState",
    "Marks",
    "MethodSpec",
    "MoveKind",
    "StageSpec",
    "Words",
    "built_in_methods",
    "drafted",
    "evidence_missing",
    "evidence_needed",
    "evidence_unconfirmed",
    "gate",
    "item_state",
    "load_method",
    "move_kind",
    "stages_between",
    "without_rates",
]
