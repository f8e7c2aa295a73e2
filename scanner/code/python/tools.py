"""How Python servers register tools, routes, resources and prompts: every way, put together in reading order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Project, Routine
from scanner.code.python.constants import annotations_of, mounted, text_of, variable
from scanner.code.python.declared import declared
from scanner.code.python.functions import decorated_tool, function_tool, limits, shapes_of
from scanner.code.python.handmade import handmade, tabled
from scanner.code.python.lowlevel import low_level, unnamed
from scanner.code.python.registering import registered
from scanner.code.python.routes import decorated_route, other_routes
from scanner.code.reach import mentioned
from scanner.code.state import Analysis
from scanner.code.walking import walk
from trust.facts import Annotations
from trust.finding import Gap

_TOOLS: Final = ("tool", "mcp_tool")
_PROMPTS: Final = ("prompt", "get_prompt", "mcp_prompt")
_RESOURCES: Final = ("resource", "read_resource", "mcp_resource")
_BARE: Final = ("mcp_tool", "mcp_prompt", "mcp_resource")
"""Decorators that are used without a server before them."""
_NAMED: Final = 5


def entries(analysis: Analysis) -> tuple[Entry, ...]:
    """Every registration of the project's Python modules. Needs the modules' top levels and functions evaluated."""
    project = analysis.project
    found: dict[str, Entry] = {}
    handlers: list[Routine] = []
    registrars = _registrars(project)
    prefixes = mounted(project)
    for routine in project.routines.values():
        if routine.module.language != "python":
            continue
        for decorator in routine.function.decorators:
            entry = _decorated(analysis, routine, decorator)
            if entry is None and _last_name(decorator) in registrars:
                entry = _by_registrar(project, routine, _last_name(decorator))
            if entry is not None:
                entry = _prefixed(project, entry, decorator, prefixes)
                found.setdefault(f"{entry.kind}:{routine.ref}:{entry.name}", entry)
            elif _name_of(decorator) == "call_tool":
                handlers.append(routine)
    _add_others(analysis, handlers, found)
    return tuple(found.values())


def _add_others(analysis: Analysis, handlers: list[Routine], found: dict[str, Entry]) -> None:
    """What no decorator of a server says, the surest first; a function is registered in one way."""
    seen = {(e.kind, e.routine.ref) for e in found.values() if e.routine is not None}
    for entry in (*registered(analysis), *low_level(analysis, handlers), *other_routes(analysis)):
        if entry.routine is None or (entry.kind, entry.routine.ref) not in seen:
            found.setdefault(f"{entry.kind}:{entry.name}", entry)
    if any(e.kind == "routes-as-tools" for e in analysis.events):
        for entry in [e for e in found.values() if e.kind == "route" and e.routine is not None]:
            tool = _of_route(analysis.project, entry)
            found.setdefault(f"{tool.kind}:{tool.name}", tool)
    before = len(found)
    where = unnamed(analysis)
    if where is not None or not _has_tools(found):
        for entry in declared(analysis):
            found.setdefault(f"{entry.kind}:{entry.name}", entry)
    if where is not None and len(found) == before:
        reason = "Tools are listed here under names that the code computes; they were not found."
        analysis.gaps.setdefault("tools", Gap(reason, where.module.path))
    lost = [e for e in found.values() if e.kind == "tool" and e.routine is None and e.tool is not None]
    if lost:
        names = ", ".join(e.name for e in lost[:_NAMED])
        reason = f"The code behind {len(lost)} tool(s) was not found: {names}."
        analysis.gaps.setdefault("handlers", Gap(reason, lost[0].tool.path if lost[0].tool is not None else None))
    for way in (handmade, tabled):
        if not _has_tools(found):
            found.update((f"{entry.kind}:{entry.name}", entry) for entry in way(analysis))


def _has_tools(found: Mapping[str, Entry]) -> bool:
    return any(entry.kind == "tool" for entry in found.values())


def _of_route(project: Project, entry: Entry) -> Entry:
    """The tool that a bridge makes of a route, under the name of its operation."""
    routine = entry.routine
    if routine is None:
        return entry
    said = [k for d in routine.function.decorators if isinstance(d, ir.Call) for k in d.keywords]
    name = next((t for k in said if k.name == "operation_id" and (t := text_of(project, routine.module, k.value))), "")
    return function_tool(project, routine, name or routine.function.name, routine.function.doc, None)


def _prefixed(project: Project, entry: Entry, decorator: ir.Expr, prefixes: Mapping[str, str]) -> Entry:
    """The entry under the name that clients see when its server is mounted in another one."""
    target = decorator.callee if isinstance(decorator, ir.Call) else decorator
    if entry.tool is None or entry.routine is None or not prefixes or not isinstance(target, ir.Attribute):
        return entry
    prefix = prefixes.get(variable(project, entry.routine.module, target.base))
    if prefix is None:
        return entry
    name = f"{prefix}_{entry.name}"
    return replace(entry, name=name, tool=replace(entry.tool, name=name))


def _registrars(project: Project) -> frozenset[str]:
    """Names of the project's own decorators that hand a function on to `server.tool(...)` or `add_tool`."""
    direct = {
        r.function.name: r
        for r in project.routines.values()
        if any(isinstance(s, ir.Define) for s in r.function.body)
        and mentioned(r.function.body, into_functions=True) & {"tool", "add_tool"}
    }
    through = {
        r.function.name
        for r in project.routines.values()
        if any(isinstance(s, ir.Return) and _last_name(s.value) in direct for s in r.function.body)
    }
    return frozenset(n for n in {*direct, *through} if n not in ("tool", "main", "__init__", "register", "setup"))


def _by_registrar(project: Project, routine: Routine, registrar: str) -> Entry:
    entry = decorated_tool(project, routine, None)
    if entry.tool is None:
        return entry
    return replace(entry, tool=replace(entry.tool, annotations=_said_by(project, registrar)))


def _said_by(project: Project, registrar: str) -> Annotations | None:
    """The annotations that one of the project's own decorators gives every tool, when they are the same for all."""
    found: set[Annotations] = set()
    for routine in project.routines.values():
        if routine.function.name == registrar:
            for call in walk(routine.function.body):
                values = (*call.args, *(k.value for k in call.keywords)) if isinstance(call, ir.Call) else ()
                said = (annotations_of(project, routine.module, v) for v in values if isinstance(v, ir.Name))
                found.update(one for one in said if one is not None and one != Annotations())
    return found.pop() if len(found) == 1 else None


def _last_name(node: ir.Expr | None) -> str:
    target = node.callee if isinstance(node, ir.Call) else node
    return target.name if isinstance(target, ir.Attribute) else target.id if isinstance(target, ir.Name) else ""


def _name_of(decorator: ir.Expr) -> str:
    target = decorator.callee if isinstance(decorator, ir.Call) else decorator
    if isinstance(target, ir.Name):
        return target.id if target.id in _BARE else ""
    return target.name if isinstance(target, ir.Attribute) else ""


def _decorated(analysis: Analysis, routine: Routine, decorator: ir.Expr) -> Entry | None:
    name = _name_of(decorator)
    if name in _TOOLS:
        return decorated_tool(analysis.project, routine, decorator if isinstance(decorator, ir.Call) else None)
    if name in _RESOURCES or name in _PROMPTS:
        kind = "resource" if name in _RESOURCES else "prompt"
        return Entry(
            "resource" if kind == "resource" else "prompt", routine.function.name, routine, None, (),
            *limits(shapes_of(analysis.project, routine)),
        )  # fmt: skip
    return decorated_route(analysis, routine, decorator)
