"""What a person does with an opportunity: create, edit, move, decide, hand over, take back."""

from dakehu.actions.opportunities.commands import (
    KEEP,
    EditOpportunity,
    Keep,
    NewOpportunity,
    Saved,
)
from dakehu.actions.opportunities.competitors import (
    add_competitor,
    edit_competitor,
    remove_competitor,
)
from dakehu.actions.opportunities.create import create_opportunity
from dakehu.actions.opportunities.edit import edit_opportunity
from dakehu.actions.opportunities.existence import (
    restore_opportunity,
    void_opportunity,
)
from dakehu.actions.opportunities.gate import Passed, Proven, pass_gate
from dakehu.actions.opportunities.history import (
    correct_opportunity,
    undo_opportunity,
)
from dakehu.actions.opportunities.methods import move_opportunity_method
from dakehu.actions.opportunities.next_step import NextStep, set_next_step
from dakehu.actions.opportunities.outcomes import (
    Outcome,
    abandon_opportunity,
    lose_opportunity,
    reopen_opportunity,
    win_opportunity,
)
from dakehu.actions.opportunities.owner import reassign_opportunity
from dakehu.actions.opportunities.stages import (
    advance_opportunity,
    regress_opportunity,
)

__all__ = [
    "KEEP",
    "EditOpportunity",
    "Keep",
    "NewOpportunity",
    "NextStep",
    "Outcome",
    "Passed",
    "Proven",
    "Saved",
    "abandon_opportunity",
    "add_competitor",
    "advance_opportunity",
    "correct_opportunity",
    "create_opportunity",
    "edit_competitor",
    "edit_opportunity",
    "lose_opportunity",
    "move_opportunity_method",
    "pass_gate",
    "reassign_opportunity",
    "regress_opportunity",
    "remove_competitor",
    "reopen_opportunity",
    "restore_opportunity",
    "set_next_step",
    "undo_opportunity",
    "void_opportunity",
    "win_opportunity",
]
