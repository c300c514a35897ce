"""Writing the ledger: posting, taking back, correcting, carrying forward (FUN-5)."""

from dakehu.actions.ledger.bulk import write_histories
from dakehu.actions.ledger.carry import carry_forward, open_months, rebuild
from dakehu.actions.ledger.carry_leaks import rivals_change
from dakehu.actions.ledger.carry_stays import lines_change_on
from dakehu.actions.ledger.hold import LedgerHold, hold_books, hold_for_posting
from dakehu.actions.ledger.most import raise_most
from dakehu.actions.ledger.post import Drafted, Posting, post, write_movements
from dakehu.actions.ledger.reverse import (
    Booked,
    Correction,
    correct_movement,
    reverse_correlation,
    standing_chain,
)

__all__ = [
    "Booked", "Correction", "Drafted", "LedgerHold", "Posting", "carry_forward",
    "correct_movement", "hold_books", "hold_for_posting", "lines_change_on", "open_months",
    "post", "raise_most", "rebuild", "reverse_correlation", "rivals_change", "standing_chain",
    "write_histories", "write_movements",
]  # fmt: skip
