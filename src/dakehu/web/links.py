"""Links that pages offer where they lead somewhere: other parts of the product, dialler, map."""

from urllib.parse import quote

from django.urls import reverse


def link(url_name: str, *args: object, query: str = "") -> str:
    """Give the address of a page of ours with its query."""
    url = reverse(url_name, args=args)
    return f"{url}?{query}" if query else url


def dial(phone: str) -> str:
    """Give what opens the dialler: the digits, with a leading plus; empty where there are none."""
    digits = "".join(c for c in phone if c in "0123456789")
    if len(digits) < 3:
        return ""
    return f"tel:{'+' if phone.strip().startswith('+') else ''}{digits}"


def on_map(address: str, language: str) -> str:
    """Give a map of an address: the one that readers of the language know."""
    if not address.strip():
        return ""
    if language.startswith("en"):
        return f"https://www.openstreetmap.org/search?query={quote(address, safe='')}"
    return f"https://uri.amap.com/search?keyword={quote(address, safe='')}"
