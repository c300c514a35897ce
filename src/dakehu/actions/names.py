"""Sort keys: plain ASCII, Chinese by pinyin, so that both engines order alike."""

import unicodedata
from functools import lru_cache

from pypinyin import lazy_pinyin


@lru_cache(maxsize=65536)
def sort_key(name: str, limit: int = 160) -> str:
    """Give the ASCII key by which a name is ordered: pinyin of Han characters, case folded."""
    spelt = " ".join(lazy_pinyin(name)) if any(ord(c) > 0x2E7F for c in name) else name
    plain = unicodedata.normalize("NFKD", spelt).casefold()
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c == " ")).strip()[:limit]
