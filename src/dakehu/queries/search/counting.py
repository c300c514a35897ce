"""Which of what was typed is looked up: the rarest ranges of tokens, counted up to a bound.

One statement counts them for all kinds. Ranges that are common are remembered for a minute: which
names hold them is not asked here, and nothing of it leaves the search.
"""

import json
from collections.abc import Mapping, Sequence
from time import monotonic

from django.db import connections

from dakehu.queries.search.probes import Asked, Probe
from dakehu.queries.snapshot import read_alias
from dakehu.queries.spelling import is_spelt

#: A range that occurs more often is common.
COMMON = 150

#: By the sign of a kind: what is looked up, and whether it is common.
Chosen = dict[str, list[tuple[Probe, bool]]]


def chosen_probes(asked: Asked, kinds: Sequence[str]) -> Chosen:
    """Choose for each kind what is looked up, and tell of each whether it is common."""
    probes = [*asked.whole, *asked.parts, *asked.guesses]
    counts = _counts(probes, kinds)
    found: Chosen = {}
    for kind in kinds:
        have = {probe: counts.get((kind, n), 0) for n, probe in enumerate(probes)}
        wanted = [p for p in asked.whole if have[p]] + _rarest(asked.parts, have)
        if not any(have[p] for p in wanted if p.weight > 1):
            wanted += _rarest(asked.guesses, have)
        found[kind] = [(probe, have[probe] > COMMON) for probe in dict.fromkeys(wanted)]
    return found


def _rarest(probes: Sequence[Probe], have: Mapping[Probe, int], groups: int = 3) -> list[Probe]:
    """Give the probes of the rarest groups that occur; more than one only while they are rare.

    Counts end where a range is common: of groups that hold one, that which says most is first.
    """
    sums: dict[str, int] = {}
    common: dict[str, int] = {}
    for probe in probes:
        sums[probe.group] = sums.get(probe.group, 0) + have[probe]
        said = _says(probe) if have[probe] > COMMON else 0
        common[probe.group] = max(common.get(probe.group, 0), said)
    held = [group for group in sums if sums[group]]
    order = sorted(held, key=lambda g: (common[g] > 0, -common[g], sums[g]))
    taken = {
        group for place, group in enumerate(order[:groups]) if place == 0 or sums[group] <= COMMON
    }
    return [probe for probe in probes if probe.group in taken and have[probe]]


def _says(probe: Probe) -> int:
    """Weigh how much a range says: a character that is spelt as much as three letters."""
    return sum(3 if is_spelt(c) else 1 for c in probe.low.lstrip("=~%"))


#: Ranges that were common, and until when that is taken for granted: what very many names hold
#: they hold in a minute too. What was rare is counted each time: it may just have been written.
_common: dict[tuple[str, str, str], float] = {}
_COMMON_FOR, COMMON_KEPT = 60.0, 20_000


def _counts(probes: Sequence[Probe], kinds: Sequence[str]) -> dict[tuple[str, int], int]:
    """Count how many tokens lie in each range, up to one more than is common."""
    found: dict[tuple[str, int], int] = {}
    rows, now = [], monotonic()
    for number, probe in enumerate(probes):
        for kind in kinds:
            if _common.get((kind, probe.low, probe.high), 0.0) > now:
                found[kind, number] = COMMON + 1
            elif not (kind == "o" and probe.low.startswith("%")):
                # Opportunities have no thirds (dakehu/actions/search.py).
                rows.append({"i": number, "k": kind, "low": probe.low, "high": probe.high})
    for kind, number, count in _counted(rows) if rows else ():
        found[kind, number] = count
        if count > COMMON:
            if len(_common) >= COMMON_KEPT:
                _common.clear()
            _common[kind, probes[number].low, probes[number].high] = now + _COMMON_FOR
    return found


def _counted(rows: Sequence[Mapping[str, object]]) -> list[tuple[str, int, int]]:
    connection = connections[read_alias()]
    if connection.vendor == "postgresql":
        asked = "json_to_recordset(%s) AS p(i int, k text, low text, high text)"
        i, k, low, high = "p.i", "p.k", "p.low", "p.high"
    else:
        asked = "json_each(%s) AS p"
        i, k, low, high = (f"json_extract(p.value, '$.{n}')" for n in ("i", "k", "low", "high"))
    sql = (
        f"SELECT {k}, {i}, (SELECT COUNT(*) FROM (SELECT 1 FROM dakehu_nametoken t"
        f" WHERE t.kind = {k} AND t.token >= {low} AND t.token <= {high}"
        f" ORDER BY t.token LIMIT {COMMON + 1}) AS held) FROM {asked}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(rows)])
        return list(cursor.fetchall())
