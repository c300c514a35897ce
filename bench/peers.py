"""What other products take for the nearest questions, measured once beside each other.

From the project's performance anchors of 2026-11-21: 100,000 opportunities, 200 salespeople, one
warm worker, PostgreSQL 15 (Frappe: MariaDB 10.11), the same kind of machine as ours, client and
server on its two cores. Medians in milliseconds; their data and pages are not ours.
"""

from typing import Any

NAMES = ("Odoo 17", "Frappe CRM 1.70", "django-crm 2.4")
#: Our question, theirs, and their medians; None where a product has no such thing.
PEERS: tuple[tuple[str, str, tuple[float | None, ...]], ...] = (
    ("funnel now", "by stage: count, sum, weighted (data only)", (72, 202, None)),
    ("funnel now", "board of the stages with its first cards", (421, 419, None)),
    ("list", "list, first page", (94, 24, 1152)),
    ("create an opportunity", "create one", (36, 101, 53)),
    ("move a stage", "move a stage", (49, 50, 69)),
)


def beside_peers(ours: dict[str, dict[str, Any]]) -> str:
    """Give our worst medians beside theirs."""
    rows = []
    for question, theirs, medians in PEERS:
        line = ours.get(question)
        own = "—" if line is None else f"{line['median']:.1f}"
        shown = " | ".join("—" if median is None else f"{median:g}" for median in medians)
        rows.append(f"| {theirs} | {question} | {own} | {shown} |\n")
    return (
        "\n## Beside others\n\n"
        "Measured on 2026-11-21 on the same kind of machine (2 cores, 24 GiB), 100,000\n"
        "opportunities, one warm worker: orders of magnitude, since the questions are the nearest\n"
        "that each has and not the same work. Ours is a whole page, as whoever waits longest.\n\n"
        f"| question of theirs | ours | Dakehu ms | {' ms | '.join(NAMES)} ms |\n"
        f"| --- | --- | --- |{' --- |' * len(NAMES)}\n{''.join(rows)}"
    )
