"""The search of the palette: accounts, contacts, people, opportunities by name, pinyin, code."""

from dakehu.queries.search.find import KINDS, Found, Group, search
from dakehu.queries.search.probes import Asked, asked_for
from dakehu.queries.search.ranking import Piece, glance, may_fit, pieces_of, score_of

__all__ = [
    "KINDS",
    "Asked",
    "Found",
    "Group",
    "Piece",
    "asked_for",
    "glance",
    "may_fit",
    "pieces_of",
    "score_of",
    "search",
]
