"""Stamps: one random mark per family of slow-changing tables, changed by triggers with the rows.

Two snapshots that read the same stamp see the same rows of its family, so a process may keep
what it made of them (queries/stamps.py). Random, not counted: a mark that was rolled back is
never given again to other rows.
"""

from django.db import models

#: Which tables a family covers. A table that changes with the daily work belongs in none.
FAMILIES: dict[str, tuple[str, ...]] = {
    "house": ("dakehu_organisation", "dakehu_currency", "dakehu_exchangerate"),
    "methods": (
        "dakehu_method", "dakehu_methodversion", "dakehu_methodstage", "dakehu_stage",
        "dakehu_winrate",
    ),
    "people": ("dakehu_salesunit", "dakehu_unitplace", "dakehu_appointment", "dakehu_person"),
    # Apart from the others: posting writes it under the ledger's lock, which others take later.
    "books": ("dakehu_carriedmonth", "dakehu_booksclosing"),
}  # fmt: skip


#: Of these tables only a change of these columns counts: a log-in writes its moment beside them.
COLUMNS: dict[str, tuple[str, ...]] = {"dakehu_person": ("is_active",)}


class Stamp(models.Model):
    """The mark of a family as it stands."""

    family = models.CharField(max_length=20, primary_key=True)
    stamp = models.CharField(max_length=36)
