"""Bring .venv, node_modules, static files and translations up to date; quick when they already are.

`prepare.py run` installs what runs, `prepare.py dev` also what tests and checks. Standard library
only: this runs on a machine's own Python before anything is installed. A .venv or node_modules
that is a symbolic link belongs to somebody else and is used as it is.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MODULES = ROOT / "node_modules"
SOURCE = ROOT / "src" / "dakehu"
BUILT = SOURCE / "static" / "dist"
PYTHON = VENV / "bin" / "python"
PIP = VENV / "bin" / "pip"
OLDEST_NODE = 20
# Node brings certificates of its own and knows none that this machine was told to trust.
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")


def say(text: str) -> None:
    """Tell the person at the terminal what takes the time."""
    print(f"· {text}", flush=True)


def run(*command: str | Path) -> None:
    """Run a command in the repository with .venv/bin first on the path; stop on failure."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    trust = {"NODE_EXTRA_CA_CERTS": str(TRUSTED)} if TRUSTED.exists() else {}
    environment = {**trust, **os.environ, "PATH": path}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(f"failed ({done.returncode}): {' '.join(map(str, command))}")


def answers(*command: str | Path) -> bool:
    """Say whether a command runs and succeeds; what it prints is for nobody."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=900, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def digest(files: Iterable[Path]) -> str:
    """Give one hash for the names and contents of these files."""
    total = hashlib.sha256(sys.version.encode())
    for file in sorted(files):
        total.update(file.relative_to(ROOT).as_posix().encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def is_fresh(stamp: Path, value: str) -> bool:
    """Say whether the stamp holds this value already."""
    return stamp.exists() and stamp.read_text() == value


def make_venv() -> None:
    """Create .venv with pip in it, by whatever this machine has for that."""
    if PYTHON.exists() and PIP.exists():
        return
    if VENV.exists():
        # Made half, or by a Python that is no longer there: what was installed in it is of no use.
        (VENV / ".runtime").unlink(missing_ok=True)
        (VENV / ".development").unlink(missing_ok=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    say(f"creating .venv with Python {version}")
    if has_ensurepip() or install_ensurepip(version):
        run(sys.executable, "-m", "venv", "--clear", VENV)
    elif answers(sys.executable, "-m", "pip", "--version"):
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
        run(sys.executable, "-m", "pip", "--python", PYTHON, "install", "-qq", "pip")
    else:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            f"This Python {version} can't make a virtual environment: Debian and Ubuntu keep that"
            f" in a package of its own.\nInstall it, then say make again:"
            f" sudo apt-get install python{version}-venv"
        )


def has_ensurepip() -> bool:
    """Say whether Python can put pip into a new environment; Debian leaves that out."""
    # Asked anew each time: the answer changes when the package was installed meanwhile.
    return answers(sys.executable, "-c", "import ensurepip, venv")


def install_ensurepip(version: str) -> bool:
    """Install Debian's package for it where we may; say whether it is there now."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    package = f"python{version}-venv"
    say(f"installing {package}")
    apt = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", package]
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    return (answers(*apt) or (answers("apt-get", "update") and answers(*apt))) and has_ensurepip()


def install_python(*, development: bool) -> None:
    """Install the locked packages and Dakehu itself, unless this very lock is installed."""
    if VENV.is_symlink():
        return
    make_venv()
    locks = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
    stamps = [VENV / ".runtime", VENV / ".development"]
    values = [digest([*locks[: n + 1], ROOT / "pyproject.toml"]) for n in range(2)]
    # What tests holds all of what runs, so its stamp answers for both.
    if is_fresh(stamps[1], values[1]) or (not development and is_fresh(stamps[0], values[0])):
        return
    say("installing Python packages (a minute or two)")
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "-r", locks[int(development)])
    run(*pip, "--no-deps", "--editable", ".")
    stamps[int(development)].write_text(values[int(development)])


def node_version() -> int:
    """Give the major version of the node on the path or in .venv; 0 where there is none."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if not node or not npm:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = said.stdout.strip().removeprefix("v").split(".")[0]
    return int(major) if major.isdecimal() else 0


def install_node() -> None:
    """Install what pages are built from; where Node is missing, it comes as a Python wheel."""
    if MODULES.is_symlink():
        return
    if node_version() < OLDEST_NODE:
        say(f"no Node.js {OLDEST_NODE} here; installing it into .venv")
        pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "-r", ROOT / "requirements-node.lock")
    stamp = MODULES / ".dakehu"
    value = digest([ROOT / "package.json", ROOT / "package-lock.json"])
    if not is_fresh(stamp, value):
        say("installing packages for the pages")
        run(
            "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--loglevel=error",
        )
        stamp.write_text(value)


def build_assets() -> None:
    """Bundle scripts, styles and icons, unless nothing they are made of has changed."""
    inputs = [ROOT / "package-lock.json"]
    for folder in ("assets", "src/dakehu/templates", "src/dakehu/templatetags"):
        inputs += [
            f
            for f in (ROOT / folder).rglob("*")
            if f.is_file() and f.suffix in {".ts", ".css", ".mjs", ".html", ".py", ".svg"}
        ]
    inputs += SOURCE.glob("web/**/*.py")
    stamp = ROOT / "build" / "assets-built-from"
    value = digest(inputs)
    if not BUILT.exists() or not is_fresh(stamp, value):
        say("building scripts and styles")
        run("node", ROOT / "assets" / "build.mjs")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(value)


def compile_messages() -> None:
    """Compile translations that are newer than what was compiled from them."""
    sources = list((SOURCE / "locale").rglob("*.po"))
    targets = [source.with_suffix(".mo") for source in sources]
    if any(
        not target.exists() or target.stat().st_mtime < source.stat().st_mtime
        for source, target in zip(sources, targets, strict=True)
    ):
        run(PYTHON, ROOT / "tools" / "messages.py", "compile")


def main() -> None:
    """Prepare for what was asked, in the order in which one step needs another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("purpose", choices=["run", "dev"])
    purpose = parser.parse_args().purpose
    install_python(development=purpose == "dev")
    install_node()
    build_assets()
    compile_messages()


if __name__ == "__main__":
    # The Python that runs this may be older than the code is written for.
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(f"Dakehu needs Python 3.11 or later; this is {sys.version.split()[0]}.")
    main()
