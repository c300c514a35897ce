"""A method as somebody writes it on a page: new parts get keys, words are checked (FUN-1)."""

import re
from collections.abc import Collection
from dataclasses import fields, replace

from dakehu.core.errors import RuleBroken
from dakehu.core.methods.reading import RESERVED_KEYS, check_method
from dakehu.core.methods.spec import EvidenceItem, MethodSpec, StageSpec, Words

#: Begins the key of a stage or an item that was written just now; `keyed` gives it a lasting one.
NEW = "new:"
MOST_STAGES = 20
MOST_ITEMS = 10
#: Letters of a name, and of any other text.
NAME_LIMIT, TEXT_LIMIT = 120, 1000
_KEY_LIMIT = 40


def drafted(
    draft: MethodSpec, *, stages_taken: Collection[str], items_taken: Collection[str]
) -> MethodSpec:
    """Give what a draft becomes: every part with a key of its own, and nothing wrong with it.

    The keys taken are all that the method ever used: what is new never continues the history
    of what was removed. RuleBroken `method.…`, `text.too_long`.
    """
    _check_words(draft)
    spec = _keyed(draft, set(stages_taken), set(items_taken))
    if len(spec.stages) > MOST_STAGES:
        raise RuleBroken("method.too_many_stages", limit=MOST_STAGES)
    check_method(spec)
    return spec


def without_rates(spec: MethodSpec) -> MethodSpec:
    """Give the method but for its rates: those are dated rows, not a version's wording."""
    return replace(spec, stages=tuple(replace(stage, rate_bp=0) for stage in spec.stages))


def _keyed(draft: MethodSpec, stages_taken: set[str], items_taken: set[str]) -> MethodSpec:
    stages_taken |= RESERVED_KEYS
    given: dict[str, str] = {}
    for stage in draft.stages:
        if stage.key.startswith(NEW):
            given[stage.key] = _fresh(stage.name, "stage", stages_taken)

    def item(one: EvidenceItem) -> EvidenceItem:
        if not one.key.startswith(NEW):
            return one
        return replace(one, key=_fresh(one.name, "evidence", items_taken))

    def rekeyed(one: StageSpec) -> StageSpec:
        return replace(
            one,
            key=given.get(one.key, one.key),
            evidence=tuple(item(evidence) for evidence in one.evidence),
        )

    return replace(
        draft,
        stages=tuple(rekeyed(one) for one in draft.stages),
        signing_stage=given.get(draft.signing_stage, draft.signing_stage),
        winning_stage=given.get(draft.winning_stage, draft.winning_stage),
    )


def _fresh(name: Words, kind: str, taken: set[str]) -> str:
    """Make a key from the English name, of a kind where there is none, and take it."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.en.lower()).strip("-")[: _KEY_LIMIT - 4].strip("-")
    stem = stem or kind
    number, key = 1, stem
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    taken.add(key)
    return key


def _check_words(draft: MethodSpec) -> None:
    _named(draft.name, "name")
    for place, stage in enumerate(draft.stages, start=1):
        _named(stage.name, f"stages[{place}].name")
        if len(stage.evidence) > MOST_ITEMS:
            raise RuleBroken("method.too_much_evidence", stage=place, limit=MOST_ITEMS)
        for item in stage.evidence:
            _named(item.name, f"stages[{place}].evidence.name", limit=TEXT_LIMIT)
        for part in fields(stage):
            value = getattr(stage, part.name)
            if isinstance(value, Words):
                _short(value, TEXT_LIMIT, part.name)
        if not 0 <= stage.rate_bp <= 10_000:
            raise RuleBroken("win_rate.out_of_range", rate_bp=stage.rate_bp)


def _named(name: Words, where: str, *, limit: int = NAME_LIMIT) -> None:
    if not (name.zh.strip() or name.en.strip()):
        raise RuleBroken("method.empty_words", where=where)
    _short(name, limit, where)


def _short(words: Words, limit: int, field: str) -> None:
    if max(len(words.zh), len(words.en)) > limit:
        raise RuleBroken("text.too_long", field=field, limit=limit)
