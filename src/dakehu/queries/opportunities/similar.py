"""Won deals like one of the viewer's: what they sold, to whom, how large, and what they took."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.money import from_minor
from dakehu.models.visibility import visible_accounts_sql, visible_sets_sql
from dakehu.queries.opportunities.history import day_of
from dakehu.queries.rates import currency_digits
from dakehu.queries.records import record_in_sight
from dakehu.queries.snapshot import read_alias

#: So many are shown, out of the newest won ones of each way to see them.
SHOWN, _LOOKED_AT = 5, 300
#: Of the same size: between a third and three times the amount.
_BAND = 3


@dataclass(frozen=True, slots=True)
class SimilarDeal:
    """A won deal, why it is alike (codes: product, industry, amount, method), and what it took."""

    id: int
    name: str
    account: str
    decided_on: date
    amount: Decimal
    currency: str
    days: int | None
    evidence: int
    why: tuple[str, ...]


# Candidates are the newest won deals of each way to see them, each by an index of its own; what is
# alike is counted of those few, and evidence of the ones that are shown.
_SIMILAR = """
WITH this AS (
  SELECT o.id, o.base_minor, v.method_id, CASE WHEN {known} THEN a.industry ELSE '' END AS industry
  FROM dakehu_opportunity o
    JOIN dakehu_methodversion v ON v.id = o.method_version_id
    LEFT JOIN dakehu_account a ON a.id = o.account_id
  WHERE o.id = %(id)s
), sold AS (
  SELECT DISTINCT l.product_id FROM dakehu_productline l
    JOIN dakehu_lineset s ON s.id = l.line_set_id
  WHERE s.opportunity_id = %(id)s AND s.is_current
), late AS ({late}), alike AS (
  SELECT o.id, o.name, a.name AS account, o.decided_on, o.amount_minor, o.currency_id,
    o.created_on, o.start_unknown,
    CASE WHEN (SELECT count(*) FROM dakehu_lineset s
      JOIN dakehu_productline l ON l.line_set_id = s.id
      WHERE s.opportunity_id = o.id AND s.is_current
        AND l.product_id IN (SELECT product_id FROM sold)) > 0 THEN 1 ELSE 0 END AS product,
    CASE WHEN a.industry <> '' AND a.industry = this.industry AND ({known})
      THEN 1 ELSE 0 END AS industry,
    CASE WHEN o.base_minor * {band} >= this.base_minor AND o.base_minor <= this.base_minor * {band}
      THEN 1 ELSE 0 END AS amount,
    CASE WHEN v.method_id = this.method_id THEN 1 ELSE 0 END AS method
  FROM late JOIN dakehu_opportunity o ON o.id = late.id CROSS JOIN this
    JOIN dakehu_methodversion v ON v.id = o.method_version_id
    LEFT JOIN dakehu_account a ON a.id = o.account_id
), best AS (
  SELECT alike.*, {score} AS score FROM alike WHERE {score} > {least}
  ORDER BY score DESC, decided_on DESC, id DESC LIMIT {shown}
)
SELECT id, name, account, decided_on, amount_minor, currency_id, created_on, start_unknown,
  (SELECT count(*) FROM dakehu_evidence e WHERE e.opportunity_id = best.id) AS evidence,
  product, industry, amount, method
FROM best ORDER BY score DESC, decided_on DESC, id DESC
"""
_LATE = """SELECT id FROM (SELECT o.id FROM dakehu_opportunity o
  WHERE {seen} AND o.place = 2 AND NOT o.voided AND o.id <> %(id)s
  ORDER BY o.close_sort DESC, o.id DESC LIMIT {looked_at}) AS set_{number}"""
_WEIGHTS = {"product": 4, "industry": 3, "amount": 2, "method": 1}


def similar_won(viewer: Viewer, *, opportunity_id: int) -> tuple[SimilarDeal, ...]:
    """Give won deals in sight that are most alike, at least in more than the method.

    NotFound `opportunity.not_found` where the deal itself is out of sight.
    """
    record = record_in_sight(viewer, kind="opportunity", record_id=opportunity_id)
    late = " UNION ".join(
        _LATE.format(seen=seen, looked_at=_LOOKED_AT, number=number)
        for number, seen in enumerate(visible_sets_sql(viewer, "o"))
    )
    sql = _SIMILAR.format(
        late=late,
        # Of an account out of sight only the name is shown: its industry likens nothing.
        known=visible_accounts_sql(viewer, "a"),
        band=_BAND,
        score=" + ".join(f"{weight} * {name}" for name, weight in _WEIGHTS.items()),
        least=_WEIGHTS["method"],
        shown=SHOWN,
    )
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(sql, {"id": record.id})
        rows = cursor.fetchall()
    return tuple(_deal(row) for row in rows)


def _deal(row: Any) -> SimilarDeal:
    pk, name, account, decided, minor, currency, created, start_unknown, evidence, *alike = row
    on = day_of(decided)
    return SimilarDeal(
        id=pk,
        name=name,
        account=account or "",
        decided_on=on,
        amount=from_minor(minor, currency_digits()[currency]),
        currency=currency,
        days=None if start_unknown else (on - day_of(created)).days,
        evidence=evidence,
        why=tuple(code for code, is_so in zip(_WEIGHTS, alike, strict=True) if is_so),
    )
