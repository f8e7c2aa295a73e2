"""Errors that show a caller the inside of the server: stack traces and dumped exceptions (CONTROLS.md RT-11, CWE-209).

The message of an error is what a caller needs; the trace tells paths, versions and sometimes values. What is shown only
while developing does not count.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, callee_name, spelled
from scanner.code.project import Project, Routine
from scanner.code.walking import parts_of, walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Weakness

_TRACES: Final = frozenset(
    {"format_exc", "format_exception", "format_tb", "format_stack", "print_exception_to_string", "exc_info"}
)  # fmt: skip
_ERRORS: Final = frozenset({"err", "error", "e", "ex", "exc", "exception", "cause", "reason"})
_ANSWERS: Final = frozenset(
    {"json", "send", "end", "write", "JSONResponse", "PlainTextResponse", "Response", "HTMLResponse",
     "HTTPException", "jsonify", "McpError", "ToolError", "TextContent", "UserError"}
)  # fmt: skip
_RESPONSES: Final = frozenset({"res", "response", "reply", "resp", "ctx", "c"})
_DEVELOPING: Final = frozenset({"debug", "dev", "development", "verbose", "env", "production", "prod", "isdev"})
_MAX: Final = 60


class ErrorLeaks:
    """The answers of one language's code that hold a trace."""

    def __init__(
        self,
        witness: str,
        project: Project,
        following: Following,
        modules: Iterable[ir.Module],
        handlings: Iterable[Handling],
    ) -> None:
        self._witness = witness
        self._following = following
        self._modules = frozenset(m.name for m in modules)
        self._tools = tuple(handlings)
        self._routines = [r for r in project.routines.values() if r.module.name in self._modules]
        self._tellers = {
            r.ref
            for r in self._routines
            if any(_is_trace(n) for n in walk(r.function.body))
            and any(self._shows(n.value) for n in _returns(r.function))
        }

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """One finding for every place that puts a trace into an answer of a tool or of a route."""
        names = frozenset(h.tool for h in self._tools)
        answering: dict[str, tuple[Routine, str]] = {}
        for handling in self._tools:
            for site in self._following.sites(handling, names)[:_MAX]:
                if site.depth == 0 or _wraps_errors(site.routine):
                    answering.setdefault(site.routine.ref, (site.routine, f"Tool {handling.tool}"))
        findings: dict[tuple[str, int], Finding] = {}
        for routine in self._routines:
            if not self._may_show(routine):
                continue
            known = answering.get(routine.ref)
            for line in self._leaks(routine, tool=known is not None or _answers_tools(routine)):
                who = known[1] if known is not None else "The server"
                message = f"{who} answers an error with its stack trace, which shows paths and versions of the inside."
                path = routine.module.path
                findings.setdefault(
                    (path, line),
                    Finding(
                        self._witness, Weakness.ERROR_LEAK, Severity.MEDIUM, Confidence.FIRM, message, path, line,
                        routine.module.text(line), steps=(Step(path, line, "the trace becomes part of the answer"),),
                    ),
                )  # fmt: skip
        return list(findings.values()), []

    def _may_show(self, routine: Routine) -> bool:
        """Whether anything in a function speaks of a trace at all: most do not, and need no closer look."""
        called = self._following.called
        for node in walk(routine.function.body):
            if _is_trace(node):
                return True
            if self._tellers and isinstance(node, ir.Call):
                found = called(routine, node.callee)
                if found is not None and found.ref in self._tellers:
                    return True
        return False

    def _leaks(self, routine: Routine, *, tool: bool) -> Iterator[int]:
        held: set[str] = set()
        released = tuple(_released(routine.function.body))
        for _ in range(2):
            for node in released:
                if isinstance(node, ir.Assign) and (self._shows(node.value, routine) or _mentions(node.value, held)):
                    held.update(t.id for t in node.targets if isinstance(t, ir.Name))
        for node in released:
            value: object = None
            if isinstance(node, ir.Return | ir.Raise) and tool:
                value = node.value
            elif isinstance(node, ir.Call) and callee_name(node) in _ANSWERS:
                base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
                if base is None or set(spelled(base)) & _RESPONSES:
                    value = (*node.args, *(k.value for k in node.keywords))
            if value is not None and (self._shows(value, routine) or _mentions(value, held)):
                yield node.line

    def _shows(self, tree: object, routine: Routine | None = None) -> bool:
        """Whether an expression holds a trace: `err.stack`, `traceback.format_exc()`, or a function that gives one."""
        for node in _released(tree):
            if isinstance(node, ir.Attribute) and node.name in ("stack", "__traceback__"):
                if set(spelled(node.base)) & _ERRORS:
                    return True
            elif isinstance(node, ir.Call):
                if callee_name(node) in _TRACES:
                    return True
                if (
                    callee_name(node) == "getOwnPropertyNames"
                    and set(spelled(node.args[0] if node.args else None)) & _ERRORS
                ):
                    return True
                called = self._following.called(routine, node.callee) if routine is not None else None
                if called is not None and called.ref in self._tellers:
                    return True
        return False


def _is_trace(node: object) -> bool:
    """Whether a node can be what `ErrorLeaks` looks for, by its name alone."""
    if isinstance(node, ir.Attribute):
        return node.name in ("stack", "__traceback__")
    return isinstance(node, ir.Call) and (callee_name(node) in _TRACES or callee_name(node) == "getOwnPropertyNames")


def _returns(function: ir.Function) -> Iterator[ir.Return]:
    for node in _released(function.body):
        if isinstance(node, ir.Return) and node.value is not None:
            yield node


def _released(tree: Any) -> Iterator[Any]:
    """Every node but those that only count while developing, and those of functions declared inside."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
            continue
        if isinstance(node, ir.Define) or node is None:
            continue
        if isinstance(node, ir.Conditional | ir.If) and _about_developing(node.test):
            continue
        if isinstance(node, ir.Logic) and node.values and _about_developing(node.values[0]):
            continue
        if isinstance(node, ir.Call) and _is_log(node):
            continue
        parts = parts_of(node)
        yield node
        stack.extend(parts)


def _about_developing(test: ir.Expr) -> bool:
    return any(set(spelled(n)) & _DEVELOPING for n in walk(test) if isinstance(n, ir.Name | ir.Attribute))


def _is_log(node: ir.Call) -> bool:
    held = set(spelled(node.callee.base)) if isinstance(node.callee, ir.Attribute) else set()
    return bool(held & {"console", "logger", "log", "logging", "stderr"}) or callee_name(node) == "print"


def _mentions(tree: object, names: set[str]) -> bool:
    return bool(names) and any(isinstance(n, ir.Name) and n.id in names for n in _released(tree))


def _wraps_errors(routine: Routine) -> bool:
    """Whether a function makes the answer to an error, by its name."""
    return any(
        word in routine.function.name.lower() for word in ("error", "fail", "exception", "wrap", "safe", "handle")
    )


def _answers_tools(routine: Routine) -> bool:
    """Whether a function makes tool answers: a table with `content` and `isError`, or a handler decorator."""
    return any(
        isinstance(n, ir.Table) and {"content", "isError"} & {k.value for k, _ in n.entries if isinstance(k, ir.Const)}
        for n in walk(routine.function.body)
    )
