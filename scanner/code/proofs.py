"""Proofs: what is known about origins, gathered from tests, put together and narrowed."""

from collections.abc import Iterable

from scanner.code import ir
from scanner.code.safety import Safe
from scanner.code.values import Env, Label, Taint, Value, only


def gains(taint: Taint, safe: Safe, needs: Safe, subject: ir.Expr | None = None) -> dict[Label, Safe]:
    """The labels whose history allows the check to count. A variable that is tested itself gains the bits whatever
    part of the input it holds.
    """
    if not safe:
        return {}
    proved = {label: safe for label, (mask, _) in taint.items() if mask & needs == needs}
    own = needs & ~Safe.FAITHFUL
    if isinstance(subject, ir.Name) and taint and all(mask & own == own for mask, _ in taint.values()):
        proved[("name", subject.id, "")] = safe
    return proved


def foreign(value: Value) -> bool:
    """Whether no caller can have chosen the value; a literal text is a place to search in, not a list."""
    return not only(value.everything(), "param", "free", "request", "network")


def all_of(parts: Iterable[dict[Label, Safe]]) -> dict[Label, Safe]:
    result: dict[Label, Safe] = {}
    for part in parts:
        for label, safe in part.items():
            result[label] = result.get(label, Safe.NONE) | safe
    return result


def any_of(parts: list[dict[Label, Safe]]) -> dict[Label, Safe]:
    result = dict(parts[0]) if parts else {}
    for part in parts[1:]:
        result = {label: safe & part[label] for label, safe in result.items() if label in part}
    return {label: safe for label, safe in result.items() if safe}


def meet(exits: Iterable[dict[Label, Safe]]) -> dict[Label, Safe]:
    """What holds at every one of these exits."""
    return any_of(list(exits))


def spelled(node: ir.Expr) -> str:
    return node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""


def names_host(prefix: str) -> bool:
    scheme, found, rest = prefix.partition("://")
    return bool(found) and scheme in ("http", "https") and "/" in rest and not rest.startswith("/")


def names_in(target: ir.Expr) -> Iterable[str]:
    if isinstance(target, ir.Name):
        yield target.id
    elif isinstance(target, ir.Collection):
        for item in target.items:
            yield from names_in(item)


def checks_of(env: Env | None) -> dict[Label, Safe]:
    return dict(env.checked) if env is not None else {}
