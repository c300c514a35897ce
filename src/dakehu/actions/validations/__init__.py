"""Validating (FUN-3): marks on evidence, and moves that are asked for, approved or sent back."""

from dakehu.actions.validations.answer import approve_request, send_back_request
from dakehu.actions.validations.ask import request_move, withdraw_request
from dakehu.actions.validations.marks import mark_evidence, marks_of
from dakehu.actions.validations.moves import AskedMove

__all__ = [
    "AskedMove",
    "approve_request",
    "mark_evidence",
    "marks_of",
    "request_move",
    "send_back_request",
    "withdraw_request",
]
