"""Functions that are handed over: called by whom they were handed to, known only to who handed them.

A function that calls one of its parameters (`run(fn)`, `job.start()`, a wrapper that catches errors) cannot say what
happens then. It leaves the call to its callers, as a `Pending`; the caller that knows which function it was makes it.
"""

from typing import Final

from scanner.code import ir
from scanner.code.applying import Binding
from scanner.code.arguments import Arguments
from scanner.code.evaluate import Evaluator
from scanner.code.safety import Safe
from scanner.code.state import Frame, Pending, Summary
from scanner.code.values import EMPTY, NOTHING, Label, Value, join, project

_MAX: Final = 24
"""Calls that one function leaves to its callers."""
_MAX_ARGS: Final = 4
OF_TEXTS: Final = frozenset({
    "trim", "split", "map", "filter", "forEach", "join", "replace", "replaceAll", "toString", "slice", "substring",
    "toLowerCase", "toUpperCase", "includes", "startsWith", "endsWith", "push", "concat", "indexOf", "match", "test",
    "keys", "values", "entries", "get", "set", "has", "then", "catch", "finally", "json", "text", "sort", "reduce",
    "find", "some", "every", "lower", "upper", "strip", "items", "append", "extend", "encode", "decode", "pop",
    "add", "parse", "safeParse", "isoformat", "format", "copy", "update", "debug", "info", "warn", "warning",
    "error", "log", "trace", "end", "status", "send", "header", "setHeader", "next", "on", "once", "emit", "close",
    "connect", "bind", "call", "apply", "charAt", "at", "flat", "flatMap", "padStart", "padEnd", "localeCompare",
})  # fmt: skip
"""Methods of texts, lists, promises, answers and logs: on a parameter they are not the caller's own code."""
_OVER_ITEMS: Final = frozenset({"map", "flatMap", "forEach", "filter", "find", "findLast", "some", "every"})
_RECEIVES: Final = frozenset({"data", "message", "line"})


def leave(frame: Frame, node: ir.Call, callee: Value, arguments: Arguments, made: Pending | None = None) -> None:
    """Keeps a call of something that came from outside this function for its callers. `made`: as a callee left it."""
    name = node.callee.name if isinstance(node.callee, ir.Attribute) else ""
    if name in OF_TEXTS or len(frame.calls) >= _MAX:
        return
    for label, (safe, _) in callee.taint.items():
        whole = safe & Safe.FRESH == Safe.FRESH
        if whole and label[0] in ("param", "free") and (not name or label[2].endswith(f".{name}")):
            args, keywords = arguments.args[:_MAX_ARGS], arguments.keywords
            at, module = (node, frame.module) if made is None else (made.node, made.module)
            frame.calls.setdefault((id(node), label), Pending(label, args, keywords, at, module))


def known(evaluator: Evaluator, binding: Binding, left: Pending) -> tuple[Value, Arguments] | None:
    """What a call that a callee left means here: the function, and the arguments with the receiver."""
    start = binding.held(left.label)
    if start is None:
        return None
    receiver, callee = NOTHING, start
    for name in filter(None, left.label[2].split(".")):
        receiver, callee = callee, evaluator.attribute(callee, name, called=True)
    keywords = {name: binding.value(value) for name, value in left.keywords.items()}
    return callee, Arguments(tuple(binding.value(a) for a in left.args), keywords, EMPTY, receiver)


def resolved(binding: Binding, summary: Summary) -> Value | None:
    """What a promise comes to: the values that its executor hands to its first parameter."""
    values = [binding.value(a) for left in summary.calls if is_first(left.label) for a in left.args[:1]]
    result: Value | None = None
    for value in values:
        result = value if result is None else join(result, value)
    return result


def called_with(
    evaluator: Evaluator, node: ir.Call, receiver: Value | None, args: tuple[Value, ...]
) -> tuple[Value, ...]:
    """What an outside function will call a function with that it is handed, as far as its name tells."""
    method = node.callee.name if isinstance(node.callee, ir.Attribute) else ""
    if receiver is None:
        return ()
    if method in ("then", "replace", "replaceAll"):
        return (receiver,)
    if method in _OVER_ITEMS:
        return (evaluator.element(receiver),)
    if method == "reduce":
        return (args[1] if len(args) > 1 else NOTHING, evaluator.element(receiver))
    if method in ("on", "once", "addListener", "addEventListener") and args and args[0].text() in _RECEIVES:
        return (Value(project(receiver.everything(), "body")),)
    return ()


def is_first(label: Label) -> bool:
    return label == ("param", 0, "")
