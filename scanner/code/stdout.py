"""Text that reaches standard output by another way than a print: saved writers, file descriptors, loggers that write
there when nobody tells them otherwise, and messages sent before the session has begun (CONTROLS.md RT-10).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, callee_name, spelled
from scanner.code.walking import walk
from trust.finding import Finding, Observation
from trust.vocabulary import Confidence, Severity, Weakness

_READY: Final = frozenset({"initialized", "initialised", "ready", "handshake", "connected", "started", "isinitialized"})
_SAVED: Final = ("stdout", "write")
_LOGGERS: Final = frozenset({"pino", "bunyan"})
_ONE: Final = 1


class Stdout:
    """The places of one language's code. Only asked where standard output carries the protocol."""

    def __init__(
        self, witness: str, following: Following, modules: Iterable[ir.Module], handlings: Iterable[Handling]
    ) -> None:
        self._witness = witness
        self._following = following
        self._modules = tuple(modules)
        self._tools = tuple(handlings)

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """One finding for every place."""
        found: dict[tuple[str, int], Finding] = {}
        replaced = any(_replaces(m) for m in self._modules)
        by_hand = {m.name for m in self._modules if _speaks(m)}
        if not replaced:
            names = frozenset(h.tool for h in self._tools)
            for handling in self._tools:
                for site in self._following.sites(handling, names):
                    module = site.routine.module
                    if module.name in by_hand:
                        continue
                    aliases = _aliases(module.body) | _aliases(site.routine.function.body)
                    for line in (n.line for n in site.nodes if isinstance(n, ir.Call) and _writes(n, aliases)):
                        message = f"Tool {handling.tool} writes on standard output, which belongs to the protocol."
                        found.setdefault((module.path, line), self._at(module, line, message, Confidence.FIRM))
            for module in self._modules:
                for line, name in _loggers(module):
                    message = f"The logger {name} writes on standard output, because it is given no other place."
                    found.setdefault((module.path, line), self._at(module, line, message, Confidence.FIRM))
        for module in self._modules:
            for line, name in _too_early(module):
                message = (
                    f"{name} writes on standard output without asking whether the session has begun, as others do."
                )
                found.setdefault((module.path, line), self._at(module, line, message, Confidence.TENTATIVE))
        return list(found.values()), []

    def _at(self, module: ir.Module, line: int, message: str, confidence: Confidence) -> Finding:
        return Finding(
            self._witness, Weakness.STDOUT_POLLUTION, Severity.MEDIUM, confidence, message, module.path, line,
            module.text(line),
        )  # fmt: skip


def _replaces(module: ir.Module) -> bool:
    """Whether the code puts another function in the place of process.stdout.write or console.log."""
    for node in walk(module.body):
        if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Attribute):
            target = spelled(node.targets[0])
            if target[-2:] == _SAVED or target in (("console", "log"), ("sys", "stdout")):
                return True
        if isinstance(node, ir.Call) and callee_name(node) == "redirect_stdout":
            return True
    return False


def _speaks(module: ir.Module) -> bool:
    """A module that writes the protocol's messages itself."""
    return any(isinstance(n, ir.Const) and n.value == "jsonrpc" for n in walk(module.body))


def _aliases(body: tuple[ir.Stmt, ...]) -> frozenset[str]:
    """Variables that hold the stream or its saved writer."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ir.Assign):
            held = spelled(node.value)
            if (
                held[-2:] == ("sys", "stdout")
                or held[-2:] == ("process", "stdout")
                or held[-3:-1] == _SAVED
                or held[-2:] == _SAVED
            ):
                found.update(t.id for t in node.targets if isinstance(t, ir.Name))
    return frozenset(found)


def _writes(node: ir.Call, aliases: frozenset[str]) -> bool:
    name, held = callee_name(node), spelled(node.callee)
    first = node.args[0] if node.args else None
    if isinstance(node.callee, ir.Name):
        return node.callee.id in aliases
    base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
    if name in ("write", "writelines", "end") and isinstance(base, ir.Name) and base.id in aliases:
        return True
    if name in ("call", "apply") and isinstance(base, ir.Name) and base.id in aliases:
        return True
    if name in ("write", "writelines") and ("stdout" in held or "stdout__" in held) and held[0] == "sys":
        return True
    if (
        name in ("write", "writeSync")
        and isinstance(first, ir.Const)
        and first.value == _ONE
        and held[0] in ("os", "fs")
    ):
        return True
    if name in ("writeFileSync", "appendFileSync") and isinstance(first, ir.Const) and first.value == "/dev/stdout":
        return True
    if name == "echo" and held[0] == "click":
        return not any(k.name == "err" for k in node.keywords)
    return name == "print" and "console" in held[:-1] and "rich" in held


def _loggers(module: ir.Module) -> Iterator[tuple[int, str]]:
    """`pino()` and Winston's console: their documentation names standard output as the default."""
    imported = {i.local: i.module for i in module.imports}
    for node in walk(module.body):
        if not isinstance(node, ir.Call):
            continue
        if isinstance(node.callee, ir.Name) and imported.get(node.callee.id) in _LOGGERS:
            options = [a for a in node.args if isinstance(a, ir.Table)]
            told = len(node.args) > len(options) or any(
                isinstance(k, ir.Const) and k.value in ("transport", "destination", "stream", "enabled")
                for table in options
                for k, _ in table.entries
            )
            if not told and not any(isinstance(a, ir.Name) for a in node.args):
                yield node.line, node.callee.id
        elif spelled(node.callee)[-2:] == ("transports", "console") and "winston" in imported.values():
            keys = {
                k.value for a in node.args if isinstance(a, ir.Table) for k, _ in a.entries if isinstance(k, ir.Const)
            }
            if not keys & {"stderrLevels", "silent"} and not any(isinstance(a, ir.Name) for a in node.args):
                yield node.line, "winston"


def _too_early(module: ir.Module) -> Iterator[tuple[int, str]]:
    """Methods that write at once, in a class whose other methods first ask whether the session has begun."""
    for class_ in module.classes:
        methods = [s.what for s in class_.body if isinstance(s, ir.Define) and isinstance(s.what, ir.Function)]
        writers = {
            t.name
            for m in methods
            for n in walk(m.body)
            if isinstance(n, ir.Assign) and spelled(n.value)[-2:] == _SAVED
            for t in n.targets
            if isinstance(t, ir.Attribute) and _is_own(t, m)
        }
        called = {
            callee_name(n) for m in methods for n in walk(m.body) if isinstance(n, ir.Call) and _is_own(n.callee, m)
        }
        asking = [m for m in methods if _asks(m)]
        for method in methods if asking else ():
            direct = any(isinstance(n, ir.Call) and _is_writer(n, writers) for n in walk(method.body))
            if direct and method not in asking and method.name not in called and method.name != "constructor":
                sets = any(isinstance(n, ir.Assign) and set(spelled(n.targets[0])) & _READY for n in walk(method.body))
                if not sets:
                    yield method.line, method.name


def _is_own(callee: ir.Expr, method: ir.Function) -> bool:
    return (
        isinstance(callee, ir.Attribute)
        and isinstance(callee.base, ir.Name)
        and callee.base.id in (method.receiver, "this", "self")
    )


def _asks(method: ir.Function) -> bool:
    return any(
        isinstance(n, ir.If) and any(isinstance(a, ir.Attribute) and set(spelled(a)) & _READY for a in walk(n.test))
        for n in walk(method.body)
    )


def _is_writer(node: ir.Call, writers: set[str]) -> bool:
    callee = node.callee
    if isinstance(callee, ir.Attribute) and callee.name in ("call", "apply") and isinstance(callee.base, ir.Attribute):
        return callee.base.name in writers
    if isinstance(callee, ir.Attribute) and callee.name in writers:
        return True
    return spelled(callee)[-2:] == _SAVED
