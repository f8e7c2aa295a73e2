"""Calls that register a function: `server.add_tool(f)`, `mcp.tool(...)(f)`, `Tool.from_function(f)`, `tools=[f]`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Routine
from scanner.code.python.constants import text_of
from scanner.code.python.functions import annotated, function_tool, limits, shapes_of, text
from scanner.code.state import Analysis, Event
from scanner.code.values import Value

_FUNCTIONS: Final = ("fn", "func", "function", "handler", "name_or_fn", "callback", "endpoint")


def registered(analysis: Analysis) -> Iterator[Entry]:
    """The tools, resources and prompts of registering calls, in the order in which they were met."""
    for event in analysis.events:
        if event.kind in ("add-tool", "tool-call"):
            yield from _tools(analysis, event)
        elif event.kind in ("add-resource", "add-prompt"):
            for routine, _ in _functions(analysis, event):
                yield _other(analysis, event.kind, routine)
        elif event.kind == "functions":
            for routine, value in _functions(analysis, event):
                yield _tool(analysis, replace(event, kind="server"), routine, value)
        elif event.kind == "server":
            listed = event.keywords.get("tools")
            for value in (listed.items or ()) if listed is not None else ():
                found = routine_of(analysis, value)
                if found is not None:
                    yield _tool(analysis, event, found, value)


def routine_of(analysis: Analysis, value: Value) -> Routine | None:
    """The project's function that a value is; of a function with arguments bound, the function."""
    if value.ref is not None and value.ref.startswith("$bound") and value.items:
        value = value.items[0]
    return analysis.project.routine(value.ref)


def _functions(analysis: Analysis, event: Event) -> Iterator[tuple[Routine, Value]]:
    for value in (*event.args, *(v for k, v in event.keywords.items() if k in _FUNCTIONS)):
        for ref in (value.ref, *value.others):
            routine = routine_of(analysis, replace(value, ref=ref, others=()))
            if routine is not None:
                yield _unwrapped(analysis, event, routine), value


def _unwrapped(analysis: Analysis, event: Event, routine: Routine) -> Routine:
    """`add_tool(logged(f))` registers what `logged` makes of `f`; clients see the name and the inputs of `f`."""
    if "<locals>" not in routine.function.qualname or not isinstance(event.node, ir.Call):
        return routine
    for arg in event.node.args:
        if isinstance(arg, ir.Call):
            project = analysis.project
            inner = (project.routine(project.dotted(event.module, a)) for a in arg.args)
            return next((r for r in inner if r is not None), routine)
    return routine


def _tools(analysis: Analysis, event: Event) -> Iterator[Entry]:
    for routine, value in _functions(analysis, event):
        yield _tool(analysis, event, routine, value)


def _tool(analysis: Analysis, event: Event, routine: Routine, value: Value) -> Entry:
    """What the registering call says of a function, or the one that made the decorator: `mcp.tool(name="x")(f)`."""
    keywords = dict(event.keywords) if event.kind != "server" else {}
    made = event.node.callee if isinstance(event.node, ir.Call) else None
    project, at = analysis.project, event.module
    spelled = {k.name: text_of(project, at, k.value) for k in made.keywords} if isinstance(made, ir.Call) else {}
    first = text_of(project, at, made.args[0]) if isinstance(made, ir.Call) and made.args else ""
    inner = value.fields or {}
    name = text(keywords.get("name")) or spelled.get("name") or text(inner.get("name")) or first
    if event.kind != "server":
        name = name or next((t for v in event.args if (t := text(v))), "")
    name = name or routine.function.name
    told = text(keywords.get("description")) or spelled.get("description") or text(inner.get("description"))
    return function_tool(project, routine, name, told or routine.function.doc, annotated(keywords.get("annotations")))


def _other(analysis: Analysis, kind: str, routine: Routine) -> Entry:
    shapes = shapes_of(analysis.project, routine)
    what = limits(shapes)
    if kind == "add-resource":
        return Entry("resource", routine.function.name, routine, None, (), *what)
    return Entry("prompt", routine.function.name, routine, None, (), *what)
