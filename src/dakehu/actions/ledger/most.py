"""The most that each opportunity ever held: actions raise it, and it is proved and remade here."""

from django.db import connection

from dakehu.core.ledger import Place

_SUMS = (
    'SELECT opportunity_id, SUM(amount_minor) OVER (PARTITION BY opportunity_id ORDER BY "on")'
    f" AS amount FROM dakehu_entry WHERE place <> {int(Place.NOWHERE)}"
)
_HELD = f"SELECT opportunity_id, MAX(amount) AS most FROM ({_SUMS}) AS sums GROUP BY 1"


def raise_most() -> int:
    """Raise it where an opportunity held more than its row says; give how many.

    What a version before this one has written meanwhile left it as it was.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE dakehu_opportunity SET most_minor = held.most FROM ({_HELD}) AS held"
            " WHERE dakehu_opportunity.id = held.opportunity_id"
            " AND dakehu_opportunity.most_minor < held.most"
        )
        return int(cursor.rowcount)
