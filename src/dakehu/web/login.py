"""Log-in: nobody signs up by themselves; people are created by an administrator."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Refuse open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
