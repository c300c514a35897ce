"""Numbers: the registry of their addresses, and the page that explains each."""

from dakehu.web.numbers.pages import urlpatterns
from dakehu.web.numbers.registry import INPUT_ADDRESSES, NUMBERS, Number

__all__ = ["INPUT_ADDRESSES", "NUMBERS", "Number", "urlpatterns"]
