"""One function as a tool: its name, description, inputs and annotations, and what its types exclude."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Project, Routine
from scanner.code.python.constants import HINTS, annotations_of, text_of
from scanner.code.python.schemas import Shape, param_shape, typed
from scanner.code.safety import Safe
from scanner.code.values import Value
from trust.facts import Annotations, Tool

_CONTEXTS: Final = ("Context", "RequestContext", "ServerRequestContext")


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
        shapes.append(replace(shape, hidden=shape.hidden or context))
    return shapes


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
