"""The cards of a board: the first of every column in one statement, more by keyset, or one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.ledger import Category, Place
from dakehu.core.methods import WON, evidence_needed
from dakehu.core.money import from_minor
from dakehu.core.opportunities import is_overdue
from dakehu.core.speed import slow_since
from dakehu.models.visibility import visible_sql
from dakehu.queries.board.asking import HERE, asked_sql
from dakehu.queries.board.columns import LATERAL, BoardQuestion, Column, values_sql
from dakehu.queries.board.medians import medians_of_the_day
from dakehu.queries.board.rights import CardRights, rights_for
from dakehu.queries.board.sight import SCOPE, scopes_of
from dakehu.queries.ledger import day_literal, fetch
from dakehu.queries.opportunities.history import day_of
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.organisation import Org
from dakehu.queries.paging import cursor_of, key_of
from dakehu.queries.rates import currency_digits
from dakehu.queries.snapshot import read_alias
from dakehu.queries.stages import StageInForce, VersionInForce, versions_in_force
from dakehu.queries.stamps import kept_while

#: How many cards a column begins with, and how many more come at a time.
FIRST = 20
#: A next step is due within so many days.
SOON = 7
Step = Literal["none", "overdue", "due", "planned"]
#: So many cards are kept by a process, some five megabytes: a board asks for three hundred.
_KEPT = 4096
#: SQLite's driver refuses a greater number instead of finding nothing.
_LARGEST_ID = 2**63 - 1
_FACTS = """
o.id, o.version, o.name, o.code, a.name, o.amount_minor, o.currency_id, o.close_on, o.close_sort,
o.owner_id, p.name, p.name_en, o.unit_id, o.method_version_id, o.stage_id, o.stage_since,
o.next_step, o.next_step_on, o.category, o.place, o.voided,
(SELECT MAX(g."right") FROM dakehu_grant g WHERE g.opportunity_id = o.id AND g.person_id = {me}),
EXISTS (SELECT 1 FROM dakehu_moverequest r WHERE r.opportunity_id = o.id AND r.state = 1),
(SELECT {lines} FROM dakehu_evidence e WHERE e.opportunity_id = o.id)
"""
#: Evidence as a card's row holds it: stage and key, an item each line; no key holds a space, nor
#: a line break (`check_method`).
_LINES = {
    "postgresql": "string_agg(e.stage_id || ' ' || e.key, chr(10))",
    "sqlite": "group_concat(e.stage_id || ' ' || e.key, char(10))",
}
#: What a card needs of its opportunity: read with the keys, so that no row is fetched twice.
_HELD = (
    "id", "version", "name", "code", "account_id", "amount_minor", "currency_id", "close_on",
    "close_sort", "owner_id", "unit_id", "method_version_id", "stage_id", "stage_since",
    "next_step", "next_step_on", "category", "place", "voided",
)  # fmt: skip
#: Who owns it and the account of it, each by its index: whatever PostgreSQL takes for cheap, it
#: must not walk through all people for every column.
_TIED = {
    "postgresql": (
        "JOIN LATERAL (SELECT p.name, p.name_en FROM dakehu_person p WHERE p.id = o.owner_id"
        " LIMIT 1) AS p ON TRUE LEFT JOIN LATERAL (SELECT a.name FROM dakehu_account a"
        " WHERE a.id = o.account_id LIMIT 1) AS a ON TRUE"
    ),
    "sqlite": (
        "JOIN dakehu_person p ON p.id = o.owner_id"
        " LEFT JOIN dakehu_account a ON a.id = o.account_id"
    ),
}


@dataclass(frozen=True, slots=True)
class Card:
    """An opportunity as its card shows it; the amount is in units of its currency."""

    id: int
    version: int
    name: str
    code: str
    account: str
    amount: Decimal
    currency: str
    close_on: date | None
    is_overdue: bool
    owner_id: int
    owner: str
    unit_id: int
    method_version_id: int
    stage_id: int
    place: Place
    voided: bool
    #: Whole days at the stage, and the median of it where it is known.
    days: int
    median_days: int | None
    is_slow: bool
    next_step: str
    next_step_on: date | None
    step: Step
    #: How many items of evidence the next stage still needs.
    missing: int
    category: Category
    #: A move of it waits for the manager.
    is_waiting: bool
    rights: CardRights
    close_sort: date

    def __hash__(self) -> int:
        """Hash what tells nearly all apart: cards as HTML are looked up by the hundred."""
        return hash((self.id, self.version))

    @property
    def cursor(self) -> str:
        """Give its place in the column, so that the URL can hold it."""
        return cursor_of((self.close_sort, self.id))

    @property
    def is_open(self) -> bool:
        """Test if it stands on a board."""
        return self.place is Place.OPEN and not self.voided


def first_cards(
    viewer: Viewer,
    question: BoardQuestion,
    columns: Sequence[Column],
    *,
    helps: bool,
    today: date,
    org: Org,
) -> dict[str, tuple[Card, ...]]:
    """Give the first cards of every column, the soonest to close first."""
    wanted = [(column, "") for column in columns]
    return _cards_of(viewer, question, wanted, today, org, helps=helps)


def cards_after(
    viewer: Viewer,
    question: BoardQuestion,
    column: Column,
    *,
    after: str,
    today: date,
    org: Org,
) -> tuple[Card, ...]:
    """Give the cards of a column that come after a card. RuleBroken `list.bad_cursor`."""
    found = _cards_of(viewer, question, [(column, after)], today, org, helps=True)
    return found[column.token]


def card(viewer: Viewer, opportunity_id: int, *, today: date) -> Card:
    """Give one card, open or not. NotFound `opportunity.not_found` where it is out of sight."""
    if opportunity_id > _LARGEST_ID:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    facts, tied = _facts(viewer)
    rows = fetch(
        f"SELECT 0, {facts} FROM dakehu_opportunity o {tied}"
        f" WHERE o.id = %s AND ({visible_sql(viewer, 'o')})",
        [opportunity_id],
    )
    if not rows:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    return _shown(viewer, rows, today)[0][1]


def _cards_of(
    viewer: Viewer,
    question: BoardQuestion,
    wanted: Sequence[tuple[Column, str]],
    today: date,
    org: Org,
    *,
    helps: bool,
) -> dict[str, tuple[Card, ...]]:
    found: dict[str, tuple[Card, ...]] = {column.token: () for column, _after in wanted}
    held, params = _held_sql(viewer, question, wanted, today, org, helps=helps)
    if not held:
        return found
    # What lies in several sets comes several times: they are merged below.
    facts, tied = _facts(viewer)
    rows = fetch(f"SELECT o.which, {facts} FROM ({held}) AS o {tied}", params)
    once = {(row[0], row[1]): row for row in rows}
    columns: dict[int, list[Any]] = defaultdict(list)
    for row in sorted(once.values(), key=lambda row: (row[0], row[9], row[1])):
        if len(columns[row[0]]) < FIRST:
            columns[row[0]].append(row)
    shown = _shown(viewer, [row for column in columns.values() for row in column], today)
    by_number: dict[int, list[Card]] = defaultdict(list)
    for number, one in shown:
        by_number[number].append(one)
    return {column.token: tuple(by_number[n]) for n, (column, _after) in enumerate(wanted)}


def _facts(viewer: Viewer) -> tuple[str, str]:
    """Give the SQL of what a card shows of an opportunity `o`, and of what that is joined with."""
    vendor = connections[read_alias()].vendor
    return _FACTS.format(me=int(viewer.person_id or 0), lines=_LINES[vendor]), _TIED[vendor]


def _held_sql(
    viewer: Viewer,
    question: BoardQuestion,
    wanted: Sequence[tuple[Column, str]],
    today: date,
    org: Org,
    *,
    helps: bool,
) -> tuple[str, list[Any]]:
    """Give the SQL of the first rows of all columns, each with the number of its column.

    PostgreSQL plans each set once for all columns; SQLite, which plans at once, is told each.
    """
    asking = asked_sql(viewer, question.asked, _HELD, first=FIRST, today=today, org=org)
    if asking is None:
        return "", []
    text, params = asking
    texts = [text.replace(SCOPE, scope) for scope in scopes_of(viewer, helps=helps, apart=False)]
    if connections[read_alias()].vendor == "postgresql" and len(wanted) > 1:
        columns = values_sql([column for column, _after in wanted], question.by)
        parts = [
            f"SELECT col.number AS which, k.* FROM {columns} CROSS JOIN LATERAL"
            f" ({text.replace(HERE, LATERAL[question.by])}) AS k"
            for text in texts
        ]
    else:
        heres = [_here(column, after) for column, after in wanted]
        parts = [
            f"SELECT {number} AS which, k.* FROM ({text.replace(HERE, here)}) AS k"
            for text in texts
            for number, here in enumerate(heres)
        ]
    return " UNION ALL ".join(parts), [*params] * len(parts)


def _here(column: Column, after: str) -> str:
    return column.sql() + (_beyond(after) if after else "")


def _beyond(after: str) -> str:
    """Give the condition of what comes after a card; its parts are checked, so they stand there."""
    day, pk = key_of(after, length=2)
    try:
        close = date.fromisoformat(day)
    except (TypeError, ValueError) as error:
        raise RuleBroken("list.bad_cursor") from error
    table = "dakehu_opportunity"
    return (
        f" AND {table}.close_sort >= {day_literal(close)} AND"
        f" ({table}.close_sort > {day_literal(close)} OR {table}.id > {int(pk)})"
    )


class _Beside(NamedTuple):
    """What a card says that its row does not."""

    today: date
    language: str
    digits: int
    median: int | None
    slow_since: date | None
    needed: "_Needed"
    rights: CardRights


class _Needed(NamedTuple):
    """The evidence for the next stage by its keys, and the stages of the method that they are of.

    Stages as texts: so they come.
    """

    keys: frozenset[str]
    stages: frozenset[str]

    def missing(self, lines: str | None) -> int:
        """Count what is not among the evidence that is ticked (FUN-3), written as in _LINES."""
        if not (self.keys and lines):
            return len(self.keys)
        ticked = (line.partition(" ") for line in lines.split("\n"))
        return len(self.keys - {key for stage, _space, key in ticked if stage in self.stages})


def _shown(viewer: Viewer, rows: Sequence[Sequence[Any]], today: date) -> list[tuple[int, Card]]:
    """Make cards of rows, each with the number of its column."""
    if not rows:
        return []
    medians = medians_of_the_day(viewer, today=today)
    slow = {stage: slow_since(today, days) for stage, days in medians.items()}
    digits, language = currency_digits(), viewer.language
    needed = _needed()
    rights = rights_for(viewer, today=today)
    cards = []
    for row in rows:
        version, stage = row[14], row[15]
        beside = _Beside(
            today, language, digits[row[7]], medians.get(stage), slow.get(stage),
            needed.get((version, stage), _NOTHING), rights(row[10], row[13], row[22]),
        )  # fmt: skip
        cards.append((row[0], _card(tuple(row[1:]), beside)))
    return cards


@lru_cache(maxsize=_KEPT)
def _card(row: tuple[Any, ...], beside: _Beside) -> Card:
    """Make a card of a row, kept as long as nothing of it changes."""
    (
        pk, version, name, code, account, minor, currency, close_on, close_sort, owner_id, zh, en,
        unit_id, version_id, stage_id, since, next_step, step_on, category, place, voided,
        _granted, waiting, evidence,
    ) = row  # fmt: skip
    today, median, slow = beside.today, beside.median, beside.slow_since
    closes = None if close_on is None else day_of(close_on)
    due = None if step_on is None else day_of(step_on)
    came = day_of(since)
    return Card(
        id=pk, version=version, name=name, code=code, account=account or "",
        amount=from_minor(minor, beside.digits), currency=currency, close_on=closes,
        is_overdue=is_overdue(closes, today), owner_id=owner_id,
        owner=in_tongue(beside.language, zh, en), unit_id=unit_id, method_version_id=version_id,
        stage_id=stage_id, place=Place(place), voided=bool(voided), days=(today - came).days,
        median_days=median, is_slow=slow is not None and came <= slow,
        next_step=next_step, next_step_on=due, step=_step(next_step, due, today),
        missing=beside.needed.missing(evidence), category=Category(category),
        is_waiting=bool(waiting), rights=beside.rights, close_sort=day_of(close_sort),
    )  # fmt: skip


def _step(text: str, on: date | None, today: date) -> Step:
    """Tell how it stands with the next step (FUN-2): none, its day over, soon, or later."""
    if not text.strip() and on is None:
        return "none"
    if on is None:
        return "planned"
    if on < today:
        return "overdue"
    return "due" if (on - today).days <= SOON else "planned"


_NOTHING = _Needed(frozenset(), frozenset())


@kept_while("methods")
def _needed() -> dict[tuple[int, int], _Needed]:
    """Give what the stage after each asks for, by version and stage, at the last one for a win."""
    versions = versions_in_force().values()
    stages: dict[int, set[str]] = {}
    for version in versions:
        of_method = stages.setdefault(version.method_id, set())
        of_method.update(str(stage.id) for stage in version.stages)
    return {
        (version.id, stage.id): _Needed(_keys(version, stage), frozenset(stages[version.method_id]))
        for version in versions
        for stage in version.open_stages
    }


def _keys(version: VersionInForce, here: StageInForce) -> frozenset[str]:
    later = [stage for stage in version.open_stages if stage.order > here.order]
    to = later[0].key if later else WON
    return frozenset(item.key for item in evidence_needed(version.spec, leaving=here.key, to=to))
