"""Words for codes: the sentence of every refusal and every reason, in the reader's language.

A code is `subject.problem`, and its sentence stands in the file of its subject. A sentence says
what is the matter and what to do; its placeholders are the facts that the error carries
(`%(on)s`). Days, amounts and lists are worded here.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dakehu.core.errors import DakehuError
from dakehu.messages import (
    accounts,
    activities,
    background,
    backup,
    board,
    bulk_edits,
    evidence,
    funnel,
    guide,
    imports,
    ledger,
    marks,
    methods,
    money,
    notes,
    notices,
    opportunities,
    organisation,
    past,
    people,
    permissions,
    products,
    quotas,
    reviews,
    small_sales,
    teams,
    units,
    validations,
    views,
)
from dakehu.messages.reasons import REASONS

#: Why something is refused.
SENTENCES: dict[str, str | Promise] = {
    **accounts.SENTENCES,
    **activities.SENTENCES,
    **background.SENTENCES,
    **backup.SENTENCES,
    **board.SENTENCES,
    **bulk_edits.SENTENCES,
    **evidence.SENTENCES,
    **funnel.SENTENCES,
    **guide.SENTENCES,
    **imports.SENTENCES,
    **ledger.SENTENCES,
    **marks.SENTENCES,
    **methods.SENTENCES,
    **money.SENTENCES,
    **notes.SENTENCES,
    **notices.SENTENCES,
    **opportunities.SENTENCES,
    **organisation.SENTENCES,
    **past.SENTENCES,
    **people.SENTENCES,
    **permissions.SENTENCES,
    **products.SENTENCES,
    **quotas.SENTENCES,
    **reviews.SENTENCES,
    **small_sales.SENTENCES,
    **teams.SENTENCES,
    **units.SENTENCES,
    **validations.SENTENCES,
    **views.SENTENCES,
}


def sentence(error: DakehuError | str, facts: Mapping[str, object] | None = None) -> str:
    """Word a refusal, given as the error or as its code with facts."""
    code = error if isinstance(error, str) else error.code
    known = (facts or {}) if isinstance(error, str) else error.facts
    # A code without words is a defect that a test finds; a reader still gets an answer.
    words = SENTENCES.get(code)
    if words is None:
        return _("This is refused (%(code)s).") % {"code": code}
    return str(words) % {
        # A limit of ten trillion can't be read without separators; other numbers name things.
        name: f"{value:,}" if name == "limit" and isinstance(value, int) else worded(value)
        for name, value in known.items()
    }


def reason(code: str) -> str:
    """Word why a figure is not known."""
    return str(REASONS.get(code) or SENTENCES.get(code) or REASONS["unknown"])


def worded(value: object) -> object:
    """Word a fact: days as 2026-11-20, moments in the reader's zone, amounts with separators."""
    match value:
        case datetime():
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:,f}"
        case str() | int() | float() | None:
            return value
        case Iterable():
            return _(", ").join(str(worded(v)) for v in value)
        case _:
            return str(value)
