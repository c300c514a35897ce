"""Two people at the same thing at once: run as a program by test_second_comer.py, prints JSON.

The first acts and has not committed when the second comes; what the second is told is printed.
"""

import json
import sys
import threading
from collections.abc import Callable
from decimal import Decimal

import django

django.setup()


from django.db import transaction  # noqa: E402

from dakehu.actions.methods import change_method  # noqa: E402
from dakehu.actions.quotas import QuotaTarget, set_quotas  # noqa: E402
from dakehu.actions.units import place_unit  # noqa: E402
from dakehu.core.errors import DakehuError  # noqa: E402
from dakehu.core.methods import GateMode  # noqa: E402
from dakehu.core.periods import containing  # noqa: E402
from dakehu.models import MethodVersion, Quota  # noqa: E402
from tests.ledger.crowd import together  # noqa: E402
from tests.world import OPERATOR, TODAY, World, make_world  # noqa: E402


def meet(first: Callable[[], object], second: Callable[[], object]) -> str:
    """Let the second begin while the first is not committed; give the code it is refused with."""
    acted, told = threading.Event(), []

    def early() -> None:
        with transaction.atomic():
            first()
            acted.set()
            # Long enough for the other to come to the lock, which it must not pass.
            threading.Event().wait(1)

    def late() -> None:
        acted.wait(30)
        try:
            second()
            told.append("done")
        except DakehuError as refused:
            told.append(refused.code)

    together([early, late])
    return told[0]


def tree(world: World) -> str:
    """Hang the east under a team of the west, and the west under a team of the east."""

    def hang(unit: str, parent: str) -> None:
        place_unit(
            actor=world.viewer("admin"), unit_id=world.units[unit],
            parent_id=world.units[parent], on=TODAY, at=world.at,
        )  # fmt: skip

    return meet(lambda: hang("east", "west_team"), lambda: hang("west", "east_team"))


def method(world: World) -> str:
    """Set the gate of a method twice, both from its first version."""
    first = MethodVersion.objects.get(method__key="industrial-6")

    def gate(mode: GateMode) -> None:
        change_method(
            actor=OPERATOR, method_id=first.method_id, seen_number=1, gate=mode, at=world.at
        )

    return meet(lambda: gate(GateMode.REQUIRE), lambda: gate(GateMode.VALIDATE))


def quota(world: World) -> str:
    """Set the quota of a unit twice, both over the same row."""
    quarter = containing(TODAY, "quarter")
    unit = world.units["east"]

    def to(amount: int, seen: int | None) -> None:
        target = QuotaTarget(quarter.start, quarter.end, Decimal(amount), unit_id=unit)
        set_quotas(actor=OPERATOR, targets=[target], today=TODAY, at=world.at, seen_id=seen)

    to(1000, None)
    seen = Quota.objects.get().pk
    return meet(lambda: to(2000, seen), lambda: to(3000, seen))


SCENES = {"tree": tree, "method": method, "quota": quota}

if __name__ == "__main__":
    print(json.dumps({"told": SCENES[sys.argv[1]](make_world())}))
