"""Mailing notices: at once or once a day, never in quiet hours, never the same one twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q

from dakehu.actions.notices.tell import GIVEN_UP, SENT, WAITS
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.notices import DIGEST_AT, is_quiet, last_digest
from dakehu.models import Notice, NoticeHours, Person
from dakehu.queries.background import local
from dakehu.queries.notices import NoticeRow, notices_by_id
from dakehu.queries.people import viewer_of

#: Words a mail: what is told, the language, whether it is the digest, what links begin with.
Word = Callable[[tuple[NoticeRow, ...], str, bool, str], tuple[str, str]]
#: One mail tells so many things; the rest is in the product.
MOST_TOLD = 50
#: What no server took for so long is given up.
GIVEN_UP_AFTER = timedelta(days=3)
_PEOPLE = 5_000


@dataclass(frozen=True, slots=True)
class Mailed:
    """How many mails were sent, and how many no server took."""

    sent: int = 0
    failed: int = 0


def send_notice_mails(*, actor: Viewer, at: datetime, word: Word) -> Mailed:
    """Mail what waits for this moment, one mail a person, in their language.

    Notices count as sent before the mail is handed over, and wait again where the server refuses
    it: a worker that is killed leaves one mail out rather than sending it twice. What was read in
    the product meanwhile is not mailed. Raises NotAllowed("mail.send").
    """
    if not actor.is_operator:
        raise NotAllowed("mail.send")
    now = local(at)
    if settings.MAIL == "off" or now is None:
        return Mailed()
    waiting = Notice.objects.filter(mail_state=WAITS).filter(
        Q(mail_at__isnull=True) | Q(mail_at__lte=at)
    )
    people = list(
        waiting.order_by("person_id").values_list("person_id", flat=True).distinct()[:_PEOPLE]
    )
    hours = {row.person_id: row for row in NoticeHours.objects.filter(person_id__in=people)}
    sent = failed = 0
    for person in Person.objects.filter(pk__among=people).order_by("id").iterator(chunk_size=500):
        for is_digest, due in _due(person.pk, hours.get(person.pk), now):
            done = _send(person, due, is_digest, at, word)
            sent += done is True
            failed += done is False
    return Mailed(sent, failed)


def _due(person_id: int, hours: NoticeHours | None, now: datetime) -> list[tuple[bool, Q]]:
    """Give what may be mailed to somebody at this moment: at once, and their digest.

    In their quiet hours neither: a digest that comes due then is still due when they end.
    """
    if hours is not None and is_quiet(now.hour, hours.quiet_from, hours.quiet_until):
        return []
    mine = Q(person_id=person_id, mail_state=WAITS)
    digest_at = hours.digest_at if hours else DIGEST_AT
    return [
        (False, mine & Q(mail_at__lte=now)),
        (True, mine & Q(mail_at__isnull=True, at__lt=last_digest(now, digest_at))),
    ]


def _send(person: Any, due: Q, is_digest: bool, at: datetime, word: Word) -> bool | None:
    """Send one mail; None where there was nothing to say."""
    with transaction.atomic():
        ids = list(
            Notice.objects.select_for_update()
            .filter(due)
            .order_by("-id")
            .values_list("pk", flat=True)
        )
        if not ids:
            return None
        reached = person.is_active and bool(person.email)
        Notice.objects.filter(pk__among=ids).update(mail_state=SENT if reached else GIVEN_UP)
    if not reached:
        return None
    # Mail-only notices count as read from the start.
    unread = Notice.objects.filter(pk__among=ids).filter(Q(read_at=None) | Q(read_at=F("at")))
    told = list(unread.order_by("-id").values_list("pk", flat=True)[:MOST_TOLD])
    if not told:
        return None
    today = _today(at)
    reader = viewer_of(
        person_id=person.pk, login=person.login, today=today, language=person.language
    )
    rows = notices_by_id(reader, ids=told)
    subject, body = word(rows, person.language, is_digest, settings.MAIL_URL)
    try:
        EmailMessage(subject, body, to=[person.email]).send()
    except (SMTPException, OSError):
        again = Notice.objects.filter(pk__among=ids)
        again.filter(at__gte=at - GIVEN_UP_AFTER).update(mail_state=WAITS)
        again.filter(at__lt=at - GIVEN_UP_AFTER).update(mail_state=GIVEN_UP)
        return False
    return True


def _today(at: datetime) -> Any:
    now = local(at)
    return now.date() if now else at.date()
