"""Why something of the guide cannot be shown."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "guide.unknown_article": _("The help has no article “%(article)s”."),
}
