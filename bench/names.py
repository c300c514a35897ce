"""How well names are found (CUS-2): short names of listed companies against their legal names.

`python -m bench.names [folder]`: every legal name is indexed in memory by the tokens that the
tables hold, every short name asked for. Precision: of the names answered, how many are right;
recall: of all names asked, how many are answered rightly at the first place.
"""

import csv
import json
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path


def main(folder: Path) -> int:
    """Measure and print."""
    import django

    django.setup()
    from dakehu.queries.alike import best_of
    from dakehu.queries.spelling import tokens_of

    file = folder / "zh_company_names" / "alias_pairs.csv"
    if not file.exists():
        print(f"no labelled pairs at {file}: left out")
        return 0
    with file.open(encoding="utf-8-sig") as lines:
        pairs = [row for row in csv.DictReader(lines) if row["kind"] == "current"]
    names = sorted({row["full_name"] for row in pairs})
    index: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        for token in tokens_of(name):
            index[token].append(number)
    right: dict[str, set[str]] = defaultdict(set)
    for row in pairs:
        right[row["short_name"]].add(row["full_name"])
    begun = time.perf_counter()
    answered = first = among = 0
    for short, meant in right.items():
        rare = sorted((t for t in tokens_of(short) if t in index), key=lambda t: len(index[t]))
        found: Counter[int] = Counter()
        for token in rare[:12]:
            for number in index[token]:
                found[number] += 1 + len(token)  # type: ignore[assignment]
        known = {number: [names[number]] for number, _w in found.most_common(60)}
        best = best_of(short, known)
        answered += bool(best)
        first += bool(best) and best[0].name in meant
        among += any(one.name in meant for one in best)
    taken = time.perf_counter() - begun
    print(
        json.dumps(
            {
                "asked": len(right), "names": len(names), "answered": answered,
                "precision": round(first / max(answered, 1), 4),
                "recall": round(first / len(right), 4),
                "recall_of_five": round(among / len(right), 4),
                "ms_each": round(1000 * taken / len(right), 2),
            }
        )
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(os.environ.get("DAKEHU_TEST_DATA", "../shared/data"))))
