"""Sending the weekly mails of the Monday review: one a person and week."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.models import ReviewMail
from dakehu.queries.organisation import organisation
from dakehu.queries.weekly import Weekly, weekly

#: Words a mail in its recipient's language: subject and text.
Word = Callable[[Weekly, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sent:
    """How many were written to, had been already this week, and could not be reached."""

    sent: int
    already: int
    failed: int


def send_weekly_review_mails(*, actor: Viewer, at: datetime, word: Word) -> Sent:
    """Write to everybody who has something to be told; again in the same week: to nobody twice.

    A mail is put on record before it is handed over, and taken off where the server refuses it,
    so that a run that is killed leaves out one mail rather than sending it twice. NotAllowed
    `mail.send`, RuleBroken `mail.off`.
    """
    if settings.MAIL == "off":
        raise RuleBroken("mail.off")
    today = organisation().today(at)
    monday = today - timedelta(days=today.weekday())
    sent = already = failed = 0
    for one in weekly(actor, today=today):
        try:
            with transaction.atomic():
                row = ReviewMail.objects.create(person_id=one.person.id, week_on=monday, sent_at=at)
        except IntegrityError:
            already += 1
            continue
        subject, body = word(one, settings.MAIL_URL)
        try:
            EmailMessage(subject, body, to=[one.email]).send()
            sent += 1
        except (SMTPException, OSError):
            row.delete()
            failed += 1
    return Sent(sent, already, failed)
