"""Sentences in code that a model may come to read, however a server hands them over.

Two kinds. *Described*: what a client is told before any call (descriptions, instructions, titles, defaults, docstrings
of functions that a decorator registers, `.describe("…")`, `Annotated[…, "…"]`), looked for by the place it stands in
and not by the library, so that unknown ways of registering a tool are covered too. *Answered*: what functions hand back
or raise. Strings are put together where the code builds them from literals, also through names bound in the same
module; what only the running server knows leaves an ellipsis.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from scanner.code import ir
from scanner.code.walking import walk

_DESCRIBING: Final = frozenset(
    {"description", "instructions", "title", "default", "summary", "usage", "help", "doc", "docstring", "const",
     "examples", "enum", "long_description", "longDescription", "inputDescription"}
)  # fmt: skip
_ANSWERING: Final = frozenset({"text", "content", "message", "error", "detail", "hint"})
_TELLING_CALLS: Final = frozenset(
    {"describe", "tool", "registerTool", "addTool", "add_tool", "prompt", "registerPrompt", "addPrompt", "resource",
     "registerResource", "addResource", "Tool", "Prompt", "Resource", "Field", "Server", "McpServer", "FastMCP"}
)  # fmt: skip
_TELLING_NAMES: Final = re.compile(
    r"desc(?:ription|r)?s?$|instructions?$|tool_?(?:text|doc|help)$|docstring|__doc__", re.IGNORECASE
)
_PLAIN_DECORATORS: Final = frozenset(
    {"property", "staticmethod", "classmethod", "wraps", "dataclass", "cache", "lru_cache", "contextmanager"}
)
_FUNCTION_SINKS: Final = frozenset(
    {"add_tool", "addTool", "tool", "from_function", "register_tool", "registerTool", "register", "StructuredTool"}
)
_TESTS: Final = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|fixtures)/|(?:^|/)(?:test_[^/]*|conftest)\.py$|\.(?:test|spec)\.[jt]sx?$"
)
_SHORTEST: Final = 12
_ANSWER: Final = re.compile(r"\S+\s+\S+\s+\S+\s+\S+\s+\S+|[\u0e00-\u9fff\uac00-\ud7a3]{10}")
_MOST: Final = 4000
_LONGEST: Final = 100_000
"""Characters of a text put together from pieces, which can name each other and so grow without end."""
_DEPTH: Final = 12
_UNKNOWN: Final = " … "


@dataclass(frozen=True, slots=True)
class Prose:
    """One text in code: where it stands, for what (`the description in`, `a text in`), and of which kind."""

    kind: Literal["described", "answered"]
    what: str
    text: str
    path: str
    line: int


def prose(modules: Iterable[ir.Module]) -> tuple[Prose, ...]:
    """The texts of lowered modules in reading order, at most some thousands, each once; tests left out."""
    found: dict[tuple[str, str], Prose] = {}
    for module in modules:
        if _TESTS.search(module.path):
            continue
        for one in _Texts(module).found():
            known = found.get((one.text, one.path))
            if known is None or (known.kind, one.kind) == ("answered", "described"):
                found[one.text, one.path] = one
            if len(found) >= _MOST:
                return tuple(found.values())
    return tuple(found.values())


class _Texts:
    """The texts of one module."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self.bound: dict[str, list[ir.Expr]] = {}
        self._known: dict[tuple[int, int], str] = {}
        for node in walk(module.body):
            if isinstance(node, ir.Assign):
                for target in node.targets:
                    name = _last(target)
                    if name:
                        self.bound.setdefault(name, []).append(node.value)

    def found(self) -> Iterator[Prose]:
        registered = {name for node in walk(self.module.body) if isinstance(node, ir.Call) for name in _handed_on(node)}
        for node in walk(self.module.body):
            if isinstance(node, ir.Call):
                yield from self._call(node)
            elif isinstance(node, ir.Table):
                for key, value in node.entries:
                    yield from self._named(key.value if isinstance(key, ir.Const) else None, value)
            elif isinstance(node, ir.Assign):
                for target in node.targets:
                    if _TELLING_NAMES.search(_last(target)):
                        yield from self._text("described", f"the text {_last(target)}", node.value)
            elif isinstance(node, (ir.Return, ir.Raise)) and node.value is not None:
                yield from self._answer(node.value)
            elif isinstance(node, ir.Subscript) and _last(node.base) == "Annotated":
                for part in node.index.items if isinstance(node.index, ir.Collection) else ():
                    yield from self._text("described", "a parameter", part)
            elif isinstance(node, ir.Function):
                yield from self._function(node, registered)

    def _function(self, function: ir.Function, registered: set[str]) -> Iterator[Prose]:
        decorators = {_last(d.callee if isinstance(d, ir.Call) else d) for d in function.decorators}
        told = bool(decorators - _PLAIN_DECORATORS) or function.name in registered
        if told and len(function.doc) >= _SHORTEST:
            yield Prose(
                "described", f"the description of {function.name}", function.doc, self.module.path, function.line
            )
        for param in function.params if told else ():
            if param.default is not None:
                yield from self._text("described", f"the default of {param.name}", param.default)

    def _call(self, call: ir.Call) -> Iterator[Prose]:
        name = _last(call.callee)
        for keyword in call.keywords:
            yield from self._named(keyword.name, keyword.value)
        if name in _TELLING_CALLS:
            for arg in call.args:
                if not isinstance(arg, (ir.Table, ir.Lambda)):
                    yield from self._text("described", f"a text given to {name}", arg)

    def _named(self, name: object, value: ir.Expr) -> Iterator[Prose]:
        if name in _DESCRIBING:
            values = value.items if isinstance(value, ir.Collection) else (value,)
            for one in values:
                if not isinstance(one, ir.Table):
                    yield from self._text("described", f"the {name}", one)
        elif name in _ANSWERING:
            yield from self._answer(value)

    def _answer(self, value: ir.Expr) -> Iterator[Prose]:
        if isinstance(value, (ir.Table, ir.Lambda)):
            return
        for one in self._text("answered", "a text that the server answers with", value):
            if _ANSWER.search(one.text):
                yield one

    def _text(self, kind: Literal["described", "answered"], what: str, value: ir.Expr) -> Iterator[Prose]:
        text = self._folded(value, _DEPTH)
        if len(text.strip()) >= _SHORTEST and text.strip(" …\n"):
            yield Prose(kind, what, text, self.module.path, getattr(value, "line", 0))

    def _folded(self, node: ir.Expr, depth: int) -> str:
        """The text an expression builds, as far as literals tell."""
        if depth <= 0:
            return ""
        # Names lead to names in ever more ways; what an expression says is worked out once for each depth.
        key = (id(node), depth)
        if key not in self._known:
            self._known[key] = self._told(node, depth - 1)
        return self._known[key]

    def _told(self, node: ir.Expr, down: int) -> str:
        if isinstance(node, ir.Const):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, ir.Concat):
            return _joined("", (self._folded(p, down) or _UNKNOWN for p in node.parts))
        if isinstance(node, ir.Binary) and node.op in ("+", "%"):
            return _joined("", (self._folded(p, down) or _UNKNOWN for p in (node.left, node.right)))
        if isinstance(node, (ir.Name, ir.Attribute)):
            if isinstance(node, ir.Attribute) and node.name == "value":
                return self._folded(node.base, down)
            values = self.bound.get(_last(node), ())
            return _joined("\n", filter(None, (self._folded(v, down) for v in values))) if len(values) <= 3 else ""
        return _joined("", (self._folded(part, down) for part in self._parts(node)))

    def _parts(self, node: ir.Expr) -> tuple[ir.Expr, ...]:
        if isinstance(node, ir.Call):
            # "…".strip(), dedent("…"), base64.b64decode("…"), ["…", "…"].join("\n"): the words are in one of them.
            base = (node.callee.base,) if isinstance(node.callee, ir.Attribute) else ()
            return tuple(
                p
                for p in (*base, *node.args)
                if not isinstance(p, (ir.Name, ir.Attribute, ir.Lambda, ir.Table)) or _last(p) in self.bound
            )
        if isinstance(node, ir.Collection):
            return node.items
        if isinstance(node, ir.Conditional):
            return (node.then, node.other)
        if isinstance(node, ir.Logic):
            return node.values
        if isinstance(node, ir.Subscript):
            return (node.base,)
        return node.parts if isinstance(node, ir.Opaque) else ()


def _joined(between: str, pieces: Iterable[str]) -> str:
    """The pieces in one, those left out that come after the longest text."""
    kept: list[str] = []
    length = 0
    for piece in pieces:
        if length > _LONGEST:
            break
        kept.append(piece)
        length += len(piece)
    return between.join(kept)


def _last(node: ir.Expr) -> str:
    return node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""


def _handed_on(call: ir.Call) -> Iterator[str]:
    """Names of functions that are given to something that registers tools."""
    inner = call.callee.callee if isinstance(call.callee, ir.Call) else call.callee
    if _last(inner) in _FUNCTION_SINKS:
        yield from (_last(arg) for arg in (*call.args, *(k.value for k in call.keywords)) if _last(arg))
