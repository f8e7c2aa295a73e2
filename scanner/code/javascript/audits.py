"""Which tools leave a log entry per call: in the handler, in a wrapper around it, or in a function it reports to."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.javascript.index import Place, Scope
from scanner.code.javascript.running import Run
from scanner.code.javascript.tools import Registered
from scanner.code.walking import walk
from trust.finding import Observation
from trust.vocabulary import Signal

S = Signal
_NAMED: Final = re.compile(r"audit|log|track|record|trace", re.IGNORECASE)
_ABOUT_TOOLS: Final = re.compile(r"^(?:tool(?:_?name)?|event|tool_call|tool_name)$", re.IGNORECASE)
_MAX: Final = 200
"""Calls of one handler, and log calls of one function, that are looked at."""
_HOLDER: Final = re.compile(r"log(ger)?$|audit", re.IGNORECASE)


class Audits:
    """Looks for the log entry of each tool."""

    def __init__(self, found: Run) -> None:
        self.found = found
        self.reader = found.reader
        self._logging: dict[Scope, list[Place]] = {}

    def of(self, tool: Registered) -> Iterator[Observation]:
        """At most one observation: the place that logs the calls of this tool."""
        scope = tool.handler
        if scope is None:
            return
        line = self._in_handler(tool, scope)
        if line is not None:
            yield Observation(S.AUDIT_TOOL_CALL, scope.module.path, line, "", tool.name)
            return
        sites = [*((at, True) for at in self._wrappers(tool)), *((at, False) for at in self._calls(scope))]
        for site, around in sites[:_MAX]:
            place = self._reported(tool, site, around=around)
            if place is not None:
                yield Observation(S.AUDIT_TOOL_CALL, place.scope.module.path, place.line, "", tool.name)
                return

    def _in_handler(self, tool: Registered, scope: Scope) -> int | None:
        """The handler, outside its error branches, logs something that names the tool."""
        for place in self._calls(scope):
            call = place.node
            if not isinstance(call, ir.Call) or not self._logs(call, place.scope):
                continue
            if any(_names_tool(arg, tool, self.reader.text(arg, place.scope)) for arg in call.args):
                return call.line
        return None

    def _calls(self, scope: Scope) -> Iterator[Place]:
        for place in self.reader.indexes[scope.module.name].inside(scope):
            if isinstance(place.node, ir.Call) and not _in_error_branch(place):
                yield place

    def _wrappers(self, tool: Registered) -> Iterator[Place]:
        """Calls that the handler is handed to where the tool is registered: `audited("name", async () => ...)`."""
        if tool.handler is None or tool.handler.function is None:
            return
        function = tool.handler.function
        for index in self.reader.indexes.values():
            if index.module is not tool.handler.module:
                continue
            for place in index.calls:
                call = place.node
                if isinstance(call, ir.Call) and any(
                    (isinstance(a, ir.Lambda) and a.function is function)
                    or (isinstance(a, ir.Name) and a.id == function.name)
                    for a in call.args
                ):
                    yield place

    def _reported(self, tool: Registered, site: Place, *, around: bool) -> Place | None:
        """Where the function that is called here logs the tool's name, which it was given, or the word for it.

        `around`: it is given the handler, so only what the function that it makes of it does happens per call.
        """
        call = site.node
        if not isinstance(call, ir.Call):
            return None
        own = self._callee(call, site.scope)
        if own is None or own.function is None or own is tool.handler:
            return None
        given = {
            param.name
            for param, arg in zip(own.function.params, call.args, strict=False)
            if self.reader.text(arg, site.scope) == tool.name
        }
        for place in self._log_calls(own):
            inner = place.node
            if not isinstance(inner, ir.Call) or (around and place.scope is own):
                continue
            if any(self._tells(arg, place.scope, given, wraps=around) for arg in inner.args):
                return place
        return None

    def _log_calls(self, scope: Scope) -> list[Place]:
        if scope not in self._logging:
            calls = ((p, p.node) for p in self._calls(scope))
            found = [p for p, call in calls if isinstance(call, ir.Call) and self._logs(call, p.scope)]
            self._logging[scope] = found[:_MAX]
        return self._logging[scope]

    def _callee(self, call: ir.Call, scope: Scope) -> Scope | None:
        thing = self.reader.resolve(call.callee, scope)
        return self.reader.function(thing.node, thing.scope) if thing and isinstance(thing.node, ir.Lambda) else None

    def _tells(self, node: ir.Expr, scope: Scope, given: set[str], *, wraps: bool) -> bool:
        parts = list(walk(node))
        for part in tuple(parts):
            if isinstance(part, ir.Name):
                thing = self.reader.resolve(part, scope)
                if thing is not None and isinstance(thing.node, ir.Table | ir.Concat):
                    parts.extend(walk(thing.node))
        for part in parts:
            if isinstance(part, ir.Name) and part.id in given:
                return True
            if wraps and isinstance(part, ir.Name) and _ABOUT_TOOLS.match(part.id.partition("~")[0]):
                return True
            if wraps and isinstance(part, ir.Const) and _ABOUT_TOOLS.match(str(part.value)):
                return True
        return False

    def _logs(self, call: ir.Call, scope: Scope) -> bool:
        reader = self.reader
        library = reader.library(call.callee, scope) or ""
        spelled = call.callee.name if isinstance(call.callee, ir.Attribute) else getattr(call.callee, "id", "")
        if library.startswith("console.") or library == "process.stderr.write" or spelled == "sendLoggingMessage":
            return True
        base = call.callee.base if isinstance(call.callee, ir.Attribute) else None
        holder = base.name if isinstance(base, ir.Attribute) else getattr(base, "id", "")
        if _HOLDER.search(holder):
            return True
        own = reader.function(call.callee, scope)
        if own is None or own.function is None or not _NAMED.search(own.function.name):
            return False
        summary = self.found.summary(self.found.routine(own))
        events = (self.found.analysis.events[i] for i in summary.events) if summary is not None else ()
        return any(e.signal in {S.LOG_CALL, S.FILE_WRITE, S.HTTP, S.SQL} for e in events)


def _in_error_branch(place: Place) -> bool:
    current = place.parent
    while current is not None:
        if isinstance(current.node, ir.Handler):
            return True
        current = current.parent
    return False


def _names_tool(node: ir.Expr, tool: Registered, text: str | None) -> bool:
    if text is not None and re.search(rf"(?<![\w-]){re.escape(tool.name)}(?![\w-])", text):
        return True
    stack: list[ir.Expr] = [node]
    for _ in range(40):
        if not stack:
            break
        current = stack.pop()
        if (
            isinstance(current, ir.Name)
            and tool.via == "request"
            and current.id.partition("~")[0] in {"name", "toolName", "tool"}
        ):
            return True
        if (
            isinstance(current, ir.Attribute)
            and current.name == "name"
            and isinstance(current.base, ir.Attribute)
            and current.base.name == "params"
        ):
            return True
        if isinstance(current, ir.Concat):
            stack.extend(current.parts)
        elif isinstance(current, ir.Table):
            stack.extend(value for _, value in current.entries)
        elif isinstance(current, ir.Call):
            stack.extend(current.args)
        elif isinstance(current, ir.Const) and current.value == tool.name:
            return True
    return False
