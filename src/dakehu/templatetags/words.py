"""Small words of the pages that differ by language."""

from django import template
from django.utils.translation import pgettext

register = template.Library()


@register.simple_tag
def colon() -> str:
    """Give what stands between a name and what it names: Chinese writes it full width."""
    return pgettext("between a name and what it names", ": ")
