"""One line of JSON on standard error for every tool call.

Standard output belongs to the protocol, so nothing here may write to it. Values are kept only when they are numbers
or members of a closed list; text a person typed is replaced by its length.
"""

import functools
import json
import logging
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LOG = logging.getLogger("air_watch.audit")
LOG.setLevel(logging.INFO)
LOG.propagate = False
_handler = logging.StreamHandler(sys.stderr)
_handler.setFormatter(logging.Formatter("%(message)s"))
LOG.addHandler(_handler)

PLAIN_TEXT_ARGUMENTS = frozenset({"pollutant"})


def redacted(name: str, value: object) -> object:
    """What may be written down about one argument."""
    if isinstance(value, bool | int | float) or name in PLAIN_TEXT_ARGUMENTS:
        return value
    return f"[{len(str(value))} characters]"


def audited(tool: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Log tool name, call id, redacted arguments, outcome and duration, also when the tool fails."""

    @functools.wraps(tool)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        started = time.monotonic()
        outcome = "error"
        try:
            result = await tool(*args, **kwargs)
            outcome = "ok"
            return result
        finally:
            LOG.info(
                json.dumps(
                    {
                        "event": "tool_call",
                        "call_id": uuid.uuid4().hex,
                        "tool": tool.__name__,
                        "arguments": {name: redacted(name, value) for name, value in kwargs.items()},
                        "outcome": outcome,
                        "milliseconds": round((time.monotonic() - started) * 1000),
                    }
                )
            )

    return call
