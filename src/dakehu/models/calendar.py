"""Calendars outside: who lets one read their own days by a secret address."""

from django.db import models


class CalendarFeed(models.Model):
    """The iCalendar feed of a person; of its secret only the hash is kept."""

    person = models.OneToOneField("dakehu.Person", on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
