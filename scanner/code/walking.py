"""Every node of a piece of intermediate form, and a few small questions to such pieces."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias, get_args

from scanner.code import ir
from scanner.code.clock import CLOCK

_CHECKERS: Final = re.compile(
    r"auth|verify|is_?allowed|is_?permitted|is_?valid|permit|permission|validate|check_?access|has_?access|(?:^|_)can_"
)


_WORDS: Final = frozenset(
    {
        "line",
        "end",
        "doc",
        "name",
        "id",
        "op",
        "qualname",
        "kind",
        "augmented",
        "owner",
        "receiver",
        "shared",
        "is_async",
    }
)
_PARTS: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(f.name for f in reversed(fields(kind)) if f.name not in _WORDS and kind is not ir.Const)
    for kind in vars(ir).values()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == ir.__name__
}
"""For each kind of node the fields that hold other nodes, last first. Looked up for every node of a bundle."""


_Known: TypeAlias = Mapping[int, tuple[list[Any], int, int]]
_KNOWN: Final[ContextVar[_Known]] = ContextVar("_KNOWN", default=MappingProxyType({}))
"""Blocks of statements by their identity: all nodes of their module in reading order, and where in them they begin and
end. Many rules walk the same functions, so a walk of those is a slice.
"""
_STATEMENTS: Final = frozenset(get_args(ir.Stmt))


@contextmanager
def walked(modules: Iterable[ir.Module]) -> Iterator[None]:
    """Walks each module once; inside, walking any block of statements of these modules costs next to nothing."""
    known = dict(_KNOWN.get())
    kept = tuple(modules)  # identities mean something only as long as the nodes live
    for module in kept:
        _remember(module.body, known)
    token = _KNOWN.set(known)
    try:
        yield
    finally:
        _KNOWN.reset(token)


def _remember(body: tuple[ir.Stmt, ...], known: dict[int, tuple[list[Any], int, int]]) -> None:
    nodes: list[Any] = []
    starts: dict[int, int] = {}
    stack: list[Any] = [body]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is tuple:
            if node and type(node[0]) in _STATEMENTS:
                starts[id(node)] = len(nodes)
                stack.append(id(node))
            stack.extend(reversed(node))
        elif kind is int:
            known[node] = (nodes, starts[node], len(nodes))
        elif kind in _PARTS:
            nodes.append(node)
            for name in _PARTS[kind]:
                part = getattr(node, name)
                if part:
                    stack.append(part)


def walk(tree: Any) -> Iterator[Any]:
    """Every node in a node or a tuple of nodes, functions declared inside included; parents before their parts.

    Raises OutOfTimeError when the present question has no time left.
    """
    clock = CLOCK.get()
    if clock is not None:
        clock.step()
    if type(tree) is tuple:
        known = _KNOWN.get().get(id(tree))
        if known is not None:
            nodes, begin, end = known
            return iter(nodes[begin:end])
    return _walk(tree)


def _walk(tree: Any) -> Iterator[Any]:
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is tuple:
            stack.extend(reversed(node))
            continue
        parts = _PARTS.get(kind)
        if parts is not None:
            yield node
            for name in parts:
                part = getattr(node, name)
                if part:
                    stack.append(part)


def parts_of(node: Any) -> list[Any]:
    """The nodes directly below a node, last first: ready to be put on a stack."""
    return [part for name in _PARTS.get(type(node), ()) if (part := getattr(node, name))]


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
