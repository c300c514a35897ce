"""dakehu work: the process that does what pages and commands leave to the background."""

import ctypes
import os
import signal
import sys
import threading

import click
from django.db import Error, connections
from django.utils.translation import gettext_lazy

from dakehu import jobs
from dakehu.actions.background import enqueue
from dakehu.cli.asking import asking_as
from dakehu.cli.output import answering

#: How often to look for what a killed worker left, and for the process that this one serves.
LOOK_EVERY = 3
_PR_SET_PDEATHSIG = 1


@click.command(help=gettext_lazy("Work in the background, as `serve` does beside the pages."))
@click.option("--beside", type=int, default=None, hidden=True)
@answering
def work(beside: int | None) -> None:
    """Work until stopped, or until the process that started this one is gone."""
    asking_as(None)
    from django_q.cluster import Cluster

    # A group of its own: whoever stops this process stops its children with it.
    if beside is not None and os.getpgrp() != os.getpid():
        os.setpgrp()
    enqueue("carry_on")
    enqueue("index_names", 0)
    connections.close_all()
    end_with_parent()
    cluster = Cluster()
    cluster.start()
    wait = threading.Event()
    while cluster.sentinel.is_alive():
        if beside is not None and os.getppid() != beside:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        _look()
        wait.wait(LOOK_EVERY)


def _look() -> None:
    """Queue what was left and what is due; a database that is away is no reason to end."""
    try:
        jobs.take_up_stale()
        jobs.queue_due()
    except Error:
        connections.close_all()


def end_with_parent() -> None:
    """Let processes forked from here end with this one, however it ends: nothing runs unwatched."""
    os.register_at_fork(after_in_child=_die_with_parent)


def _die_with_parent() -> None:
    # Elsewhere an orphan ends with its work; leases keep it from doing anything twice.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
