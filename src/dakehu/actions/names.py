"""Names: the key they are ordered by, and looking one up beyond one's sight (CUS-2)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from pypinyin import lazy_pinyin

from dakehu.actions.bulk import insert_rows
from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.names import folded, surname_of_person
from dakehu.models import Account, AccountName, LookUp, NameToken, Person
from dakehu.queries.names import SameName, same_name
from dakehu.queries.spelling import tokens_of

A_DAY = timedelta(days=1)
_HAN = re.compile(r"([\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")


_NO_KEY = re.compile(r"[^a-z0-9 ]+")


@lru_cache(maxsize=65536)
def sort_key(name: str, limit: int = 160) -> str:
    """Give the ASCII key by which a name is ordered: pinyin of Han characters, case folded."""
    if name.isascii():
        return _plain(name)[:limit]
    # Names in bulk differ by numbers and letters: what is Han in them is spelt once.
    parts = [_spelt(part) if _HAN.match(part) else part for part in _HAN.split(name) if part]
    return _plain(unicodedata.normalize("NFKD", " ".join(parts)))[:limit]


@lru_cache(maxsize=65536)
def person_key(name: str, limit: int = 160) -> str:
    """Give the key by which a person is ordered: the family name as it is read, 曾 as zeng."""
    key, read = sort_key(name, limit), surname_of_person(name.strip())
    if not read:
        return key
    _first, between, rest = key.partition(" ")
    return f"{read}{between}{rest}"[:limit]


@lru_cache(maxsize=65536)
def _spelt(han: str) -> str:
    return " ".join(lazy_pinyin(han))


def _plain(text: str) -> str:
    return _NO_KEY.sub("", text.casefold()).strip()


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Accounts of a name; with `used_up` only those in sight, the day's look-ups being spent."""

    found: tuple[SameName, ...]
    used_up: bool = False
    limit: int = 0


@transaction.atomic
def look_up_name(*, actor: Viewer, name: str, at: datetime) -> LookedUp:
    """Give the accounts of exactly this name, also those that the actor can't see, masked.

    Each name counts once within 24 hours, hit or miss, and is on record for auditors; when the
    day's look-ups (DAKEHU_LOOK_UPS_A_DAY) are spent only accounts in sight are given. Who sees
    all looks up nothing that is hidden.
    """
    key, limit = folded(name), settings.LOOK_UPS_A_DAY
    if not key or actor.sees_all or actor.person_id is None:
        return LookedUp(same_name(viewer=actor, name=name, beyond_sight=True))
    # Two requests at once must not both take the last look-up.
    Person.objects.select_for_update(no_key=True).get(pk=actor.person_id)
    recent = LookUp.objects.filter(person_id=actor.person_id, at__gt=at - A_DAY)
    known = recent.filter(folded=key[:200]).exists()
    if not known and recent.count() >= limit:
        return LookedUp(same_name(viewer=actor, name=name, beyond_sight=False), True, limit)
    found = same_name(viewer=actor, name=name, beyond_sight=True)
    if not known:
        hidden = sum(one.id is None for one in found)
        LookUp.objects.create(
            person_id=actor.person_id, at=at, name=name[:200], folded=key[:200], hidden=hidden
        )
    return LookedUp(found, limit=limit)


def index_accounts(account_ids: Sequence[int]) -> None:
    """Write anew what accounts are found by, inside the caller's transaction (CUS-2)."""
    rows = Account.objects.filter(pk__in=account_ids).values_list(
        "pk", "name", "name_en", "tax_code"
    )
    found: dict[int, set[str]] = {
        pk: tokens_of(name, code) | (tokens_of(english) if english else set())
        for pk, name, english, code in rows
    }
    aliases = AccountName.objects.filter(account_id__in=account_ids)
    for pk, alias in aliases.values_list("account_id", "name"):
        found.get(pk, set()).update(tokens_of(alias))
    NameToken.objects.filter(kind="account", object_id__in=account_ids).delete()
    insert_rows(
        NameToken,
        ("token", "kind", "object_id"),
        ((token, "account", pk) for pk, tokens in found.items() for token in sorted(tokens)),
    )


def forget_accounts(account_ids: Sequence[int]) -> None:
    """Let accounts that were deleted be found by no name, inside the caller's transaction."""
    NameToken.objects.filter(kind="account", object_id__in=account_ids).delete()


#: So many accounts at a time: a short write lock.
_INDEXED = 300


@transaction.atomic
def index_from(after: int) -> int | None:
    """Index the next accounts that are not indexed yet; give the last, None where all are."""
    there = Account.objects.filter(pk__gt=after, deleted_at__isnull=True)
    ids = list(there.order_by("pk").values_list("pk", flat=True)[:_INDEXED])
    if not ids:
        return None
    here = NameToken.objects.filter(kind="account", object_id__in=ids)
    done = set(here.values_list("object_id", flat=True))
    index_accounts([pk for pk in ids if pk not in done])
    return int(ids[-1])


@dataclass
class LookUps:
    """What a run of many rows tells of records out of sight: counted like names looked up singly.

    Kept apart from the run, which a dry run takes back: `record_look_ups` writes it afterwards.
    """

    actor: Viewer
    at: datetime
    names: dict[str, str] = field(default_factory=dict)
    _left: int | None = None

    def tell(self, name: str) -> None:
        """Count that the actor is told of a hidden record of this name.

        Raises RuleBroken("import.look_ups_used_up") where the day's look-ups are spent.
        """
        key = folded(name)[:200]
        if key in self.names or self.actor.sees_all or self.actor.person_id is None:
            return
        recent = LookUp.objects.filter(person_id=self.actor.person_id, at__gt=self.at - A_DAY)
        if self._left is None:
            self._left = settings.LOOK_UPS_A_DAY - recent.count()
        if not recent.filter(folded=key).exists():
            if self._left <= 0:
                raise RuleBroken("import.look_ups_used_up", limit=settings.LOOK_UPS_A_DAY)
            self._left -= 1
            self.names[key] = name


@transaction.atomic
def record_look_ups(told: LookUps) -> None:
    """Put on record what a run has told of records out of sight, once a name within 24 hours."""
    person = told.actor.person_id
    if person is None:
        return
    LookUp.objects.bulk_create(
        LookUp(person_id=person, at=told.at, name=name[:200], folded=key, hidden=1)
        for key, name in told.names.items()
    )
    told.names.clear()
