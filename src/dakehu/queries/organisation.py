"""The organisation's settings and its currencies, as values."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Subquery

from dakehu.core.errors import NotFound
from dakehu.models import BooksClosing, CarriedMonth, Organisation
from dakehu.queries.stamps import kept_while


@dataclass(frozen=True, slots=True)
class Org:
    """What the whole installation agrees on."""

    name_zh: str
    name_en: str
    base_currency: str
    base_digits: int
    time_zone: str
    fiscal_first_month: int
    amounts_with_vat: bool
    weighted_scope: str
    progress_literal: bool
    win_rate_kind: str
    calibration_weight: int
    is_demo: bool
    #: Finance closed the books up to this day.
    closed_until: date | None
    #: The first and the last month whose balance is carried; none is missing between them.
    carried: tuple[date, date] | None
    #: The first day whose turnover is not carried; date.min where none is.
    turnover_until: date
    #: The first day whose stays in stages are not carried; date.min where none is.
    stays_until: date

    def moment(self, text: str) -> datetime:
        """Read a moment; without an offset it is meant in this time zone. Raises ValueError."""
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.time_zone))
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            # The first and the last day have moments that no other zone can name.
            raise ValueError(text) from error

    def today(self, now: datetime) -> date:
        """Give the business day of a moment: in the organisation's time zone."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()


@kept_while("house", "books")
def organisation() -> Org:
    """Give the organisation. Raises NotFound("organisation.missing") before `dakehu init`."""
    closings = BooksClosing.objects.order_by("-recorded_at", "-id").values("until_on")
    months = CarriedMonth.objects.values("month")
    row = (
        Organisation.objects.select_related("base_currency")
        .annotate(
            closed_until=Subquery(closings[:1]),
            carried_first=Subquery(months.order_by("month")[:1]),
            carried_last=Subquery(months.order_by("-month")[:1]),
            days_until=Subquery(months.order_by("-month").values("days_until")[:1]),
            stays_until=Subquery(months.order_by("-month").values("stays_until")[:1]),
        )
        .first()
    )
    if row is None:
        raise NotFound("organisation.missing")
    return Org(
        name_zh=row.name_zh,
        name_en=row.name_en,
        base_currency=row.base_currency.code,
        base_digits=row.base_currency.digits,
        time_zone=row.time_zone,
        fiscal_first_month=row.fiscal_first_month,
        amounts_with_vat=row.amounts_with_vat,
        weighted_scope=row.weighted_scope,
        progress_literal=row.progress_literal,
        win_rate_kind=row.win_rate_kind,
        calibration_weight=row.calibration_weight,
        is_demo=row.is_demo,
        closed_until=row.closed_until,
        carried=(row.carried_first, row.carried_last) if row.carried_first else None,
        turnover_until=row.days_until or row.carried_last or date.min,
        stays_until=row.stays_until or date.min,
    )
