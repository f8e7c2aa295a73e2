"""Whether a path was held inside a folder: what such a check proves, and what it leaves open.

A comparison is worth what was done to the path before it: nothing before the dots were worked out, half as long as
links were not followed (a link in the folder leads out), and everything on the real path. A prefix that does not end
with a separator also lets the neighbour through whose name begins alike.
"""

from collections.abc import Callable, Iterable
from typing import Final, Literal

from scanner.code import ir
from scanner.code.safety import Safe
from scanner.code.state import Frame, Hit
from scanner.code.values import Label, Taint, Value
from scanner.code.walking import walk
from trust.vocabulary import Signal, Weakness

Flaw = Literal["unclosed", "order"]
SEPARATORS: Final = ("/", "\\")
_SEPARATOR_NAMES: Final = ("os.sep", "os.path.sep", "path.sep", "path.posix.sep", "os.altsep")
RELATIVE: Final = ("path.relative()", "path.posix.relative()", "os.path.relpath()")
"""What is left of a path seen from a folder: it begins with two dots when the path lies elsewhere."""
_REAL: Final = ("realpath", "realpathSync", "native")
_HELD: Final = Safe.RESOLVED | Safe.REAL


def held(taint: Taint, subject: ir.Expr | None = None) -> dict[Label, Safe]:
    """What the labels gain when the path they make up was found inside a folder. Whether a parameter arrives resolved
    is for the caller to know. A variable that is compared itself gains it whatever part of the input it holds.
    """
    proved: dict[Label, Safe] = {}
    for label, (mask, _) in taint.items():
        safe = worth(mask)
        if mask & Safe.FRESH == Safe.FRESH:
            safe |= Safe.INSIDE
        if safe:
            proved[label] = safe
    if isinstance(subject, ir.Name) and taint and all(mask & Safe.RESOLVED for mask, _ in taint.values()):
        proved[("name", subject.id, "")] = Safe.INSIDE
    return proved


def worth(mask: Safe) -> Safe:
    """What a comparison with a folder proves of a path with this history."""
    if not mask & Safe.RESOLVED:
        return Safe.NONE
    return Safe.PATH if mask & Safe.REAL else Safe.LEXICAL


def note(frame: Frame, line: int, taint: Taint, flaw: Flaw) -> None:
    """Remembers where a path was compared with a folder, in case the comparison turns out to be worth little."""
    for label, (mask, steps) in taint.items():
        if label[0] not in ("param", "free") or (flaw == "order" and mask & _HELD == _HELD):
            continue
        step = frame.step(line, "is compared with a folder")
        frame.hit(
            Hit(
                Weakness.PATH_TRAVERSAL,
                Signal.FILE_READ,
                label,
                mask & ~(Safe.PATH | Safe.LEXICAL),
                Safe.PATH,
                (*steps, step),
                frame.module.path,
                line,
                f"comparison {flaw}",
                check=flaw,
            )
        )


def is_fault(check: str, safe: Safe) -> bool:
    """Whether a remembered comparison leaves something open, now that the history of the path is known."""
    return check == "unclosed" or safe & _HELD != _HELD


def follows_links(frame: Frame) -> bool:
    """Whether the function works out real paths somewhere."""
    function = frame.routine.function if frame.routine else None
    if function is None:
        return False
    names = (
        n.callee.name for n in walk(function.body) if isinstance(n, ir.Call) and isinstance(n.callee, ir.Attribute)
    )
    return any(name in _REAL for name in names)


def common_path(node: ir.Expr) -> ir.Expr | None:
    """The call in `os.path.commonpath([base, path]) == base`, also inside `str()` or `Path()`."""
    if not isinstance(node, ir.Call):
        return None
    name = node.callee.name if isinstance(node.callee, ir.Attribute) else getattr(node.callee, "id", "")
    if name == "commonpath":
        return node
    return common_path(node.args[0]) if name in ("str", "Path") and node.args else None


def seen_from(test: ir.Compare, left: Value, right: Value, value: Callable[[ir.Expr], Value]) -> Value | None:
    """The path in `commonpath([base, path]) == base` and in `relative(base, path) == ""`."""
    common = common_path(test.left) or common_path(test.right)
    if common is not None:
        return value(common)
    return next((o for o, e in ((left, right), (right, left)) if e.const == "" and o.ref in RELATIVE), None)


def ends_with_separator(node: ir.Expr, value: Callable[[ir.Expr], Value]) -> bool:
    """Whether a prefix is closed: `base + os.sep`, `f"{base}/"`, `os.path.join(base, "")`, a variable with such."""
    if value(node).closed:
        return True
    last: ir.Expr | None = None
    if isinstance(node, ir.Concat):
        last = node.parts[-1]
    elif isinstance(node, ir.Binary) and node.op == "+":
        last = node.right
    elif isinstance(node, ir.Conditional):
        return _closed_by_either(node, value)
    elif isinstance(node, ir.Call) and node.args and isinstance(node.callee, ir.Attribute):
        if node.callee.name == "join":
            last = node.args[-1]
            return isinstance(last, ir.Const) and last.value == ""
        return False
    if last is None:
        return False
    found = value(last)
    if isinstance(found.const, str):
        return found.const.endswith(SEPARATORS)
    return found.ref in _SEPARATOR_NAMES


def _closed_by_either(node: ir.Conditional, value: Callable[[ir.Expr], Value]) -> bool:
    """`base if base.endswith(sep) else base + sep`."""
    ways = [ends_with_separator(way, value) for way in (node.then, node.other)]
    test = node.test.operand if isinstance(node.test, ir.Not) else node.test
    asks = isinstance(test, ir.Call) and getattr(test.callee, "name", "") in ("endswith", "endsWith")
    return all(ways) or (asks and any(ways))


def begins_with_dots(texts: Iterable[object]) -> bool:
    """Whether one of these beginnings is what a path outside the folder begins with."""
    return any(text in ("..", "../", "..\\") for text in texts)
