"""What the list asks, as plain SQL: built once, asked of every set of rows in sight in one go.

A person sees what lies in their units, is their own, or was granted to them. Each set has an index
of its own; the ORM would build the statement anew for each, and ask each by itself.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Count, Q, QuerySet, Sum

from dakehu.core.access import Viewer
from dakehu.models import Opportunity
from dakehu.models.visibility import opportunity_scopes_sql
from dakehu.queries.ledger import fetch
from dakehu.queries.snapshot import read_alias

_SCOPE = "1 = 1 /* scope */"

FACTS = (
    "id", "version", "code", "name", "account_id", "account__name", "owner_id", "owner__name",
    "owner__name_en", "unit_id", "method_version_id", "stage_id", "place", "amount_minor",
    "currency_id", "base_minor", "close_on", "category", "own_rate_bp", "source", "next_step",
    "next_step_on", "last_contact_on", "updated_at", "decided_on", "created_on", "stage_since",
    "start_unknown",
)  # fmt: skip
_NAMED = {"account__name": "a.name", "owner__name": "p.name", "owner__name_en": "p.name_en"}
_FACTS_SQL = (
    f"SELECT {', '.join(_NAMED.get(name, f'o.{name}') for name in FACTS)}"
    " FROM dakehu_opportunity o LEFT JOIN dakehu_account a ON a.id = o.account_id"
    " JOIN dakehu_person p ON p.id = o.owner_id WHERE o.id "
)


def ordered_keys(
    viewer: Viewer, where: Q, beyond: Any, *, columns: Sequence[str], order: list[Any], limit: int
) -> list[tuple[Any, ...]]:
    """Give the keys of the first rows of each set in sight; what is in two sets comes twice."""
    rows = Opportunity.objects.filter(where)
    if beyond is not None:
        rows = rows.filter(beyond)
    found = _of_each_set(
        rows.order_by(*order).values_list(*columns).extra(where=[_SCOPE])[:limit],  # noqa: S610  ours
        opportunity_scopes_sql(viewer),
    )
    return [tuple(_typed(c, v) for c, v in zip(columns, row, strict=True)) for row in found]


def sums(viewer: Viewer, where: Q) -> list[tuple[str, int, int]]:
    """Give count and minor units per currency; a currency comes once for each set in sight."""
    rows = (
        Opportunity.objects.filter(where)
        .order_by()
        .values_list("currency_id")
        .annotate(n=Count("*"), minor=Sum("amount_minor"))
    )
    scoped = rows.extra(where=[_SCOPE])  # noqa: S610  a constant of ours
    found = _of_each_set(scoped, opportunity_scopes_sql(viewer, apart=True))
    return [(currency, int(count), int(minor)) for currency, count, minor in found]


def facts_of(keys: Sequence[int]) -> list[dict[str, Any]]:
    """Give what a list shows of these rows, in their order; the caller has found them in sight."""
    if not keys:
        return []
    if connections[read_alias()].vendor == "postgresql":
        found = fetch(f"{_FACTS_SQL} = ANY(%s)", [list(keys)])
    else:
        listed = json.dumps(list(keys))
        found = fetch(f"{_FACTS_SQL} IN (SELECT value FROM json_each(%s))", [listed])
    by_id = {row[0]: dict(zip(FACTS, row, strict=True)) for row in found}
    for facts in by_id.values():
        facts["updated_at"] = _typed("updated_at", facts["updated_at"])
    return [by_id[key] for key in keys if key in by_id]


def _of_each_set(rows: QuerySet[Any, Any], scopes: list[str]) -> list[Any]:
    try:
        sql, params = rows.query.get_compiler(using=read_alias()).as_sql()
    except EmptyResultSet:
        return []
    parts = [sql.replace(_SCOPE, scope) for scope in scopes]
    if len(parts) == 1:
        return fetch(parts[0], params)
    together = " UNION ALL ".join(
        f"SELECT * FROM ({part}) AS s{number}" for number, part in enumerate(parts)
    )
    return fetch(together, [*params] * len(parts))


def _typed(column: str, value: Any) -> Any:
    """Give days and moments as such: SQLite has texts, and forgets in a union what they are."""
    if column == "close_sort" and isinstance(value, str):
        return date.fromisoformat(value)
    if column == "updated_at":
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value
