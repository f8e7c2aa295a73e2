"""The server's own data: which variables and tables hold records, and whose records they are."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.handling import callee_name
from scanner.code.identity import names_owner
from scanner.code.project import Routine
from scanner.code.walking import walk


def stores_of(module: ir.Module) -> frozenset[str]:
    """Variables of the module, and fields of its objects (with a dot before the name), that hold records."""
    found: set[str] = set()
    for statement in module.body:
        if isinstance(statement, ir.Assign) and _holds_records(statement.value):
            found.update(t.id for t in statement.targets if isinstance(t, ir.Name))
    for function in module.functions:
        if function.name in ("__init__", "constructor"):
            for node in walk(function.body):
                if isinstance(node, ir.Assign) and _holds_records(node.value):
                    found.update(f".{t.name}" for t in node.targets if isinstance(t, ir.Attribute))
    for class_ in module.classes:
        for statement in class_.body:
            if isinstance(statement, ir.Assign) and _holds_records(statement.value):
                found.update(f".{t.id}" for t in statement.targets if isinstance(t, ir.Name))
    return frozenset(found)


def _holds_records(value: ir.Expr) -> bool:
    """A table or list with more than one entry, or one that is filled later from a file."""
    if isinstance(value, ir.Table):
        return len(value.entries) != 1
    if isinstance(value, ir.Collection):
        return bool(value.items) and isinstance(value.items[0], ir.Table | ir.Call) and len(value.items) > 1
    if isinstance(value, ir.Call):
        name = callee_name(value)
        if name in ("Map", "defaultdict", "dict", "OrderedDict", "freeze"):
            return True
        return name in ("load", "loads", "parse", "safe_load") and not isinstance(value.callee, ir.Name)
    return False


def root_of(node: ir.Expr) -> str:
    """The variable (or `.field` of an object) that an expression reads from."""
    while True:
        if isinstance(node, ir.Attribute) and isinstance(node.base, ir.Name) and node.base.id in ("self", "this"):
            return f".{node.name}"
        if isinstance(node, ir.Name):
            return node.id
        if isinstance(node, ir.Attribute | ir.Subscript):
            node = node.base
        elif isinstance(node, ir.Call):
            if isinstance(node.callee, ir.Attribute) and node.callee.name in (
                "values",
                "items",
                "entries",
                "get",
                "list",
                "keys",
            ):
                only = (
                    node.args[0]
                    if node.args and isinstance(node.callee.base, ir.Name) and node.callee.base.id == "Object"
                    else None
                )
                node = only or node.callee.base
            elif (
                isinstance(node.callee, ir.Name) and node.callee.id in ("list", "iter", "sorted", "dict") and node.args
            ):
                node = node.args[0]
            else:
                return ""
        elif isinstance(node, ir.Logic):
            node = node.values[0]
        else:
            return ""


def outer_names(routine: Routine) -> frozenset[str]:
    """Variables outside the function that it assigns: declared so in Python, the module's own in JavaScript."""
    if routine.module.language == "python":
        return frozenset(routine.function.shared)
    assigned = (t for s in routine.module.body if isinstance(s, ir.Assign) for t in s.targets)
    return frozenset(routine.function.shared) | {t.id for t in assigned if isinstance(t, ir.Name)}


def store_name(target: ir.Expr) -> str:
    if isinstance(target, ir.Name):
        return target.id
    return f".{target.name}" if isinstance(target, ir.Attribute) else ""


def variable(node: object) -> str:
    """A variable, `self.x`, or an entry of a table under a fixed key, as one word; empty for anything else."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute) and isinstance(node.base, ir.Name):
        return f"{node.base.id}.{node.name}"
    if isinstance(node, ir.Subscript) and isinstance(node.base, ir.Name) and isinstance(node.index, ir.Const):
        return f"{node.base.id}.{node.index.value!s}"
    return ""


def row_keys(value: ir.Expr) -> Iterator[str]:
    """The fields of the records in a literal table, at most two levels down."""
    level: list[ir.Expr] = [value]
    for depth in range(3):
        below: list[ir.Expr] = []
        for node in level[:50]:
            if isinstance(node, ir.Table):
                if depth:
                    yield from (str(k.value) for k, _ in node.entries if isinstance(k, ir.Const))
                below += [v for _, v in node.entries]
            elif isinstance(node, ir.Collection):
                below += node.items
            elif isinstance(node, ir.Call):
                if depth:
                    yield from (k.name for k in node.keywords if k.name)
                below += node.args
        level = below


def text_of(node: ir.Expr) -> str:
    """The fixed words of a text, joined."""
    if isinstance(node, ir.Const):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ir.Call) and node.args:
        return text_of(node.args[0])
    return " ".join(text_of(p) for p in node.parts) if isinstance(node, ir.Concat) else ""


_FROM: Final = re.compile(r"\b(?:from|update|into)\s+[\"'`\[]?(\w+)", re.IGNORECASE)
_CREATE: Final = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?[\"'`\[]?(\w+)[^(]*\(([^;]*)", re.IGNORECASE)


def table_of(text: str) -> str:
    found = _FROM.search(text)
    return f"table {found.group(1).lower()}" if found else ""


def owned_tables(text: str) -> Iterator[str]:
    """Database tables that a text creates or asks with a column that says whose the record is."""
    for found in _CREATE.finditer(text[:20_000]):
        if any(names_owner(line.split()[0]) for line in found.group(2).split(",") if line.split()):
            yield f"table {found.group(1).lower()}"
