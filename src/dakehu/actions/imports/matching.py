"""Names that rows give and nobody has: asked with suggestions, and what was answered (CUS-2)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz, process

from dakehu.actions.imports.accounts import Accounts
from dakehu.actions.imports.finding import Lookups
from dakehu.actions.imports.work import Work
from dakehu.actions.names import sort_key
from dakehu.core.imports.problems import Problem
from dakehu.core.names import folded
from dakehu.models import Account, Person, Product
from dakehu.queries.alike import Alike, accounts_like

#: Of each kind at most so many names are asked; the others stay refused, with the reason.
MOST_ASKED = 100
_KINDS = {
    "import.unknown_account": "account",
    "import.unknown_owner": "person",
    "import.unknown_product": "product",
}
#: Answered with this, an account is made.
NEW = 0


def asks(work: Work, known: Lookups, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Give the names that were not found, those of most rows first, with what they may mean."""
    missing: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS.values()}
    for problem in problems:
        name = str(problem.facts.get("name") or "")
        if problem.code in _KINDS and name:
            missing[_KINDS[problem.code]][name] += 1
    found = []
    for kind, names in missing.items():
        others = _names_of(work, known, kind) if names and kind != "account" else {}
        for name, rows in names.most_common(MOST_ASKED):
            if kind == "account":
                likely = accounts_like(viewer=work.actor, name=name)
            else:
                likely = _closest(name, others)
            found.append(
                {
                    "kind": kind, "name": name, "rows": rows,
                    "likely": [[a.id, a.name, a.score, a.reason] for a in likely],
                }
            )  # fmt: skip
    return found


def _names_of(work: Work, known: Lookups, kind: str) -> dict[int, str]:
    if kind == "product":
        rows = Product.objects.filter(is_active=True)
        return {pk: zh or en for pk, zh, en in rows.values_list("pk", "name_zh", "name_en")}
    held = known.sellers.items()
    reached = [pk for pk, units in held if any(work.reaches(unit) for unit, *_days in units)]
    return dict(Person.objects.filter(pk__in=reached).values_list("pk", "name"))


def _closest(name: str, others: Mapping[int, str]) -> tuple[Alike, ...]:
    spelt = sort_key(name).replace(" ", "")
    keys = {pk: sort_key(other).replace(" ", "") for pk, other in others.items()}
    close = process.extract(spelt, keys, scorer=fuzz.ratio, limit=5, score_cutoff=60)
    return tuple(
        Alike(pk, others[pk], round(score), "pinyin" if score == 100 else "similar")
        for _key, score, pk in close
    )


def apply_matches(
    work: Work, accounts: Accounts, known: Lookups, matches: Mapping[str, Mapping[str, int]]
) -> None:
    """Let names mean what somebody answered; only what the actor may see is taken."""
    said = {fold: pk for fold, pk in matches.get("account", {}).items() if pk != NEW}
    seen = set(
        Account.visible_to(work.actor).filter(pk__in=said.values()).values_list("pk", flat=True)
    )
    accounts.found.update({fold: [pk] for fold, pk in said.items() if pk in seen})
    people = matches.get("person", {})
    there = set(Person.objects.filter(pk__in=people.values()).values_list("pk", flat=True))
    known.people.update({fold: {pk} for fold, pk in people.items() if pk in there})
    products = Product.objects.in_bulk(list(matches.get("product", {}).values()))
    for fold, pk in matches.get("product", {}).items():
        if pk in products:
            known.catalogue.by_fold[fold] = [products[pk]]


def to_be_made(matches: Mapping[str, Mapping[str, int]]) -> set[str]:
    """Give the folded names of which somebody said that they are new accounts."""
    return {fold for fold, pk in matches.get("account", {}).items() if pk == NEW}


def matches_of(answers: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Give answers by kind and folded name, as a run keeps them."""
    found: dict[str, dict[str, int]] = {}
    for (kind, name), pk in answers.items():
        found.setdefault(kind, {})[folded(name)] = pk
    return found
