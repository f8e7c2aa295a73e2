"""A request's body may not trickle in for ever: who sends it too slowly gives the thread back that reads it.

The web server hands a body over in blocking reads without a time limit, and a process has few threads. So a body
is read in pieces that grow with what has arrived, and between two of them the clock decides. A client that falls silent
altogether is out of reach from here, because no read of it returns: that one is for the proxy in front, which must have
a time limit for bodies. (To read in threads of our own and leave them behind deadlocks granian 2.8: tried.)
"""

import io
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.conf import settings

SLOWEST = 16_000
"""Bytes per second, on average, that a client must manage after its first seconds: 100 MB in 104 minutes."""

_STEP = 256 << 10
"""The largest read, in bytes. At the slowest rate it takes 16 s, so no honest client runs out of time inside one."""
_SHARE = 64
"""A read asks for this part of what has come so far: a trickle is read in small pieces, a stream soon in large ones."""

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class SlowBody(OSError):  # noqa: N818 -- what the body is
    """The body came too slowly or not at all. An OSError, so that Django takes it for a body that broke off."""


def too_slow(error: BaseException | None) -> bool:
    """Whether a body that broke off was given up here: Django puts its own error around ours."""
    return isinstance(error, SlowBody) or isinstance(getattr(error, "__cause__", None), SlowBody)


def paced(application: Application) -> Application:
    """The application, with bodies that cannot keep it waiting."""

    def call(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = io.BufferedReader(PacedBody(environ["wsgi.input"], settings.ASSAY_BODY_SECONDS))
        return application(environ, start_response)

    return call


class PacedBody(io.RawIOBase):
    """A body whose client may be late by so many seconds in all, beyond the time its bytes take at `SLOWEST`.

    Only waiting counts: what the application does between two reads costs the client nothing.
    """

    def __init__(self, source: Source, patience: float) -> None:
        super().__init__()
        self._source = source
        self._patience = patience
        self._waited = 0.0
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Raises SlowBody, and whatever reading the source raises."""
        if self._waited > self._patience + self._received / SLOWEST:
            raise SlowBody("The body came too slowly.")
        room = memoryview(buffer).cast("B")
        began = time.monotonic()
        data = self._source.read(max(1, min(len(room), _STEP, self._received // _SHARE)))
        self._waited += time.monotonic() - began
        self._received += len(data)
        room[: len(data)] = data
        return len(data)
