"""Two runs at once that take turns: what is compared is measured within the same minutes.

A machine's speed changes by half within minutes, so of two sizes measured one after the other a
ratio says as much of the hour as of the size. A token goes to and fro through two pipes, whose
ends BENCH_TURNS names; without it there is nobody to wait for.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def takes_turns() -> bool:
    """Test if somebody else measures beside us."""
    return "BENCH_TURNS" in os.environ


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one's turn, and hand it on at the end; the other's end is every turn's."""
    ends = os.environ.get("BENCH_TURNS", "")
    if not ends:
        yield
        return
    here, there = map(int, ends.split(","))
    os.read(here, 1)
    yield
    try:
        os.write(there, b".")
    except BrokenPipeError:
        # The other has measured all of its own.
        return


def pipes() -> tuple[tuple[int, int], tuple[int, int]]:
    """Give the ends (to wait at, to hand on) of two that take turns; the first begins."""
    first_in, second_out = os.pipe()
    second_in, first_out = os.pipe()
    os.write(second_out, b".")
    return (first_in, first_out), (second_in, second_out)
