"""Notices: telling people, what they want to be told, what they have read, mailing it."""

from dakehu.actions.notices.choices import KindChoice, choose_notices
from dakehu.actions.notices.due import tell_due_notices
from dakehu.actions.notices.mails import Mailed, send_notice_mails
from dakehu.actions.notices.read import forget_read, read_notice, read_notices
from dakehu.actions.notices.tell import tell, tell_followers, untell, waits_no_more

__all__ = [
    "KindChoice",
    "Mailed",
    "choose_notices",
    "forget_read",
    "read_notice",
    "read_notices",
    "send_notice_mails",
    "tell",
    "tell_due_notices",
    "tell_followers",
    "untell",
    "waits_no_more",
]
