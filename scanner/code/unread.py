"""Inputs that a tool declares and no code reads: whatever the model is asked to put there goes nowhere the user sees.

Only what can be told from one place is told: functions that a decorator registers in Python, and handlers written into
`tool(...)` or `registerTool(...)` in JavaScript. A handler that hands its arguments on as a whole may read anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from scanner.code import ir
from scanner.code.walking import walk

_REGISTERING: Final = frozenset({"tool", "registerTool", "register_tool", "mcp_tool"})
_SCHEMAS: Final = frozenset({"inputSchema", "parameters", "schema", "paramsSchema", "input_schema"})
_FRAMEWORK: Final = frozenset({"ctx", "context", "self", "cls", "request", "session", "extra"})
_WHOLE: Final = frozenset({"locals", "vars", "arguments", "model_dump", "bind"})


@dataclass(frozen=True, slots=True)
class Unread:
    """One input that no code reads: of which tool, under which name, where the handler stands."""

    tool: str
    name: str
    path: str
    line: int


def unread(modules: Iterable[ir.Module]) -> tuple[Unread, ...]:
    """The unread inputs of the tools in lowered modules."""
    return tuple(one for m in modules for one in (_python(m) if m.language == "python" else _javascript(m)))


def _python(module: ir.Module) -> Iterator[Unread]:
    for function in module.functions:
        if not any(_last(d) in _REGISTERING for d in function.decorators) or _empty(function.body):
            continue
        said = _mentions(function.body)
        if said & _WHOLE:
            continue
        for param in function.params:
            typed = {n.id for n in walk((param.annotation,)) if isinstance(n, ir.Name)} if param.annotation else set()
            given = "Context" in typed or (param.annotation is None and param.name in _FRAMEWORK)
            plain = param.kind in ("plain", "keyword") and not param.name.startswith("_")
            if plain and not given and param.name not in said:
                yield Unread(function.name, param.name, module.path, function.line)


def _javascript(module: ir.Module) -> Iterator[Unread]:
    for call in walk(module.body):
        if not isinstance(call, ir.Call) or _last(call) not in _REGISTERING or len(call.args) < 2:
            continue
        handler = call.args[-1]
        tool = call.args[0].value if isinstance(call.args[0], ir.Const) else ""
        if isinstance(handler, ir.Lambda) and isinstance(tool, str) and tool and not _empty(handler.function.body):
            read = _read_by(handler.function)
            if read is None:
                continue
            for name in _declared(call.args[1:-1]):
                if name not in read:
                    yield Unread(tool, name, module.path, handler.line)


def _read_by(function: ir.Function) -> frozenset[str] | None:
    """The names of the arguments that a handler reads; None when it may read any."""
    said = _mentions(function.body)
    if not function.params:
        return None if said & _WHOLE else frozenset()
    first = function.params[0]
    if first.target is None:
        own = [n for n in walk(function.body) if isinstance(n, ir.Attribute) and _is(n.base, first.name)]
        own_items = [n for n in walk(function.body) if isinstance(n, ir.Subscript) and _is(n.base, first.name)]
        every = sum(isinstance(n, ir.Name) and n.id == first.name for n in walk(function.body))
        return frozenset(said) if every == len(own) + len(own_items) else None
    if not isinstance(first.target, ir.Table) or any(key is None for key, _ in first.target.entries):
        return None
    bound = {
        str(key.value): {n.id for n in walk((target,)) if isinstance(n, ir.Name)}
        for key, target in first.target.entries
        if isinstance(key, ir.Const)
    }
    return frozenset(key for key, names in bound.items() if names & said)


def _declared(args: Iterable[ir.Expr]) -> list[str]:
    """The inputs that a registration names: keys of the schema, of its `properties`, or of `z.object({...})`."""
    for arg in args:
        if not isinstance(arg, ir.Table):
            continue
        named = {k.value: v for k, v in arg.entries if isinstance(k, ir.Const) and isinstance(k.value, str)}
        schema = next((named[s] for s in _SCHEMAS if s in named), None)
        if schema is None and named and all(_is_schema(v) for v in named.values()):
            return list(map(str, named))
        while schema is not None:
            inner = schema.args[0] if isinstance(schema, ir.Call) and schema.args else schema
            if not isinstance(inner, ir.Table):
                break
            keys = {k.value: v for k, v in inner.entries if isinstance(k, ir.Const)}
            if "properties" not in keys:
                return [str(k) for k in keys if k not in ("type", "required")]
            schema = keys["properties"]
    return []


def _is_schema(node: ir.Expr) -> bool:
    """`z.string()…`: a call at whose root stands a plain name."""
    while isinstance(node, ir.Call):
        node = node.callee.base if isinstance(node.callee, ir.Attribute) else node.callee
    return isinstance(node, ir.Name) and node.id in ("z", "zod", "Type", "t", "v", "s")


def _mentions(tree: Any) -> set[str]:
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ir.Name):
            found.add(node.id)
        elif isinstance(node, ir.Attribute):
            found.add(node.name)
        elif isinstance(node, ir.Const) and isinstance(node.value, str):
            found.add(node.value)
    return found


def _empty(body: tuple[ir.Stmt, ...]) -> bool:
    """A body that does nothing (a stub): that it reads no input means nothing."""
    return all(
        isinstance(s, (ir.Raise, ir.Jump)) or (isinstance(s, ir.Do) and isinstance(s.value, ir.Const)) for s in body
    )


def _is(node: ir.Expr, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


def _last(node: ir.Expr) -> str:
    while isinstance(node, ir.Call):
        node = node.callee
    return node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""
