"""What was won and lost in a range of days, by unit, owner, quarter, product or account."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Place
from dakehu.core.money import from_minor
from dakehu.core.periods import containing
from dakehu.models import Account, Opportunity, Person, Product
from dakehu.queries.funnel import FunnelQuestion, method_labels, sight
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.snapshot import read_alias
from dakehu.queries.units import Units, all_units

By = Literal["unit", "owner", "quarter", "product", "account"]
BYS: tuple[By, ...] = ("unit", "owner", "quarter", "product", "account")


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One line: what it stands for, and the outcomes of the range."""

    key: str
    id: int | None
    won_count: int
    won_amount: Decimal
    lost_count: int
    abandoned_count: int
    #: With by=unit a row holds its whole subtree; the depth in the tree tells rows apart.
    depth: int = 0
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The rows and their total, in the base currency as booked on the day of each outcome."""

    currency: str
    start: date
    end: date
    by: By
    rows: tuple[OutcomeRow, ...]
    total: OutcomeRow


def outcomes_between(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    start: date,
    end: date,
    by: By,
    today: date,
    method_key: str | None = None,
) -> Outcomes:
    """Sum the outcomes of the days [start, end), in the organisation of the last day.

    Outcomes stay where they were won (FUN-5). Raises RuleBroken("range.upside_down").
    """
    if end <= start:
        raise RuleBroken("range.upside_down", start=start, end=end)
    org, units = organisation(), all_units()
    where = sight(viewer, question, units, question.on, today)
    stages = _stages(method_key)
    column = {
        "unit": "e.unit_id",
        "owner": "e.owner_id",
        "quarter": _month_sql(),
        "product": "0",
        "account": "o.account_id",
    }[by]
    if by == "product":
        sums = _by_product(where, start, end, question.known_at, stages)
        # A sale of two products stands in two rows; the total counts it once.
        whole = _sums("0", where, start, end, question.known_at, stages, False)
    else:
        sums = _sums(column, where, start, end, question.known_at, stages, by == "account")
        whole = sums
    if by == "account" and not viewer.sees_all:
        sums = _nameless(sums, viewer)
    rows = _rows(by, sums, org, units, question, viewer)
    return Outcomes(org.base_currency, start, end, by, rows, _total(whole, org))


@dataclass
class _Sum:
    won: int = 0
    won_minor: Fraction = Fraction(0)
    lost: int = 0
    abandoned: int = 0

    def add(self, place: int, count: int, minor: Fraction | int) -> None:
        if place == Place.WON:
            self.won += count
            self.won_minor += minor
        elif place == Place.LOST:
            self.lost += count
        else:
            self.abandoned += count

    def merge(self, other: "_Sum") -> None:
        self.won += other.won
        self.won_minor += other.won_minor
        self.lost += other.lost
        self.abandoned += other.abandoned


def _sums(
    column: str,
    where: list[Where],
    start: date,
    end: date,
    known_at: datetime | None,
    stages: frozenset[int] | None,
    with_opportunity: bool,
) -> dict[Any, _Sum]:
    found: dict[Any, _Sum] = defaultdict(_Sum)
    join = " JOIN dakehu_opportunity o ON o.id = e.opportunity_id" if with_opportunity else ""
    for part in where:
        sql = (
            f"SELECT {column}, e.place, SUM(e.count), SUM(COALESCE(e.base_minor, 0))"
            f" FROM dakehu_entry e{join} WHERE {_condition(part, stages, known_at)}"
            " GROUP BY 1, 2"
        )
        for key, place, count, minor in fetch(sql, _params(start, end, known_at)):
            found[key].add(int(place), int(count), int(minor))
    return _left(found)


def _condition(part: Where, stages: frozenset[int] | None, known_at: datetime | None) -> str:
    chosen = "" if stages is None else f" AND e.stage_id IN ({_ids(stages)})"
    known = "" if known_at is None else " AND e.recorded_at <= %s"
    return (
        'e.place IN (2, 3, 4) AND e.place >= 2 AND e."on" >= %s AND e."on" < %s'
        f" AND {part.sql('e.')}{chosen}{known}"
    )


def _ids(stages: frozenset[int]) -> str:
    return ", ".join(str(int(stage)) for stage in sorted(stages)) or "-1"


def _params(start: date, end: date, known_at: datetime | None) -> list[Any]:
    return [start, end, *([known_at] if known_at else [])]


def _month_sql() -> str:
    if connections[read_alias()].vendor == "postgresql":
        return "to_char(e.\"on\", 'YYYY-MM')"
    return 'SUBSTR(e."on", 1, 7)'


def _by_product(
    where: list[Where],
    start: date,
    end: date,
    known_at: datetime | None,
    stages: frozenset[int] | None,
) -> dict[Any, _Sum]:
    """Split outcomes by the product lines in force on their day; the rest is 'no product' (None).

    A won amount is split in proportion to nothing: each line counts with its own amount, at the
    rate the outcome was booked; what lines do not cover stands under no product (FUN-5).
    """
    found: dict[Any, _Sum] = defaultdict(_Sum)
    known = "" if known_at is None else " AND x.recorded_at <= %s"
    for part in where:
        condition = _condition(part, stages, known_at)
        sql = (
            "SELECT e.id, e.place, e.count, e.amount_minor, COALESCE(e.base_minor, 0),"
            " l.product_id, COALESCE(SUM(l.amount_minor), 0)"
            " FROM dakehu_entry e LEFT JOIN dakehu_lineset s ON s.id = ("
            "  SELECT x.id FROM dakehu_lineset x WHERE x.opportunity_id = e.opportunity_id"
            f'  AND x."on" <= e."on"{known} ORDER BY x."on" DESC, x.id DESC LIMIT 1)'
            " LEFT JOIN dakehu_productline l ON l.line_set_id = s.id"
            f" WHERE {condition}"
            " GROUP BY e.id, e.place, e.count, e.amount_minor, e.base_minor, l.product_id"
            " ORDER BY e.id"
        )
        held: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        params = [*([known_at] if known_at else []), *_params(start, end, known_at)]
        for entry_id, *rest in fetch(sql, params):
            held[entry_id].append(tuple(rest))
        for lines in held.values():
            _split(found, lines)
    return _left(found)


def _left(sums: dict[Any, _Sum]) -> dict[Any, _Sum]:
    """Leave out what was taken back whole: its entries stand, and no row of zeros (FUN-5)."""
    return {key: one for key, one in sums.items() if one != _Sum()}


def _split(found: dict[Any, _Sum], lines: list[tuple[Any, ...]]) -> None:
    place, count, amount, base = (int(value) for value in lines[0][:4])
    rate = Fraction(base, amount) if amount else Fraction(0)
    sign = 1 if amount >= 0 else -1
    covered = 0
    products = [(product, int(minor)) for *_head, product, minor in lines if product is not None]
    for product, minor in products:
        found[product].add(place, count, sign * minor * rate)
        covered += minor
    rest = amount - sign * covered
    if not products:
        found[None].add(place, count, rest * rate)
    elif rest:
        found[None].add(place, 0, rest * rate)


def _nameless(sums: dict[Any, _Sum], viewer: Viewer) -> dict[Any, _Sum]:
    """Put outcomes at accounts whose name may not be read under no account (None).

    An opportunity that has moved out of sight leaves its outcomes behind (DESIGN: Permission);
    the name is told with the account, or with an opportunity of it that is still in sight.
    """
    ids = [key for key in sums if key is not None]
    told = set(Account.visible_to(viewer).filter(pk__in=ids).values_list("pk", flat=True))
    rest = [key for key in ids if key not in told]
    still = Opportunity.objects.visible_to(viewer).filter(account_id__in=rest).order_by()
    told |= set(still.values_list("account_id", flat=True).distinct())
    found: dict[Any, _Sum] = defaultdict(_Sum)
    for key, one in sums.items():
        found[key if key in told else None].merge(one)
    return found


def _rows(
    by: By,
    sums: dict[Any, _Sum],
    org: Org,
    units: Units,
    question: FunnelQuestion,
    viewer: Viewer,
) -> tuple[OutcomeRow, ...]:
    if by == "unit":
        return _unit_rows(sums, org, units, question)
    if by == "quarter":
        quarters: dict[str, _Sum] = defaultdict(_Sum)
        for month, one in sums.items():
            day = date(int(month[:4]), int(month[5:7]), 1)
            quarters[containing(day, "quarter", org.fiscal_first_month).key].merge(one)
        return tuple(_row(key, None, quarters[key], org) for key in sorted(quarters))
    names = _names(by, [key for key in sums if key is not None], viewer)
    rows = [_row(names.get(key, ""), key, one, org) for key, one in sums.items()]
    return tuple(sorted(rows, key=lambda r: (r.id is None, -r.won_amount, r.key, r.id or 0)))


def _unit_rows(
    sums: dict[Any, _Sum], org: Org, units: Units, question: FunnelQuestion
) -> tuple[OutcomeRow, ...]:
    tree = units.tree(question.on, question.known_at, with_closed=True)
    tops = (question.unit_id,) if question.unit_id is not None else tree.roots()
    rows = []
    for top in tops:
        for unit in tree.walk(top):
            total = _Sum()
            below = tree.subtree(unit)
            for below_unit in below:
                if below_unit in sums:
                    total.merge(sums[below_unit])
            if not any(unit_id in sums for unit_id in below):
                continue
            path = tree.path(unit)
            parent = units.names[path[-2]].code if len(path) > 1 else None
            row = _row(units.names[unit].code, unit, total, org)
            rows.append(_placed(row, len(path) - 1, parent))
    return tuple(rows)


def _placed(row: OutcomeRow, depth: int, parent: str | None) -> OutcomeRow:
    return OutcomeRow(
        row.key, row.id, row.won_count, row.won_amount, row.lost_count, row.abandoned_count,
        depth, parent,
    )  # fmt: skip


def _row(key: str, id_: int | None, one: _Sum, org: Org) -> OutcomeRow:
    amount = from_minor(round(one.won_minor), org.base_digits)
    return OutcomeRow(key, id_, one.won, amount, one.lost, one.abandoned)


def _total(sums: dict[Any, _Sum], org: Org) -> OutcomeRow:
    total = _Sum()
    for one in sums.values():
        total.merge(one)
    return _row("", None, total, org)


def _names(by: By, ids: list[int], viewer: Viewer) -> dict[int, str]:
    if by == "owner":
        people = Person.objects.filter(pk__in=ids).values_list("pk", "name", "name_en", "login")
        listed = [(pk, in_tongue(viewer.language, zh, en), login) for pk, zh, en, login in people]
        names = [name for _id, name, _login in listed]
        return {
            pk: name if names.count(name) == 1 else f"{name} ({login})"
            for pk, name, login in listed
        }
    if by == "product":
        rows = Product.objects.filter(pk__in=ids).values_list("pk", "name_zh", "name_en", "code")
        return {
            pk: ((en or zh) if viewer.language == "en" else (zh or en)) or code
            for pk, zh, en, code in rows
        }
    return dict(Account.objects.filter(pk__in=ids).values_list("pk", "name"))


def _stages(method_key: str | None) -> frozenset[int] | None:
    if method_key is None:
        return None
    for label in method_labels():
        if label.key == method_key:
            return frozenset(stage.lineage_id for stage in label.stages)
    raise RuleBroken("method.unknown", method=method_key)
