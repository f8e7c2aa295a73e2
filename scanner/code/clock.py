"""The time of one examination: every pass that walks code looks at this clock, so that none goes on for ever.

A question that runs out of its time costs itself: a gap that names it, while what it found before stays.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

from trust.finding import Gap

_SHARE: Final = 0.5
"""The part of what is left of the time that one question may use, so that the others have some as well."""
_OFTEN: Final = 63
T = TypeVar("T")


class OutOfTimeError(Exception):
    """The deadline of the whole analysis, or of one question to it, passed; what was found so far stays."""


class Clock:
    """When the present question has to end. Counts, since asking for the time is dearer than a step."""

    __slots__ = ("_steps", "end")

    def __init__(self, end: float) -> None:
        self.end = end
        self._steps = 0

    def step(self) -> None:
        """Raises OutOfTimeError when the time is over; looks now and then."""
        self._steps += 1
        if self._steps & _OFTEN == 0 and time.thread_time() > self.end:
            raise OutOfTimeError


CLOCK: Final[ContextVar[Clock | None]] = ContextVar("CLOCK", default=None)


@contextmanager
def until(end: float) -> Iterator[None]:
    """What is walked inside ends with OutOfTimeError once `time.thread_time()` is past `end`, or past an end around."""
    outer = CLOCK.get()
    token = CLOCK.set(Clock(end if outer is None else min(end, outer.end)))
    try:
        yield
    finally:
        CLOCK.reset(token)


class Questions:
    """Questions asked one after the other until `deadline` (`time.thread_time()`). `gaps` names those cut short."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.gaps: list[Gap] = []

    def ask(self, about: str, question: Callable[[], Iterable[T]]) -> list[T]:
        """The answers; what there is of them when the time is over. `about` completes "... was looked for"."""
        found: list[T] = []
        now = time.thread_time()
        try:
            with until(now + _SHARE * max(0.0, self._deadline - now)):
                if now <= self._deadline:
                    found.extend(_each(question))
                    return found
        except OutOfTimeError:
            pass  # which becomes the gap below, as does a question that came too late
        self.gaps.append(Gap(f"Time ran out: not all of the code was searched for {about}."))
        return found


def _each(question: Callable[[], Iterable[T]]) -> Iterator[T]:
    clock = CLOCK.get()
    for answer in question():
        if clock is not None:
            clock.step()
        yield answer
