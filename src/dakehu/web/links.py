"""Links that pages offer where they lead somewhere: other parts of the product, dialler, map."""

import re
import unicodedata
from urllib.parse import quote

from django.urls import reverse

#: What stands between two numbers in one field, and before an extension.
_BETWEEN = re.compile(r"[/、,;\n]|或")  # han: or
_EXTENSION = re.compile(r"转|轉|分机|ext\.?|x|#|\*", re.IGNORECASE)  # han: extension
_NO_DIGIT = re.compile(r"[^0-9]")


def link(url_name: str, *args: object, query: str = "") -> str:
    """Give the address of a page of ours with its query."""
    url = reverse(url_name, args=args)
    return f"{url}?{query}" if query else url


def dial(phone: str) -> str:
    """Give what opens the dialler: the first number, and behind a pause its extension.

    Empty where there are no three digits.
    """
    first = _BETWEEN.split(unicodedata.normalize("NFKC", phone))[0]
    number, *extension = (_NO_DIGIT.sub("", part) for part in _EXTENSION.split(first, maxsplit=1))
    if len(number) < 3:
        return ""
    pause = f",{extension[0]}" if extension and extension[0] else ""
    return f"tel:{'+' if first.strip().startswith('+') else ''}{number}{pause}"


def on_map(address: str, language: str) -> str:
    """Give a map of an address: the one that readers of the language know."""
    if not address.strip():
        return ""
    if language.startswith("en"):
        return f"https://www.openstreetmap.org/search?query={quote(address, safe='')}"
    return f"https://uri.amap.com/search?keyword={quote(address, safe='')}"
