"""Handing work to the background: a job by its name, queued in the caller's own transaction."""

from typing import Any

from django_q.tasks import async_task


def enqueue(name: str, *arguments: Any) -> None:
    """Queue a job of jobs.py by name; it is there when the transaction is committed, or not."""
    async_task(f"dakehu.jobs.{name}", *arguments)
