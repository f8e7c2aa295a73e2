"""What a module does the moment it is loaded: requests and programs at its top level, before anybody calls a tool.

A server has to start somewhere, so what its main function does is not this; nor is a request whose answer the start
needs. What is left are acts that nobody waits for, and programs that run on loading.
"""

from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.sweeping import Look
from scanner.code.units import Unit, last_name
from scanner.code.walking import dropped, walk
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_STARTS: Final = frozenset(
    {"Thread", "Timer", "Process", "create_task", "ensure_future", "submit", "setTimeout", "setImmediate", "run"}
)
_MAIN: Final = frozenset(
    {"main", "run", "start", "serve", "bootstrap", "init", "startServer", "runServer", "cli", "app"}
)


def start_up(look: Look) -> Iterator[Finding]:
    """Acts of loading, as far as the call stands at the top level or one function below it."""
    for unit in look.reached():
        if unit.function is not None or unit.owner is not None:
            continue
        main = {id(n) for s in unit.module.body if isinstance(s, ir.If) and _is_main(s.test) for n in walk(s)}
        ignored = dropped(unit.module.body)
        for node in unit.nodes:
            if isinstance(node, ir.Call) and id(node) not in main:
                what = _act(look, unit, node, ignored=id(node) in ignored)
                if what:
                    message = f"Loading this module {what}, before anybody calls a tool."
                    yield look.at(
                        unit, node.line, Weakness.INSTALL_SCRIPT, Severity.MEDIUM, message, Confidence.TENTATIVE
                    )


def _is_main(test: ir.Expr) -> bool:
    """`if __name__ == "__main__"`, and `if (import.meta.main)` or `require.main === module`."""
    names = {n.id for n in walk(test) if isinstance(n, ir.Name)} | {
        n.name for n in walk(test) if isinstance(n, ir.Attribute)
    }
    return "__name__" in names or "main" in names


def _act(look: Look, unit: Unit, node: ir.Call, *, ignored: bool) -> str:
    if look.does(node, Signal.PROCESS):
        return "starts a program"
    if look.sends(node) and ignored:
        return "sends a request"
    name = last_name(node.callee)
    targets: list[Unit] = []
    if isinstance(node.callee, ir.Lambda):
        targets = [u for u in look.units.all if u.function is node.callee.function]
    elif isinstance(node.callee, ir.Name) and ignored and name not in _MAIN:
        targets = [u for u in look.units.named(name) if u.module is unit.module]
    elif name in _STARTS:
        given = [*node.args, *(k.value for k in node.keywords if k.name in ("target", "func", "function"))]
        names = {last_name(g) for g in given} - _MAIN
        targets = [u for n in names for u in look.units.named(n) if n and u.module is unit.module]
    return "sends a request" if any(_only_sends(look, target) for target in targets) else ""


def _only_sends(look: Look, unit: Unit) -> bool:
    """Whether a small function does little else than a request, and serves nothing."""
    body = unit.function.body if unit.function is not None else ()
    sends = any(isinstance(n, ir.Call) and look.sends(n) for n in unit.nodes)
    serves = any(
        isinstance(n, ir.Call) and last_name(n.callee) in ("connect", "listen", "run", "serve") for n in unit.nodes
    )
    return sends and not serves and len(body) <= 4
