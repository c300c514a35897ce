"""The first administrator of an installation is made by command."""

import json

import pytest

from dakehu.models import Appointment, Person, SalesUnit
from dakehu.queries.people import viewer_by_login
from tests.cast import make_cast
from tests.cli.conftest import Terminal

pytestmark = pytest.mark.django_db
GOOD = "a long pass phrase\n"


@pytest.fixture(autouse=True)
def _company() -> None:
    make_cast()


def test_who_is_added_can_log_in_and_administer(terminal: Terminal) -> None:
    done = terminal.run("person", "add", "root", "--name", "管理员", answer_with=GOOD)
    assert done.exit_code == 0, done.output
    person = Person.objects.get(login="root")
    assert person.check_password(GOOD.strip())
    appointment = Appointment.objects.get(person=person)
    assert (appointment.role, appointment.unit.code) == ("administrator", "company")
    viewer = viewer_by_login(login="root", today=appointment.from_on)
    assert viewer.holds("person.edit")
    assert not viewer.holds("opportunity.edit")


def test_a_company_without_units_gets_its_first(terminal: Terminal) -> None:
    from dakehu.models import UnitPlace

    Appointment.objects.all().delete()
    UnitPlace.objects.all().delete()
    SalesUnit.objects.all().delete()
    assert (
        terminal.run("person", "add", "root", "--name", "管理员", answer_with=GOOD).exit_code == 0
    )
    assert SalesUnit.objects.get().kind == "company"


def test_a_salesperson_is_appointed_in_their_unit(terminal: Terminal) -> None:
    words = ("person", "add", "zoe", "--name", "左伊", "--role", "salesperson", "--unit", "team-2")
    assert terminal.run(*words, answer_with=GOOD).exit_code == 0
    assert Appointment.objects.get(person__login="zoe").unit.code == "team-2"


@pytest.mark.parametrize(
    ("words", "typed", "code"),
    [
        (("zoe", "--name", "左伊"), "12345\n", "person.weak_password"),
        (("zoe", "--name", "左伊"), "\n", "person.weak_password"),
        (("amy", "--name", "左伊"), GOOD, "person.login_taken"),
        (("z z", "--name", "左伊"), GOOD, "person.bad_login"),
        (("zoe", "--name", " "), GOOD, "person.name_missing"),
        (("zoe", "--name", "左伊", "--unit", "nowhere"), GOOD, "unit.unknown"),
    ],
)
def test_what_can_not_be_is_said_and_nobody_is_added(
    terminal: Terminal, words: tuple[str, ...], typed: str, code: str
) -> None:
    before = Person.objects.count()
    refused = terminal.run("person", "add", *words, "--json", answer_with=typed)
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["code"] == code
    assert Person.objects.count() == before


def test_a_role_that_is_none_is_misuse(terminal: Terminal) -> None:
    words = ("person", "add", "zoe", "--name", "左伊", "--role", "king")
    assert terminal.run(*words, answer_with=GOOD).exit_code == 2


def test_a_new_password_replaces_the_old(terminal: Terminal) -> None:
    assert terminal.run("person", "password", "amy", answer_with=GOOD).exit_code == 0
    assert Person.objects.get(login="amy").check_password(GOOD.strip())
    refused = terminal.run("person", "password", "nobody", answer_with=GOOD)
    assert refused.exit_code == 1
