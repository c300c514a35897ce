"""The wheel stands alone: without sources, Node or pip it installs, serves, imports and proves.

It goes into an environment of its own; packages that it needs are taken from ours, since what is
locked (requirements.lock) is tried by every `make run` on a fresh machine.
"""

import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.parse
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DAKEHU_TEST_DATA") or ROOT.parent / "shared" / "data")
PIPELINE = DATA / "crm_sales_opportunities"
PATIENCE = 180


@dataclass(frozen=True)
class Installed:
    """The command of an installed wheel, and a folder of its own for data."""

    command: Path
    home: Path

    def environment(self, **settings: str) -> dict[str, str]:
        """Give nothing of ours: no sources on the path, no Node, no settings."""
        return {
            "PATH": str(self.command.parent),
            "LC_ALL": "C.UTF-8",
            "DAKEHU_HOME": str(self.home),
            **settings,
        }

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.command, *words],
            env=self.environment(**settings),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def done(self, *words: str, **settings: str) -> str:
        done = self.run(*words, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="hatchling builds the wheel; say make setup")
    folder = tmp_path_factory.mktemp("dist")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--no-index", "--wheel-dir", folder, ROOT], check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the command of the wheel in an environment that knows nothing of the sources."""
    environment = tmp_path_factory.mktemp("machine") / "venv"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", wheel], check=True)
    (packages,) = (environment / "lib").glob("python*/site-packages")
    # A folder named by a .pth file is searched, but .pth files within it are not followed: so our
    # own editable installation stays out of sight.
    (packages / "packages.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return environment / "bin" / "dakehu"


@pytest.fixture
def installed(program: Path, tmp_path: Path) -> Installed:
    return Installed(program, tmp_path)


def test_it_holds_pages_translations_and_guides_and_nothing_from_outside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.split("/")[0] for name in names}
    assert tops == {"dakehu", *(top for top in tops if top.endswith(".dist-info"))}
    assert "dakehu/locale/zh_Hans/LC_MESSAGES/django.mo" in names
    for part in ("templates", "static/dist", "guide/zh", "guide/en", "migrations"):
        here = ROOT / "src" / "dakehu" / part
        files = {p for p in here.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
        wanted = {f"dakehu/{p.relative_to(ROOT / 'src' / 'dakehu').as_posix()}" for p in files}
        assert wanted
        assert wanted <= names, part


def test_the_program_is_the_installed_one(installed: Installed) -> None:
    python = installed.command.parent / "python"
    told = subprocess.run(
        [python, "-c", "import dakehu; print(dakehu.__file__)"],
        env=installed.environment(),
        cwd=installed.home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(told.stdout.strip()).is_relative_to(python.parents[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(installed: Installed, **settings: str) -> Iterator[str]:
    """Serve until the block ends; give the address once it answers."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    log = installed.home / "server.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            [installed.command, "serve", "--port", str(port)],
            env=installed.environment(**settings),
            cwd=installed.home,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and server.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/login/", timeout=30).close()  # noqa: S310
            except OSError:
                time.sleep(0.2)
            else:
                yield address
                return
        pytest.fail(log.read_text(encoding="utf-8")[-4000:])
    finally:
        server.terminate()
        server.wait(30)


class Browser:
    """Reads pages, keeps cookies, sends forms."""

    def __init__(self, address: str) -> None:
        self.address = address
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def get(self, path: str, **form: str) -> str:
        """Give a page that must be there; with form fields, post them."""
        body = urllib.parse.urlencode(form).encode() if form else None
        with self.opener.open(self.address + path, body, timeout=60) as answer:
            text: str = answer.read().decode()
            return text


def test_the_demo_opens_with_its_static_files_and_its_funnel(installed: Installed) -> None:
    installed.done("init", "--demo", DAKEHU_DEMO="1")
    with serving(installed, DAKEHU_DEMO="1") as address:
        browser = Browser(address)
        page = browser.get("/login/")
        files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
        assert {Path(file).suffix for file in files} >= {".css", ".js"}
        assert all(browser.get(file) for file in files if file.endswith((".css", ".js", ".svg")))
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        browser.get("/login/demo/", csrfmiddlewaretoken=token[1], login="demo-director")
        assert "<h1" in browser.get("/funnel/")
        assert "漏斗" in browser.get("/funnel/")


@pytest.mark.skipif(not PIPELINE.is_dir(), reason="the real pipeline is not here")
def test_a_real_pipeline_comes_in_and_its_ledger_is_right(installed: Installed) -> None:
    installed.done("init")
    words = ("import", str(PIPELINE), "--recipe", "crm-sales-opportunities", "--json")
    assert json.loads(installed.done(*words))["created"]["opportunities"] == 8800
    funnel = json.loads(installed.done("funnel", "--on", "2017-06-30", "--json"))
    assert funnel["total"]["count"] == 1686
    assert json.loads(installed.done("ledger", "verify", "--json"))["right"] is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAKEHU_DATABSE_URL", "sqlite:////tmp/x"),
        ("DAKEHU_HOST", "192.0.2.1"),
        ("DAKEHU_SECRET_KEY", "short"),
        ("DAKEHU_PORT", "http"),
        ("DAKEHU_ALLOWED_HOSTS", "*"),
    ],
)
def test_an_unsafe_or_misspelt_setting_is_refused(
    installed: Installed, name: str, value: str
) -> None:
    refused = installed.run("serve", **{name: value})
    assert refused.returncode == 1
    assert name in refused.stderr
    assert "Traceback" not in refused.stderr
