"""Who works on an opportunity: roles of the selling team (PRJ-3), roles and light of CUS-11."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

#: What somebody does on the selling team, beside the primary owner.
TEAM_ROLES = (
    "presales", "technical", "delivery", "service", "finance", "legal", "executive_sponsor",
    "sales_support", "sales",
)  # fmt: skip
#: What a member may: look, or work as the owner does (a salesperson's grant).
TEAM_RIGHTS = ("read", "work")

#: The parts that the customer's people have in a purchase (CUS-11).
BUYING_ROLES = (
    "purchaser", "user", "technical", "financial", "decision_maker", "initiator", "designer",
    "sponsor",
)  # fmt: skip
#: The seats that are drawn empty while nobody is known for them.
SEATS = ("purchaser", "user", "technical", "financial", "decision_maker")
#: Who decides or holds the gate: their support alone makes the light green.
DECIDERS = frozenset({"decision_maker", "technical", "financial"})

#: Influence: 0 unknown, 1 low, 2 medium, 3 high.
INFLUENCES = (0, 1, 2, 3)
HIGH = 3
#: Attitude: from against to supports; None is unknown.
ATTITUDES = (-2, -1, 0, 1, 2)
SUPPORTS = 2


class Light(StrEnum):
    """The light of CUS-11: red, amber, green."""

    RED = "act"
    AMBER = "watch"
    GREEN = "good"


@dataclass(frozen=True, slots=True)
class Player:
    """A stakeholder as the rule sees them."""

    roles: tuple[str, ...]
    influence: int
    attitude: int | None

    @property
    def decides(self) -> bool:
        """Test for a decision maker or a gatekeeper."""
        return bool(DECIDERS & set(self.roles))

    @property
    def is_key(self) -> bool:
        """Test for a key player: a decision maker, a gatekeeper, or high influence."""
        return self.decides or self.influence == HIGH

    @property
    def supports(self) -> bool:
        """Test for support: leaning to us is none yet."""
        return self.attitude == SUPPORTS


def light_of(players: Iterable[Player]) -> Light:
    """Give the light: green, a decision maker or gatekeeper supports us; amber, a key player does.

    Red where no key player does, so also where nobody is known.
    """
    supporters = [player for player in players if player.is_key and player.supports]
    if any(player.decides for player in supporters):
        return Light.GREEN
    return Light.AMBER if supporters else Light.RED


def empty_seats(taken: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Give the seats for which nobody is known, in their order."""
    known = {role for roles in taken for role in roles}
    return tuple(seat for seat in SEATS if seat not in known)
