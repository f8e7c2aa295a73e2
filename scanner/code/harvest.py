"""Whole records with secrets in answers, logs, files and requests."""

# ruff: noqa: E501 - word lists

from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.sweeping import Look
from scanner.code.units import Unit, last_name
from scanner.code.whole_records import Kind, Records
from trust.finding import Finding
from trust.vocabulary import Severity, Signal, Weakness

_BODIES: Final = frozenset({"json", "data", "content", "body", "params", "files"})
_FILLS: Final = frozenset({"dump", "write", "write_text", "writeFile", "writeFileSync", "appendFile", "appendFileSync", "outputFile",
                           "safe_dump", "outputJson", "writeJson", "writeJsonSync", "writeTextFile"})  # fmt: skip
_PROGRAMS: Final = frozenset({"env", "printenv", "set", "export", "export -p", "declare -x"})


def harvest(look: Look) -> Iterator[Finding]:
    """Every place where a whole record is shown, written or sent, in the units that the entry point reaches."""
    records = Records(look)
    called = _called_by_handlers(look)
    for unit in look.reached():
        answers = any(u.ref in look.handlers for u in _around(unit))
        helps = unit.function is not None and unit.function.name in called
        for node in unit.nodes:
            if isinstance(node, ir.Return) and node.value is not None and (answers or helps):
                kind = records.shows(node.value, unit, whole=unit.ref in look.handlers)
                yield from _told(look, unit, node.value.line, kind, "is handed to whoever calls the tool")
            elif isinstance(node, ir.Call):
                yield from _of_call(look, records, unit, node)


def _told(look: Look, unit: Unit, line: int, kind: Kind, where: str) -> Iterator[Finding]:
    if kind == "environment":
        message = f"The whole environment, with every credential in it, {where}."
        yield look.at(unit, line, Weakness.ENV_DUMP, Severity.HIGH, message)
    elif kind == "settings":
        message = f"A configuration with credentials in it {where}."
        weakness = Weakness.SECRET_LOGGING if "log" in where else Weakness.SECRET_EXPOSURE
        severity = Severity.MEDIUM if weakness is Weakness.SECRET_LOGGING else Severity.HIGH
        yield look.at(unit, line, weakness, severity, message)


def _of_call(look: Look, records: Records, unit: Unit, node: ir.Call) -> Iterator[Finding]:
    name = last_name(node.callee)
    if look.logs(node):
        for arg in (*node.args, *(k.value for k in node.keywords)):
            kind = records.shows(arg, unit)
            if kind:
                yield from _told(look, unit, node.line, kind, "is written to a log")
                return
    elif look.sends(node):
        for arg in _bodies(look, unit, node):
            if records.shows(arg, unit) == "environment":
                yield from _told(look, unit, node.line, "environment", "is sent over the network")
                return
    elif name in _FILLS:
        for arg in node.args:
            if records.shows(arg, unit) == "environment":
                yield from _told(look, unit, node.line, "environment", "is written to a file")
                return
    elif look.does(node, Signal.PROCESS) and _prints_environment(look, unit, node):
        yield from _told(look, unit, node.line, "environment", "is read out by a program")


def _bodies(look: Look, unit: Unit, node: ir.Call) -> Iterator[ir.Expr]:
    yield from (k.value for k in node.keywords if k.name in _BODIES)
    for arg in node.args[1:]:
        tables = [v for v, where in look.units.values(arg, unit) if isinstance(v, ir.Table) and where is unit]
        for table in tables:
            yield from (v for k, v in table.entries if isinstance(k, ir.Const) and k.value in _BODIES)
        if not tables:
            yield arg


def _prints_environment(look: Look, unit: Unit, node: ir.Call) -> bool:
    first = node.args[0] if node.args else None
    for value, where in look.units.values(first, unit) if first is not None else ():
        items = value.items if isinstance(value, ir.Collection) else (value,)
        words = [look.units.text(item, where) for item in items]
        if len(words) == 1 and words[0] is not None and words[0].strip() in _PROGRAMS:
            return len(node.args) == 1 or not isinstance(node.args[1], ir.Collection) or not node.args[1].items
    return False


def _around(unit: Unit) -> Iterator[Unit]:
    current: Unit | None = unit
    while current is not None:
        yield current
        current = current.outer


def _called_by_handlers(look: Look) -> frozenset[str]:
    """Names of functions that handlers call."""
    return frozenset(
        last_name(node.callee)
        for unit in look.reached()
        if unit.ref in look.handlers
        for node in unit.nodes
        if isinstance(node, ir.Call) and isinstance(node.callee, ir.Name)
    )
