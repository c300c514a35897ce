"""Two who save at the same moment: the one who loses is told, and nothing of theirs is half."""

import psycopg.errors
import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from dakehu.http.refusals import Refusals, lost_a_race
from dakehu.models import Person
from tests.world import World


def nobody(_request: HttpRequest) -> HttpResponse:
    raise AssertionError("no page is asked for")


def deadlock() -> OperationalError:
    error = OperationalError("deadlock detected")
    error.__cause__ = psycopg.errors.DeadlockDetected("deadlock detected")
    return error


@pytest.mark.parametrize("error", [deadlock(), OperationalError("database is locked")])
def test_who_loses_is_asked_to_save_again(world: World, error: OperationalError) -> None:
    request = RequestFactory().post("/opportunities/create/")
    request.user = Person.objects.get(pk=world.people["wen"])
    with translation.override("en"):
        answer = Refusals(nobody).process_exception(request, error)
    assert answer is not None
    assert answer.status_code == 409
    assert "save again" in answer.content.decode()


@pytest.mark.parametrize("error", [OperationalError("disk full"), ValueError("database is locked")])
def test_any_other_failure_stays_one(error: Exception) -> None:
    assert not lost_a_race(error)
    request = RequestFactory().post("/")
    assert Refusals(nobody).process_exception(request, error) is None
