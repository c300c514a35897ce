"""dakehu serve: the web server, with a worker beside it."""

import hashlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import click
from django.conf import settings
from django.core.management import call_command
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.cli.asking import asking_as
from dakehu.cli.output import answering, language
from dakehu.cli.working import end_with_parent
from dakehu.core.errors import RuleBroken
from dakehu.queries.people import demo_log_ins

#: How soon a worker that ended is started again; seconds.
WORK_AGAIN = 2


@click.command(help=gettext_lazy("Serve the pages at DAKEHU_HOST and DAKEHU_PORT."))
@click.option("--host", default=None, help=gettext_lazy("Instead of DAKEHU_HOST."))
@click.option("--port", type=click.IntRange(1, 65535), default=None,
              help=gettext_lazy("Instead of DAKEHU_PORT."))  # fmt: skip
@click.option("--no-worker", is_flag=True,
              help=gettext_lazy("Leave the work in the background to `dakehu work`."))  # fmt: skip
@answering
def serve(host: str | None, port: int | None, *, no_worker: bool) -> None:
    """Collect what pages are made of, say where they are, and serve until stopped."""
    if host is not None and host != settings.HOST:
        # Settings decide what is safe for a host; they read it before anything is started.
        _again_with(DAKEHU_HOST=host, port=port, no_worker=no_worker)
    asking_as(None)
    address, number = settings.HOST, port or settings.PORT
    _check_free(address, number)
    collect_static()
    shown = f"[{address}]" if ":" in address else address
    click.echo(_("Dakehu is at %(address)s") % {"address": f"http://{shown}:{number}/"})
    if settings.DEMO:
        click.echo(_("Demo log-ins, one click each on the log-in page:"))
        for person in demo_log_ins():
            click.echo(f"  {person.login:<14} {person.shown(language())}")
    click.echo(_("Stop with Ctrl+C."))
    if not no_worker:
        threading.Thread(target=_keep_working, name="work", daemon=True).start()
    end_with_parent()
    _run(address, number)


def _again_with(*, port: int | None, no_worker: bool, **environment: str) -> None:
    command = [sys.executable, "-m", "dakehu", "serve"]
    if no_worker:
        command.append("--no-worker")
    if port is not None:
        command += ["--port", str(port)]
    os.execve(command[0], command, {**os.environ, **environment})  # noqa: S606 - ourselves again


def _check_free(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.strip("[]"), port))
        except OSError as error:
            raise RuleBroken(
                "serve.address_taken", address=address, port=port, problem=error.strerror
            ) from error


def collect_static() -> None:
    """Collect static files unless these very files were collected last.

    Which is newer says nothing: a package may be older than the last start of the one before it.
    """
    root = Path(settings.STATIC_ROOT)
    sources = [Path(folder) for folder in settings.STATICFILES_DIRS]
    for folder in sources:
        folder.mkdir(parents=True, exist_ok=True)
    stamp, value = root.with_name(f"{root.name}-collected-from"), _fingerprint(sources)
    if (root / "staticfiles.json").exists() and stamp.exists() and stamp.read_text() == value:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(value)


def _fingerprint(folders: list[Path]) -> str:
    """Give a short text that changes with any file's name, size or time."""
    total = hashlib.sha256()
    for file in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        facts = file.stat()
        total.update(f"{file}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return total.hexdigest()


def _keep_working() -> None:
    """Let a process of its own work in the background, and start it again when it ends."""
    wait = threading.Event()
    while True:
        command = [sys.executable, "-m", "dakehu", "work", "--beside", str(os.getpid())]
        subprocess.run(command, check=False)  # noqa: S603 - ourselves again
        wait.wait(WORK_AGAIN)


def _run(address: str, port: int) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "dakehu.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.WORKERS,
        blocking_threads=settings.THREADS,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    ).serve()
