"""What somebody wants to be told, how, and when they are left alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotFound, RuleBroken
from dakehu.core.notices import KINDS, MAIL
from dakehu.models import NoticeChoice, NoticeHours, Person


@dataclass(frozen=True, slots=True)
class KindChoice:
    """Of one kind: whether it stands in the list, and how it is mailed (off, now, digest)."""

    in_product: bool
    mail: str


@transaction.atomic
def choose_notices(
    *,
    actor: Viewer,
    kinds: Mapping[str, KindChoice],
    quiet_from: int | None,
    quiet_until: int | None,
    digest_at: int,
    seen_version: int | None = None,
) -> None:
    """Keep what the actor wants of these kinds, their quiet hours and the hour of their digest.

    Raises NotFound("person.unknown_login"), Conflict("notice.choices_changed"),
    RuleBroken("notice.unknown_kind", "notice.unknown_mail", "notice.half_quiet",
    "notice.bad_hour").
    """
    person = Person.objects.select_for_update().filter(pk=actor.person_id or 0).first()
    if person is None:
        raise NotFound("person.unknown_login", login=actor.login)
    if (quiet_from is None) != (quiet_until is None):
        raise RuleBroken("notice.half_quiet", field="quiet_until")
    for name, hour in (("quiet_from", quiet_from), ("quiet_until", quiet_until),
                       ("digest_at", digest_at)):  # fmt: skip
        if hour is not None and not 0 <= hour <= 23:
            raise RuleBroken("notice.bad_hour", field=name)
    for kind, choice in kinds.items():
        if kind not in KINDS:
            raise RuleBroken("notice.unknown_kind", kind=kind)
        if choice.mail not in MAIL:
            raise RuleBroken("notice.unknown_mail", field=kind)
    held = NoticeHours.objects.filter(person=person).first()
    version = held.version if held else 0
    if seen_version is not None and seen_version != version:
        raise Conflict("notice.choices_changed")
    NoticeHours.objects.update_or_create(
        person=person,
        defaults={
            "quiet_from": quiet_from, "quiet_until": quiet_until, "digest_at": digest_at,
            "version": version + 1,
        },
    )  # fmt: skip
    NoticeChoice.objects.bulk_create(
        [
            NoticeChoice(person=person, kind=kind, in_product=one.in_product, mail=one.mail)
            for kind, one in kinds.items()
        ],
        update_conflicts=True,
        unique_fields=["person", "kind"],
        update_fields=["in_product", "mail"],
    )
