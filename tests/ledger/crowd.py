"""A crowd at work on a database of its own: run as a program by test_crowd.py, answers in JSON.

A program, because tests share one transaction, and this is about many: its database is made,
filled, fought over and proved here. What people do is what test_opportunities_property does.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import django

django.setup()


from django.db import connections, transaction  # noqa: E402

from dakehu.actions.appointments import appoint_person  # noqa: E402
from dakehu.actions.ledger import carry_forward, rebuild  # noqa: E402
from dakehu.actions.organisation import edit_settings, settings_of  # noqa: E402
from dakehu.actions.rates import close_books  # noqa: E402
from dakehu.actions.units import close_unit  # noqa: E402
from dakehu.core.access import operator  # noqa: E402
from dakehu.core.errors import Conflict, DakehuError, RuleBroken  # noqa: E402
from dakehu.models import (  # noqa: E402
    Appointment,
    Balance,
    CarriedMonth,
    CompanyBalance,
    Turnover,
)
from dakehu.queries.ledger import carried_until  # noqa: E402
from dakehu.queries.ledger_check import verify_ledger  # noqa: E402
from dakehu.queries.organisation import organisation  # noqa: E402
from dakehu.queries.snapshot import acting  # noqa: E402
from dakehu.queries.stamps import marks_change  # noqa: E402
from tests.actions.test_opportunities_property import do  # noqa: E402
from tests.world import World, make_world  # noqa: E402

LATE, TODAY = date(2026, 3, 10), date(2026, 6, 30)
SUMS = ("count", "amount_minor", "base_minor")
THREADS, POSTINGS, OPPORTUNITIES = 8, 25, 10
#: How many days are carried one after the other while people post of them.
DAYS = 12


def founded() -> tuple[World, list[int]]:
    """Make a few opportunities of spring, and carry the months up to today's."""
    world = make_world()
    made = [
        world.create("wen", on=LATE + timedelta(days=n), amount=Decimal(1000 + n))
        for n in range(OPPORTUNITIES)
    ]
    carry_forward(upto=TODAY, at=world.at)
    assert CarriedMonth.objects.count() > 3
    return world, [saved.opportunity_id for saved in made]


def carried() -> tuple[set[tuple[object, ...]], ...]:
    """Give what is carried, without what has come to nothing."""
    found = []
    for model in (Balance, CompanyBalance, Turnover):
        names = [f.attname for f in model._meta.concrete_fields if f.attname != "id"]
        sums = [names.index(name) for name in names if name in SUMS]
        rows = model.objects.values_list(*names)
        found.append({row for row in rows if any(row[place] for place in sums)})
    return tuple(found)


def proved(world: World) -> dict[str, object]:
    """Say whether the ledger is right, and whether a rebuild from the entries changes anything."""
    before = carried()
    verified = verify_ledger(operator())
    rebuild(since=None, upto=TODAY, at=world.at)
    deviations = [
        f"{check.key}: {found.what} {found.facts}"
        for check in verified.checks
        for found in check.deviations
    ]
    return {
        "right": deviations or verified.right,
        "same_when_rebuilt": carried() == before,
    }


def two() -> dict[str, object]:
    """Let a posting of today meet a late one that isn't committed yet: it waits, none is lost."""
    world, keys = founded()
    posted, committed = threading.Event(), threading.Event()
    order: list[str] = []

    def late() -> None:
        with transaction.atomic():
            do(world, keys[0], ("edit", Decimal(5000), "CNY", 45, None, 2), LATE)
            posted.set()
            # Long enough for the other to come to the lock, which it must not pass.
            committed.wait(1)
            order.append("late")

    def today() -> None:
        posted.wait(30)
        do(world, keys[1], ("edit", Decimal(7000), "CNY", 45, None, 2), TODAY)
        order.append("today")
        committed.set()

    together([late, today])
    return {"order": order, **proved(world)}


def books() -> dict[str, object]:
    """Close the books while a posting into them is under way, and post while they are closed."""
    world, keys = founded()
    finance = world.viewer("fin")
    posted, closing = threading.Event(), threading.Event()
    order: list[str] = []

    def posting() -> None:
        with transaction.atomic():
            do(world, keys[0], ("edit", Decimal(5000), "CNY", 45, None, 2), LATE)
            posted.set()
            closing.wait(30)
            # Long enough for the other to come to the lock, which it must not pass.
            time.sleep(1)
            order.append("posted")

    def close() -> None:
        posted.wait(30)
        closing.set()
        close_books(actor=finance, until_on=LATE + timedelta(days=5), today=TODAY, at=world.at)
        order.append("closed")

    together([posting, close])
    try:
        do(world, keys[1], ("edit", Decimal(7000), "CNY", 45, None, 2), LATE + timedelta(days=1))
    except RuleBroken as refused:
        order.append(refused.code)
    return {"order": order, **proved(world)}


def closing() -> dict[str, object]:
    """Close a unit while a deal comes back to life in it, and appoint into it meanwhile."""
    world, keys = founded()
    team, admin = world.units["east_team"], world.viewer("admin")
    for key in keys:
        do(world, key, ("lose",), TODAY)
    Appointment.objects.filter(unit_id=team).update(until_on=TODAY)
    reopened, closes = threading.Event(), threading.Event()
    order: list[str] = []

    def reopening() -> None:
        with transaction.atomic():
            Appointment.objects.filter(person_id=world.people["wen"]).update(until_on=None)
            do(world, keys[0], ("reopen",), TODAY)
            Appointment.objects.filter(person_id=world.people["wen"]).update(until_on=TODAY)
            reopened.set()
            closes.wait(30)
            # Long enough for the other to come to the lock, which it must not pass.
            time.sleep(1)
            order.append("reopened")

    def close() -> None:
        reopened.wait(30)
        closes.set()
        try:
            close_unit(actor=admin, unit_id=team, on=TODAY, at=world.at)
        except RuleBroken as refused:
            order.append(refused.code)

    together([reopening, close])
    do(world, keys[0], ("lose",), TODAY)
    appointed, closes_now = threading.Event(), threading.Event()

    def appoint() -> None:
        with transaction.atomic():
            appoint_person(
                actor=admin, person_id=world.people["lu"], unit_id=team, role="salesperson",
                from_on=TODAY, at=world.at,
            )  # fmt: skip
            appointed.set()
            closes_now.wait(30)
            time.sleep(1)
            order.append("appointed")

    def close_again() -> None:
        appointed.wait(30)
        closes_now.set()
        try:
            close_unit(actor=admin, unit_id=team, on=TODAY, at=world.at)
        except RuleBroken as refused:
            order.append(refused.code)

    together([appoint, close_again])
    return {"order": order, **proved(world)}


def settings() -> dict[str, object]:
    """Let two people save the settings from the same form, each in a request of their own."""
    world, _keys = founded()
    admin = world.viewer("admin")
    with acting(marks_change):
        seen = settings_of(organisation())
        mine, theirs = replace(seen, name_en="Mine"), replace(seen, name_en="Theirs")
        together([lambda: edit_settings(actor=admin, seen=seen, wanted=theirs, at=world.at)])
        try:
            edit_settings(actor=admin, seen=seen, wanted=mine, at=world.at)
        except Conflict as conflict:
            return {"refused": conflict.code, "name": organisation().name_en}
    return {"refused": None, "name": organisation().name_en}


def deed(dice: random.Random) -> tuple[object, ...]:
    """Give one thing that somebody does; mostly what is never refused."""
    match dice.randrange(10):
        case 0:
            return (dice.choice(("win", "lose", "reopen", "void", "restore", "undo")),)
        case 1 | 2:
            return (dice.choice(("advance", "regress")),)
        case 3:
            return ("reassign", dice.choice(("wen", "bo", "lu")))
        case 4:
            return ("correct", dice.randrange(6), 500, -1, False)
    amount = Decimal(dice.randrange(1, 9999))
    return ("edit", amount, "CNY", dice.choice((0, 20, 45)), None, 2)


def many(seed: int) -> dict[str, object]:
    """Let many people post at once, of today and late, into the same few opportunities."""
    world, keys = founded()
    outcomes: Counter[str] = Counter()

    def work(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        for _ in range(POSTINGS):
            key, late = dice.choice(keys), dice.random() < 0.5
            last = world.row(key).last_on
            try:
                if late and last == TODAY:
                    # What moved today can't move before; something new may have begun then.
                    world.create("wen", on=LATE + timedelta(days=dice.randrange(100)))
                else:
                    day = min(last + timedelta(days=dice.randrange(4)), TODAY) if late else TODAY
                    do(world, key, deed(dice), day)
                outcomes["late" if late else "today"] += 1
            except Conflict:
                outcomes["conflict"] += 1
            except DakehuError:
                outcomes["refused"] += 1

    def carry() -> None:
        for _ in range(5):
            carry_forward(upto=TODAY, at=world.at)

    together([*((lambda n=n: work(n)) for n in range(THREADS)), carry])
    return {**outcomes, **proved(world)}


def days(seed: int) -> dict[str, object]:
    """Let many post of the days before, and keep product lines, while those days are carried."""
    world, keys = founded()
    rebuild(since=None, upto=TODAY - timedelta(days=DAYS), at=world.at)
    outcomes: Counter[str] = Counter()
    busy, ended = threading.Event(), list[int]()

    def work(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        for _ in range(POSTINGS):
            day = TODAY - timedelta(days=dice.randrange(DAYS))
            key = dice.choice(keys)
            try:
                lot = dice.random()
                if lot < 0.5 or world.row(key).last_on > day:
                    # All alike: whoever posts of the same day adds to the same rows.
                    world.create("wen", on=day, amount=Decimal(100))
                elif lot < 0.7:
                    # What leaked since that day falls to other products now.
                    do(world, key, ("lines", dice.choice(("crane", "belt")), 1), day)
                    outcomes["lines"] += 1
                else:
                    do(world, key, deed(dice), day)
                outcomes["finished" if day < TODAY else "today"] += 1
            except Conflict:
                outcomes["conflict"] += 1
            except DakehuError:
                outcomes["refused"] += 1
            busy.set()
        ended.append(number)
        busy.set()

    def carry() -> None:
        for back in range(DAYS, -1, -1):
            # Between two days somebody posts, as long as anybody still does.
            if len(ended) < THREADS:
                busy.wait(30)
                busy.clear()
            carry_forward(upto=TODAY - timedelta(days=back), at=world.at)
            outcomes["carried"] += 1

    together([*((lambda n=n: work(n)) for n in range(THREADS)), carry])
    outcomes["until"] = (carried_until() - TODAY).days
    return {**outcomes, **proved(world)}


def together(jobs: list[Callable[[], None]]) -> None:
    """Run jobs in threads with connections of their own; raise what any of them raised."""
    problems: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as problem:  # noqa: BLE001  it is raised again below
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


if __name__ == "__main__":
    asked = {
        "two": two,
        "books": books,
        "settings": settings,
        "closing": closing,
    }.get(sys.argv[1])
    seeded = days if sys.argv[1] == "days" else many
    print(json.dumps(asked() if asked else seeded(int(sys.argv[2]))))
