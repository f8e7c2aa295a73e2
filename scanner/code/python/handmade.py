"""Servers that speak the protocol by hand: JSON-RPC read from a stream, "tools/list" answered with literal tools.

What such a server has in common with others is the shape of a tool (name, description, inputSchema) and the two method
names; how it gets from a name to a function differs, so a function beside the tool, a table of functions by name, a
branch that tests the name, and at last the function that answers "tools/call" are tried in this order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Project, Routine
from scanner.code.python.constants import text_of
from scanner.code.python.functions import annotated, handler_limits, text
from scanner.code.python.schemas import Shape, json_shape
from scanner.code.state import Analysis
from scanner.code.values import Value
from scanner.code.walking import walk
from trust.facts import Tool

_LIST: Final = "tools/list"
_CALL: Final = "tools/call"
_SCHEMAS: Final = ("inputSchema", "input_schema", "parameters", "schema")
_DEPTH: Final = 7
_MAX: Final = 2000


@dataclass(frozen=True, slots=True)
class _Described:
    """A tool as a value, and the functions that lie beside it."""

    name: str
    value: Value
    beside: tuple[str, ...]


def handmade(analysis: Analysis) -> Iterator[Entry]:
    """The tools of a server without a library; nothing when the code does not answer the protocol's methods itself."""
    project = analysis.project
    answering = _answering(project)
    if _LIST not in answering or _CALL not in answering:
        return
    yield from _entries(analysis, answering[_CALL])


def tabled(analysis: Analysis) -> Iterator[Entry]:
    """Described tools with a function beside them, in code that shows no server at all."""
    yield from _entries(analysis, None)


def _entries(analysis: Analysis, dispatcher: Routine | None) -> Iterator[Entry]:
    project = analysis.project
    branches = _branches(project)
    for described in _described(analysis).values():
        fields = described.value.fields or {}
        schema = next((fields[k] for k in _SCHEMAS if k in fields), None)
        shape = json_shape(project, schema) if schema is not None else Shape("object")
        own = _handler(analysis, described) or branches.get(described.name)
        routine = own or dispatcher
        if routine is None:
            continue
        params = tuple(s.param(n) for n, s in shape.fields.items())
        tool = Tool(
            described.name, "code", text(fields.get("description")), params, annotated(fields.get("annotations")),
            routine.module.path, routine.function.line,
        )  # fmt: skip
        yield Entry(
            "tool",
            described.name,
            routine,
            tool,
            (),
            handler_limits(own, shape) if own is not None else {},
            dispatcher=dispatcher,
        )


def _answering(project: Project) -> dict[str, Routine]:
    """The functions that mention each of the two methods; a table of methods in a module counts for its first one."""
    found: dict[str, Routine] = {}
    for routine in project.routines.values():
        for node in walk(routine.function.body):
            if isinstance(node, ir.Const) and node.value in (_LIST, _CALL):
                found.setdefault(str(node.value), routine)
    for module in project.modules:
        for node in walk(module.body):
            for key, value in node.entries if isinstance(node, ir.Table) else ():
                routine_ = project.routines.get(project.dotted(module, value) or "")
                if isinstance(key, ir.Const) and key.value in (_LIST, _CALL) and routine_ is not None:
                    found[str(key.value)] = routine_
    return found


def _described(analysis: Analysis) -> dict[str, _Described]:
    """Every value that has the shape of a tool, in module variables and in what functions return."""
    found: dict[str, _Described] = {}
    stack: list[tuple[Value, tuple[str, ...], int]] = []
    for names in analysis.globals.values():
        stack += [(value, (), _DEPTH) for value in names.values()]
    stack += [(s.result, (), _DEPTH) for (_, hints), s in analysis.summaries.items() if not hints]
    stack.reverse()
    seen: set[int] = set()
    while stack and len(seen) < _MAX:
        value, beside, depth = stack.pop()
        if id(value) in seen or depth == 0:
            continue
        seen.add(id(value))
        fields = value.fields or {}
        name = text(fields.get("name"))
        if name and any(k in fields for k in _SCHEMAS):
            refs = (*(r for v in fields.values() if (r := v.ref) and ":" in r), *beside)
            known = found.get(name)
            if known is None or (refs and not known.beside):
                found[name] = _Described(name, value, refs)
            continue
        refs = tuple(r for v in fields.values() if (r := v.ref) and ":" in r)
        inner = [*fields.values(), *(value.items or ())]
        stack += [(v, refs, depth - 1) for v in reversed(inner)]
    return found


def _handler(analysis: Analysis, described: _Described) -> Routine | None:
    project = analysis.project
    for ref in described.beside:
        routine = project.routine(ref)
        if routine is not None:
            return routine
    for names in analysis.globals.values():
        for table in names.values():
            entry = (table.fields or {}).get(described.name)
            for value in (
                entry,
                *((entry.items or ()) if entry else ()),
                *((entry.fields or {}).values() if entry else ()),
            ):
                routine = project.routine(value.ref) if value is not None else None
                if routine is not None:
                    return routine
    return None


def _branches(project: Project) -> dict[str, Routine]:
    """The own function that is called where a name is tested, for every fixed text that is tested."""
    found: dict[str, Routine] = {}
    for module in project.modules:
        for node in walk(module.body):
            if not isinstance(node, ir.If) or not isinstance(node.test, ir.Compare) or node.test.op != "==":
                continue
            name = text_of(project, module, node.test.left) or text_of(project, module, node.test.right)
            if not name or name in found or name in (_LIST, _CALL):
                continue
            for inner in walk(node.then):
                ref = project.dotted(module, inner.callee) if isinstance(inner, ir.Call) else None
                if ref in project.routines:
                    found[name] = project.routines[ref or ""]
                    break
    return found
