"""Names folded so that 'ＧＴＸ pro' and 'GTXPro' are the same (first part of CUS-2)."""

import unicodedata


def folded(name: str) -> str:
    """Fold width and case and leave out spaces and punctuation."""
    wide = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in wide if unicodedata.category(c)[0] in "LN")
