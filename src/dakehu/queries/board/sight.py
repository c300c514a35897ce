"""Which opportunities a board may show: sets with an index each, or sets that share no row."""

from dakehu.core.access import Viewer
from dakehu.models.visibility import opportunity_scopes_sql
from dakehu.queries.ledger import fetch

#: Stands in a statement of the ORM's where the condition of a set goes.
SCOPE = "1 = 1 /* scope */"


def helps_on_some(viewer: Viewer) -> bool:
    """Test if some opportunity was granted to the viewer: most have none, and need not look."""
    if viewer.sees_all or viewer.person_id is None:
        return False
    granted = "SELECT 1 FROM dakehu_grant WHERE person_id = %s AND opportunity_id IS NOT NULL"
    return bool(fetch(f"{granted} LIMIT 1", [viewer.person_id]))


def scopes_of(viewer: Viewer, *, helps: bool, apart: bool) -> list[str]:
    """Give the conditions of the sets in sight; the granted ones only to who has some."""
    found = opportunity_scopes_sql(viewer, apart=apart)
    # They stand last.
    return found if helps or viewer.sees_all else found[:-1]
