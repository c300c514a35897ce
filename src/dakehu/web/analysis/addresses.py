"""What the funnel's heavier figures are called: health, speed, leakage, products, two days."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = tuple[str | Promise, str | Promise, str, str]
ADDRESSES: dict[str, Words] = {
    "funnel.health": (
        _("Health"),
        _("Open opportunities at the stage ÷ norm, by count and by amount; the worse heads."),
        "FUN-7",
        "dakehu.core.health.stage_health",
    ),
    "funnel.norm": (
        _("Norm"),
        _("Mean of the same stage on the same day of the last four quarters, each at its rates."),
        "FUN-7",
        "dakehu.core.health.norm_of",
    ),
    "funnel.missing": (
        _("Missing to be healthy"),
        _("Norm × 70% or × 100% − what stands open at the stage."),
        "FUN-7",
        "dakehu.core.health.measured",
    ),
    "funnel.conversion": (
        _("Conversion"),
        _("Of the opportunities that entered the stage in the window, the share left forward."),
        "FUN-9",
        "dakehu.core.speed.stage_speed",
    ),
    "funnel.median_days": (
        _("Median days"),
        _("Days by which half of the stays have ended (Kaplan–Meier; open ones are censored)."),
        "FUN-9",
        "dakehu.core.speed.kaplan_meier_median",
    ),
    "funnel.still_in": (
        _("Still in it"),
        _("Of the stays begun in the window, the share that is still open."),
        "FUN-9",
        "dakehu.core.speed.stage_speed",
    ),
    "funnel.age": (
        _("Age against the median"),
        _("Days at the stage ÷ the stage's median days; from 1.5 on it is flagged."),
        "FUN-9",
        "dakehu.core.speed.slowness",
    ),
    "funnel.calibrated_rate": (
        _("Calibrated win rate"),
        _("(method's rate × m + wins) ÷ (m + decided), of all that were ever at the stage."),
        "FUN-9",
        "dakehu.core.speed.calibrated_bp",
    ),
    "funnel.leak": (
        _("Leakage"),
        _("Amounts moved back, slipped, lost or shrunk in the window, at the day's rates."),
        "FUN-9",
        "dakehu.queries.leaks.table.leaks",
    ),
    "funnel.product": (
        _("Funnel by product"),
        _("Sum of the lines of the product as of the day; without lines the whole amount."),
        "FUN-5",
        "dakehu.queries.by_product.funnel_by_product",
    ),
    "funnel.product_closed": (
        _("Completed sales of a product"),
        _("Amounts won in the period so far, split over the lines by their amounts."),
        "FUN-6",
        "dakehu.queries.by_product.funnel_by_product",
    ),
    "funnel.product_weighted": (
        _("Weighted amount of a product in the period"),
        _("Sum of lines × win rate, of those expected to close within the period."),
        "FUN-6",
        "dakehu.core.funnel.weighted_for_period",
    ),
    "funnel.bar": (
        _("Between two days"),
        _("What the movements of this kind did, at the win and exchange rates of the opening."),
        "FUN-5",
        "dakehu.core.waterfall.waterfall",
    ),
    "funnel.flow": (
        _("Flow between stages"),
        _("Opportunities that stood there at the opening and stand here at the close."),
        "FUN-5",
        "dakehu.queries.flow.stage_flow",
    ),
    "funnel.moved_most": (
        _("What moved most"),
        _("Change of the weighted amount at the opening's rates, and what was closed."),
        "FUN-5",
        "dakehu.queries.compare.moved_most",
    ),
}
