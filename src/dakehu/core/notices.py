"""Notices: which kinds there are, how they reach somebody, when nobody is disturbed."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

#: How a kind of notice may be mailed.
MAIL = ("off", "now", "digest")
#: The hour of the digest where nothing was chosen.
DIGEST_AT = 8
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice: whether it is mailed (off, now, digest) where nothing was chosen."""

    key: str
    mail: str = "digest"


KINDS: dict[str, NoticeKind] = {
    kind.key: kind
    for kind in (
        NoticeKind("assigned", "now"),
        NoticeKind("mentioned", "now"),
        NoticeKind("validation_asked", "now"),
        NoticeKind("validation_answered", "now"),
        NoticeKind("next_step_due"),
        NoticeKind("close_passed"),
        NoticeKind("stalled"),
        NoticeKind("stage_moved", "off"),
        NoticeKind("import_done", "off"),
        NoticeKind("view_deleted", "off"),
    )
}


def is_quiet(hour: int, quiet_from: int | None, quiet_until: int | None) -> bool:
    """Test if an hour of the day lies in [from, until), over midnight too; none: never."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return False
    if quiet_from < quiet_until:
        return quiet_from <= hour < quiet_until
    return hour >= quiet_from or hour < quiet_until


def last_digest(now: datetime, digest_at: int) -> datetime:
    """Give the latest moment at or before `now` (aware, local) at which a digest was due."""
    moment = datetime.combine(now.date(), time(digest_at), now.tzinfo)
    return moment if moment <= now else moment - DAY
