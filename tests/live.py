"""Runs the product's own command, `manage.py up`, as a person would, and talks to it over HTTP."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 60.0
STOP_WITHIN = 60.0

# What belongs to the test process and must not reach the stack.
_FOREIGN = ("DATABASE_URL", "DATABASE_PASSWORD_FILE", "BROKER_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE")


def new_state_directory() -> Path:
    """A short path below /tmp, so that sockets fit, and not below pytest's private one, so that others may pass."""
    var = Path(tempfile.mkdtemp(prefix="assay-test-", dir="/tmp"))
    var.chmod(0o711)
    return var


def remove_state_directory(var: Path) -> None:
    """Remove it, and what root had to keep elsewhere for it."""
    postgres = var / "postgres"
    if postgres.is_symlink():
        shutil.rmtree(postgres.resolve().parent, ignore_errors=True)
    shutil.rmtree(var, ignore_errors=True)


def in_ci() -> bool:
    """Whether this is the run that counts: there, what cannot be tested fails instead of being skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without its own test settings, and with `extra`."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN and not name.startswith("ASSAY_")}
    return {**kept, **extra}


class LiveStack:
    """One `manage.py up`. `base_url`, `var`, `port`, `process` and `output` are for the tests."""

    def __init__(
        self,
        var: Path,
        *,
        port: int | None = None,
        command: tuple[str, ...] = (sys.executable, "manage.py", "up"),
        output: Path | None = None,
        environment: Mapping[str, str] | None = None,
        user: int | None = None,
    ) -> None:
        self.var = var
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.command = command
        self.environment = environment or {}
        self.user = user
        self._log = output or var.with_name(var.name + ".out")
        self.process: subprocess.Popen[bytes] | None = None
        self.seconds_to_first_page = 0.0

    @property
    def output(self) -> str:
        """What it printed on the terminal so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the command without waiting for anything."""
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=clean_environment(**{"ASSAY_VAR": str(self.var), "PORT": str(self.port), **self.environment}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        return self.process

    def start(self, within: float = START_WITHIN) -> None:
        """Start and wait until everything runs. Fails with the output when that does not happen."""
        began = time.monotonic()
        process = self.spawn()
        while "\n  ready " not in self.output:
            if process.poll() is not None or time.monotonic() - began > within:
                raise AssertionError(f"the stack did not start within {within:g} s:\n{self.output}")
            if not self.seconds_to_first_page and self.status("/healthz") is not None:
                self.seconds_to_first_page = time.monotonic() - began
            time.sleep(0.05)
        self.seconds_to_first_page = self.seconds_to_first_page or time.monotonic() - began

    def stop(self, number: signal.Signals = signal.SIGINT) -> int | None:
        """Ask it to stop and return its exit code; None when it did not run."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the stack did not stop within {STOP_WITHIN:g} s:\n{self.output}") from None
        finally:
            self.process = None
            self._log.unlink(missing_ok=True)

    def status(self, path: str) -> int | None:
        """The HTTP status of a GET, None without a connection."""
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=10)
        with contextlib.closing(connection):
            try:
                connection.request("GET", path)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return None

    def wait_for_samples(self, within: float = 100.0) -> None:
        """Return when the first run's sample bundles are published."""
        deadline = time.monotonic() + within
        while not (self.var / "samples-published").exists():
            if time.monotonic() > deadline or "not published" in self.output:
                raise AssertionError(f"the samples were not published within {within:g} s:\n{self.output}")
            time.sleep(0.1)
