"""Log entries that tell which tool ran, in whatever way they are written (CONTROLS.md RT-09).

An entry counts when it is written on the way of a successful call and names the tool, or stands in the one place that
every call passes: a middleware, or a registration that was wrapped. Entries about errors alone do not count.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, Site, callee_name, spelled
from scanner.code.project import Routine
from scanner.code.walking import parts_of, walk
from trust.finding import Observation
from trust.vocabulary import Signal

_LEVELS: Final = frozenset(
    {"info", "warn", "warning", "debug", "log", "notice", "error", "trace", "critical", "success", "msg", "write",
     "audit", "record", "emit", "child"}
)  # fmt: skip
_HOLDERS: Final = frozenset(
    {"log", "logger", "logging", "audit", "auditor", "ctx", "context", "console", "stderr", "pino", "winston",
     "structlog", "tracer", "trail", "journal", "telemetry"}
)  # fmt: skip
_MESSAGES: Final = frozenset({"sendLoggingMessage", "send_log_message", "log_message"})
_FILES: Final = frozenset(
    {"appendFile", "appendFileSync", "write", "writerow", "execute", "insert", "insert_one", "run"}
)  # fmt: skip
_NAMED: Final = re.compile(r"audit|log|record|track|trail|trace", re.IGNORECASE)
_KEYS: Final = frozenset({"tool", "tool_name", "toolName", "tool_call"})
_PASSED: Final = frozenset({"on_call_tool", "on_message", "on_request", "onCallTool"})
_REGISTERS: Final = frozenset(
    {"tool", "registerTool", "addTool", "add_tool", "call_tool", "_call_tool", "setRequestHandler"}
)  # fmt: skip
_MAX: Final = 40
"""Functions of one tool that are looked into."""


def trails(following: Following, modules: Iterable[ir.Module], handlings: Iterable[Handling]) -> Iterator[Observation]:
    """One observation for every tool whose calls leave an entry; without a tool where the place serves all of them."""
    reached, tools = tuple(modules), tuple(handlings)
    for module in reached:
        for line in (*_middleware(module, reached), *_wrapped(module)):
            yield Observation(Signal.AUDIT_TOOL_CALL, module.path, line)
    names = frozenset(h.tool for h in tools)
    for handling in tools:
        found = next(_entries(following, handling, following.sites(handling, names)[:_MAX]), None)
        if found is not None:
            yield Observation(Signal.AUDIT_TOOL_CALL, found[0].path, found[1], "", handling.tool)


def _entries(following: Following, handling: Handling, sites: list[Site]) -> Iterator[tuple[ir.Module, int]]:
    named = re.compile(rf"(?<![\w-]){re.escape(handling.tool)}(?![\w-])")
    for site in sites:
        for node in outside_errors(site.body):
            if not isinstance(node, ir.Call):
                continue
            own = following.called(site.routine, node.callee)
            keeps = is_log(node) or (own is not None and _NAMED.search(own.function.name) and _writes(own))
            if keeps and any(_tells(arg, named) for arg in (*node.args, *(k.value for k in node.keywords))):
                yield site.routine.module, node.line


def outside_errors(tree: Any) -> Iterator[Any]:
    """Every node but those that only run when something failed."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
        elif not isinstance(node, ir.Handler):
            parts = parts_of(node)
            if parts or hasattr(node, "line"):
                yield node
                stack.extend(parts)


def is_log(node: ir.Call) -> bool:
    """Whether a call writes an entry: to a logger, the context, standard error, or as a message of the protocol."""
    name = callee_name(node)
    if name in _MESSAGES:
        return True
    if name == "print":
        return any(k.name == "file" and "stderr" in spelled(k.value) for k in node.keywords)
    if not isinstance(node.callee, ir.Attribute) or name not in _LEVELS:
        return False
    held = set(spelled(node.callee.base))
    if "console" in held:
        return name in ("error", "warn")
    return bool(held & _HOLDERS)


def _writes(routine: Routine) -> bool:
    return any(
        isinstance(n, ir.Call) and (is_log(n) or callee_name(n) in _FILES)
        for n in outside_errors(routine.function.body)
    )


def _tells(node: ir.Expr, named: re.Pattern[str]) -> bool:
    for part in walk(node):
        if (
            isinstance(part, ir.Const)
            and isinstance(part.value, str)
            and (named.search(part.value) or part.value in _KEYS)
        ):
            return True
    return False


def _middleware(module: ir.Module, modules: tuple[ir.Module, ...]) -> Iterator[int]:
    """A class that the framework passes every call through, put to use, and logging."""
    for class_ in module.classes:
        methods = (s.what for s in class_.body if isinstance(s, ir.Define) and isinstance(s.what, ir.Function))
        for method in methods:
            if method.name not in _PASSED:
                continue
            used = any(isinstance(n, ir.Call) and callee_name(n) == class_.name for m in modules for n in walk(m.body))
            logs = [n.line for n in outside_errors(method.body) if isinstance(n, ir.Call) and is_log(n)]
            if used and logs:
                yield logs[0]


def _wrapped(module: ir.Module) -> Iterator[int]:
    """`server.tool = (name, ...rest) => original(name, async (...args) => { log(name); ... })`."""
    for node in walk(module.body):
        if not isinstance(node, ir.Assign) or not isinstance(node.targets[0], ir.Attribute):
            continue
        if node.targets[0].name not in _REGISTERS or not isinstance(node.value, ir.Lambda):
            continue
        inner = [n.function for n in walk(node.value.function.body) if isinstance(n, ir.Lambda)]
        inner += [
            n.what
            for n in walk(node.value.function.body)
            if isinstance(n, ir.Define) and isinstance(n.what, ir.Function)
        ]
        for function in inner:
            logs = [n.line for n in outside_errors(function.body) if isinstance(n, ir.Call) and is_log(n)]
            if logs:
                yield logs[0]
                return
