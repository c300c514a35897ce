"""Words for why a record is not marked."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "mark.unknown_record": _("There is no such record, or it is not yours to see."),
    "mark.only_opportunities": _("Only opportunities can be followed; others can be pinned."),
}
