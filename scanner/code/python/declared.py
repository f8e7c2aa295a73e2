"""Tools that are declared where no server is seen: classes with a name and a handler, functions put into a registry by
a decorator. Looked for when the code lists tools by names that are computed, or lists none.
"""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.calls import call
from scanner.code.entries import Entry
from scanner.code.evaluate import Evaluator
from scanner.code.project import Project, Routine
from scanner.code.python.constants import text_of
from scanner.code.python.functions import decorated_tool, handler_limits
from scanner.code.python.lowlevel import HANDLES
from scanner.code.python.schemas import Shape, json_shape
from scanner.code.state import Analysis, Frame
from scanner.code.values import Env, Value
from scanner.code.walking import walk
from trust.facts import Tool

_NAMES: Final = ("name", "tool_name", "NAME", "TOOL_NAME", "_name")
_TELLS: Final = ("description", "tool_description", "DESCRIPTION", "_description", "desc")
_SCHEMAS: Final = (
    "inputSchema", "input_schema", "parameters", "schema", "args_schema", "INPUT_SCHEMA", "input_model",
    "params_schema", "get_schema", "get_input_schema", "get_parameters", "arguments",
)  # fmt: skip
_TOOL: Final = re.compile(r"(?:^|_)tools?(?:_|$)")
_KIND: Final = re.compile(r"Tool|Handler|Command|Action|Skill|Plugin|Operation|Capability|Function")
_LISTS: Final = ("list_tools", "call_tool")
"""Decorators of the dispatcher, not of a tool."""
_STORES: Final = ("append", "add", "register", "setdefault", "update", "insert", "add_tool", "register_tool")


def declared(analysis: Analysis) -> Iterator[Entry]:
    """Every such tool, classes first."""
    project = analysis.project
    for ref in project.classes:
        entry = _class_tool(analysis, ref)
        if entry is not None:
            yield entry
    stores = _stores(project)
    for routine in project.routines.values():
        for decorator in routine.function.decorators if routine.module.language == "python" else ():
            target = decorator.callee if isinstance(decorator, ir.Call) else decorator
            name = target.name if isinstance(target, ir.Attribute) else target.id if isinstance(target, ir.Name) else ""
            own = ":" in (project.dotted(routine.module, target) or "")
            if name in stores or (not own and name not in _LISTS and _TOOL.search(_snake(name))):
                yield _by_decorator(analysis, routine, decorator)


def _by_decorator(analysis: Analysis, routine: Routine, decorator: ir.Expr) -> Entry:
    """The function as the registry knows it; a schema given to the decorator says what its one parameter holds."""
    project = analysis.project
    made = decorator if isinstance(decorator, ir.Call) else None
    entry = decorated_tool(project, routine, made)
    for node in (*made.args, *(k.value for k in made.keywords)) if made is not None else ():
        if isinstance(node, (ir.Table, ir.Name)):
            value = _value(analysis, routine.module, node)
            if value.fields and "properties" in value.fields and entry.tool is not None:
                shape = json_shape(project, value)
                return _entry(entry.name, entry.tool.description, shape, routine)
    return entry


def _entry(name: str, description: str, shape: Shape, routine: Routine) -> Entry:
    params = tuple(s.param(n) for n, s in shape.fields.items())
    tool = Tool(name, "code", description, params, None, routine.module.path, routine.function.line)
    return Entry("tool", name, routine, tool, (), handler_limits(routine, shape))


def _class_tool(analysis: Analysis, ref: str) -> Entry | None:
    """A class that says what it is called, what it does or takes, and has a method that does it."""
    project = analysis.project
    module, class_ = project.classes[ref]
    if module.language != "python" or not (
        _KIND.search(class_.name) or any(_KIND.search(b) for b in project.bases(ref))
    ):
        return None
    name = _said(analysis, ref, _NAMES)
    handler = next(
        (m for n in HANDLES if (m := project.method(ref, n)) and m.function.body and m.function.params), None
    )
    if not name or handler is None:
        return None
    description = _said(analysis, ref, _TELLS)
    schema = _schema(analysis, ref)
    if schema is None and not description:
        return None
    if schema is None and (len(handler.function.params) > 1 or handler.function.params[0].annotation is not None):
        entry = decorated_tool(project, handler, None)
        tool = entry.tool
        params = tool.params if tool is not None else ()
        told = Tool(name, "code", description, params, None, handler.module.path, handler.function.line)
        return Entry("tool", name, handler, told, (), entry.typed, entry.trusted)
    return _entry(name, description or class_.doc, schema or Shape("object"), handler)


def _said(analysis: Analysis, ref: str, names: tuple[str, ...]) -> str:
    """A text that a class states: as a field, in its constructor, or by a property."""
    project = analysis.project
    for name in names:
        found = project.class_field(ref, name)
        text = text_of(project, found[0], found[1].value) if found is not None else ""
        stored = analysis.fields.get(ref, {}).get(name)
        text = text or ((stored.text() or "") if stored is not None else "")
        method = project.method(ref, name) or project.method(ref, f"get_{name}")
        if not text and method is not None:
            returned = [s.value for s in method.function.body if isinstance(s, ir.Return)]
            text = text_of(project, method.module, returned[0]) if len(returned) == 1 else ""
        if text:
            return text
    return ""


def _schema(analysis: Analysis, ref: str) -> Shape | None:
    project = analysis.project
    for name in _SCHEMAS:
        found = project.class_field(ref, name)
        if found is not None and not isinstance(found[1].value, ir.Opaque):
            return _shape(analysis, _value(analysis, found[0], found[1].value))
        method = project.method(ref, name)
        summary = analysis.summaries.get((method.ref, ())) if method is not None else None
        if summary is not None and summary.result.fields:
            return json_shape(project, summary.result)
        stored = analysis.fields.get(ref, {}).get(name)
        if stored is not None and stored.fields:
            return json_shape(project, stored)
    return None


def _shape(analysis: Analysis, value: Value) -> Shape:
    if value.ref is not None and value.ref in analysis.project.classes:
        return json_shape(analysis.project, Value(ref=f"{value.ref}.model_json_schema()"))
    return json_shape(analysis.project, value)


def _value(analysis: Analysis, module: ir.Module, node: ir.Expr) -> Value:
    return Evaluator(Frame(analysis, module, None, Env()), call).value(node)


def _stores(project: Project) -> frozenset[str]:
    """Names of the project's own decorators that keep the function they are put on."""
    found = set()
    for routine in project.routines.values():
        function = routine.function
        inner = [s.what for s in function.body if isinstance(s, ir.Define) and isinstance(s.what, ir.Function)]
        for decorator in (function, *inner):
            if (
                len(decorator.params) == 1
                and _keeps(decorator, decorator.params[0].name)
                and _TOOL.search(_snake(function.name) + "_" + _snake(function.owner or "") + "_" + _kept_in(decorator))
            ):
                found.add(function.name)
    return frozenset(found - {"main", "__init__", "setup"})


def _keeps(function: ir.Function, name: str) -> bool:
    """`registry[x] = fn`, `tools.append(fn)`, in any container or record."""
    for node in walk(function.body):
        if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Subscript) and _holds(node.value, name):
            return True
        stores = isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name in _STORES
        if stores and any(_holds(a, name) for a in (*node.args, *(k.value for k in node.keywords))):
            return True
    return False


def _kept_in(function: ir.Function) -> str:
    names = []
    for node in walk(function.body):
        target = node.targets[0] if isinstance(node, ir.Assign) else node.callee if isinstance(node, ir.Call) else None
        base = target.base if isinstance(target, (ir.Subscript, ir.Attribute)) else None
        if isinstance(base, ir.Name):
            names.append(base.id)
        elif isinstance(base, ir.Attribute):
            names.append(base.name)
    return "_".join(_snake(n) for n in names)


def _holds(node: ir.Expr, name: str) -> bool:
    return any(isinstance(n, ir.Name) and n.id == name for n in walk(node))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
