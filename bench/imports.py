"""An import of 100,000 opportunities in a GB18030 csv, while somebody keeps asking for the funnel.

`python -m bench --imports`: a database of its own, `dakehu serve` with its worker beside it, the
file sent through the page's own action, and from then until the report: seconds, the memory of
the worker and its children, the funnel page's times, and whether anybody was locked out.
Then the same again with the worker killed at random moments (--kill).
"""

import csv
import io
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import django

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


def memory_of(root: int) -> int:
    """Give the megabytes that a process and all below it hold: shared pages counted in parts."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(rollup.split("Pss:", 1)[1].split()[0])
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except (OSError, IndexError):
            continue
        waiting += [int(child) for child in children]
    return total // 1024


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
            except (HTTPError, OSError) as error:
                self.failed.append(str(error))
            self.taken.append((time.perf_counter() - begun) * 1000)
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


def state(run_id: int) -> dict[str, object]:
    """Give how far the run is."""
    from dakehu.models import ImportRun

    row = ImportRun.objects.filter(pk=run_id).values("status", "progress", "report").get()
    return dict(row)


def wait_for(run_id: int, wanted: str, watch: "Watch", kills: random.Random | None) -> None:
    """Wait until the run is there; with `kills` end the worker at random moments before it is."""
    due = time.monotonic() + (kills.uniform(2, 6) if kills else 1e9)
    while True:
        now = state(run_id)["status"]
        if now == wanted:
            return
        if now in {"refused", "failed"}:
            raise SystemExit(f"the import {now}: {state(run_id)['report']}")
        watch.look()
        if kills and time.monotonic() > due:
            watch.kill()
            due = time.monotonic() + kills.uniform(20, 30)
        time.sleep(0.2)


class Watch:
    """Looks at the server's background process: what it holds, and ends it when told."""

    def __init__(self, server: int) -> None:
        self.server = server
        self.most = 0
        self.kills = 0

    def workers(self) -> list[int]:
        """Give the processes that work beside the server."""
        found = []
        for child in Path(f"/proc/{self.server}/task").glob("*/children"):
            for pid in child.read_text().split():
                line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if b"work" in line:
                    found.append(int(pid))
        return found

    def look(self) -> None:
        """Note the most that the worker held."""
        self.most = max([self.most, *(memory_of(pid) for pid in self.workers())])

    def kill(self) -> None:
        """End the worker as a crash would."""
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
            self.kills += 1


def measure(rows: int, *, kill: bool) -> dict[str, object]:
    """Run one import from upload to report and give what it took."""
    from django.db import connection

    from dakehu.actions import imports
    from dakehu.core.access import operator
    from dakehu.models import Opportunity
    from dakehu.queries.ledger_check import verify_ledger

    today = datetime.now(UTC).date()
    folder = Path(os.environ["DAKEHU_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    cookie, file = prepare(folder, rows, today)
    connection.close()
    port = free_port()
    log = (folder / "serve.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "dakehu", "serve", "--port", str(port)], stdout=log, stderr=log
    )
    asker, watch = Asker(port, cookie), Watch(server.pid)
    try:
        wait_until_served(port)
        asker.start()
        begun = time.monotonic()
        run_id = imports.upload_files(
            actor=operator(), files=[imports.SourceFile(file.name, file.read_bytes())],
            recipe=None, options=imports.ImportOptions(make_accounts=True), today=today,
            at=datetime.now(UTC),
        )  # fmt: skip
        wait_for(run_id, "checked", watch, None)
        checked = time.monotonic() - begun
        imports.take_in(actor=operator(), run_id=run_id, today=today, at=datetime.now(UTC))
        wait_for(run_id, "done", watch, random.Random(5) if kill else None)
        seconds = time.monotonic() - begun
    finally:
        asker.stopped.set()
        server.terminate()
        server.wait(20)
    taken = sorted(asker.taken)
    log_text = (folder / "serve.log").read_text()
    return {
        "rows": rows,
        "made": Opportunity.objects.count(),
        "seconds": round(seconds, 1),
        "checked_seconds": round(checked, 1),
        "megabytes": watch.most,
        "funnel_asked": len(taken),
        "funnel_median_ms": round(statistics.median(taken)),
        "funnel_p95_ms": round(taken[max(0, round(0.95 * len(taken)) - 1)]),
        "funnel_failed": asker.failed[:3],
        "locked": log_text.count("database is locked"),
        "kills": watch.kills,
        "ledger_right": verify_ledger(operator()).right,
        "targets": {"seconds": SECONDS, "megabytes": MEGABYTES, "funnel_p95_ms": FUNNEL_MS},
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(int(sys.argv[1]), kill="kill" in sys.argv[2:])))
