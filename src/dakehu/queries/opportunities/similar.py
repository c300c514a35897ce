"""Won deals like one of the viewer's: what they sold, to whom, how large, and what they took."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.money import from_minor
from dakehu.models.visibility import visible_accounts_sql, visible_sql
from dakehu.queries.opportunities.history import day_of
from dakehu.queries.rates import currency_digits
from dakehu.queries.records import record_in_sight
from dakehu.queries.snapshot import read_alias

#: So many are shown, out of the newest won ones of each way to be alike.
SHOWN, _LOOKED_AT = 5, 200
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


# Candidates come by index from two sides, the newest first: deals with the same products, and
# deals decided of late. What is alike is counted of those few only.
_SIMILAR = """
WITH this AS (
  SELECT o.id, o.base_minor, o.method_version_id, v.method_id,
    CASE WHEN {known} THEN a.industry ELSE '' END AS industry
  FROM dakehu_opportunity o
    JOIN dakehu_methodversion v ON v.id = o.method_version_id
    LEFT JOIN dakehu_account a ON a.id = o.account_id
  WHERE o.id = %(id)s
), sold AS (
  SELECT DISTINCT l.product_id FROM dakehu_productline l
    JOIN dakehu_lineset s ON s.id = l.line_set_id
  WHERE s.opportunity_id = %(id)s AND s.is_current
), late AS (
  SELECT o.id FROM dakehu_opportunity o
  WHERE o.place = 2 AND NOT o.voided AND ({seen}) AND o.id <> %(id)s
  ORDER BY o.close_sort DESC, o.id DESC LIMIT {looked_at}
), same AS (
  SELECT DISTINCT o.id FROM (
    SELECT l.line_set_id FROM dakehu_productline l
    WHERE l.product_id IN (SELECT product_id FROM sold) ORDER BY l.id DESC LIMIT {lines}
  ) l
    JOIN dakehu_lineset s ON s.id = l.line_set_id AND s.is_current
    JOIN dakehu_opportunity o ON o.id = s.opportunity_id
  WHERE o.place = 2 AND NOT o.voided AND ({seen}) AND o.id <> %(id)s
)
SELECT o.id, o.name, a.name, o.decided_on, o.amount_minor, o.currency_id, o.created_on,
  o.start_unknown,
  (SELECT count(*) FROM dakehu_evidence e WHERE e.opportunity_id = o.id) AS evidence,
  EXISTS(SELECT 1 FROM dakehu_productline l JOIN dakehu_lineset s ON s.id = l.line_set_id
    WHERE s.opportunity_id = o.id AND s.is_current
      AND l.product_id IN (SELECT product_id FROM sold)) AS product,
  coalesce(a.industry <> '' AND a.industry = this.industry AND ({known}), false) AS industry,
  coalesce(o.base_minor * {band} >= this.base_minor AND o.base_minor <= this.base_minor * {band},
    false) AS amount,
  v.method_id = this.method_id AS method
FROM dakehu_opportunity o CROSS JOIN this
  JOIN dakehu_methodversion v ON v.id = o.method_version_id
  LEFT JOIN dakehu_account a ON a.id = o.account_id
WHERE o.id IN (SELECT id FROM late UNION SELECT id FROM same)
"""
_WEIGHTS = {"product": 4, "industry": 3, "amount": 2, "method": 1}


def similar_won(viewer: Viewer, *, opportunity_id: int) -> tuple[SimilarDeal, ...]:
    """Give won deals in sight that are most alike, at least in more than the method.

    NotFound `opportunity.not_found` where the deal itself is out of sight.
    """
    record = record_in_sight(viewer, kind="opportunity", record_id=opportunity_id)
    sql = _SIMILAR.format(
        seen=visible_sql(viewer, "o"),
        # Of an account out of sight only the name is shown: its industry likens nothing.
        known=visible_accounts_sql(viewer, "a"),
        looked_at=_LOOKED_AT,
        lines=20 * _LOOKED_AT,
        band=_BAND,
    )
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(sql, {"id": record.id})
        rows = cursor.fetchall()
    scored = [(_score(row), row) for row in rows]
    best = sorted(
        (pair for pair in scored if pair[0] > _WEIGHTS["method"]),
        key=lambda pair: (pair[0], day_of(pair[1][3]) if pair[1][3] else date.min, pair[1][0]),
        reverse=True,
    )
    return tuple(_deal(row) for _points, row in best[:SHOWN])


def _score(row: Any) -> int:
    return sum(weight for weight, on in zip(_WEIGHTS.values(), row[9:13], strict=True) if on)


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
