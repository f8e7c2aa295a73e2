"""Under which tests a piece of code runs: the branches around it, and the checks before it that leave early."""

import re
from collections.abc import Iterable
from typing import Final

from scanner.code import ir
from scanner.code.walking import walk

_KEPT: Final = 16
_EXITS: Final = frozenset({"exit", "_exit", "abort", "quit"})


class Surroundings:
    """For every node of a module the tests that decide whether it runs. Built once; read-only."""

    def __init__(self, module: ir.Module) -> None:
        self._tests: dict[int, tuple[ir.Expr, ...]] = {}
        stack: list[tuple[tuple[ir.Stmt, ...], tuple[ir.Expr, ...]]] = [(module.body, ())]
        while stack:
            body, tests = stack.pop()
            for statement in body:
                tests = self._enter(statement, tests, stack)

    def of(self, node: ir.Expr | ir.Stmt) -> tuple[ir.Expr, ...]:
        """The tests around a node, outermost first, within its own function or the module's top level."""
        return self._tests.get(id(node), ())

    def _enter(
        self,
        statement: ir.Stmt,
        tests: tuple[ir.Expr, ...],
        stack: list[tuple[tuple[ir.Stmt, ...], tuple[ir.Expr, ...]]],
    ) -> tuple[ir.Expr, ...]:
        """Notes one statement and gives the tests that hold for what comes after it."""
        self._tests[id(statement)] = tests
        match statement:
            case ir.If(test=test, then=then, other=other):
                self._note(test, tests)
                # Where the other side ends the program, this side is no matter of choice.
                stack.append((then, tests if ends(other) else _deeper(tests, test)))
                stack.append((other, tests if ends(then) else _deeper(tests, test)))
                if leaves(then) and not other:
                    return _deeper(tests, test)
            case ir.Loop(body=body, other=other):
                self._note((statement.iterable, statement.test), tests)
                stack += [(body, tests), (other, tests)]
            case ir.Try(body=body, handlers=handlers, other=other, final=final):
                stack += [(body, tests), (other, tests), (final, tests), *((h.body, tests) for h in handlers)]
            case ir.With(items=items, body=body):
                self._note(items, tests)
                stack.append((body, tests))
            case ir.Define(what=what):
                self._note((what.decorators,), tests)
                stack.append((what.body, ()))
            case _:
                self._note(statement, tests)
        return tests

    def _note(self, tree: object, tests: tuple[ir.Expr, ...]) -> None:
        for node in walk(tree):
            self._tests.setdefault(id(node), tests)
            if isinstance(node, ir.Conditional):
                around = _deeper(self._tests[id(node)], node.test)
                self._tests.update((id(inner), around) for inner in walk((node.then, node.other)))


def _deeper(tests: tuple[ir.Expr, ...], test: ir.Expr) -> tuple[ir.Expr, ...]:
    """One test more, the innermost kept: a file may put any number of them one after the other."""
    return (*tests[-_KEPT + 1 :], test)


def leaves(body: Iterable[ir.Stmt]) -> bool:
    """Whether a branch ends the function without an error."""
    last = list(body)[-1:]
    return bool(last) and isinstance(last[0], ir.Return) and last[0].final


def ends(body: Iterable[ir.Stmt]) -> bool:
    """Whether a branch ends the program or raises."""
    last = list(body)[-1:]
    if not last:
        return False
    if isinstance(last[0], ir.Raise):
        return True
    value = last[0].value if isinstance(last[0], ir.Do | ir.Return) else None
    if not isinstance(value, ir.Call):
        return False
    callee = value.callee
    return (callee.name if isinstance(callee, ir.Attribute) else getattr(callee, "id", "")) in _EXITS


def mentions(tests: Iterable[ir.Expr], words: re.Pattern[str]) -> bool:
    """Whether one of the tests speaks of such a thing."""
    for node in walk(tuple(tests)):
        word = node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""
        if isinstance(node, ir.Const) and isinstance(node.value, str):
            word = node.value
        if words.search(word):
            return True
    return False
