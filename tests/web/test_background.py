"""The administrator sees what is on the schedule, what came of it, and why something failed."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dakehu.models import BackgroundRun
from tests.world import World

pytestmark = pytest.mark.django_db


def ran(job: str, due: datetime, **more: Any) -> None:
    facts = {"status": "done", "begun_at": due, "ended_at": due + timedelta(seconds=5)} | more
    BackgroundRun.objects.create(job=job, due_at=due, attempts=1, **facts)


def test_last_run_next_run_result_and_reason(world: World, settings: Any) -> None:
    settings.NIGHTLY_AT, settings.WEEKLY_MAIL_AT, settings.MAIL = time(2, 30), (0, time(6)), "smtp"
    now = timezone.now()
    ran("calibrate", now - timedelta(days=2), result={"stages": 6, "changed": 1})
    ran("calibrate", now - timedelta(days=1), result={"stages": 18, "changed": 2})
    ran(
        "weekly_mail", now - timedelta(days=1), status="failed", problem="mail.some_refused",
        facts={"sent": 5, "failed": 2},
    )  # fmt: skip
    client = world.client("admin")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/background/")
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 12
    page = answer.content.decode()
    assert "stages looked at: 18, with a new rate: 2" in page
    assert "every day at 02:30" in page
    assert "Mondays at 06:00" in page
    assert "every hour" in page
    assert "refused 2. Those are tried again" in page
    assert "5 seconds" in page
    tomorrow = (world_day(now) + timedelta(days=1)).isoformat()
    assert f"{tomorrow} 02:30" in page or f"{world_day(now).isoformat()} 02:30" in page
    assert 'href="/background/"' in client.get("/settings/").content.decode()


def world_day(now: datetime) -> Any:
    return timezone.localtime(now, ZoneInfo("Asia/Shanghai")).date()


def test_what_is_off_is_said_to_be_off(world: World, settings: Any) -> None:
    settings.NIGHTLY_AT, settings.MAIL = None, "off"
    page = world.client("admin").get("/background/").content.decode()
    assert page.count("off: left to cron") == 5
    assert "Nothing has run yet" in page


def test_in_chinese(world: World) -> None:
    ran("carry", timezone.now(), result={"carried": 1})
    page = world.client("admin", "zh-hans").get("/background/").content.decode()
    assert "后台任务" in page
    assert "结转月份：1" in page
    assert "每小时" in page


@pytest.mark.parametrize("login", ["wen", "mei", "director", "fin", "ops", "auditor"])
def test_others_are_refused_and_not_led_there(world: World, login: str) -> None:
    client = world.client(login)
    assert client.get("/background/").status_code == 403
    assert "/background/" not in client.get("/methods/").content.decode()
