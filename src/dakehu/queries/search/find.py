"""The answer of a search: what fits best of each kind, of what the viewer may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.ledger import Place
from dakehu.models.visibility import visible_sql
from dakehu.queries.ledger import fetch
from dakehu.queries.search.candidates import (
    OBJECT_TYPES,
    bounds_for,
    candidates,
    name_of,
    sources,
)
from dakehu.queries.search.counting import chosen_probes
from dakehu.queries.search.probes import Asked, asked_for
from dakehu.queries.search.ranking import LIKELY, Piece, pieces_of, score_of
from dakehu.queries.seats import Seats, seats
from dakehu.queries.units import Units, all_units

#: What is found, in the order in which groups stand where they fit alike.
KINDS = ("account", "opportunity", "contact", "person")
_SIGNS = {name: sign for sign, name in OBJECT_TYPES.items()}
#: So many accounts that fit bring their open opportunities along.
_ACCOUNTS, _OF_ACCOUNT = 3, 12


#: Nothing that PostgreSQL would plan anew for each value: which place stands in the text.
_BY_ACCOUNTS = f"""
SELECT x.id, x.name, x.code, {{owner}}, x.account_id FROM dakehu_opportunity x
WHERE x.account_id IN ({", ".join(["%s"] * _ACCOUNTS)}) AND x.place = {int(Place.OPEN)}
  AND NOT x.voided AND ({{sight}}) ORDER BY x.close_sort, x.id LIMIT {_OF_ACCOUNT}
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Something found: its name with what fits marked, and a few words beside it."""

    kind: str
    id: int
    name: str
    pieces: tuple[Piece, ...]
    #: What stands beside: code, account, title, unit; empty parts are left out.
    beside: tuple[str, ...]
    score: float
    #: Only of opportunities.
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of a kind, the best first, and whether there is more."""

    kind: str
    rows: tuple[Found, ...]
    has_more: bool

    @property
    def best(self) -> float:
        """Give how well the best of it fits."""
        return self.rows[0].score


def search(
    viewer: Viewer,
    *,
    text: str,
    today: date,
    kinds: Sequence[str] = KINDS,
    most: int = 5,
) -> tuple[Group, ...]:
    """Find what fits best of each kind, at most `most` of each; the best kind first.

    Nothing out of sight is picked, ranked or counted. Whatever is typed, no more is looked at
    than queries/search/candidates.py bounds.
    """
    asked = asked_for(text)
    signs = [_SIGNS[kind] for kind in kinds]
    if not asked.words or not signs:
        return ()
    chosen = chosen_probes(asked, signs)
    at_hand = sources(viewer, signs)
    rows = candidates(viewer, at_hand, chosen, bounds=bounds_for(most))
    best: dict[str, list[Scored]] = {}
    aliases: Aliases = {}
    if "a" in rows:
        aliases = _aliases(rows["a"])
        best["a"] = _best(asked, rows["a"], _of_account(aliases), most)
    if "o" in rows:
        best["o"] = _best(asked, rows["o"], _of_opportunity, most)
        if len(best["o"]) <= most:
            known = {row[0] for row in rows["o"]}
            best["o"] = _sorted([*best["o"], *_of_accounts(viewer, best.get("a", []), known)], most)
    for sign in {"c", "p"} & set(rows):
        best[sign] = _best(asked, rows[sign], _of_person, most)
    units = _Units.of(viewer, today) if best.get("p") else None
    groups = []
    for kind in kinds:
        likely = best.get(_SIGNS[kind], [])
        if likely:
            shown = [_shown(kind, asked, one, aliases, units) for one in likely[:most]]
            groups.append(Group(kind, tuple(shown), len(likely) > most))
    groups.sort(key=lambda group: -round(group.best / 6))
    return tuple(groups)


#: Id, looked at, pinned, then what queries/search/candidates.py shows of the kind.
Row = Sequence[Any]
Scored = tuple[float, Row]
Aliases = dict[int, list[str]]
Scorer = Callable[[Asked, Row, bool], float]


def _best(asked: Asked, rows: Sequence[Row], scorer: Scorer, most: int) -> list[Scored]:
    """Give what fits best, one more than is shown; typing errors count where little else fits."""
    scored = [(scorer(asked, row, False), row) for row in rows]
    if sum(score >= LIKELY for score, _row in scored) <= most:
        scored = [
            (score, row) if score >= LIKELY else (scorer(asked, row, True), row)
            for score, row in scored
        ]
    return _sorted([(s + _marked(row), row) for s, row in scored if s >= LIKELY], most)


def _sorted(scored: list[Scored], most: int) -> list[Scored]:
    scored.sort(key=lambda one: (-one[0], len(one[1][3]), one[1][0]))
    return scored[: most + 1]


def _marked(row: Row) -> float:
    """Give what pinned and looked-at records are ahead of others."""
    return (5.0 if row[1] else 0.0) + (5.0 if row[2] else 0.0)


def _of_account(aliases: Aliases) -> Scorer:
    def score(asked: Asked, row: Row, in_spite: bool) -> float:
        names = [row[3], row[4], *aliases.get(row[0], ())]
        return score_of(asked, names, row[5], row[7], in_spite=in_spite)

    return score


def _of_opportunity(asked: Asked, row: Row, in_spite: bool) -> float:
    name, code, place, account = row[3], row[4], int(row[5]), row[6]
    score = score_of(asked, [name], code, in_spite=in_spite)
    # What is asked for with its account fits by both: 海岳 堆垛机.
    if score < 82 and account and len(asked.words) > 1:
        score = max(score, score_of(asked, [f"{account} {name}"], in_spite=in_spite) - 4)
    return score + (2 if score >= LIKELY and place == Place.OPEN else 0)


def _of_person(asked: Asked, row: Row, in_spite: bool) -> float:
    return score_of(asked, [row[3], row[4]], in_spite=in_spite)


def _aliases(rows: Sequence[Row]) -> Aliases:
    """Give the other names of accounts, which come as lines."""
    return {row[0]: row[8].split("\n") for row in rows if row[8]}


def _of_accounts(viewer: Viewer, accounts: Sequence[Scored], known: set[int]) -> list[Scored]:
    """Give open opportunities of the accounts that fit best: they are what is looked for next."""
    best = {row[0]: (score, row[3]) for score, row in accounts[:_ACCOUNTS] if score >= 70}
    if not best:
        return []
    # So many ids always: PostgreSQL keeps its plan of a statement whose text stays the same.
    ids = [*best, *[next(iter(best))] * (_ACCOUNTS - len(best))]
    sql = _BY_ACCOUNTS.format(owner=name_of(viewer, "owner_id"), sight=visible_sql(viewer, "x"))
    found: list[Scored] = []
    for pk, name, code, owner, account_id in fetch(sql, ids):
        if pk not in known:
            score, account = best[account_id]
            found.append((score - 22, (pk, False, False, name, code, Place.OPEN, account, owner)))
    return found


# --- what is shown -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Units:
    """Where colleagues work, and in which language it is told."""

    viewer: Viewer
    today: date
    units: Units
    seats: Seats

    @classmethod
    def of(cls, viewer: Viewer, today: date) -> "_Units":
        return cls(viewer, today, all_units(), seats())

    def unit_of(self, person_id: int) -> str:
        """Give the unit in which somebody works; empty where there is none."""
        for seat in self.seats.of(person_id, self.today):
            if seat.for_person is None and seat.unit_id in self.units.names:
                return self.units.names[seat.unit_id].name(self.viewer.language)
        return ""


def _shown(
    kind: str, asked: Asked, scored: Scored, aliases: Aliases, units: _Units | None
) -> Found:
    score, row = scored
    pk, name, place = row[0], row[3], None
    if kind == "account":
        other = _other_name(asked, [name, row[4], *aliases.get(pk, ())])
        beside: tuple[str | None, ...] = (other, row[5], row[6])
    elif kind == "opportunity":
        beside, place = (row[4], row[6], row[7]), Place(int(row[5]))
    elif kind == "contact":
        beside = (row[5], row[6])
    else:
        assert units is not None
        first = _in_tongue(units.viewer, name, row[4])
        beside = (row[4] if first == name else name, units.unit_of(pk))
        name = first
    parts = tuple(part for part in beside if part)
    return Found(kind, pk, name, pieces_of(asked, name), parts, score, place)


def _other_name(asked: Asked, names: Sequence[str]) -> str:
    """Give the other name by which it was found, where its own does not fit."""
    if any(piece.is_marked for piece in pieces_of(asked, names[0])):
        return ""
    fitting = (n for n in names[1:] if n and any(p.is_marked for p in pieces_of(asked, n)))
    return next(fitting, "")


def _in_tongue(viewer: Viewer, name: str, name_en: str) -> str:
    return (name_en or name) if viewer.language == "en" else (name or name_en)
