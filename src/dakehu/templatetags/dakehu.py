"""What templates may ask for: icons, amounts, days, and numbers with their address."""

from django import template

register = template.Library()
