"""A real browser before a real server, on a copy of a demo database made once per test run.

`served`     a server of this test file, on a database of its own; it may be written to
`page`       an empty tab in Chinese, 1440 px wide; an error in a script or a breach of the
             content security policy fails the test
`open_page`  more tabs: `open_page(locale="en-US", width=390, dark=True)`
`axe`        what axe finds on a page, from critical to minor, its best practices too
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    *["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
    *[
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
]
COMMAND = [sys.executable, "-c", "from dakehu.cli import main; main()"]
PATIENCE = 180
OpenPage = Callable[..., Page]


@dataclass(frozen=True)
class Served:
    """A running server: where it answers, which database it serves, where it logs."""

    url: str
    database: Path
    log: Path


def environment(home: Path, port: int, *, demo: bool = True) -> dict[str, str]:
    """Give the settings of a server whose data all lie in `home`."""
    theirs = {k: v for k, v in os.environ.items() if not k.startswith(("DAKEHU_", "DJANGO_"))}
    return {
        **theirs,
        "PYTHONPATH": str(ROOT / "src"),
        "DAKEHU_HOME": str(home),
        "DAKEHU_DATABASE_URL": f"sqlite:///{home / 'dakehu.sqlite3'}",
        "DAKEHU_DEMO": "1" if demo else "",
        "DAKEHU_HOST": "127.0.0.1",
        "DAKEHU_PORT": str(port),
    }


def free_port() -> int:
    """Give a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(home: Path, *words: str, typed: str = "", demo: bool = True) -> None:
    """Give a command of the product on the data in `home`; fail with what it says."""
    done = subprocess.run(
        [*COMMAND, *words],
        env=environment(home, 8000, demo=demo),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)} failed:\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="session")
def template_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Make the demo company once per test run, shared by all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    home = shared / "demo-template"
    with (shared / "demo-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "made").exists():
            home.mkdir(exist_ok=True)
            command(home, "init", "--demo")
            (home / "made").touch()
    return home


def wait_until_it_answers(server: "subprocess.Popen[bytes]", served: Served) -> None:
    """Return once the server answers; fail with its log if it ends or takes too long."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(served.url, timeout=5).close()  # noqa: S310 (loopback)
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    server.kill()
    pytest.fail(f"the server does not answer:\n{served.log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def served(template_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a fresh copy of the demo company to the tests of one file."""
    home = tmp_path_factory.mktemp("served")
    shutil.copytree(template_home, home, dirs_exist_ok=True)
    with serving(home) as result:
        yield result


@contextmanager
def serving(home: Path, *, demo: bool = True, port: int | None = None) -> Iterator[Served]:
    """Serve the data in `home` until the block ends, on a port of its own unless told."""
    port = port or free_port()
    result = Served(f"http://127.0.0.1:{port}", home / "dakehu.sqlite3", home / "server.log")
    with result.log.open("wb") as log:
        server = subprocess.Popen(
            [*COMMAND, "serve"],
            env=environment(home, port, demo=demo),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_answers(server, result)
        yield result
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def launch(playwright: Playwright) -> Browser:
    """Start the installed browser, else Playwright's own, else skip with the reason.

    What is installed may not start: Ubuntu's package is a stub that asks for snap.
    """
    names = (os.environ.get("TEST_BROWSER", ""), *BROWSERS)
    problem = ""
    for path in (*filter(None, map(shutil.which, filter(None, names))), None):
        try:
            return playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        except Error as error:
            problem = problem or str(error).splitlines()[0]
    pytest.skip(f"no browser: {problem}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all journeys of a worker."""
    # Playwright's loop runs in this thread; Django takes that for asynchronous code.
    with ExitStack() as opened:
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        try:
            playwright = opened.enter_context(sync_playwright())
        except Exception as problem:  # noqa: BLE001  whatever a bare machine lacks for its driver
            pytest.skip(f"no browser: Playwright does not start: {problem}")
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, served: Served) -> Iterator[OpenPage]:
    """Open tabs that remember what went wrong in them; anything wrong fails the test."""
    wrong: list[str] = []
    with ExitStack() as opened:

        def open_one(
            *,
            locale: str = "zh-CN",
            width: int = 1440,
            height: int = 900,
            dark: bool = False,
            touch: bool = False,
        ) -> Page:
            context = browser.new_context(
                base_url=served.url,
                locale=locale,
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                has_touch=touch,
            )
            opened.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE * 500)  # a busy machine is no failure
            page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
            page.on(
                "console",
                lambda line: (
                    wrong.append(f"console: {line.text}")
                    if line.type == "error" and not expected(line.text)
                    else None
                ),
            )
            return page

        yield open_one
        assert not wrong, "\n".join(wrong)


def expected(text: str) -> bool:
    """A refusal is an answer: the browser reports each 4xx as an error of its own."""
    return "the server responded with a status of 4" in text


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """One empty tab: Chinese, light, 1440 px."""
    return open_page()


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Look for what keeps people out: impact, rule and elements, of every impact."""
    script = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def look(page: Page) -> list[str]:
        # A page that is still arriving holds buttons whose words have not come yet.
        page.wait_for_load_state()
        page.evaluate(script)
        found: list[dict[str, Any]] = page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return [
            f"{one['impact']}: {one['id']}: "
            f"{', '.join(' '.join(node['target']) for node in one['nodes'][:5])}"
            for one in found
        ]

    return look
