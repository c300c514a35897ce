"""Opportunities as pages: list, form, dialogs; what was typed is never lost (DESIGN: Pages)."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.core.ledger import Place
from dakehu.models import Opportunity, Person
from tests.world import World


def client(world: World, login: str) -> Client:
    made = Client()
    made.force_login(Person.objects.get(pk=world.people[login]))
    return made


def typed(world: World, **changed: str) -> dict[str, str]:
    return {
        "name": "Crane", "account": "Harbour Group", "currency": "CNY", "category": "1",
        "stage": f"{world.methods['industrial-6']}:interest", "amount": "1,200",
    } | changed  # fmt: skip


def test_create_list_page_and_advance(world: World) -> None:
    wen = client(world, "wen")
    assert wen.get("/opportunities/create/").status_code == 200
    answer = wen.post("/opportunities/create/", typed(world))
    row = Opportunity.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/opportunities/{row.pk}/")
    assert "Crane" in wen.get("/opportunities/").content.decode()
    page = wen.get(f"/opportunities/{row.pk}/").content.decode()
    assert "Oral or written purchase request" in page
    answer = wen.post(
        f"/opportunities/{row.pk}/advance/", {"stage": "nurture", "seen": row.version}
    )
    assert answer.status_code == 303
    row.refresh_from_db()
    assert row.stage.key == "nurture"
