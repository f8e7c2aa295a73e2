"""Every node of a piece of intermediate form, and a few small questions to such pieces."""

import re
from collections.abc import Hashable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any, Final, cast

from scanner.code import ir

_CHECKERS: Final = re.compile(
    r"auth|verify|is_?allowed|is_?permitted|is_?valid|permit|permission|validate|check_?access|has_?access|(?:^|_)can_"
)


def walk(tree: Any) -> Iterator[Any]:
    """Every node in a node or a tuple of nodes, functions declared inside included; parents before their parts."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
        elif node.__class__.__module__ == ir.__name__:
            yield node
            kind = cast("Hashable", type(node))
            stack.extend(getattr(node, name) for name in reversed(_parts(kind)))


@cache
def _parts(kind: Hashable) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cast("type[ir.Name]", kind)) if f.name not in ("line", "end", "doc"))


def fails_open(function: ir.Function) -> Iterator[int]:
    """Lines of a check, known by its name, that answer yes when the check itself broke."""
    if not _CHECKERS.search(_snake(function.name)):
        return
    for attempt in function.body:
        for handler in attempt.handlers if isinstance(attempt, ir.Try) else ():
            last = handler.body[-1] if handler.body else None
            if isinstance(last, ir.Return) and isinstance(last.value, ir.Const) and last.value.value is True:
                yield last.line


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def dropped(body: tuple[ir.Stmt, ...]) -> frozenset[int]:
    """Identities of the calls whose result nobody looks at, also behind `.catch(...)` and `create_task(...)`."""
    found: set[int] = set()
    for statement in walk(body):
        if not isinstance(statement, ir.Do):
            continue
        stack: list[ir.Expr] = [statement.value]
        while stack:
            node = stack.pop()
            if isinstance(node, ir.Call):
                found.add(id(node))
                if isinstance(node.callee, ir.Attribute):
                    stack.append(node.callee.base)
                    if node.callee.name in ("create_task", "ensure_future"):
                        stack.extend(node.args)
            elif isinstance(node, ir.Opaque):
                stack.extend(node.parts)
    return frozenset(found)
