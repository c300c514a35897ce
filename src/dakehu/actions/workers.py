"""Which process holds a piece of work: the mark of a lease, and whether its process still lives."""

import os
import socket
from uuid import uuid4


def mark_of_this_one() -> str:
    """Give a mark for a lease that this process takes: never the same twice."""
    return f"{uuid4().hex[:12]}:{os.getpid()}:{_here()}"[:36]


def is_gone(mark: str) -> bool:
    """Test if a lease was taken by a process of this machine that is no more."""
    _mark, _colon, rest = mark.partition(":")
    pid, _colon, host = rest.partition(":")
    return host == _here()[: len(host)] and pid.isdecimal() and not _lives(int(pid))


def _here() -> str:
    return socket.gethostname()[-12:]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
