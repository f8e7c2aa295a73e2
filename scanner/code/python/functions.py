"""One function as a tool: its name, description, inputs and annotations, and what its types exclude."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Project, Routine
from scanner.code.python.constants import HINTS, annotations_of, text_of
from scanner.code.python.schemas import Shape, param_shape, shape_of, typed
from scanner.code.safety import Safe
from scanner.code.values import Value
from trust.facts import Annotations, Tool

_CONTEXTS: Final = ("Context", "RequestContext", "ServerRequestContext")
_SERVICES: Final = 4
_ABSTRACT: Final = frozenset({"ABC", "Protocol"})
_PLAIN_BASES: Final = _ABSTRACT | {"Generic", "object"}
_DATA: Final = ("dataclass", "define", "frozen", "s", "attrs")
_FROM_JSON: Final = ("__get_pydantic_core_schema__", "__get_validators__", "__modify_schema__")
"""Methods by which a class says itself how it is read from JSON."""


def function_tool(
    project: Project, routine: Routine, name: str, description: str, annotations: Annotations | None
) -> Entry:
    """The function's parameters are the tool's inputs."""
    shapes = shapes_of(project, routine)
    documented = _documented(routine.function.doc)
    params = []
    for param, shape in zip(routine.function.params, shapes, strict=True):
        if shape.hidden or param.kind in ("rest", "rest-keyword"):
            continue
        text = shape.description or documented.get(param.name, "")
        params.append(replace(shape, description=text).param(param.name))
    tool = Tool(name, "code", description, tuple(params), annotations, routine.module.path, routine.function.line)
    return Entry("tool", name, routine, tool, (), *limits(shapes))


def decorated_tool(project: Project, routine: Routine, call: ir.Call | None) -> Entry:
    """A tool by its decorator: what the call says comes before what the function says."""
    function = routine.function
    keywords = {k.name: k.value for k in call.keywords if k.name} if call is not None else {}
    at = routine.module
    texts = [t for a in (call.args if call is not None else ()) if (t := text_of(project, at, a))]
    name = text_of(project, at, keywords.get("name")) or (texts[0] if texts else "") or function.name
    told = text_of(project, at, keywords.get("description")) or function.doc or (texts[1] if len(texts) > 1 else "")
    return function_tool(project, routine, name, told, annotations_of(project, at, keywords.get("annotations")))


def shapes_of(project: Project, routine: Routine) -> list[Shape]:
    """What each parameter admits; contexts that the library fills are hidden."""
    shapes = []
    for param in routine.function.params:
        shape = param_shape(project, routine.module, param)
        declared = project.dotted(routine.module, _unwrapped(param.annotation)) or ""
        last = declared.rpartition(".")[2].rpartition(":")[2]
        context = last in _CONTEXTS or (param.annotation is None and param.name in ("ctx", "context"))
        shapes.append(replace(shape, hidden=shape.hidden or context or is_service(project, declared)))
    return shapes


def is_service(project: Project, class_ref: str, depth: int = _SERVICES) -> bool:
    """Whether objects of this class of the project cannot be written as JSON, so that only the server can have filled
    the parameter: an abstract class, or one built by its own `__init__`. A data class is one when something it is
    built from is.
    """
    if class_ref not in project.classes or depth == 0:
        return False
    family = [class_ref, *_ancestors(project, class_ref)]
    outside = {f.rpartition(".")[2] for f in family if f not in project.classes}
    if outside - _PLAIN_BASES or any(f"{f}.{m}" in project.routines for f in family for m in _FROM_JSON):
        return False
    if outside & _ABSTRACT:
        return True
    built = next((r for f in family if (r := project.routines.get(f"{f}.__init__")) is not None), None)
    if built is None:
        return False
    if not any(_is_data(project, f) for f in family if f in project.classes):
        return True
    given = [_unwrapped(p.annotation) for p in built.function.params]
    names = [project.dotted(built.module, g) or "" for g in given]
    return any(is_service(project, n, depth - 1) for n in names) or any(
        "." in n and n not in project.classes and shape_of(project, built.module, g).type == "unknown"
        for g, n in zip(given, names, strict=True)
        if not isinstance(g, ir.Subscript) and not n.startswith("typing")
    )


def _ancestors(project: Project, class_ref: str, depth: int = _SERVICES) -> tuple[str, ...]:
    direct = project.bases(class_ref) if depth else ()
    return (*direct, *(a for d in direct for a in _ancestors(project, d, depth - 1)))


def _is_data(project: Project, class_ref: str) -> bool:
    names = (d.callee if isinstance(d, ir.Call) else d for d in project.classes[class_ref][1].decorators)
    return any(getattr(n, "id", getattr(n, "name", "")) in _DATA for n in names)


def limits(shapes: list[Shape]) -> tuple[dict[tuple[int, str], Safe], frozenset[int]]:
    """What the types of the parameters exclude, and the parameters that no caller fills."""
    types: dict[tuple[int, str], Safe] = {}
    for at, shape in enumerate(shapes):
        types.update(typed(at, shape))
    return types, frozenset(at for at, shape in enumerate(shapes) if shape.hidden)


def handler_limits(routine: Routine, shape: Shape) -> Mapping[tuple[int, str], Safe]:
    """What a schema excludes of the arguments, which are one object or one parameter each."""
    params = routine.function.params
    if len(params) == 1:
        return typed(0, shape)
    result: dict[tuple[int, str], Safe] = {}
    for at, param in enumerate(params):
        result.update(typed(at, shape.fields.get(param.name, Shape())))
    return result


def text(value: Value | None) -> str:
    return (value.text() or "") if value is not None else ""


def annotated(value: Value | None) -> Annotations | None:
    """The hints of an annotations object or dictionary."""
    if value is None or not value.fields:
        return None
    said = {HINTS[n]: v.const for n, v in value.fields.items() if n in HINTS and isinstance(v.const, bool)}
    return Annotations(**said)


def _unwrapped(annotation: ir.Expr | None) -> ir.Expr | None:
    """`Context[X, Y] | None` is `Context`."""
    while isinstance(annotation, (ir.Binary, ir.Subscript)):
        annotation = annotation.left if isinstance(annotation, ir.Binary) else annotation.base
    return annotation


def _documented(doc: str) -> dict[str, str]:
    """Parameter descriptions in a docstring: Google's `name: text`, `name (type): text`, and `:param name: text`."""
    found: dict[str, str] = {}
    for line in doc.splitlines():
        line_ = line.strip()
        if line_.startswith(":param "):
            name, _, description = line_[7:].partition(":")
            found[name.split()[-1] if name.split() else ""] = description.strip()
            continue
        head, colon, description = line_.partition(":")
        name = head.partition("(")[0].strip().lstrip("-* `").rstrip("`* ")
        if colon and name.isidentifier() and description.strip():
            found.setdefault(name, description.strip())
    return found
