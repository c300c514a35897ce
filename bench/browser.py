"""What a browser waits for: bytes after the first visit, largest paint and shifts of layout.

A server of its own serves a built company; Chromium opens each page once to fill its cache, then
anew. Bytes are what came over the wire, compressed as served.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

MOST_KB, MOST_LCP_MS, MOST_CLS = 150, 1500, 0.1
PAGES = {
    "today": "/today/", "funnel": "/funnel/", "board": "/board/",
    "opportunities": "/opportunities/", "accounts": "/accounts/", "activities": "/activities/",
}  # fmt: skip
WINDOWS = {"1440 px": (1440, 900), "390 px": (390, 844)}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
OBSERVE = """
window.__cls = 0; window.__lcp = 0;
new PerformanceObserver((list) => {
  for (const e of list.getEntries()) if (!e.hadRecentInput) window.__cls += e.value;
}).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver((list) => {
  for (const e of list.getEntries()) window.__lcp = e.startTime;
}).observe({type: 'largest-contentful-paint', buffered: true});
"""


def main(times: int) -> None:
    """Measure every page as a director, a head and a salesperson, and print one line of JSON."""
    django.setup()
    from bench.questions import who
    from dakehu.queries.organisation import organisation

    now = datetime.now(UTC)
    people = who(organisation().today(now))
    cookies = {name: _session(person) for name, person in people.items()}
    with _served() as url:
        lines = list(_measured(url, cookies, times))
    print(json.dumps({"on": f"{now:%Y-%m-%d %H:%M}", "load": os.getloadavg()[0], "lines": lines}))


def _session(person_id: int) -> str:
    """Sign somebody in and give the key of their session."""
    from django.conf import settings

    from bench.questions import signed_in

    return str(signed_in(person_id).cookies[settings.SESSION_COOKIE_NAME].value)


@contextmanager
def _served() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = "from dakehu.cli import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--no-worker"],
        env={**os.environ, "DAKEHU_PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/login/", timeout=5).close()  # noqa: S310 (loopback)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


def _measured(url: str, cookies: dict[str, str], times: int) -> Iterator[dict[str, Any]]:
    from django.conf import settings
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for who, key in cookies.items():
            for window, (width, height) in WINDOWS.items():
                context = browser.new_context(viewport={"width": width, "height": height})
                context.add_cookies(
                    [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": url}]
                )
                context.add_init_script(OBSERVE)
                for name, address in PAGES.items():
                    took = _visits(context, url + address, times)
                    if took:
                        yield {"page": name, "who": who, "window": window, **took}
                context.close()
        browser.close()


def _visits(context: Any, address: str, times: int) -> dict[str, float] | None:
    """Open a page once to fill the cache, then anew so many times; None where there is none."""
    page = context.new_page()
    answer = page.goto(address)
    if answer is None or answer.status != 200:
        page.close()
        return None
    page.wait_for_load_state("networkidle")
    page.close()
    kept: dict[str, list[float]] = {"kb": [], "lcp": [], "cls": []}
    for _ in range(times):
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        bytes_read = [0.0]
        wire.on(
            "Network.loadingFinished",
            lambda event, sum_=bytes_read: sum_.__setitem__(
                0, sum_[0] + event["encodedDataLength"]
            ),
        )
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        kept["kb"].append(bytes_read[0] / 1024)
        kept["lcp"].append(page.evaluate("window.__lcp"))
        kept["cls"].append(page.evaluate("window.__cls"))
        page.close()
    return {name: statistics.median(values) for name, values in kept.items()}


def section(result: dict[str, Any], size: int, version: str) -> dict[str, Any]:
    """Make the part of docs/performance.md that tells the run: the worst of each page."""
    rows = []
    for name in PAGES:
        lines = [line for line in result["lines"] if line["page"] == name]
        if not lines:
            continue
        kb, lcp, cls = (max(line[k] for line in lines) for k in ("kb", "lcp", "cls"))
        good = kb <= MOST_KB and lcp <= MOST_LCP_MS and cls <= MOST_CLS
        rows.append(
            [name, f"{kb:.0f}", f"{lcp:.0f}", f"{cls:.3f}", "reached" if good else "missed"]
        )
    return {
        "title": "In the browser",
        "text": [
            (
                f"`make bench ARGS=--browser`: Chromium before a server of {size:,} opportunities"
                f" on {version}, begun {result['on']} (UTC) at a load of {result['load']:.1f}; the"
                " worst of director, head of 100 and salesperson at 1440 and 390 px, medians."
                " Bytes are those of a later visit, with the parts that load after the first"
                f" answer; targets: ≤ {MOST_KB} kB, largest paint ≤ {MOST_LCP_MS:,} ms,"
                f" shifts ≤ {MOST_CLS}."
            )
        ],
        "tables": [
            {
                "columns": ["page", "kB after the first visit", "LCP ms", "CLS", ""],
                "rows": rows,
            }
        ],
    }


def keep(folder: Path, told: dict[str, Any]) -> None:
    """Keep the section where the next report finds it."""
    folder.mkdir(exist_ok=True)
    written = json.dumps(told, indent=1, ensure_ascii=False)
    (folder / "browser.json").write_text(written + "\n", encoding="utf8")


if __name__ == "__main__":
    main(int(sys.argv[1]))
