"""Candidates of a search: the rarest tokens pick them, among what the viewer may see only.

One statement gives what stands behind the rarest of each kind (counting.py); its text is the same
for whatever is typed but for a few bounds. No more rows are touched than those say. A token that
very many records have is looked for the other way round as well: among the viewer's own records,
by the tokens of each.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.models.visibility import visible_accounts_sql, visible_sql
from dakehu.queries.search.counting import Chosen
from dakehu.queries.search.probes import Probe
from dakehu.queries.snapshot import read_alias

#: So many rows of a range are read, of a common one fewer: which of very many are read first
#: means nothing.
_READ, _READ_COMMON = 120, 50
#: So many records of the viewer's own are looked through for a common token.
_OWN, _OWN_ACCOUNTS = 60, 30
#: So many other names of an account are looked at.
_ALIASES = 25


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is looked at: of a kind so many are ranked, of mere guesses fewer.

    `of_letter`: of a common range where one letter was typed. `own_of_letter`, `own_guessed`: of
    the viewer's own records for one letter, and for what remains of a word with a typing error.
    """

    ranked: int
    guessed: int
    of_letter: int = _READ_COMMON
    own_of_letter: int = _OWN
    own_guessed: int = _OWN


def bounds_for(most: int) -> Bounds:
    """Give the bounds where `most` of a kind are shown: tight for five, while somebody types.

    Of one letter nearly each record has it, and the next letter is about to come.
    """
    if most <= 5:
        return Bounds(ranked=20, guessed=12, of_letter=16, own_of_letter=16, own_guessed=30)
    return Bounds(ranked=max(20, most + 1), guessed=max(20, most + 1))


@dataclass(frozen=True, slots=True)
class Source:
    """A kind: its table, what is shown of a row `x`, and which rows the viewer may see."""

    table: str
    #: Whole columns of `x`, and what is looked up for the few that are shown.
    columns: str
    shown: tuple[str, ...]
    where: str
    order: str
    #: Joined to each candidate: of contacts the account, which decides who may see them.
    through: tuple[str, str] | None = None
    #: Sets of the viewer's own records, each bounded and by an index: SQL that gives ids.
    own: tuple[str, ...] = ()


def sources(viewer: Viewer, kinds: Iterable[str]) -> dict[str, Source]:
    """Give the kinds by their sign in NameToken, as the viewer may see them."""
    every = {
        "o": _opportunities(viewer), "a": _accounts(viewer), "c": _contacts(viewer),
        "p": Source(
            "dakehu_person", "x.name, x.name_en", ("x.name", "x.name_en"), "x.is_active",
            "x.id DESC",
        ),
    }  # fmt: skip
    return {kind: every[kind] for kind in kinds}


def name_of(viewer: Viewer, column: str) -> str:
    """Give the SQL of the name of the person in a column of `x`, in the viewer's language."""
    first, second = ("name_en", "name") if viewer.language == "en" else ("name", "name_en")
    return (
        f"(SELECT COALESCE(NULLIF(w.{first}, ''), w.{second}) FROM dakehu_person w"
        f" WHERE w.id = x.{column})"
    )


def _opportunities(viewer: Viewer) -> Source:
    return Source(
        "dakehu_opportunity",
        "x.name, x.code, x.place, x.account_id, x.owner_id",
        (
            "x.name",
            "x.code",
            "CAST(x.place AS varchar)",
            "(SELECT v.name FROM dakehu_account v WHERE v.id = x.account_id)",
            name_of(viewer, "owner_id"),
        ),
        f"NOT x.voided AND ({visible_sql(viewer, 'x')})",
        "x.place, x.id DESC",
        own=tuple(
            f"SELECT x.id FROM dakehu_opportunity x WHERE x.{column} IN ({ids}) AND x.place = 1"
            " AND NOT x.voided"
            for column, ids in _scopes(viewer, "owner_id")
        ),
    )


def _accounts(viewer: Viewer) -> Source:
    return Source(
        "dakehu_account",
        "x.name, x.name_en, x.code, x.manager_id, x.tax_code",
        ("x.name", "x.name_en", "x.code", name_of(viewer, "manager_id"), "x.tax_code", _aliases()),
        f"x.deleted_at IS NULL AND ({visible_accounts_sql(viewer, 'x')})",
        "x.id DESC",
        own=tuple(
            f"SELECT x.id FROM dakehu_account x WHERE x.{column} IN ({ids})"
            for column, ids in _scopes(viewer, "manager_id")
        ),
    )


def _contacts(viewer: Viewer) -> Source:
    return Source(
        "dakehu_contact",
        "x.name, x.name_en, x.title, v.name AS account",
        ("x.name", "x.name_en", "x.title", "x.account"),
        f"x.deleted_at IS NULL AND v.deleted_at IS NULL AND ({visible_accounts_sql(viewer, 'v')})",
        "x.id DESC",
        through=("dakehu_account", "v.id = x.account_id"),
        own=tuple(
            f"SELECT x.id FROM (SELECT v.id FROM dakehu_account v WHERE v.{column} IN ({ids})"
            f" LIMIT {_OWN_ACCOUNTS}) AS v JOIN dakehu_contact x ON x.account_id = v.id"
            for column, ids in _scopes(viewer, "manager_id")
        ),
    )


def _aliases() -> str:
    """Give an account's other names, a line each."""
    postgresql = connections[read_alias()].vendor == "postgresql"
    lines = "string_agg(n.name, chr(10))" if postgresql else "group_concat(n.name, char(10))"
    return (
        f"(SELECT {lines} FROM (SELECT n.name FROM dakehu_accountname n WHERE n.account_id = x.id"
        f" ORDER BY n.id LIMIT {_ALIASES}) AS n)"
    )


def _scopes(viewer: Viewer, owner: str) -> list[tuple[str, str]]:
    if viewer.sees_all:
        return []
    pairs = ((owner, viewer.owners), ("unit_id", viewer.units))
    return [(column, ", ".join(str(int(n)) for n in sorted(ids))) for column, ids in pairs if ids]


# --- which records -----------------------------------------------------------------------------


def candidates(
    viewer: Viewer, at_hand: Mapping[str, Source], chosen: Chosen, *, bounds: Bounds
) -> dict[str, list[tuple[Any, ...]]]:
    """Give candidates of each kind: id, seen, pinned, then what its source shows, as text.

    Those in which most of what was asked for occurs come first; of a common token, those that
    the viewer looked at last. One statement for all kinds.
    """
    width = max(len(source.shown) for source in at_hand.values())
    parts, values = [], list[Any]()
    for kind, source in at_hand.items():
        sql, more = _of_kind(viewer, kind, source, chosen[kind], bounds)
        if sql:
            padded = ", ".join([*source.shown, *["NULL"] * (width - len(source.shown))])
            parts.append(f"SELECT '{kind}', x.id, x.seen, x.pinned, {padded} FROM ({sql}) AS x")
            values += more
    found: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in at_hand}
    if parts:
        connection = connections[read_alias()]
        begins = ""
        if connection.vendor == "postgresql":
            begins, values = _ASKED, [_asked(chosen, bounds), *values]
        with connection.cursor() as cursor:
            cursor.execute(begins + " UNION ALL ".join(parts), values)
            for kind, *row in cursor.fetchall():
                found[kind].append(tuple(row))
    return found


def _of_kind(
    viewer: Viewer,
    kind: str,
    source: Source,
    chosen: Sequence[tuple[Probe, bool]],
    bounds: Bounds,
) -> tuple[str, list[Any]]:
    if not chosen:
        return "", []
    at_once = connections[read_alias()].vendor == "postgresql"
    one_by_one = _lateral if at_once else _joined
    hits, values = (_hits_at_once if at_once else _hits)(kind, source, chosen, bounds)
    through = one_by_one(source.through[0], "v", source.through[1]) if source.through else ""
    sql = (
        "SELECT x.id, m.seen_at IS NOT NULL AS seen, m.pinned_at IS NOT NULL AS pinned,"
        f" {source.columns}, h.weight, m.seen_at FROM"
        " (SELECT object_id, SUM(weight) AS weight FROM"
        f" ({hits}) AS hit GROUP BY object_id) AS h"
        f" {one_by_one(source.table, 'x', 'x.id = h.object_id')} {through}"
        " LEFT JOIN dakehu_mark m ON m.person_id = %s AND m.object_type = %s"
        f" AND m.object_id = x.id WHERE {source.where}"
        " ORDER BY h.weight DESC, m.seen_at IS NULL, m.seen_at DESC,"
        f" {source.order} LIMIT {bounds.guessed if _are_guesses(chosen) else bounds.ranked}"
    )
    return sql, [*values, viewer.person_id or 0, OBJECT_TYPES[kind]]


#: What PostgreSQL looks up for all kinds: read once, however often it is joined.
_ASKED = (
    "WITH p AS MATERIALIZED (SELECT * FROM json_to_recordset(%s)"
    " AS p(k text, i int, low text, high text, weight int, most int, own boolean)) "
)


def _asked(chosen: Chosen, bounds: Bounds) -> str:
    """Give the rows of _ASKED."""
    return json.dumps([
        {"k": kind, "i": number, "low": probe.low, "high": probe.high, "weight": probe.weight,
         "most": _most(probe, is_common, bounds), "own": _is_read_by_own(probe, is_common)}
        for kind, probes in chosen.items()
        for number, (probe, is_common) in enumerate(probes)
    ])  # fmt: skip


def _hits_at_once(
    kind: str, source: Source, chosen: Sequence[tuple[Probe, bool]], bounds: Bounds
) -> tuple[str, list[Any]]:
    """Give the tokens that fit, for PostgreSQL: the text varies by one bound alone.

    Were it written for each search, each would be planned, which takes as long as to answer it.
    """
    within = f"t.kind = '{kind}' AND t.token >= p.low AND t.token <= p.high"
    token = (
        f"JOIN LATERAL (SELECT t.object_id FROM dakehu_nametoken t WHERE {within}"
        " ORDER BY t.token, t.object_id LIMIT p.most) AS t ON TRUE"
    )
    # Each once, as on SQLite: a record holds several tokens of a range.
    hits = [
        f"SELECT DISTINCT t.object_id, p.i AS probe, p.weight FROM p {token} WHERE p.k = '{kind}'"
    ]
    if source.own and any(_is_read_by_own(*one) for one in chosen):
        token = _lateral("dakehu_nametoken", "t", f"{within} AND t.object_id = own.id")
        own = " UNION ALL ".join(
            f"SELECT id FROM ({one} LIMIT {_own(chosen, bounds)}) AS own_{number}"
            for number, one in enumerate(source.own)
        )
        hits.append(
            f"SELECT own.id, p.i, p.weight FROM ({own}) AS own CROSS JOIN p {token}"
            f" WHERE p.k = '{kind}' AND p.own"
        )
    return " UNION ".join(hits), []


def _hits(
    kind: str, source: Source, chosen: Sequence[tuple[Probe, bool]], bounds: Bounds
) -> tuple[str, list[Any]]:
    """Give the same for SQLite, which plans in no time and has no lateral joins."""
    hits: list[str] = []
    values: list[Any] = []
    for number, (probe, is_common) in enumerate(chosen):
        hits.append(
            f"SELECT object_id, {number} AS probe, {probe.weight} AS weight FROM"
            " (SELECT t.object_id FROM dakehu_nametoken t WHERE t.kind = %s AND t.token >= %s"
            " AND t.token <= %s ORDER BY t.token, t.object_id"
            f" LIMIT {_most(probe, is_common, bounds)}) AS held"
        )
        values += [kind, probe.low, probe.high]
        for own in source.own if _is_read_by_own(probe, is_common) else ():
            token = _joined(
                "dakehu_nametoken", "t",
                "t.kind = %s AND t.object_id = own.id AND t.token >= %s AND t.token <= %s",
            )  # fmt: skip
            hits.append(
                f"SELECT own.id, {number}, {probe.weight}"
                f" FROM ({own} LIMIT {_own(chosen, bounds)}) AS own {token}"
            )
            values += [kind, probe.low, probe.high]
    return " UNION ".join(hits), values


def _most(probe: Probe, is_common: bool, bounds: Bounds) -> int:
    """Give how many rows of a range are read."""
    if not is_common:
        return _READ
    return bounds.of_letter if probe.is_letter else _READ_COMMON


def _own(chosen: Sequence[tuple[Probe, bool]], bounds: Bounds) -> int:
    """Give how many of the viewer's own records are looked through."""
    if any(probe.is_letter for probe, _common in chosen):
        return bounds.own_of_letter
    return bounds.own_guessed if _are_guesses(chosen) else _OWN


def _are_guesses(chosen: Sequence[tuple[Probe, bool]]) -> bool:
    return all(probe.weight == 1 for probe, _common in chosen)


def _is_read_by_own(probe: Probe, is_common: bool) -> bool:
    """Tell whether a token is also looked for among the viewer's own records."""
    return is_common and probe.group != "whole"


def _lateral(table: str, alias: str, on: str) -> str:
    """Join the one row of each that fits, by its index, whatever the planner takes for cheap."""
    return (
        f"JOIN LATERAL (SELECT {alias}.* FROM {table} {alias} WHERE {on} LIMIT 1)"
        f" AS {alias} ON TRUE"
    )


def _joined(table: str, alias: str, on: str) -> str:
    return f"JOIN {table} {alias} ON {on}"


#: The kinds by their sign in NameToken, and as marks and changes name them.
OBJECT_TYPES = {"o": "opportunity", "a": "account", "c": "contact", "p": "person"}
