"""Remembers which processes were started; the next start ends what a killed supervisor left behind."""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from registry.embedded.errors import StackError
from registry.embedded.processes import Child

PATIENCE = 10.0  # seconds
RECORD = "processes.json"


@contextlib.contextmanager
def only_one(run: Path) -> Iterator[None]:
    """Hold the state directory for this process. The lock goes with the process, however that ends.

    Raises StackError when another supervisor holds it.
    """
    path = run / "supervisor.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise StackError(
                f"Assay already runs on this state directory (process {lock.read().strip() or 'unknown'}). "
                "Stop it first, or name another one with ASSAY_VAR=/path and PORT=8001."
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


@dataclass(frozen=True, slots=True)
class Trace:
    """A process as it was when it was started; `born` makes its number unmistakable."""

    name: str
    pid: int
    born: str
    signal: int

    def lives(self) -> bool:
        return birth(self.pid) == self.born


def remember(run: Path, children: Iterable[Child]) -> None:
    """Write down the running children."""
    traces = [
        Trace(child.service.name, child.pid, born, int(child.service.orphaned))
        for child in children
        if (born := birth(child.pid)) is not None
    ]
    fresh = run / "processes.new"
    fresh.write_text(json.dumps([asdict(trace) for trace in traces]), encoding="utf-8")
    fresh.rename(run / RECORD)


def clear(run: Path) -> list[str]:
    """End the processes of an earlier run that still live. Returns their names.

    They had their signal from the kernel already, so first they get time; then a signal; then SIGKILL.
    """
    record = run / RECORD
    if not record.exists():
        return []
    alive = [trace for row in json.loads(record.read_text(encoding="utf-8")) if (trace := Trace(**row)).lives()]
    _wait_for(alive, PATIENCE / 2)
    for trace in filter(Trace.lives, alive):
        os.kill(trace.pid, trace.signal)
    _wait_for(alive, PATIENCE)
    for trace in filter(Trace.lives, alive):
        os.killpg(trace.pid, signal.SIGKILL)
    forget(run)
    return [trace.name for trace in alive]


def forget(run: Path) -> None:
    """Everything was stopped in order; nothing to look for next time."""
    (run / RECORD).unlink(missing_ok=True)


def clear_postmaster(data: Path) -> str | None:
    """Deal with the lock file of a PostgreSQL that no longer runs, or still runs without an owner.

    PostgreSQL believes the process id in the file; after a restart of machine or container that number
    may be anybody's. Returns a sentence about what was done, None when there was nothing to do.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return None
    first = lock.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0].strip()
    pid = int(first) if first.isascii() and first.isdigit() else 0  # a full disk leaves an empty file
    born = birth(pid)
    if born is None or not _is_postmaster(pid, data):
        lock.unlink()
        return "a lock file of a server that is gone was removed"
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        trace = Trace("postgres", pid, born, number)
        if trace.lives():
            os.kill(pid, number)
            _wait_for([trace], PATIENCE)
    return f"a server left behind by an earlier run (process {pid}) was stopped"


def birth(pid: int) -> str | None:
    """When the process started, in clock ticks since boot; None when there is none, or it is a zombie."""
    try:
        # The name in brackets may hold anything, so count from its end (proc(5)): state is the first field
        # after it, starttime the twentieth.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def _is_postmaster(pid: int, data: Path) -> bool:
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        return name == "postgres" and Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False  # gone in between, or another user's process: not ours either way


def _wait_for(traces: Sequence[Trace], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(map(Trace.lives, traces)):
        time.sleep(0.05)
