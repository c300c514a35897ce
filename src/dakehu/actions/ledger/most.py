"""The most that each opportunity ever held: actions raise it, and it is made good here."""

from django.db import connection

from dakehu.queries.ledger_most import MOST_HELD


def raise_most() -> int:
    """Raise it where an opportunity held more than its row says; give how many.

    What a version before this one has written meanwhile left it as it was.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE dakehu_opportunity SET most_minor = held.most FROM ({MOST_HELD}) AS held"
            " WHERE dakehu_opportunity.id = held.opportunity_id"
            " AND dakehu_opportunity.most_minor < held.most"
        )
        return int(cursor.rowcount)
