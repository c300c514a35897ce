"""What an import costs while it runs: memory and processor time of the worker, and ending it."""

import os
import signal
from pathlib import Path

#: Ticks of the kernel's clock in a second.
TICKS = os.sysconf("SC_CLK_TCK")


def memory_of(root: int) -> int:
    """Give the megabytes that a process and all below it hold: shared pages counted in parts."""
    total = 0
    for pid in with_children(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(rollup.split("Pss:", 1)[1].split()[0])
        except (OSError, IndexError):
            continue
    return total // 1024


def with_children(root: int) -> list[int]:
    """Give a process and all below it."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def command_of(pid: int) -> bytes:
    """Give the command line of a process, empty where it is no more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def seconds_of(pid: int) -> float:
    """Give the processor seconds that a process has used: its own code and the system's for it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


class Watch:
    """Looks at the server's background process: what it holds and uses, and ends it when told."""

    def __init__(self, server: int, database: str) -> None:
        self.server = server
        self.most = 0
        self.kills = 0
        self._database = database.encode()
        self._used: dict[int, float] = {}
        self._backends: dict[int, float] = {}

    @property
    def seconds(self) -> float:
        """Processor seconds of all workers that were seen."""
        return round(sum(self._used.values()), 1)

    @property
    def database_seconds(self) -> float:
        """Processor seconds of PostgreSQL's processes for this database, those of pages too."""
        return round(sum(self._backends.values()), 1)

    def workers(self) -> list[int]:
        """Give the processes that work beside the server."""
        children = with_children(self.server)[1:]
        return [pid for pid in children if b"work" in command_of(pid).split(b"\0")]

    def look(self) -> None:
        """Note the most that the worker held, and what it has used."""
        tops = [pid for pid in self.workers() if self._parent(pid) == self.server]
        self.most = max([self.most, *(memory_of(pid) for pid in tops)])
        for top in tops:
            for pid in with_children(top):
                self._used[pid] = max(self._used.get(pid, 0.0), seconds_of(pid))
        for entry in Path("/proc").glob("[0-9]*"):
            line = command_of(int(entry.name))
            if line.startswith(b"postgres:") and b" " + self._database + b" " in line:
                self._backends[int(entry.name)] = seconds_of(int(entry.name))

    def _parent(self, pid: int) -> int:
        try:
            return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            return 0

    def kill_worker(self) -> None:
        """End the worker as a crash would."""
        for pid in self.workers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.kills += 1

    def kill_server(self) -> None:
        """End the web server as a crash would; what it started ends with it."""
        os.kill(self.server, signal.SIGKILL)
        self.kills += 1
