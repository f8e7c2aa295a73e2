"""Python expressions lowered to the intermediate form."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from scanner.code import ir

_COMPARE: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not-in", ast.Is: "is", ast.IsNot: "is-not",
}  # fmt: skip
_BINARY: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.MatMult: "@",
}  # fmt: skip
_PERCENT: Final = re.compile(r"%(?:\((\w+)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z]")
_BRACES: Final = re.compile(r"\{(\w*)[^{}]*\}")
_BIG: Final = 1 << 63
_PIECES: Final = 64


class Expressions:
    """Lowers one expression at a time. `function` makes a function of a lambda in the current scope."""

    def __init__(self, function: Callable[[ast.Lambda], ir.Function]) -> None:
        self._function = function
        self._table: dict[type[ast.AST], Callable[[Any], ir.Expr]] = {
            ast.Constant: self._constant,
            ast.Name: lambda n: ir.Name(n.lineno, n.id),
            ast.Attribute: lambda n: ir.Attribute(n.lineno, self.one(n.value), n.attr),
            ast.Subscript: lambda n: ir.Subscript(n.lineno, self.one(n.value), self.one(n.slice)),
            ast.Call: self._call,
            ast.JoinedStr: self._joined,
            ast.FormattedValue: lambda n: self.one(n.value),
            ast.BinOp: self._binary,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._unary,
            ast.Compare: self._compare,
            ast.IfExp: lambda n: ir.Conditional(n.lineno, self.one(n.test), self.one(n.body), self.one(n.orelse)),
            ast.List: self._collection,
            ast.Tuple: self._collection,
            ast.Set: self._collection,
            ast.Dict: self._table_of,
            ast.Starred: lambda n: ir.Spread(n.lineno, self.one(n.value)),
            ast.Lambda: lambda n: ir.Lambda(n.lineno, self._function(n)),
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.NamedExpr: lambda n: ir.Assigned(n.lineno, self.one(n.target), self.one(n.value)),
            ast.Await: lambda n: self.one(n.value),
        }

    def one(self, node: ast.expr) -> ir.Expr:
        lower = self._table.get(type(node))
        if lower is not None:
            return lower(node)
        return ir.Opaque(getattr(node, "lineno", 0), tuple(self.one(n) for n in _children(node)))

    def maybe(self, node: ast.expr | None) -> ir.Expr | None:
        return None if node is None else self.one(node)

    def annotation(self, node: ast.expr | None) -> ir.Expr | None:
        """A declared type; one written as a string is read as the type it spells."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
            try:
                inner = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return self.one(node)
            if sum(1 for _ in ast.walk(inner)) < 60:
                return self.one(ast.copy_location(inner, node))
        return self.maybe(node)

    def _constant(self, node: ast.Constant) -> ir.Expr:
        value = node.value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _BIG:
            return ir.Const(node.lineno, "a big number")
        if value is None or isinstance(value, (str, bytes, int, float)):
            return ir.Const(node.lineno, value)
        return ir.Opaque(node.lineno)

    def _call(self, node: ast.Call) -> ir.Expr:
        args = tuple(self.one(a) for a in node.args)
        keywords = tuple(ir.Keyword(k.arg, self.one(k.value)) for k in node.keywords)
        func = node.func
        if (
            isinstance(func, ast.Attribute)
            and func.attr == "format"
            and isinstance(func.value, ast.Constant)
            and isinstance(func.value.value, str)
        ):
            named = {k.name or "": k.value for k in keywords}
            return _template(node.lineno, func.value.value, _BRACES, args, named)
        return ir.Call(node.lineno, self.one(func), args, keywords, node.end_lineno or node.lineno)

    def _joined(self, node: ast.JoinedStr) -> ir.Expr:
        return ir.Concat(node.lineno, tuple(self.one(v) for v in node.values))

    def _binary(self, node: ast.BinOp) -> ir.Expr:
        if isinstance(node.op, ast.Add):
            return self._sum(node)
        left = self.one(node.left)
        if isinstance(node.op, ast.Mod) and isinstance(left, ir.Const) and isinstance(left.value, str):
            right = self.one(node.right)
            args = right.items if isinstance(right, ir.Collection) else (right,)
            named = _named(right) if isinstance(right, ir.Table) else {}
            return _template(node.lineno, left.value, _PERCENT, args, named)
        return ir.Binary(node.lineno, _BINARY[type(node.op)], left, self.one(node.right))

    def _sum(self, node: ast.BinOp) -> ir.Expr:
        """`a + b + c`: flattened, and a string as soon as one piece is known to be one."""
        pieces: list[ast.expr] = []
        rest: ast.expr = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add):
            pieces.append(rest.right)
            rest = rest.left
        parts = [self.one(p) for p in (rest, *reversed(pieces))]
        if any(isinstance(p, ir.Concat) or (isinstance(p, ir.Const) and isinstance(p.value, str)) for p in parts):
            flat = (q for p in parts for q in (p.parts if isinstance(p, ir.Concat) else (p,)))
            return ir.Concat(node.lineno, tuple(flat))
        result = parts[0]
        if len(parts) > _PIECES:
            return ir.Opaque(node.lineno, tuple(parts))
        for part in parts[1:]:
            result = ir.Binary(node.lineno, "+", result, part)
        return result

    def _logic(self, node: ast.BoolOp) -> ir.Expr:
        values = tuple(self.one(v) for v in node.values)
        return ir.Logic(node.lineno, "and" if isinstance(node.op, ast.And) else "or", values)

    def _unary(self, node: ast.UnaryOp) -> ir.Expr:
        if isinstance(node.op, ast.Not):
            return ir.Not(node.lineno, self.one(node.operand))
        value = self.one(node.operand)
        if isinstance(node.op, ast.USub) and isinstance(value, ir.Const) and isinstance(value.value, (int, float)):
            return ir.Const(node.lineno, -value.value)
        return ir.Opaque(node.lineno, (value,))

    def _compare(self, node: ast.Compare) -> ir.Expr:
        """`a < b < c` is `a < b and b < c`."""
        sides = [self.one(n) for n in (node.left, *node.comparators)]
        pairs = tuple(
            ir.Compare(node.lineno, _COMPARE[type(op)], sides[i], sides[i + 1]) for i, op in enumerate(node.ops)
        )
        return pairs[0] if len(pairs) == 1 else ir.Logic(node.lineno, "and", pairs)

    def _collection(self, node: ast.List | ast.Tuple | ast.Set) -> ir.Expr:
        return ir.Collection(node.lineno, tuple(self.one(e) for e in node.elts))

    def _table_of(self, node: ast.Dict) -> ir.Expr:
        pairs = zip(node.keys, node.values, strict=True)
        return ir.Table(node.lineno, tuple((self.maybe(k), self.one(v)) for k, v in pairs))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> ir.Expr:
        element: ir.Expr
        if isinstance(node, ast.DictComp):
            element = ir.Table(node.lineno, ((self.one(node.key), self.one(node.value)),))
        else:
            element = self.one(node.elt)
        bindings = tuple((self.one(g.target), self.one(g.iter)) for g in node.generators)
        conditions = tuple(self.one(c) for g in node.generators for c in g.ifs)
        return ir.Comprehension(node.lineno, element, bindings, conditions)


def _named(table: ir.Table) -> dict[str, ir.Expr]:
    return {str(k.value): v for k, v in table.entries if isinstance(k, ir.Const)}


def _template(
    line: int, text: str, holes: re.Pattern[str], args: tuple[ir.Expr, ...], named: dict[str, ir.Expr]
) -> ir.Concat:
    """A format string with its values in their places; values without a place come at the end, so none is lost."""
    parts: list[ir.Expr] = []
    left = list(args)
    used: set[str] = set()
    at = 0
    for hole in holes.finditer(text):
        if len(parts) > _PIECES:
            break
        parts.append(ir.Const(line, text[at : hole.start()]))
        key = hole[1] or ""
        if key in named:
            parts.append(named[key])
            used.add(key)
        elif key.isdigit() and int(key) < len(args):
            parts.append(args[int(key)])
        elif left:
            parts.append(left.pop(0))
        at = hole.end()
    parts.append(ir.Const(line, text[at:]))
    parts.extend(a for a in left if all(a is not p for p in parts))
    parts.extend(value for key, value in named.items() if key not in used)
    return ir.Concat(line, tuple(parts))


def _children(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
