"""Make sure that there is a browser for the journeys, and fonts that can show Chinese.

An installed Chromium or Chrome is used; else Debian's package, where we may install one (root);
else Playwright's own. Where none can be had, the journeys are skipped and counted.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BIN = Path(__file__).resolve().parent.parent / ".venv" / "bin"
# Playwright's Node knows no certificate that this machine was told to trust.
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def answers(*command: str | Path) -> bool:
    """Say whether a command runs and succeeds."""
    try:
        trust = {"NODE_EXTRA_CA_CERTS": str(TRUSTED)} if TRUSTED.exists() else {}
        environment = {**trust, **os.environ}
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def installed() -> str | None:
    """Give the path of a browser that starts: Ubuntu's may be a stub that asks for snap."""
    for name in (os.environ.get("TEST_BROWSER", ""), *BROWSERS):
        path = shutil.which(name) if name else None
        if path and answers(path, "--version"):
            return path
    return None


def playwright_has_its_own() -> bool:
    """Say whether Playwright brought a browser before."""
    home = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    return home.is_dir() and any(home.glob("chromium*"))


def shows_chinese() -> bool:
    """Say whether a font for Chinese is there."""
    fonts = shutil.which("fc-list")
    if not fonts:
        return False
    said = subprocess.run([fonts, ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(said.stdout.strip())


def install(package: str) -> bool:
    """Install one Debian package where we may."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return False
    print(f"· installing {package}", flush=True)
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    options = ["install", "--yes", "--quiet", "--no-install-recommends", package]
    return answers(apt, *options) or (answers(apt, "update") and answers(apt, *options))


def main() -> None:
    """Look for a browser and fonts in this order; say what is missing and never fail."""
    if not installed():
        install("chromium")
    if not installed() and not playwright_has_its_own():
        print("· asking Playwright for its own browser", flush=True)
        if not answers(BIN / "playwright", "install", "chromium"):
            print(
                "! no browser could be installed: the browser journeys will be skipped and counted."
                "\n  What would help: sudo apt-get install chromium"
            )
    if not shows_chinese() and not install("fonts-noto-cjk"):
        print("! no font for Chinese: screenshots will show boxes (Debian: fonts-noto-cjk)")


if __name__ == "__main__":
    sys.exit(main())
