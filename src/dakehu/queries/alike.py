"""Accounts with names like a given one, with reason and score (CUS-2): the NameToken index."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count
from rapidfuzz import fuzz

from dakehu.core.access import Viewer
from dakehu.core.names import folded
from dakehu.models import Account, AccountName, NameToken
from dakehu.queries.spelling import core, initials, spellings, tokens_of

#: Tokens that more accounts have than this say nothing; so many candidates are ranked.
_COMMON, _RANKED = 2_000, 60
#: From this score on two names are said to be alike.
LIKELY = 72


@dataclass(frozen=True, slots=True)
class Alike:
    """An object whose name is like the one asked for; `reason` is a code: core, pinyin …"""

    id: int
    name: str
    score: int
    reason: str


def accounts_like(*, viewer: Viewer, name: str, most: int = 5) -> tuple[Alike, ...]:
    """Give the accounts in sight with a name like this one, the likeliest first."""
    ids = _candidates(tokens_of(name))
    visible = Account.visible_to(viewer).filter(pk__in=ids).values_list("pk", "name")
    names: dict[int, list[str]] = {pk: [own] for pk, own in visible}
    for pk, alias in AccountName.objects.filter(account_id__in=names).values_list(
        "account_id", "name"
    ):
        names[pk].append(alias)
    return best_of(name, names, most=most)


def _candidates(tokens: Iterable[str]) -> list[int]:
    """Give the accounts that share the rarest tokens."""
    rows = NameToken.objects.filter(kind="account", token__in=list(tokens))
    counts = dict(rows.values_list("token").annotate(Count("id")))
    rare = [token for token, number in sorted(counts.items(), key=_by_count) if number <= _COMMON]
    found: Counter[int] = Counter()
    for token, pk in rows.filter(token__in=rare[:12]).values_list("token", "object_id"):
        found[pk] += 1 + len(token) - 1 / (1 + counts[token])
    return [pk for pk, _weight in found.most_common(_RANKED)]


def _by_count(entry: tuple[str, int]) -> int:
    return entry[1]


def best_of(name: str, known: Mapping[int, Sequence[str]], *, most: int = 5) -> tuple[Alike, ...]:
    """Rank objects by how like their names are to this one; only likely ones are given."""
    found = []
    for pk, names in known.items():
        score, reason = max((likeness(name, other) for other in names), default=(0, ""))
        if score >= LIKELY:
            found.append(Alike(pk, names[0], score, reason))
    found.sort(key=lambda one: (-one.score, len(one.name), one.id))
    return tuple(found[:most])


def likeness(one: str, other: str) -> tuple[int, str]:
    """Give how like two names are, 0 to 100, and by what: same, core, short, pinyin, initials."""
    if folded(one) == folded(other):
        return 100, "same"
    a, b = core(one), core(other)
    if a == b:
        return 96, "core"
    short, long = sorted((a, b), key=len)
    if len(short) >= 2 and long.startswith(short):
        return 90, "short"
    if len(short) >= 2 and short in long:
        return 84, "short"
    if set(spellings(a)) & set(spellings(b)):
        return 88, "pinyin"
    if short.isascii() and len(short) > 1 and short == initials(long):
        return 76, "initials"
    scored = max(fuzz.ratio(a, b), 0.92 * fuzz.ratio(spellings(a)[0], spellings(b)[0]))
    if _in_order(short, long):
        scored = max(scored, 80)
    return round(min(scored, 83)), "similar"


def _in_order(short: str, long: str) -> bool:
    """Test if an abbreviation takes its characters from the name in their order."""
    rest = iter(long)
    return len(short) >= 2 and not short.isascii() and all(c in rest for c in short)
