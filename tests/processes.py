"""Looks at the machine's processes, for tests that start and kill real ones."""

import time
from collections.abc import Callable

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run: not ended, and not merely waiting to be collected by their parent."""
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def belongs_to(state: str) -> list[psutil.Process]:
    """Every process of this machine whose command line names the state directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(state in part for part in process.cmdline()):
                found.append(process)
        except psutil.Error:  # it ended while being looked at
            continue
    return running(found)


def wait_until(condition: Callable[[], object], within: float, what: str | Callable[[], str]) -> None:
    """Return when the condition holds; fail with `what` when it does not in time (seconds)."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what() if callable(what) else what}")
        time.sleep(0.05)
