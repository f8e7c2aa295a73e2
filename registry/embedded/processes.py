"""One child process: it cannot outlive its supervisor, and is stopped with a patience that ends."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from registry.embedded.accounts import Account

PR_SET_PDEATHSIG = 1  # prctl(2), Linux; elsewhere the record of processes (leftovers.py) cleans up on the next start
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

LOG_LIMIT = 10_000_000  # bytes, before a log is set aside as `.1`
KILL_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Service:
    """What to run and how to end it."""

    name: str
    argv: tuple[str, ...]
    stop: tuple[tuple[signal.Signals, float], ...]
    """Signals in order, each with its seconds; after the last comes SIGKILL for the whole group."""
    orphaned: signal.Signals = signal.SIGTERM
    """What the kernel sends when the supervisor dies without a word."""
    env: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    cwd: Path = Path("/")


@dataclass(slots=True)
class Child:
    """A running service: leader of its own session, with its output in a log file."""

    service: Service
    process: subprocess.Popen[bytes]
    log: Path
    started: float

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self.process.poll()

    def last_words(self, lines: int = 5) -> str:
        """The end of the log, for a message about a failure."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """End it and everything it started. `hurry` is asked meanwhile; when true the patience is over."""
        for number, seconds in self.service.stop:
            if self.ended() is None and not hurry():
                self.process.send_signal(number)
                self._wait(seconds, hurry)
        self.kill()

    def kill(self) -> None:
        """End whatever of the group is left, at once."""
        with contextlib.suppress(ProcessLookupError):  # nothing is left, which is the aim
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(KILL_WAIT)

    def _wait(self, seconds: float, hurry: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        while self.ended() is None and time.monotonic() < deadline and not hurry():
            time.sleep(0.02)


def start(service: Service, log: Path) -> Child:
    """Start a service with its output appended to `log`. Call from the main thread only.

    The kernel ties the child's life to the thread that forked it, not to the process. Raises OSError when the
    program cannot be run.
    """
    keep_short(log)
    parent = os.getpid()

    def tie_to_supervisor() -> None:
        # After the change of user, which would clear it (prctl(2)); before the program itself.
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(service.orphaned), 0, 0, 0)
            if os.getppid() != parent:  # it died in between, and the signal will never come
                os._exit(1)

    account = service.account
    with log.open("ab") as output:
        process = subprocess.Popen(
            service.argv,
            env={**os.environ, **service.env},
            cwd=service.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            start_new_session=True,
            preexec_fn=tie_to_supervisor,  # noqa: PLW1509 - one thread here, and the call is one prctl
        )
    return Child(service, process, log, time.monotonic())


def keep_short(log: Path) -> None:
    """Set a log aside when it grew past the limit. Writers append, so emptying it in place is safe."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
