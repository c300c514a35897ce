"""What the roles of core/access.py are called."""

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
