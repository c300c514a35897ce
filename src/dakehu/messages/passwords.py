"""What is wrong with a password, where Django has no words for it in our languages."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LongEnough(MinimumLengthValidator):
    """A least length, said in Chinese too.

    Django 5.2 asks its catalogues for a sentence with %d; the Chinese one still has another.
    """

    def get_error_message(self) -> str:
        """Say how long it must be."""
        return ngettext(
            "It must have at least %(n)s character.",
            "It must have at least %(n)s characters.",
            self.min_length,
        ) % {"n": self.min_length}
