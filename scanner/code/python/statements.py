"""Python statements, functions, classes and imports lowered to the intermediate form."""

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from scanner.code import ir
from scanner.code.python.expressions import Expressions

_AUGMENTED: Final[dict[type[ast.operator], str]] = {ast.Add: "+", ast.BitOr: "|", ast.Div: "/", ast.Mod: "%"}
_STATIC: Final = "staticmethod"


class Lowering:
    """One file's worth of state: where we are (scope, class, optional branch) and what was found on the way."""

    def __init__(self, path: str, name: str, *, is_package: bool, lines: tuple[str, ...]) -> None:
        self._path = path
        self._name = name
        self._is_package = is_package
        self._lines = lines
        self._scope: list[str] = []
        self._owner: str | None = None
        self._conditional = 0
        self._imports: list[ir.Import] = []
        self._functions: list[ir.Function] = []
        self._classes: list[ir.Class] = []
        self._expressions = Expressions(self._lambda)
        self._table: dict[type[ast.AST], Callable[[Any], ir.Stmt | None]] = {
            ast.Expr: self._expression,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.Try: self._try,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Match: self._match,
            ast.Return: lambda n: ir.Return(n.lineno, self._maybe(n.value)),
            ast.Raise: lambda n: ir.Raise(n.lineno, self._maybe(n.exc)),
            ast.Break: lambda n: ir.Jump(n.lineno),
            ast.Continue: lambda n: ir.Jump(n.lineno),
            ast.Delete: lambda n: ir.Delete(n.lineno, self._all(n.targets)),
            ast.Assert: self._assert,
            ast.FunctionDef: self._define,
            ast.AsyncFunctionDef: self._define,
            ast.ClassDef: self._class,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
        }

    def module(self, tree: ast.Module) -> ir.Module:
        body = self._block(tree.body)
        return ir.Module(
            self._path, self._name, "python", body, tuple(self._imports), tuple(self._functions),
            tuple(self._classes), self._lines, is_package=self._is_package,
        )  # fmt: skip

    # --- statements ---------------------------------------------------------------------------------------------

    def _block(self, nodes: Iterable[ast.stmt]) -> tuple[ir.Stmt, ...]:
        lowered = (self._statement(n) for n in nodes)
        return tuple(s for s in lowered if s is not None)

    def _branch(self, nodes: Iterable[ast.stmt]) -> tuple[ir.Stmt, ...]:
        self._conditional += 1
        body = self._block(nodes)
        self._conditional -= 1
        return body

    def _statement(self, node: ast.stmt) -> ir.Stmt | None:
        lower = self._table.get(type(node))
        if lower is not None:
            return lower(node)
        if isinstance(node, (ast.Global, ast.Nonlocal, ast.Pass)):
            return None
        if hasattr(ast, "TryStar") and isinstance(node, ast.TryStar):
            return self._try(node)
        children = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)]
        return ir.Do(node.lineno, ir.Opaque(node.lineno, self._all(children)))

    def _one(self, node: ast.expr) -> ir.Expr:
        return self._expressions.one(node)

    def _maybe(self, node: ast.expr | None) -> ir.Expr | None:
        return self._expressions.maybe(node)

    def _all(self, nodes: Iterable[ast.expr]) -> tuple[ir.Expr, ...]:
        return tuple(self._one(n) for n in nodes)

    def _expression(self, node: ast.Expr) -> ir.Stmt | None:
        value = node.value
        if isinstance(value, ast.Constant):
            return None
        if isinstance(value, (ast.Yield, ast.YieldFrom)):
            return ir.Return(node.lineno, self._maybe(value.value), final=False)
        return ir.Do(node.lineno, self._one(value))

    def _assign(self, node: ast.Assign) -> ir.Stmt:
        return ir.Assign(node.lineno, self._all(node.targets), self._one(node.value))

    def _annotated(self, node: ast.AnnAssign) -> ir.Stmt:
        value = self._maybe(node.value) or ir.Opaque(node.lineno)
        return ir.Assign(node.lineno, (self._one(node.target),), value, self._expressions.annotation(node.annotation))

    def _augmented(self, node: ast.AugAssign) -> ir.Stmt:
        operator = _AUGMENTED.get(type(node.op), "other")
        return ir.Assign(node.lineno, (self._one(node.target),), self._one(node.value), augmented=operator)

    def _if(self, node: ast.If) -> ir.Stmt:
        """`elif` chains are lowered from the last to the first, so that their length costs no depth."""
        chain = [node]
        while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
            chain.append(chain[-1].orelse[0])
        optional = not _is_main_guard(node.test)
        lower = self._branch if optional else self._block
        lowered = [(n.lineno, self._one(n.test), lower(n.body)) for n in chain]
        other = lower(chain[-1].orelse)
        for line, test, body in reversed(lowered[1:]):
            other = (ir.If(line, test, body, other),)
        line, test, body = lowered[0]
        return ir.If(line, test, body, other)

    def _for(self, node: ast.For | ast.AsyncFor) -> ir.Stmt:
        return ir.Loop(
            node.lineno,
            self._branch(node.body),
            self._one(node.target),
            self._one(node.iter),
            other=self._branch(node.orelse),
        )

    def _while(self, node: ast.While) -> ir.Stmt:
        return ir.Loop(node.lineno, self._branch(node.body), test=self._one(node.test), other=self._branch(node.orelse))

    def _try(self, node: Any) -> ir.Stmt:
        handlers = tuple(ir.Handler(h.lineno, self._maybe(h.type), h.name, self._branch(h.body)) for h in node.handlers)
        return ir.Try(
            node.lineno, self._branch(node.body), handlers, self._branch(node.orelse), self._block(node.finalbody)
        )

    def _with(self, node: ast.With | ast.AsyncWith) -> ir.Stmt:
        items = tuple((self._one(i.context_expr), self._maybe(i.optional_vars)) for i in node.items)
        return ir.With(node.lineno, items, self._block(node.body))

    def _assert(self, node: ast.Assert) -> ir.Stmt:
        """An assertion is no guard: `python -O` removes it. Its test is evaluated for its flows only."""
        return ir.Do(node.lineno, ir.Opaque(node.lineno, (self._one(node.test),)))

    def _match(self, node: ast.Match) -> ir.Stmt:
        subject = self._one(node.subject)
        other: tuple[ir.Stmt, ...] = ()
        for case in reversed(node.cases):
            line = case.pattern.lineno
            body = (*self._captures(case.pattern, subject), *self._branch(case.body))
            test = self._pattern(case.pattern, subject)
            if case.guard is not None:
                guard = self._one(case.guard)
                test = guard if test is None else ir.Logic(line, "and", (test, guard))
            other = body if test is None else (ir.If(line, test, body, other),)
        return other[0] if len(other) == 1 else ir.If(node.lineno, ir.Const(node.lineno, True), other)

    def _pattern(self, pattern: ast.pattern, subject: ir.Expr) -> ir.Expr | None:
        """What must hold for the pattern to match; None when it always does."""
        line = pattern.lineno
        if isinstance(pattern, ast.MatchValue):
            return ir.Compare(line, "==", subject, self._one(pattern.value))
        if isinstance(pattern, ast.MatchSingleton):
            return ir.Compare(line, "is", subject, ir.Const(line, pattern.value))
        if isinstance(pattern, ast.MatchOr):
            tests = [self._pattern(p, subject) for p in pattern.patterns]
            known = tuple(t for t in tests if t is not None)
            return None if len(known) < len(tests) else ir.Logic(line, "or", known)
        if isinstance(pattern, ast.MatchAs):
            return None if pattern.pattern is None else self._pattern(pattern.pattern, subject)
        return ir.Opaque(line, (subject,))

    def _captures(self, pattern: ast.pattern, subject: ir.Expr) -> tuple[ir.Stmt, ...]:
        names = [
            n.name for n in ast.walk(pattern) if isinstance(n, (ast.MatchAs, ast.MatchStar)) and n.name is not None
        ]
        line = pattern.lineno
        value = subject if isinstance(pattern, ast.MatchAs) else ir.Opaque(line, (subject,))
        return tuple(ir.Assign(line, (ir.Name(line, name),), value) for name in names)

    # --- functions and classes ----------------------------------------------------------------------------------

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ir.Stmt:
        decorators = self._all(node.decorator_list)
        static = any(isinstance(d, ir.Name) and d.id == _STATIC for d in decorators)
        shared = tuple(n for s in ast.walk(node) if isinstance(s, (ast.Global, ast.Nonlocal)) for n in s.names)
        function = self._function(
            node.name, node, node.body, decorators, method=self._owner is not None and not static, shared=shared
        )
        return ir.Define(node.lineno, function)

    def _lambda(self, node: ast.Lambda) -> ir.Function:
        body = [ast.copy_location(ast.Return(node.body), node)]
        return self._function(f"<lambda:{node.lineno}:{node.col_offset}>", node, body, (), method=False)

    def _function(
        self,
        name: str,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        body: Sequence[ast.stmt],
        decorators: tuple[ir.Expr, ...],
        *,
        method: bool,
        shared: tuple[str, ...] = (),
    ) -> ir.Function:
        qualname = ".".join((*self._scope, name))
        owner, self._owner = self._owner, None
        params = self._params(node.args)
        receiver = None
        if method and params and params[0].kind == "plain":
            receiver, params = params[0].name, params[1:]
        self._scope += [name, "<locals>"]
        lowered = self._block(body)
        del self._scope[-2:]
        self._owner = owner
        doc = "" if isinstance(node, ast.Lambda) else ast.get_docstring(node) or ""
        returns = None if isinstance(node, ast.Lambda) else self._expressions.annotation(node.returns)
        function = ir.Function(
            name, qualname, node.lineno, node.end_lineno or node.lineno, params, lowered, decorators, doc, receiver,
            owner, returns, shared, is_async=isinstance(node, ast.AsyncFunctionDef),
        )  # fmt: skip
        self._functions.append(function)
        return function

    def _params(self, args: ast.arguments) -> tuple[ir.Param, ...]:
        plain = [*args.posonlyargs, *args.args]
        gap: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
        params = [self._param(a, d, "plain") for a, d in zip(plain, [*gap, *args.defaults], strict=True)]
        if args.vararg:
            params.append(self._param(args.vararg, None, "rest"))
        params += [self._param(a, d, "keyword") for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
        if args.kwarg:
            params.append(self._param(args.kwarg, None, "rest-keyword"))
        return tuple(params)

    def _param(self, arg: ast.arg, default: ast.expr | None, kind: Any) -> ir.Param:
        annotation = self._expressions.annotation(arg.annotation)
        return ir.Param(arg.arg, arg.lineno, annotation, self._maybe(default), kind)

    def _class(self, node: ast.ClassDef) -> ir.Stmt:
        qualname = ".".join((*self._scope, node.name))
        decorators = self._all(node.decorator_list)
        bases = self._all(node.bases)
        owner, self._owner = self._owner, qualname
        self._scope.append(node.name)
        body = self._block(node.body)
        self._scope.pop()
        self._owner = owner
        lowered = ir.Class(node.name, qualname, node.lineno, bases, body, decorators, ast.get_docstring(node) or "")
        self._classes.append(lowered)
        return ir.Define(node.lineno, lowered)

    # --- imports ------------------------------------------------------------------------------------------------

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            module = alias.name if alias.asname else local
            self._imports.append(ir.Import(node.lineno, module, None, local, self._conditional > 0))
            if module != alias.name:
                self._imports.append(ir.Import(node.lineno, alias.name, None, "", self._conditional > 0))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = self._absolute(node.module or "", node.level)
        for alias in node.names:
            local = alias.asname or alias.name
            self._imports.append(ir.Import(node.lineno, module, alias.name, local, self._conditional > 0))

    def _absolute(self, module: str, level: int) -> str:
        if level == 0:
            return module
        parts = self._name.split(".")
        keep = len(parts) - level + (1 if self._is_package else 0)
        return ".".join((*parts[: max(keep, 0)], *filter(None, [module])))


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
