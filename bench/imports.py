"""An import of 100,000 opportunities in a GB18030 csv, while somebody keeps asking for the funnel.

`python -m bench --imports`: a database of its own, `dakehu serve` with its worker beside it, the
file sent through the page's own action, and from then until the report: seconds, the memory of
the worker and its children, the funnel page's times, and whether anybody was locked out.
Somebody else saves all the while. With --kill worker or --kill web that process is ended with
kill -9 at random moments, and the web server started anew.
"""

import csv
import io
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import django

from bench.watching import Watch

SECONDS, MEGABYTES, FUNNEL_MS = 60, 600, 500
ACCOUNTS, SELLERS = 5_000, 200
HEAD = (
    "商机编号", "商机名称", "客户", "负责人", "销售方法", "阶段", "金额", "创建日期",
    "预计成交日期", "结果", "成交日期", "输单原因",
)  # fmt: skip


def write_csv(path: Path, rows: int, owners: list[str], today: date) -> None:
    """Write the file: 12 columns, 5,000 accounts, each row created and decided."""
    rng = random.Random(3)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    kinds = ("产线改造", "设备采购", "备件框架", "数字化")
    for number in range(rows):
        start = today - timedelta(days=rng.randrange(220, 1300))
        end = start + timedelta(days=rng.randrange(20, 200))
        outcome = rng.choice(("赢单", "输单", "放弃"))
        writer.writerow((
            f"B{number:07}", f"{rng.choice(kinds)}项目{number}",
            f"沿海{number % ACCOUNTS:04}号机械制造有限公司", rng.choice(owners), "industrial-6", "",
            rng.randrange(10_000, 9_000_000), start, end + timedelta(days=rng.randrange(-10, 40)),
            outcome, end, "" if outcome == "赢单" else "价格",
        ))  # fmt: skip
    path.write_bytes(out.getvalue().encode("gb18030"))


class Asker(threading.Thread):
    """Somebody who looks at the funnel again and again, signed in."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(daemon=True)
        self.address = f"http://127.0.0.1:{port}/funnel/"
        self.cookie = cookie
        self.taken: list[float] = []
        self.failed: list[str] = []
        self.stopped = threading.Event()
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def run(self) -> None:
        """Ask until told to stop."""
        while not self.stopped.is_set():
            begun = time.perf_counter()
            try:
                request = Request(self.address, headers={"Cookie": self.cookie})  # noqa: S310
                with self.opener.open(request, timeout=60) as answer:
                    answer.read()
                    if "login" in answer.url:
                        self.failed.append("not signed in")
                self.taken.append((time.perf_counter() - begun) * 1000)
            except (HTTPError, OSError) as error:
                self.failed.append(str(error))
            self.stopped.wait(0.15)


def free_port() -> int:
    """Give a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_served(port: int) -> None:
    """Wait until the pages answer."""
    for _try in range(240):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.25)
    time.sleep(3)


def prepare(folder: Path, rows: int, today: date) -> tuple[str, Path]:
    """Make the company, the file, and a signed-in session; give its cookie and the file."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from dakehu.actions.imports import SourceFile, run_import
    from dakehu.actions.methods import install_built_in_methods
    from dakehu.actions.organisation import set_up_organisation
    from dakehu.core.access import operator
    from dakehu.models import Person

    call_command("migrate", verbosity=0)
    at = datetime.now(UTC)
    set_up_organisation(actor=operator(), today=today, at=at)
    install_built_in_methods(actor=operator(), today=today, at=at, rates_from=today)
    lines = ["姓名,部门,角色,登录名,开始日期"]
    lines += [f"销售{n},大区{n % 5}/团队{n % 25},销售,seller{n},2020-01-01" for n in range(SELLERS)]
    lines += [
        "总监,大区0,sales_operations,ops,2020-01-01",
        "总经理,大区0,executive,boss,2020-01-01",
    ]
    people = SourceFile("people.csv", "\n".join(lines).encode())
    run_import(actor=operator(), files=[people], recipe="people", today=today, at=at)
    file = folder / "opportunities.csv"
    write_csv(file, rows, [f"seller{n}" for n in range(SELLERS)], today)
    person = Person.objects.get(login="boss")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return urlencode({settings.SESSION_COOKIE_NAME: session.session_key}), file


def state(run_id: int) -> dict[str, Any]:
    """Give how far the run is."""
    from dakehu.models import ImportRun

    row = ImportRun.objects.filter(pk=run_id).values("status", "progress", "report").get()
    return dict(row)


class Saver(threading.Thread):
    """Somebody who enters an opportunity of their own again and again, as a form does."""

    def __init__(self, login: str) -> None:
        super().__init__(daemon=True)
        self.login = login
        self.taken: list[float] = []
        self.failed: list[str] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        """Save until told to stop."""
        from django.db import Error, connections

        from dakehu.actions.opportunities import NewOpportunity, create_opportunity
        from dakehu.core.errors import DakehuError
        from dakehu.core.ledger import Way
        from dakehu.models import MethodVersion, Person
        from dakehu.queries.people import viewer_of

        today = datetime.now(UTC).date()
        person = Person.objects.get(login=self.login)
        actor = viewer_of(person_id=person.pk, login=person.login, today=today, language="en")
        version = MethodVersion.objects.filter(method__key="industrial-6", is_current=True).get()
        while not self.stopped.is_set():
            begun = time.perf_counter()
            new = NewOpportunity(
                name="Meanwhile", account_id=None, owner_id=person.pk,
                method_version_id=version.pk, currency="CNY",
            )  # fmt: skip
            try:
                create_opportunity(
                    actor=actor, new=new, on=today, today=today, at=datetime.now(UTC), way=Way.FORM
                )
            except (Error, DakehuError) as error:
                self.failed.append(repr(error))
            self.taken.append((time.perf_counter() - begun) * 1000)
            self.stopped.wait(0.5)
        connections.close_all()


class Server:
    """`dakehu serve` with its worker, started anew when it was killed."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.path = folder / "serve.log"
        self._log = self.path.open("w")
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "dakehu", "serve", "--port", str(self.port)]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def kill(self, watch: Watch) -> None:
        """End it as a crash would, and start it as whoever looks after services would."""
        watch.kill_server()
        self.process.wait(20)
        self.process = self._start()
        watch.server = self.process.pid

    def stop(self) -> str:
        """Stop it; give what it logged."""
        self.process.terminate()
        self.process.wait(20)
        self._log.close()
        return self.path.read_text()


@dataclass
class Kills:
    """What is ended (worker or web) and when: some seconds after it got further, at random."""

    what: str
    rng: random.Random = field(default_factory=lambda: random.Random(5))
    due: float = 0.0
    seen: object = None

    def is_due(self, progress: object) -> bool:
        """Tell if it is to be ended now; a start that got nowhere yet is left to go on."""
        if self.due == 0.0 and progress != self.seen:
            self.due = time.monotonic() + self.rng.uniform(5, 25)
        if self.due == 0.0 or time.monotonic() < self.due:
            return False
        self.due, self.seen = 0.0, progress
        return True


def wait_for(run_id: int, wanted: str, watch: Watch, server: Server, kills: Kills | None) -> None:
    """Wait until the run is there; with `kills` end a process at random moments before it is."""
    while True:
        now = state(run_id)
        if now["status"] == wanted:
            watch.look()
            return
        if now["status"] in {"refused", "failed"}:
            raise SystemExit(f"the import {now['status']}: {now['report']}")
        watch.look()
        if kills and kills.is_due([now["status"], now["progress"].get("at")]):
            if kills.what == "web":
                server.kill(watch)
            else:
                watch.kill_worker()
        time.sleep(0.2)


def measure(rows: int, kill: str) -> dict[str, object]:
    """Run one import from upload to report and give what it took."""
    from django.db import connection

    from dakehu.actions import imports
    from dakehu.core.access import operator

    begun_at, load = datetime.now(UTC), os.getloadavg()[0]
    today = begun_at.date()
    folder = Path(os.environ["DAKEHU_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    cookie, file = prepare(folder, rows, today)
    name = str(connection.settings_dict["NAME"])
    version = database_version()
    connection.close()
    server = Server(folder)
    asker, saver = Asker(server.port, cookie), Saver("seller0")
    watch = Watch(server.process.pid, name)
    kills = Kills(kill) if kill else None
    try:
        wait_until_served(server.port)
        watch.look()
        before, before_database = watch.seconds, watch.database_seconds
        asker.start()
        saver.start()
        begun = time.monotonic()
        run_id = imports.upload_files(
            actor=operator(), files=[imports.SourceFile(file.name, file.read_bytes())],
            recipe=None, options=imports.ImportOptions(make_accounts=True), today=today,
            at=datetime.now(UTC),
        )  # fmt: skip
        wait_for(run_id, "checked", watch, server, kills)
        checked = time.monotonic() - begun
        imports.take_in(actor=operator(), run_id=run_id, today=today, at=datetime.now(UTC))
        wait_for(run_id, "done", watch, server, kills)
        seconds = time.monotonic() - begun
    finally:
        asker.stopped.set()
        saver.stopped.set()
        saver.join(30)
        log = server.stop()
    return {
        "rows": rows,
        "killed": kill,
        "on": f"{begun_at:%Y-%m-%d %H:%M}",
        "version": version,
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "seconds": round(seconds, 1),
        "checked_seconds": round(checked, 1),
        "worker_cpu_seconds": round(watch.seconds - before, 1),
        "postgresql_cpu_seconds": round(watch.database_seconds - before_database, 1),
        "megabytes": watch.most,
        **times_of("funnel", asker.taken),
        "funnel_failed": asker.failed[:3] if kill != "web" else [],
        **times_of("save", saver.taken),
        "save_failed": saver.failed[:3],
        "locked": log.count("database is locked"),
        "kills": watch.kills,
        "right": wrong_about(run_id, rows, len(saver.taken) - len(saver.failed)),
        "targets": {"seconds": SECONDS, "megabytes": MEGABYTES, "funnel_p95_ms": FUNNEL_MS},
    }


def database_version() -> str:
    """Name the database and its version."""
    from django.db import connection

    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if sqlite else "SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    return f"{'SQLite' if sqlite else 'PostgreSQL'} {version}"


def times_of(what: str, taken: list[float]) -> dict[str, int]:
    """Give how often, the median, the p95 and the worst in milliseconds."""
    ordered = sorted(taken)
    return {
        f"{what}_asked": len(ordered),
        f"{what}_median_ms": round(statistics.median(ordered)),
        f"{what}_p95_ms": round(ordered[max(0, round(0.95 * len(ordered)) - 1)]),
        f"{what}_worst_ms": round(ordered[-1]),
    }


def wrong_about(run_id: int, rows: int, saved: int) -> str:
    """Say what is doubled or half, or 'nothing doubled, nothing half'."""
    from django.db.models import Count, Q

    from dakehu.core.access import operator
    from dakehu.models import ExternalId, ImportRun, Movement, Opportunity
    from dakehu.queries.ledger_check import verify_ledger

    run = ImportRun.objects.get(pk=run_id)
    made = Movement.objects.filter(correlation_id=run.correlation_id)
    odd = made.values("opportunity_id").annotate(n=Count("id")).filter(~Q(n=2)).count()
    counts = {
        "opportunities": (Opportunity.objects.count(), rows + saved),
        "movements": (made.count(), 2 * rows),
        "ids": (ExternalId.objects.filter(object_type="opportunity").count(), rows),
        "chains not of two": (odd, 0),
        "reported": (run.report["created"]["opportunities"], rows),
        "ledger": (int(verify_ledger(operator()).right), 1),
    }
    wrong = [f"{name}: {n} for {m}" for name, (n, m) in counts.items() if n != m]
    return "; ".join(wrong) or "nothing doubled, nothing half"


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")))
