"""The most that opportunities held at the end of any day, by their entries (FUN-5)."""

from dakehu.core.ledger import Place

_SUMS = (
    'SELECT opportunity_id, SUM(amount_minor) OVER (PARTITION BY opportunity_id ORDER BY "on")'
    f" AS amount FROM dakehu_entry WHERE place <> {int(Place.NOWHERE)}"
)
#: SQL of opportunity_id, most: what a row's `most_minor` must not be below.
MOST_HELD = f"SELECT opportunity_id, MAX(amount) AS most FROM ({_SUMS}) AS sums GROUP BY 1"
