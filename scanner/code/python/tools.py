"""How Python servers register tools, routes, resources and prompts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Project, Routine
from scanner.code.python.constants import HINTS, annotations_of, mounted, text_of, variable
from scanner.code.python.handmade import handmade
from scanner.code.python.schemas import Shape, json_shape, param_shape, typed
from scanner.code.reach import mentioned
from scanner.code.rules import Safe
from scanner.code.state import Analysis, Event
from scanner.code.values import Value
from scanner.code.walking import walk
from trust.facts import Annotations, Param, Tool

_ROUTES: Final = ("get", "post", "put", "delete", "patch", "route", "websocket", "api_route", "custom_route")
_ROUTERS: Final = ("app", "router", "api", "application", "server", "mcp", "api_router", "blueprint", "bp", "web_app")
_CONTEXTS: Final = ("Context", "Request", "Session")
_PROMPTS: Final = ("prompt", "get_prompt")
_RESOURCES: Final = ("resource", "read_resource")


def entries(analysis: Analysis) -> tuple[Entry, ...]:
    """Every registration of the project's Python modules, in reading order. Needs the modules' top levels evaluated."""
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
    for event in analysis.events:
        if event.kind == "add-tool":
            entry = _added(analysis, event)
            if entry is not None:
                found.setdefault(f"{entry.kind}:{entry.name}", entry)
    for entry in _low_level(analysis, handlers):
        found.setdefault(f"{entry.kind}:{entry.name}", entry)
    if not any(entry.kind == "tool" for entry in found.values()):
        found.update((f"{entry.kind}:{entry.name}", entry) for entry in handmade(analysis))
    return tuple(found.values())


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
    entry = _tool_entry(project, routine, None)
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
    return target.name if isinstance(target, ir.Attribute) else ""


def _base_of(decorator: ir.Expr) -> str:
    target = decorator.callee if isinstance(decorator, ir.Call) else decorator
    base = target.base if isinstance(target, ir.Attribute) else target
    return base.name if isinstance(base, ir.Attribute) else base.id if isinstance(base, ir.Name) else ""


def _decorated(analysis: Analysis, routine: Routine, decorator: ir.Expr) -> Entry | None:
    name = _name_of(decorator)
    if name == "tool":
        return _tool_entry(analysis.project, routine, decorator if isinstance(decorator, ir.Call) else None)
    if name in _RESOURCES or name in _PROMPTS:
        shapes = _shapes(analysis.project, routine)
        kind = "resource" if name in _RESOURCES else "prompt"
        return Entry(
            "resource" if kind == "resource" else "prompt", routine.function.name, routine, None, (), *_limits(shapes)
        )
    if name in _ROUTES and isinstance(decorator, ir.Call) and _base_of(decorator).lower().lstrip("_") in _ROUTERS:
        shapes = _shapes(analysis.project, routine)
        path = text_of(analysis.project, routine.module, decorator.args[0] if decorator.args else None)
        return Entry("route", path, routine, None, (), *_limits(shapes))
    return None


def _limits(shapes: list[Shape]) -> tuple[dict[tuple[int, str], Safe], frozenset[int]]:
    types: dict[tuple[int, str], Safe] = {}
    for at, shape in enumerate(shapes):
        types.update(typed(at, shape))
    return types, frozenset(at for at, shape in enumerate(shapes) if shape.hidden)


def _shapes(project: Project, routine: Routine) -> list[Shape]:
    shapes = []
    for param in routine.function.params:
        shape = param_shape(project, routine.module, param)
        declared = project.dotted(routine.module, _unwrapped(param.annotation)) or ""
        last = declared.rpartition(".")[2].rpartition(":")[2]
        context = last in _CONTEXTS[:1] or (param.annotation is None and param.name in ("ctx", "context"))
        shapes.append(replace(shape, hidden=shape.hidden or context))
    return shapes


def _unwrapped(annotation: ir.Expr | None) -> ir.Expr | None:
    """`Context[X, Y] | None` is `Context`."""
    while isinstance(annotation, (ir.Binary, ir.Subscript)):
        annotation = annotation.left if isinstance(annotation, ir.Binary) else annotation.base
    return annotation


def _tool_entry(project: Project, routine: Routine, call: ir.Call | None) -> Entry:
    function = routine.function
    keywords = {k.name: k.value for k in call.keywords if k.name} if call is not None else {}
    at = routine.module
    first = call.args[0] if call is not None and call.args else None
    name = text_of(project, at, keywords.get("name")) or text_of(project, at, first) or function.name
    description = text_of(project, at, keywords.get("description")) or function.doc
    annotations = annotations_of(project, at, keywords.get("annotations"))
    return _function_tool(project, routine, name, description, annotations)


def _function_tool(
    project: Project, routine: Routine, name: str, description: str, annotations: Annotations | None
) -> Entry:
    shapes = _shapes(project, routine)
    documented = _documented(routine.function.doc)
    params = []
    for param, shape in zip(routine.function.params, shapes, strict=True):
        if shape.hidden or param.kind in ("rest", "rest-keyword"):
            continue
        text = shape.description or documented.get(param.name, "")
        params.append(replace(shape, description=text).param(param.name))
    tool = Tool(name, "code", description, tuple(params), annotations, routine.module.path, routine.function.line)
    return Entry("tool", name, routine, tool, (), *_limits(shapes))


def _documented(doc: str) -> dict[str, str]:
    """Parameter descriptions in a docstring: Google's `name: text`, `name (type): text`, and `:param name: text`."""
    found: dict[str, str] = {}
    for line in doc.splitlines():
        text = line.strip()
        if text.startswith(":param "):
            name, _, description = text[7:].partition(":")
            found[name.split()[-1] if name.split() else ""] = description.strip()
            continue
        head, colon, description = text.partition(":")
        name = head.partition("(")[0].strip().lstrip("-* `").rstrip("`* ")
        if colon and name.isidentifier() and description.strip():
            found.setdefault(name, description.strip())
    return found


# --- add_tool and the low-level server ----------------------------------------------------------------------------


def _added(analysis: Analysis, event: Event) -> Entry | None:
    """`server.add_tool(function, name=...)`, `mcp.tool(...)(function)`, `Tool.from_function(function)`."""
    values = (*event.args, *(v for k, v in event.keywords.items() if k in ("fn", "func", "function", "handler")))
    for value in values:
        routine = analysis.project.routines.get(value.ref or "")
        if routine is None and value.ref is not None and "()." in value.ref:
            owner, _, name = value.ref.rpartition("().")
            routine = analysis.project.method(owner, name)
        if routine is None:
            continue
        name = _value_text(event.keywords.get("name")) or routine.function.name
        description = _value_text(event.keywords.get("description")) or routine.function.doc
        return _function_tool(
            analysis.project, routine, name, description, _annotated(event.keywords.get("annotations"))
        )
    return None


def _value_text(value: Value | None) -> str:
    return (value.text() or "") if value is not None else ""


def _annotated(value: Value | None) -> Annotations | None:
    if value is None or not value.fields:
        return None
    said = {HINTS[n]: v.const for n, v in value.fields.items() if n in HINTS and isinstance(v.const, bool)}
    return Annotations(**said)


def _low_level(analysis: Analysis, handlers: list[Routine]) -> Iterator[Entry]:
    """`Tool(name=..., inputSchema=...)` objects, each paired with the handler that is called with its name."""
    handler = handlers[0] if handlers else None
    for event in analysis.events:
        if event.kind != "tool-object":
            continue
        name = _value_text(event.keywords.get("name"))
        if not name:
            continue
        schema = event.keywords.get("inputSchema") or event.keywords.get("input_schema")
        shape = json_shape(analysis.project, schema) if schema is not None else Shape("object")
        params: tuple[Param, ...] = tuple(s.param(n) for n, s in shape.fields.items())
        at = handler or None
        tool = Tool(
            name, "code", _value_text(event.keywords.get("description")), params,
            _annotated(event.keywords.get("annotations")),
            at.module.path if at else event.module.path, at.function.line if at else event.line,
        )  # fmt: skip
        if handler is None:
            yield Entry("tool", name, None, tool)
            continue
        arguments = min(1, len(handler.function.params) - 1)
        yield Entry("tool", name, handler, tool, (("const", name),), typed(arguments, shape), frozenset({0}))
