"""A board as it is asked for: which columns, what they hold, and their first cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Change, Movement, Opportunity
from dakehu.queries.board.cards import Card, cards_after, first_cards
from dakehu.queries.board.columns import (
    BoardQuestion,
    Column,
    category_columns,
    method_of,
    month_columns,
    stage_columns,
)
from dakehu.queries.board.sight import helps_on_some
from dakehu.queries.board.sums import (
    ColumnSum,
    count_by_stage,
    rows_sql,
    summed,
    tallies,
)
from dakehu.queries.funnel.facts import method_labels
from dakehu.queries.ledger import fetch
from dakehu.queries.opportunities.filters import narrowed
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.organisation import Org

#: A board by owner has columns of so many people: those with most open opportunities.
MOST_OWNERS = 20


@dataclass(frozen=True, slots=True)
class BoardMethod:
    """A method to choose, with how many of the board's opportunities follow it."""

    id: int
    name: str
    count: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The columns in order, with sums of all and the first cards; `more_owners` have no column."""

    question: BoardQuestion
    columns: tuple[Column, ...]
    sums: Mapping[str, ColumnSum]
    cards: Mapping[str, tuple[Card, ...]]
    methods: tuple[BoardMethod, ...] = ()
    method_id: int | None = None
    more_owners: int = 0

    @property
    def count(self) -> int:
        """Count what the board holds in all."""
        return sum(one.count for one in self.sums.values())


def board(viewer: Viewer, *, question: BoardQuestion, today: date, org: Org) -> Board:
    """Give the board. NotFound `method.unknown`, `stage.unknown`."""
    helps = helps_on_some(viewer)
    heads = _heads(viewer, question, today, org, helps=helps)
    # Where nothing stands nothing is looked for.
    held = [column for column in heads.columns if heads.sums[column.token].count]
    cards = (
        first_cards(viewer, heads.question, held, helps=helps, today=today, org=org) if held else {}
    )
    return Board(
        heads.question,
        heads.columns,
        heads.sums,
        {column.token: cards.get(column.token, ()) for column in heads.columns},
        heads.methods,
        heads.method_id,
        heads.more_owners,
    )


def board_heads(viewer: Viewer, *, question: BoardQuestion, today: date, org: Org) -> Board:
    """Give the columns with their sums and no cards."""
    return _heads(viewer, question, today, org, helps=helps_on_some(viewer))


def _heads(viewer: Viewer, question: BoardQuestion, today: date, org: Org, *, helps: bool) -> Board:
    question = question.open_only
    if question.by == "stage":
        return _by_stage(viewer, question, today, org, helps=helps)
    others = 0
    if question.by == "owner":
        columns, others = _owner_columns(viewer, question, today, org, helps=helps)
    elif question.by == "category":
        columns = category_columns(question.asked.category)
    else:
        columns = month_columns(today)
    found = tallies(viewer, question, columns, helps=helps, today=today, org=org)
    return Board(question, columns, summed(found, columns, today, org), {}, more_owners=others)


def more(
    viewer: Viewer, *, question: BoardQuestion, token: str, after: str, today: date, org: Org
) -> tuple[Card, ...]:
    """Give the next cards of a column. NotFound `board.no_column`, RuleBroken `list.bad_cursor`."""
    question = question.open_only
    column = _column(viewer, question, token, today)
    return cards_after(viewer, question, column, after=after, today=today, org=org)


def _column(viewer: Viewer, question: BoardQuestion, token: str, today: date) -> Column:
    """Find a column by its name alone, without what stands in it."""
    columns: Sequence[Column] = ()
    if question.by == "stage":
        shown = method_of(viewer, question.asked, today)
        columns = stage_columns(shown, viewer.language, None) if shown else ()
    elif question.by == "owner":
        number = token.removeprefix("owner-")
        if number.isascii() and number.isdecimal() and len(number) < 18:
            columns = [Column(token, owner_id=int(number))]
    elif question.by == "category":
        columns = category_columns(None)
    else:
        columns = month_columns(today)
    for column in columns:
        if column.token == token:
            return column
    raise NotFound("board.no_column", column=token[:40])


def _by_stage(
    viewer: Viewer, question: BoardQuestion, today: date, org: Org, *, helps: bool
) -> Board:
    labels, language = method_labels(), viewer.language
    shown = method_of(viewer, question.asked, today)
    # The columns say the method, and the tabs count the others too.
    any_method = replace(question, asked=replace(question.asked, method_id=None))
    found = tallies(viewer, any_method, (), helps=helps, today=today, org=org)
    stages = count_by_stage(found)
    counts = {
        label.id: sum(stages.get(stage.lineage_id, 0) for stage in label.open_stages)
        for label in labels
    }
    if shown is None and labels:
        shown = max(labels, key=lambda label: counts[label.id])
    columns = stage_columns(shown, language, question.asked.stage_id) if shown else ()
    return Board(
        question,
        columns,
        summed(found, columns, today, org),
        {},
        methods=tuple(
            BoardMethod(
                label.id,
                in_tongue(language, label.name_zh, label.name_en) or label.key,
                counts[label.id],
                label is shown,
            )
            for label in labels
            if counts[label.id] or label is shown
        ),
        method_id=shown.id if shown else None,
    )


def _owner_columns(
    viewer: Viewer, question: BoardQuestion, today: date, org: Org, *, helps: bool
) -> tuple[tuple[Column, ...], int]:
    """Give a column per owner, by name, and how many owners have none."""
    asked = rows_sql(viewer, question, ("owner_id",), helps=helps, today=today, org=org)
    if asked is None:
        return (), 0
    held, params = asked
    rows = fetch(
        "SELECT most.owner_id, p.name, p.name_en, most.people FROM (SELECT owner_id,"
        f" COUNT(*) AS number, COUNT(*) OVER () AS people FROM ({held}) AS held GROUP BY owner_id"
        f" ORDER BY number DESC, owner_id LIMIT {MOST_OWNERS}) AS most"
        " JOIN dakehu_person p ON p.id = most.owner_id ORDER BY p.sort_key, p.id",
        params,
    )
    columns = tuple(
        Column(f"owner-{pk}", in_tongue(viewer.language, zh, en), owner_id=pk)
        for pk, zh, en, _people in rows
    )
    return columns, (rows[0][3] - len(rows)) if rows else 0


@dataclass(frozen=True, slots=True)
class Touched:
    """Who moved or changed an opportunity last, and when."""

    who: str
    at: datetime


def last_touch(viewer: Viewer, *, opportunity_id: int) -> Touched | None:
    """Give who last moved or edited an opportunity that the caller has found to be in sight."""
    moved = Movement.objects.filter(opportunity_id=opportunity_id).order_by("-id")
    changed = Change.objects.filter(object_type="opportunity", object_id=opportunity_id)
    last = [
        *moved.values_list("recorded_at", "actor__name", "actor__name_en")[:1],
        *changed.order_by("-id").values_list("at", "actor__name", "actor__name_en")[:1],
    ]
    if not last:
        return None
    at, zh, en = max(last, key=itemgetter(0))
    return Touched(in_tongue(viewer.language, zh or "", en or ""), at)


def is_on_board(
    viewer: Viewer, *, question: BoardQuestion, opportunity_id: int, today: date, org: Org
) -> bool:
    """Test if the board's filter still asks for an opportunity."""
    rows = narrowed(
        Opportunity.objects.visible_to(viewer).filter(pk=opportunity_id),
        question.open_only.asked,
        viewer=viewer,
        today=today,
        base_digits=org.base_digits,
    )
    return rows.exists()
