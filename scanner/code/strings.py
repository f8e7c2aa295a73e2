"""Strings, paths and lists put together: what the place of a piece says about what it can do."""

import re
from typing import Final, Protocol

from scanner.code import ir
from scanner.code.safety import Safe
from scanner.code.values import NOTHING, UNKNOWN, Taint, Value, adjust, joined, sequence, union

_SEPARATORS: Final = ("os.sep", "os.path.sep", "path.sep", "path.posix.sep", "os.altsep")
_EXPLAINED: Final = re.compile(r"\s*(?:EXPLAIN|PROFILE|DESCRIBE)\b[A-Z\s]*", re.IGNORECASE)
"""What asks about a query instead of running it: the query stays in one piece."""
_TAINTED: Final = "\x00"
_CHOSEN: Final = "\x01"
_HOST_FIXED: Final = re.compile(r"(?:https?|wss?|ftp)://[^/?#\s\x00]+[/?#]", re.IGNORECASE)
_PATH_FIXED: Final = re.compile(r"/[^/\\\s\x00\x01]")
"""A text that begins as the path of an address; whatever base it is put behind has the host."""
_BASE_FIXED: Final = re.compile(r"\x01(?!://$)[^\x00]*")
"""A value that no caller chose comes first: the base address of a configured service."""


class Evaluates(Protocol):
    """What is needed of the evaluator."""

    def value(self, node: ir.Expr) -> Value: ...
    def faint(self, *values: Value) -> Taint: ...


def concat(evaluator: Evaluates, node: ir.Concat) -> Value:
    """What comes after a fixed host cannot choose the host; what comes after other text is no option."""
    taints = []
    prefix, fixed = "", Safe.NONE
    consts: list[str] | None = []
    value = NOTHING
    for part in node.parts:
        value = evaluator.value(part)
        if value.const is not UNKNOWN:
            prefix += str(value.const)
            if consts is not None:
                consts.append(str(value.const))
            continue
        consts = None
        taint = value.everything()
        if taint:
            # After a blank begins a new word, should the text be split or read by a shell.
            adds = (Safe.OPTION if prefix and not prefix[-1].isspace() else Safe.NONE) | fixed
            if not prefix:
                fixed = behind(value) & Safe.URL
            if _HOST_FIXED.match(prefix) or _BASE_FIXED.match(prefix) or _PATH_FIXED.match(prefix):
                adds |= Safe.URL
            whole = part is node.parts[-1] and _EXPLAINED.fullmatch(prefix)
            taints.append(adjust(taint, adds, Safe.NONE if whole else Safe.WHOLE))
        prefix += _TAINTED if _by_caller(taint) else _CHOSEN
    if consts is not None:
        return Value(const="".join(consts))
    return Value(union(taints), closed=_is_separator(value))


def _by_caller(taint: Taint) -> bool:
    """Whether a caller chooses the value, not who made the object that it is a field of."""
    return any(label[:2] != ("param", -1) for label in taint)


def behind(value: Value) -> Safe:
    """What cannot be chosen by a text that is put behind this one: an option, and the host where it is named before."""
    if value.const is not UNKNOWN:
        text = str(value.const)
        return Safe.OPTION | (Safe.URL if _HOST_FIXED.match(text) or _PATH_FIXED.match(text) else Safe.NONE)
    held = value.everything()
    # In a text that was put together, what a caller chose stands behind the host as long as none of it is the host.
    fixed = bool(held) and all(safe & Safe.URL and not safe & Safe.WHOLE for safe, _ in held.values())
    return Safe.OPTION | (Safe.URL if fixed else Safe.NONE)


def _is_separator(value: Value) -> bool:
    """Whether the last piece of a path is the separator or ends with one."""
    text = value.text()
    return text.endswith(("/", "\\")) if text is not None else value.ref in _SEPARATORS


def binary(evaluator: Evaluates, node: ir.Binary) -> Value:
    """Sums of lists and strings, joined paths, merged mappings."""
    left, right = evaluator.value(node.left), evaluator.value(node.right)
    if node.op == "+":
        if left.items is not None and right.items is not None:
            return sequence((*left.items, *right.items))
        if left.items is not None or right.items is not None:
            return Value(evaluator.faint(left, right))
        if isinstance(left.const, str) and isinstance(right.const, str):
            return Value(const=left.const + right.const)
        parts = [adjust(left.everything(), drops=Safe.WHOLE), adjust(right.everything(), behind(left), Safe.WHOLE)]
        return Value(union(parts), closed=_is_separator(right))
    if node.op == "/":
        taint = joined([left.everything(), right.everything()])
        if not left.everything():
            # It begins with the folder, or with the slash of a path that replaces it.
            taint = adjust(taint, Safe.OPTION)
        return Value(taint, left.ref if left.ref and left.ref.endswith("Path()") else None)
    if node.op == "|" and left.fields is not None and right.fields is not None:
        return Value(union([left.taint, right.taint]), fields={**left.fields, **right.fields})
    if node.op == "%":
        return Value(adjust(union([left.everything(), right.everything()]), drops=Safe.WHOLE))
    return Value(evaluator.faint(left, right))
