"""Evidence of stages (FUN-3): ticked with its proof, planned, and files stored by content."""

from dakehu.actions.evidence.plans import MOST_PLAN, plan_evidence
from dakehu.actions.evidence.storing import MOST_BYTES, Upload, store_file
from dakehu.actions.evidence.ticks import (
    MOST_FILES,
    Proof,
    add_evidence_file,
    remove_evidence_file,
    tick_evidence,
    untick_evidence,
)

__all__ = [
    "MOST_BYTES",
    "MOST_FILES",
    "MOST_PLAN",
    "Proof",
    "Upload",
    "add_evidence_file",
    "plan_evidence",
    "remove_evidence_file",
    "store_file",
    "tick_evidence",
    "untick_evidence",
]
