"""Addresses of the funnel's heavier figures: health, speed, leakage, what happened between days."""

from dakehu.web.analysis.addresses import ADDRESSES
from dakehu.web.analysis.explain import Explained, Term, explain

__all__ = ["ADDRESSES", "Explained", "Term", "explain"]
