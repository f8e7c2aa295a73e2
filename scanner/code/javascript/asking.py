"""What stands for a wrapped module where it is asked for, and compilers' ways of writing `await`."""

from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.javascript.state import State

AWAITERS: Final = frozenset({"__awaiter", "__async", "_asyncToGenerator", "_async_to_generator"})
"""Helpers that run a generator as an async function; `yield` in it is `await`."""


def asked(state: State, callee: ir.Expr, args: tuple[ir.Expr, ...]) -> ir.Expr | None:
    """The variable of a wrapped module, when the call asks for one."""
    line = callee.line
    if isinstance(callee, ir.Name):
        if not args and callee.id in state.wrapped:
            return ir.Name(line, state.wrapped[callee.id])
        first = args[0] if len(args) == 1 else None
        if callee.id in state.requirers and isinstance(first, ir.Const) and str(first.value) in state.numbered:
            return ir.Name(line, state.numbered[str(first.value)])
    elif isinstance(callee, ir.Attribute) and isinstance(callee.base, ir.Name) and callee.base.id in state.requirers:
        return _helper(state, callee, args)
    return None


def _helper(state: State, callee: ir.Attribute, args: tuple[ir.Expr, ...]) -> ir.Expr | None:
    """Webpack's `r.d(exports, {a: () => a})`, which offers names, and `r.n(module)`, which is the module."""
    if callee.name == "n" and args:
        return args[0]
    if callee.name == "d" and len(args) == 2 and isinstance(args[1], ir.Table):
        for key, value in args[1].entries:
            body = value.function.body if isinstance(value, ir.Lambda) else ()
            told = body[0].value if len(body) == 1 and isinstance(body[0], ir.Return) else None
            if isinstance(key, ir.Const) and isinstance(key.value, str) and told is not None:
                target = ir.Attribute(callee.line, args[0], key.value)
                state.late.append(ir.Assign(callee.line, (target,), told))
        return ir.Const(callee.line, None)
    return None


def module_member(base: ir.Expr, name: str, line: int) -> ir.Expr | None:
    """`module.exports` inside a wrapped module."""
    if isinstance(base, ir.Name) and base.id.endswith("~module") and name == "exports":
        return ir.Name(line, base.id.removesuffix("~module"))
    return None


def awaiter(callee: ir.Expr) -> bool:
    """Whether a call runs a generator in place of an async function."""
    name = callee.name if isinstance(callee, ir.Attribute) else callee.id if isinstance(callee, ir.Name) else ""
    return name.partition("~")[0] in AWAITERS


def awaited(state: State, args: tuple[ir.Expr, ...], line: int) -> ir.Expr | None:
    """The async function that was meant, called with what the helper hands it; `this` is the one around."""
    run = args[-1] if args else None
    if not isinstance(run, ir.Lambda):
        return None
    function = replace(run.function, receiver=None)
    at = next((i for i, f in enumerate(state.functions) if f is run.function), None)
    if at is None:
        return None
    state.functions[at] = function
    meant = ir.Lambda(run.line, function)
    if len(args) == 1:
        return meant
    given = args[1]
    return ir.Call(line, meant, given.items if isinstance(given, ir.Collection) else (), (), function.end)
