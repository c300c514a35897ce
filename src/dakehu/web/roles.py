"""What the roles of core/access.py are called."""

from typing import Any

from django.utils.translation import gettext_lazy as lazy

ROLE_WORDS = {
    "salesperson": lazy("Salesperson"),
    "unit_head": lazy("Unit head"),
    "sales_operations": lazy("Sales operations"),
    "executive": lazy("Executive"),
    "finance": lazy("Finance"),
    "support": lazy("Support staff"),
    "auditor": lazy("Auditor"),
    "administrator": lazy("Administrator"),
}


def appointment_shown(kept: Any) -> Any:
    """Word an appointment as changes keep it, "role · unit · days": the role is kept as a code."""
    if not isinstance(kept, str):
        return kept
    role, between, rest = kept.partition(" · ")
    return f"{ROLE_WORDS.get(role, role)}{between}{rest}"
