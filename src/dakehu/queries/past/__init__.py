"""Records and their past: the history of each, and the bin of what was deleted."""

from dakehu.queries.opportunities.history import FieldChange
from dakehu.queries.past.bin import KINDS as BIN_KINDS
from dakehu.queries.past.bin import Bin, BinRow, bin_rows
from dakehu.queries.past.history import RecordHistory, SaveRow, record_history

__all__ = [
    "BIN_KINDS",
    "Bin",
    "BinRow",
    "FieldChange",
    "RecordHistory",
    "SaveRow",
    "bin_rows",
    "record_history",
]
