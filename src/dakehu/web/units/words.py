"""Words of units: kinds, and fields as forms and the history call them."""

from django.utils.translation import gettext_lazy as lazy

KINDS = {
    "company": lazy("Company"),
    "business_unit": lazy("Business unit"),
    "region": lazy("Region"),
    "team": lazy("Team"),
}
WORDS = {
    "name_zh": lazy("Name in Chinese"),
    "name_en": lazy("Name in English"),
    "kind": lazy("Kind"),
    "method_id": lazy("Default sales method"),
    "small_sale_threshold_minor": lazy("Threshold of out-of-funnel sales"),
    "created": lazy("Created"),
}
