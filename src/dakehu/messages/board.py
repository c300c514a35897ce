"""Refusals about the board."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "board.no_column": _("The board has no column “%(column)s”. Load it anew."),
    "board.unknown_columns": _(
        "A board cannot be ordered by “%(by)s”. Choose stage, owner, forecast category or month."
    ),
}
