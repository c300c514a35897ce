"""What somebody pinned or looked at last."""

from dataclasses import dataclass

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.models.visibility import visible_accounts_sql, visible_sql
from dakehu.queries.snapshot import read_alias

MOST_MARKS = 24


@dataclass(frozen=True, slots=True)
class Marked:
    """A record that the viewer pinned or looked at, still in sight."""

    object_type: str
    object_id: int
    name: str
    is_pinned: bool


_MARKS = """
SELECT m.object_type, m.object_id, COALESCE(o.name, c.name, a.name),
  CASE WHEN m.pinned_at IS NULL THEN 0 ELSE 1 END
FROM dakehu_mark m
  LEFT JOIN dakehu_opportunity o ON m.object_type = 'opportunity' AND o.id = m.object_id
    AND NOT o.voided AND ({deals})
  LEFT JOIN dakehu_contact c ON m.object_type = 'contact' AND c.id = m.object_id
    AND c.deleted_at IS NULL
  LEFT JOIN dakehu_account a ON a.id = CASE WHEN m.object_type = 'account' THEN m.object_id
      ELSE c.account_id END AND a.deleted_at IS NULL AND ({accounts})
WHERE m.person_id = %s AND (m.pinned_at IS NOT NULL OR m.seen_at IS NOT NULL)
  AND (o.id IS NOT NULL OR a.id IS NOT NULL)
ORDER BY CASE WHEN m.pinned_at IS NULL THEN 1 ELSE 0 END, m.pinned_at DESC, m.seen_at DESC, m.id
LIMIT {limit}
"""


def marked(*, viewer: Viewer) -> tuple[Marked, ...]:
    """Give the records that the viewer pinned, then those they looked at last, still in sight."""
    sql = _MARKS.format(
        deals=visible_sql(viewer, "o"),
        accounts=visible_accounts_sql(viewer, "a"),
        limit=MOST_MARKS,
    )
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(sql, [viewer.person_id or 0])
        return tuple(
            Marked(kind, pk, name, bool(pinned)) for kind, pk, name, pinned in cursor.fetchall()
        )
