"""Sales methods: a compact book for other pages, the list, and each method as a page (FUN-1)."""

from dakehu.queries.methods.book import BookStage, BookVersion, MethodBook, method_book, win_rates
from dakehu.queries.methods.pages import (
    MethodPage,
    MethodRow,
    Rate,
    StageOnPage,
    VersionOnPage,
    method,
    methods,
)
from dakehu.queries.methods.stored import spec_of

__all__ = [
    "BookStage", "BookVersion", "MethodBook", "MethodPage", "MethodRow", "Rate", "StageOnPage",
    "VersionOnPage", "method", "method_book", "methods", "spec_of", "win_rates",
]  # fmt: skip
