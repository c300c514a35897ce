"""Where value leaks: moved back, slipped, lost, shrunk, by stage, unit, owner, product or rival."""

from dakehu.queries.leaks.entries import LEAK_BYS, LEAK_KINDS, LeakBy
from dakehu.queries.leaks.rows import leak_rows
from dakehu.queries.leaks.table import Leak, LeakRow, Leaks, leaks

__all__ = ["LEAK_BYS", "LEAK_KINDS", "Leak", "LeakBy", "LeakRow", "Leaks", "leak_rows", "leaks"]
