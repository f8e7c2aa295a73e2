"""Limits on how often a caller may call, taken from a library or written by hand (CONTROLS.md RT-08)."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.handling import callee_name
from scanner.code.walking import walk
from trust.finding import Observation
from trust.vocabulary import Signal

_LIBRARIES: Final = re.compile(
    r"rate-?_?limit|limiter|throttl|slow-?down|^(?:bottleneck|p-limit|p-queue|p-throttle|slowapi|limits|token-?bucket)$"
)
_NAMES: Final = re.compile(
    r"rate_?limit|throttle(?!d?_?ms)|token_?bucket|leaky_?bucket|sliding_?window|too_?many_?requests", re.IGNORECASE
)
_REFUSAL: Final = 429


def throttles(modules: Iterable[ir.Module]) -> Iterator[Observation]:
    """Imported limiters, calls of own ones by their name, and answers with the status for too many requests."""
    for module in modules:
        for bound in module.imports:
            if _LIBRARIES.search(bound.module.rpartition("/")[2] if bound.module.startswith("@") else bound.module):
                yield Observation(Signal.RATE_LIMIT, module.path, bound.line, bound.module)
        refuses = _refuses(module)
        for node in walk(module.body):
            if isinstance(node, ir.Call) and _NAMES.search(callee_name(node)) and not _reads(node):
                yield Observation(Signal.RATE_LIMIT, module.path, node.line, callee_name(node))
        if refuses:
            yield Observation(Signal.RATE_LIMIT, module.path, refuses, "429")


def _reads(node: ir.Call) -> bool:
    """`is_rate_limited(response)`, `handle_rate_limit_error`: about somebody else's limit, not about one's own."""
    return bool(
        re.search(r"error|handle|parse|retry|response|header|reset|remaining|wait", callee_name(node), re.IGNORECASE)
    )


def _refuses(module: ir.Module) -> int:
    """The line of an answer with status 429: `res.status(429)`, `JSONResponse(..., status_code=429)`."""
    for node in walk(module.body):
        if not isinstance(node, ir.Call):
            continue
        status = [k.value for k in node.keywords if k.name in ("status_code", "status")]
        if callee_name(node) in ("status", "writeHead", "sendStatus", "code", "json"):
            status += node.args[:2]
            status += [
                v
                for a in node.args
                if isinstance(a, ir.Table)
                for k, v in a.entries
                if isinstance(k, ir.Const) and k.value == "status"
            ]
        if callee_name(node) in ("HTTPException", "abort", "Response", "HttpError"):
            status += node.args
        if any(isinstance(value, ir.Const) and value.value == _REFUSAL for value in status):
            return node.line
    return 0
