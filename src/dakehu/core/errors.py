"""What can go wrong by the rules: a code and facts, never a sentence (see messages.py)."""

from typing import Any


class DakehuError(Exception):
    """A refusal with a code `subject.problem` and the facts that its sentence needs."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class RuleBroken(DakehuError):
    """The input or the state breaks a rule of the method."""


class NotAllowed(DakehuError):
    """The actor may see the object but not do this with it."""


class NotFound(DakehuError):
    """There is no such object, or the viewer may not know of it."""


class Conflict(DakehuError):
    """Somebody changed the object meanwhile; facts carry both values."""
