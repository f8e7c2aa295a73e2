"""Keeps a set of services running: restarts what dies, stops in the order of who needs whom."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from registry.embedded import leftovers
from registry.embedded.errors import StackError
from registry.embedded.places import Places
from registry.embedded.processes import Child, Service, keep_short, start

# Who needs whom: what asks is stopped before what answers.
STOP_ORDER = ("web", "worker", "beat", "valkey", "postgres")

FIRST_DELAY = 0.5  # seconds before the first restart; doubles with every death
LONGEST_DELAY = 30.0
STABLE_AFTER = 60.0  # a service that lived this long starts counting anew
SHOW_LOG_AT = 2  # the first death may be a kill; a second is a fault, so its log is shown
TICK = 0.25
TEND_LOGS_EVERY = 60.0

Say = Callable[[str, str], None]
"""Called with the name of a service and what happened to it."""


@dataclass(slots=True)
class Watched:
    """A service that should be running, and its history."""

    service: Service
    child: Child | None
    deaths: int = 0
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Once:
    """A service that ends by itself, and whom to tell."""

    child: Child
    done: Callable[[int, Child], None]


class Supervisor:
    """Owns the children. To be used from the main thread, where signals raise KeyboardInterrupt."""

    def __init__(self, places: Places, say: Say) -> None:
        self.places = places
        self.say = say
        self.watched: dict[str, Watched] = {}
        self._once: Once | None = None
        self._hurry = False

    def start(self, service: Service) -> Child:
        """Start a service and keep it running. Raises StackError when its program cannot be run."""
        child = self._spawn(service)
        self.watched[service.name] = Watched(service, child)
        self._remember()
        return child

    def run_once(self, service: Service, done: Callable[[int, Child], None]) -> None:
        """Start a service that ends by itself; `watch` calls `done` with its exit code. One at a time."""
        self._once = Once(self._spawn(service), done)

    def watch(self) -> None:
        """Restart what dies, until a signal raises KeyboardInterrupt."""
        tended = time.monotonic()
        while True:
            time.sleep(TICK)
            if self._once is not None and (code := self._once.child.ended()) is not None:
                once, self._once = self._once, None
                once.done(code, once.child)
            for watched in self.watched.values():
                self._tend(watched)
            if time.monotonic() - tended > TEND_LOGS_EVERY:
                tended = time.monotonic()
                for name in self.watched:
                    keep_short(self._log(name))

    def stop(self) -> None:
        """Stop everything in order."""
        if self._once is not None:
            self._once.child.stop(lambda: self._hurry)
            self._once = None
        for name in sorted(self.watched, key=STOP_ORDER.index):
            child = self.watched[name].child
            if child is not None:
                child.stop(lambda: self._hurry)
        self.watched.clear()
        leftovers.forget(self.places.run)

    def _tend(self, watched: Watched) -> None:
        name, now = watched.service.name, time.monotonic()
        if watched.child is None:
            if now >= watched.not_before:
                watched.child = self._spawn(watched.service)
                self._remember()
            return
        code = watched.child.ended()
        if code is None:
            return
        watched.child.kill()  # what it started may still hold its port or its memory
        watched.deaths = 1 if now - watched.child.started > STABLE_AFTER else watched.deaths + 1
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (watched.deaths - 1))
        watched.not_before = now + delay
        self.say(name, f"{describe(code)}; starting it again in {delay:g} s (log: {watched.child.log})")
        if watched.deaths == SHOW_LOG_AT:
            self.say(name, "its last words:\n" + watched.child.last_words())
        watched.child = None

    def _spawn(self, service: Service) -> Child:
        try:
            return start(service, self._log(service.name))
        except OSError as error:
            raise StackError(f"{service.name} cannot be run: {error} ({service.argv[0]})") from error

    def _log(self, name: str) -> Path:
        return self.places.logs / f"{name}.log"

    def _remember(self) -> None:
        children = (watched.child for watched in self.watched.values())
        leftovers.remember(self.places.run, (child for child in children if child is not None))

    def hurry(self, _number: int, _frame: FrameType | None) -> None:
        """A signal handler: from now on nothing is waited for."""
        self._hurry = True


def describe(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
