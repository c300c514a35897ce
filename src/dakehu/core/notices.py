"""Notices: which kinds there are, and how they reach somebody who has chosen nothing."""

from dataclasses import dataclass


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
    )
}
