"""Run every check that needs no test: all of them, then one summary; fails if any failed."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NODE = ROOT / "node_modules" / ".bin"
TEMPLATES = "src/dakehu/templates"

CHECKS = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "--output-format=concise", "."],
    "types": [BIN / "mypy", "--no-error-summary"],
    "layers": [BIN / "lint-imports", "--no-logo"],
    "template format": [BIN / "djlint", TEMPLATES, "--check", "--quiet"],
    "template lint": [BIN / "djlint", TEMPLATES, "--lint", "--quiet"],
    "translations": [sys.executable, "tools/messages.py", "check"],
    "settings": [sys.executable, "-m", "django", "check", "--fail-level=WARNING"],
    "migrations": [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
    "TypeScript": [NODE / "tsc", "--noEmit"],
    "script style": [NODE / "biome", "check"],
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one check said, and how long it took."""

    name: str
    passed: bool
    said: str
    seconds: float


def environment() -> dict[str, str]:
    """Give the environment of the checks: this source, and a home that is nobody's data."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("DAKEHU_")}
    return {
        **ours,
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "DJANGO_SETTINGS_MODULE": "dakehu.settings",
        "DAKEHU_HOME": str(ROOT / "build" / "check"),
    }


def run(name: str) -> Outcome:
    """Run one check and keep what it says."""
    begun = time.monotonic()
    done = subprocess.run(
        [str(part) for part in CHECKS[name]],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(name, done.returncode == 0, done.stdout.strip(), time.monotonic() - begun)


def main() -> int:
    """Run the named checks, or all; two at a time."""
    unknown = [name for name in sys.argv[1:] if name not in CHECKS]
    if unknown:
        sys.exit(f"No such check: {', '.join(unknown)}. There are: {', '.join(CHECKS)}.")
    names = sys.argv[1:] or list(CHECKS)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(run, names))
    for outcome in outcomes:
        if not outcome.passed:
            print(f"── {outcome.name}\n{outcome.said}\n")
    for outcome in outcomes:
        word = "ok" if outcome.passed else "FAILED"
        print(f"{word:7}{outcome.name:16}{outcome.seconds:6.1f} s")
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    print(f"check: {len(outcomes) - len(failed)} ok, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
