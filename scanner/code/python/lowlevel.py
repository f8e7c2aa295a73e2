"""The low-level server: `Tool(name=..., inputSchema=...)` objects, and the handler that is called with a tool's name.

Handlers are found where the SDK takes them: decorators, the same called as functions, `request_handlers[...]`, and the
arguments of the server's constructor. A tool described in a method of a class is handled by that class, where the
dispatcher calls one of its methods.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Routine
from scanner.code.python.functions import annotated, handler_limits, text
from scanner.code.python.registering import routine_of
from scanner.code.python.schemas import Shape, json_shape, typed
from scanner.code.reach import mentioned
from scanner.code.safety import Safe
from scanner.code.state import Analysis, Event, Hints
from scanner.code.values import Value
from scanner.code.walking import walk
from trust.facts import Tool

HANDLES: Final = (
    "run_tool", "execute", "run", "call", "call_tool", "invoke", "handle", "execute_tool", "handle_call", "_run",
    "_execute", "arun", "_arun", "aexecute", "process", "perform", "apply", "__call__", "handler",
)  # fmt: skip
_CONTEXTS: Final = ("ctx", "context", "_ctx", "_context", "_")
_SCHEMAS: Final = ("inputSchema", "input_schema", "parameters")
_CALLED: Final = ("on_call_tool", "call_tool")
_REQUEST: Final = "CallToolRequest"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a handler finds the tool's name and its arguments."""

    root: int
    path: str
    hints: bool
    trusted: frozenset[int]


def low_level(analysis: Analysis, decorated: list[Routine]) -> Iterator[Entry]:
    """The tools of tool objects with a known name."""
    handlers = [*decorated, *_called(analysis), *_assigned(analysis)]
    handler = handlers[0] if handlers else None
    mentions = _reachable_words(analysis, handler) if handler is not None else set()
    for event in analysis.events:
        if event.kind != "tool-object":
            continue
        name = text(event.keywords.get("name"))
        if not name:
            continue
        schema = (
            event.keywords.get("inputSchema") or event.keywords.get("input_schema") or event.keywords.get("parameters")
        )
        shape = json_shape(analysis.project, schema) if schema is not None else Shape("object")
        own = _of_class(analysis, event, mentions, handler)
        at = own or handler
        tool = Tool(
            name, "code", text(event.keywords.get("description")), tuple(s.param(n) for n, s in shape.fields.items()),
            annotated(event.keywords.get("annotations")), at.module.path if at else event.module.path,
            at.function.line if at else event.line,
        )  # fmt: skip
        if own is not None:
            yield Entry("tool", name, own, tool, (), handler_limits(own, shape), dispatcher=handler)
        elif handler is None:
            yield Entry("tool", name, None, tool)
        else:
            layout = _layout(handler)
            hints: Hints = (("const", name),) if layout.hints else ()
            yield Entry("tool", name, handler, tool, hints, _typed(layout, shape), layout.trusted)


def unnamed(analysis: Analysis) -> Event | None:
    """Where tools are listed under names that the code does not show in that place."""
    return next(
        (
            e
            for e in analysis.events
            if e.kind == "tool-object" and "name" in e.keywords and not text(e.keywords["name"]) and not _is_test(e)
        ),
        None,
    )


def _is_test(event: Event) -> bool:
    return "tests/" in event.module.path or event.module.path.rpartition("/")[2].startswith(("test_", "conftest"))


def _layout(handler: Routine) -> _Layout:
    params = handler.function.params
    if len(params) <= 1:
        return _Layout(0, ".params.arguments", hints=False, trusted=frozenset())
    if params[0].name in _CONTEXTS:
        return _Layout(1, ".arguments", hints=False, trusted=frozenset({0}))
    return _Layout(1, "", hints=True, trusted=frozenset({0}))


def _typed(layout: _Layout, shape: Shape) -> Mapping[tuple[int, str], Safe]:
    return typed(layout.root, shape, layout.path)


def _called(analysis: Analysis) -> Iterator[Routine]:
    """`server.call_tool()(self.handle)`, `Server("x", on_call_tool=handle)`."""
    for event in analysis.events:
        values: list[Value] = []
        if event.kind == "call-tool":
            values = list(event.args)
        elif event.kind == "lowlevel-server":
            values = [v for k, v in event.keywords.items() if k in _CALLED]
        elif event.kind == "request-handler":
            named = any(_REQUEST in (v.ref or "") or "tools/call" in (v.text() or "") for v in event.args)
            values = list(event.args) if named else []
        for value in values:
            routine = routine_of(analysis, value)
            if routine is not None:
                yield routine


def _assigned(analysis: Analysis) -> Iterator[Routine]:
    """`server.request_handlers[CallToolRequest] = handle`."""
    project = analysis.project
    for module in project.modules:
        if module.language != "python":
            continue
        for node in walk(module.body):
            target = node.targets[0] if isinstance(node, ir.Assign) else None
            if not (isinstance(target, ir.Subscript) and isinstance(node, ir.Assign)):
                continue
            index = target.index
            key = index.name if isinstance(index, ir.Attribute) else index.id if isinstance(index, ir.Name) else ""
            if key != _REQUEST:
                continue
            value = node.value
            routine = project.routine(project.dotted(module, value))
            if routine is None and isinstance(value, ir.Attribute):
                routine = project.only_method(value.name)
            if routine is None and isinstance(value, ir.Name):
                named = [r for r in project.routines.values() if r.module is module and r.function.name == value.id]
                routine = named[0] if len(named) == 1 else None
            if routine is not None:
                yield routine


def _reachable_words(analysis: Analysis, handler: Routine) -> set[str]:
    """What the dispatcher, and the own functions that it names, mention."""
    words = mentioned(handler.function.body, into_functions=True)
    for routine in analysis.project.routines.values():
        if routine.function.name in words and routine.function.owner in (None, handler.function.owner):
            words = words | mentioned(routine.function.body, into_functions=True)
    return words


def _of_class(analysis: Analysis, event: Event, mentions: set[str], handler: Routine | None) -> Routine | None:
    """The method that handles a tool that its own class describes."""
    routine = analysis.project.routines.get(event.routine or "")
    owner = routine.function.owner if routine is not None else None
    if routine is None or owner is None or (handler is not None and _outermost(handler) == owner):
        return None
    class_ref = f"{routine.module.name}:{owner}"
    for name in HANDLES:
        if name in mentions or handler is None or name == "__call__":
            method = analysis.project.method(class_ref, name)
            if method is not None and method.function.params and method.function.body:
                return method
    return None


def _outermost(routine: Routine) -> str:
    """The class around a handler, also around one that is declared inside a method."""
    first = routine.function.qualname.partition(".<locals>")[0]
    return first.rpartition(".")[0]
