"""The light and the empty seats of CUS-11, worked by hand."""

import pytest

from dakehu.core.teams import Light, Player, empty_seats, light_of


def player(*roles: str, influence: int = 0, attitude: int | None = None) -> Player:
    return Player(roles, influence, attitude)


@pytest.mark.parametrize(
    ("players", "light"),
    [
        # Nobody is known: no key player supports us.
        ([], Light.RED),
        # A user who supports us but has no great influence is no key player.
        ([player("user", influence=2, attitude=2)], Light.RED),
        # A purchaser of high influence is one; neither decides nor holds a gate: amber.
        ([player("purchaser", influence=3, attitude=2)], Light.AMBER),
        # The technical gatekeeper supports us: green, whatever their influence.
        ([player("technical", influence=1, attitude=2)], Light.GREEN),
        ([player("financial", attitude=2)], Light.GREEN),
        ([player("decision_maker", attitude=2)], Light.GREEN),
        # Leaning to us is no support yet, and unknown is none.
        ([player("decision_maker", influence=3, attitude=1)], Light.RED),
        ([player("decision_maker", influence=3)], Light.RED),
        # One decider against us does not take another's support away.
        ([player("decision_maker", attitude=-2), player("technical", attitude=2)], Light.GREEN),
        # A sponsor of high influence beside a neutral decider: amber.
        (
            [player("sponsor", influence=3, attitude=2), player("decision_maker", attitude=0)],
            Light.AMBER,
        ),
        # Several parts in one person count together.
        ([player("user", "financial", influence=1, attitude=2)], Light.GREEN),
    ],
)
def test_the_light(players: list[Player], light: Light) -> None:
    assert light_of(players) is light


def test_seats_are_empty_while_nobody_is_known_for_them() -> None:
    assert empty_seats([]) == ("purchaser", "user", "technical", "financial", "decision_maker")
    assert empty_seats([("user", "financial"), ("sponsor",), ("technical",)]) == (
        "purchaser", "decision_maker",
    )  # fmt: skip
