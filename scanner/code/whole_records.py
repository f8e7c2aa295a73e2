"""Whole records that hold secrets: the environment, settings files, configurations; and whether an expression shows one.

A record is shown when all its values go into a text or an answer. One value by a fixed name, its names alone, or values
that went through a masking function are something else.
"""

# ruff: noqa: E501 - word lists and patterns

import re
from collections.abc import Iterator
from typing import Final, Literal

from scanner.code import ir
from scanner.code.credentials import MASKS, leaves_secrets
from scanner.code.secret_names import is_secret
from scanner.code.sweeping import Look
from scanner.code.units import Unit, dotted, last_name, pieces
from scanner.code.walking import walk

Kind = Literal["", "environment", "settings"]

_ENVIRONMENTS: Final = frozenset({"os.environ", "process.env", "import.meta.env", "environ", "Deno.env", "Bun.env"})
_COPIES: Final = frozenset({"copy", "dict", "assign", "structuredClone", "deepcopy", "fromEntries", "list", "sorted", "entries", "items",
                            "toObject", "freeze", "OrderedDict", "values"})  # fmt: skip
_TEXTS: Final = frozenset({"dumps", "stringify", "str", "repr", "String", "inspect", "format", "pformat", "safe_dump", "toString", "join",
                           "Response", "JSONResponse", "TextContent", "TextResult", "CallToolResult", "ToolResult", "text", "dump",
                           "encode", "model_dump_json", "json", "TextResourceContents", "ReadResourceContents", "success", "result"})  # fmt: skip
_UNPACKS: Final = frozenset(
    {"model_dump_json", "model_dump", "asdict", "vars", "to_dict", "json", "dict", "toJSON", "model_dump_python"}
)
_PARSES: Final = frozenset({"loads", "load", "parse", "safe_load", "parsed", "read", "readFile", "readFileSync", "read_text", "readlines",
                            "readTextFile", "read_bytes", "splitlines", "decode", "readJsonSync", "readJson", "readJSON"})  # fmt: skip
_READS: Final = frozenset({"open", "readFile", "readFileSync", "read_text", "read_bytes", "readTextFile", "load_dotenv_file", "file",
                           "readJsonSync", "readJson", "createReadStream"})  # fmt: skip
_DOTENV: Final = frozenset({"dotenv_values", "dotenv.parse", "dotenv.config", "dotenv.dotenv_values", "config.parse"})
_SECRET_PATH: Final = re.compile(
    r"(?:^|[/\\.])env(?:\.(?!example|sample|template|dist)\w+)?$|credential|secrets?\b|(?:^|[/\\._-])tokens?\.(?:json|ya?ml|txt|toml)|\.netrc|\.npmrc|\.pypirc|id_(?:rsa|ed25519)|\.pem$|service[-_]account|\.aws/|\.kube/config|oauth[\w-]*\.json",
    re.IGNORECASE,
)
_DEPTH: Final = 8
_GRAPH: Final = 120
_WORK: Final = 200
"""Questions that are asked for one expression."""


class Records:
    """Answers for one project which expressions are, or show, a whole record."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._units = look.units
        self._work = 0

    # --- what is a record ------------------------------------------------------------------------------------------

    def kind(self, node: ir.Expr, unit: Unit, depth: int = _DEPTH) -> Kind:
        """Which record an expression is, copies and parsed files included."""
        self._work += 1
        if depth <= 0 or self._work > _WORK:
            return ""
        if isinstance(node, ir.Name | ir.Attribute) and self._is_environment(node, unit):
            return "environment"
        for value, where in self._units.values(node, unit):
            found = self._of(value, where, depth)
            if found:
                return found
        return ""

    def _is_environment(self, node: ir.Expr, unit: Unit) -> bool:
        if dotted(node) not in _ENVIRONMENTS:
            return False
        return isinstance(node, ir.Attribute) or self._look.analysis.project.dotted(unit.module, node) == "os.environ"

    def _of(self, node: ir.Expr, unit: Unit, depth: int) -> Kind:
        if isinstance(node, ir.Name | ir.Attribute):
            if self._is_environment(node, unit):
                return "environment"
            if isinstance(node, ir.Attribute) and node.name in ("parsed", "__dict__"):
                return self.kind(node.base, unit, depth - 1)
            return ""
        if isinstance(node, ir.Table):
            return self._of_table(node, unit, depth)
        if isinstance(node, ir.Comprehension):
            return self._of_comprehension(node, unit, depth)
        return self._of_call(node, unit, depth) if isinstance(node, ir.Call) else ""

    def _of_table(self, node: ir.Table, unit: Unit, depth: int) -> Kind:
        found: Kind = ""
        masked = False
        for key, value in node.entries:
            if key is None:
                found = found or self.kind(value, unit, depth - 1)
            elif isinstance(key, ir.Const) and is_secret(str(key.value)):
                if isinstance(value, ir.Name | ir.Attribute | ir.Subscript | ir.Logic) or self._reads_variable(value):
                    found = found or ("settings" if self._comes_from_outside(value, unit) else "")
                else:
                    masked = True
        return "" if masked else found

    def _reads_variable(self, value: ir.Expr) -> bool:
        return isinstance(value, ir.Call) and last_name(value.callee) in ("get", "getenv")

    def _comes_from_outside(self, value: ir.Expr, unit: Unit) -> bool:
        """Whether a value is one of the environment, read by its name."""
        for node, _ in self._units.values(value, unit):
            text = dotted(node)
            if text.startswith(("os.environ", "os.getenv", "process.env", "getenv")) or text == "environ.get":
                return True
        return False

    def _of_comprehension(self, node: ir.Comprehension, unit: Unit, depth: int) -> Kind:
        """Entries picked out of a record: all, or the secret ones, but not those of a prefix of its own."""
        if not node.bindings:
            return ""
        kind = self.kind(node.bindings[0][1], unit, depth - 1)
        if not kind or not self._passes_values(node):
            return ""
        return kind if leaves_secrets(node.conditions) else ""

    def _passes_values(self, node: ir.Comprehension) -> bool:
        element, (target, _) = node.element, node.bindings[0]
        names = {n.id for n in pieces(target) if isinstance(n, ir.Name)}
        if isinstance(target, ir.Collection) and len(target.items) > 1:
            names = {n.id for n in pieces(target.items[-1]) if isinstance(n, ir.Name)}
        elif isinstance(target, ir.Collection):
            return isinstance(element, ir.Collection | ir.Name)
        return self.raw(element, names)

    def _of_call(self, node: ir.Call, unit: Unit, depth: int) -> Kind:
        name, full = last_name(node.callee), dotted(node.callee)
        base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
        if MASKS.search(name):
            return ""
        if full in _DOTENV:
            return "settings"
        if name in _READS and any(
            self._is_secret_path(arg, unit)
            for arg in (*node.args[:1], *((base,) if base and name.startswith("read_") else ()))
        ):
            return "settings"
        if name in _COPIES or name in _PARSES:
            for part in (*node.args, *((base,) if base is not None else ())):
                found = self.kind(part, unit, depth - 1)
                if found:
                    return found
        if name in _UNPACKS:
            return (
                "settings"
                if any(self._is_instance(p, unit) for p in (*node.args, base) if p is not None and not node.keywords)
                else ""
            )
        if isinstance(node.callee, ir.Name):
            return self._loaded(node.callee.id, unit, depth)
        return ""

    def _loaded(self, name: str, unit: Unit, depth: int) -> Kind:
        """What a function of the module hands back: a record, when it reads a file that holds one."""
        for value, where in self._units.returned(name, unit):
            found = self.kind(value, where, depth - 1)
            if found:
                return found
            for read in where.nodes if isinstance(value, ir.Name) else ():
                if isinstance(read, ir.Call) and last_name(read.callee) in _READS and self._of_call(read, where, 2):
                    return "settings"
        return ""

    def _is_secret_path(self, node: ir.Expr, unit: Unit) -> bool:
        """Whether a path ends in the name of a file that holds secrets."""
        behind = self._units.behind(node, unit, ir.Name | ir.Attribute, _GRAPH)
        texts = (piece.value for piece, _ in behind if isinstance(piece, ir.Const) and isinstance(piece.value, str))
        return any(_SECRET_PATH.search(text) for text in texts)

    def _is_instance(self, node: ir.Expr, unit: Unit) -> bool:
        """Whether an expression is an instance of an own class with a credential among its fields."""
        for value, _ in self._units.values(node, unit):
            if isinstance(value, ir.Call) and isinstance(value.callee, ir.Name):
                fields = self._units.fields(unit.module, value.callee.id)
                if any(is_secret(name) for name in fields):
                    return True
        return False

    # --- what shows a record ---------------------------------------------------------------------------------------

    def shows(self, node: ir.Expr, unit: Unit, depth: int = _DEPTH, *, whole: bool = True) -> Kind:
        """Which record an expression shows. `whole`: the record itself counts, not only a text of it."""
        if depth == _DEPTH:
            self._work = 0
        self._work += 1
        if depth <= 0 or self._work > _WORK:
            return ""
        if whole:
            found = self.kind(node, unit)
            if found:
                return found
        for value, where in self._units.values(node, unit):
            found = self._text_of(value, where, depth)
            if found:
                return found
        return self._grown(node, unit) if isinstance(node, ir.Name) else ""

    def _text_of(self, node: ir.Expr, unit: Unit, depth: int) -> Kind:
        joins = (
            isinstance(node, ir.Call) and last_name(node.callee) == "join"
        )  # which shows the names of a mapping only
        for part in _shown_parts(node):
            found = self.shows(part, unit, depth - 1, whole=not joins)
            if found:
                return found
        if isinstance(node, ir.Comprehension):
            return self._of_comprehension(node, unit, depth) or self._by_key(node, unit, depth)
        return ""

    def _by_key(self, node: ir.Comprehension, unit: Unit, depth: int) -> Kind:
        """`Object.keys(process.env).map(k => process.env[k])`."""
        target, iterable = node.bindings[0]
        inner = (
            iterable.args[0]
            if isinstance(iterable, ir.Call) and last_name(iterable.callee) in ("keys", "sorted") and iterable.args
            else iterable
        )
        kind = self.kind(inner, unit, depth - 1)
        if not kind or not isinstance(target, ir.Name) or not leaves_secrets(node.conditions):
            return ""
        return kind if self._indexes(node.element, target.id, unit) else ""

    def _indexes(self, element: ir.Expr, key: str, unit: Unit) -> bool:
        return any(
            isinstance(n, ir.Subscript)
            and isinstance(n.index, ir.Name)
            and n.index.id == key
            and self.kind(n.base, unit, 2)
            for n in _raw_parts(element)
        )

    def _grown(self, name: ir.Name, unit: Unit) -> Kind:
        """A text or a list that a loop over a record fills."""
        for loop in unit.nodes:
            if not isinstance(loop, ir.Loop) or loop.iterable is None or loop.target is None:
                continue
            kind = self.kind(loop.iterable, unit)
            if not kind or any(isinstance(s, ir.If) for s in loop.body):
                continue
            names = {n.id for n in pieces(loop.target) if isinstance(n, ir.Name)}
            values = (
                {n.id for n in pieces(loop.target.items[-1]) if isinstance(n, ir.Name)}
                if isinstance(loop.target, ir.Collection)
                else set()
            )
            for added in _additions(loop.body, name.id):
                if self.raw(added, values) or any(self._indexes(added, key, unit) for key in names):
                    return kind
        return ""

    def raw(self, element: ir.Expr, names: set[str]) -> bool:
        """Whether one of these names goes into an expression as it is."""
        return any(isinstance(n, ir.Name) and n.id in names for n in _raw_parts(element))


def _shown_parts(node: ir.Expr) -> Iterator[ir.Expr]:
    """What of an expression shows in it, one level down."""
    if isinstance(node, ir.Concat):
        yield from node.parts
    elif isinstance(node, ir.Binary) and node.op in ("+", "%"):
        yield from (node.left, node.right)
    elif isinstance(node, ir.Table):
        yield from (value for key, value in node.entries if key is not None)
    elif isinstance(node, ir.Collection):
        yield from node.items
    elif isinstance(node, ir.Call):
        name = last_name(node.callee)
        replaced = (
            name == "stringify"
            and len(node.args) > 1
            and not (isinstance(node.args[1], ir.Const) and node.args[1].value is None)
        )
        excludes = any(k.name in ("exclude", "include", "default") for k in node.keywords)
        if name in _TEXTS and not replaced and not excludes:
            yield from (*node.args, *(k.value for k in node.keywords))
            if isinstance(node.callee, ir.Attribute) and name in ("join", "toString", "format", "encode"):
                yield node.callee.base


def _raw_parts(node: ir.Expr) -> Iterator[ir.Expr]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, ir.Concat):
            stack.extend(current.parts)
        elif isinstance(current, ir.Binary):
            stack.extend((current.left, current.right))
        elif isinstance(current, ir.Collection):
            stack.extend(current.items)
        elif isinstance(current, ir.Table):
            stack.extend(value for _, value in current.entries)
        elif isinstance(current, ir.Logic):
            stack.extend(current.values)
        elif isinstance(current, ir.Call) and last_name(current.callee) in (
            "str",
            "String",
            "repr",
            "stringify",
            "dumps",
            "TextContent",
        ):
            stack.extend(current.args)


def _additions(body: tuple[ir.Stmt, ...], name: str) -> Iterator[ir.Expr]:
    """What statements put into a text or a list of this name."""
    for node in walk(body):
        if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Name) and node.targets[0].id == name:
            yield node.value
        elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute):
            filled = node.callee.base.id if isinstance(node.callee.base, ir.Name) else ""
            if filled == name and node.callee.name in ("append", "push", "write"):
                yield from node.args
