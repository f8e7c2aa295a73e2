"""The part of a function that runs for one tool, where one function serves several."""

from collections.abc import Iterable

from scanner.code import ir


def branch_of(body: tuple[ir.Stmt, ...], tool: str, names: frozenset[str]) -> tuple[ir.Stmt, ...]:
    """The statements that can run for this tool: branches that belong to another tool's name are left out."""
    if len(names) <= 1:
        return body
    kept: list[ir.Stmt] = []
    for statement in body:
        if isinstance(statement, ir.If):
            asked = _asked(statement.test)
            if asked & names:
                way = statement.then if tool in asked else statement.other
                kept.extend(branch_of(way, tool, names))
                continue
            then, other = branch_of(statement.then, tool, names), branch_of(statement.other, tool, names)
            same = then == statement.then and other == statement.other
            kept.append(statement if same else ir.If(statement.line, statement.test, then, other))
        elif isinstance(statement, ir.Try):
            inner = branch_of(statement.body, tool, names)
            kept.append(statement if inner == statement.body else _tried(statement, inner))
        elif isinstance(statement, ir.With):
            inner = branch_of(statement.body, tool, names)
            kept.append(statement if inner == statement.body else ir.With(statement.line, statement.items, inner))
        else:
            kept.append(statement)
    made = tuple(kept)
    return body if made == body else made


def _tried(statement: ir.Try, body: tuple[ir.Stmt, ...]) -> ir.Try:
    return ir.Try(statement.line, body, statement.handlers, statement.other, statement.final)


def _asked(test: ir.Expr) -> frozenset[str]:
    """The fixed texts that a test asks something to be."""
    if isinstance(test, ir.Compare) and test.op == "==":
        return _constants((test.left, test.right))
    if isinstance(test, ir.Compare) and test.op == "in" and isinstance(test.right, ir.Collection):
        return _constants(test.right.items)
    if isinstance(test, ir.Logic) and test.op == "or":
        sets = [_asked(value) for value in test.values]
        return frozenset().union(*sets) if all(sets) else frozenset()
    return frozenset()


def _constants(nodes: Iterable[ir.Expr]) -> frozenset[str]:
    return frozenset(n.value for n in nodes if isinstance(n, ir.Const) and isinstance(n.value, str))
