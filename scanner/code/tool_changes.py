"""Tools that become others: texts from the network, and tools that are taken away and put back as something else."""

from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.sweeping import Look
from scanner.code.units import Unit, last_name
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

_REGISTERS: Final = frozenset({"tool", "add_tool", "addTool", "registerTool", "Tool", "FunctionTool", "from_function"})
_REMOVES: Final = frozenset({"remove_tool", "removeTool", "delete_tool", "unregister_tool", "unregisterTool"})
_GRAPH: Final = 200


def tool_changes(look: Look) -> Iterator[Finding]:
    """Every registration whose text was fetched, and every handler that replaces a tool."""
    for unit in look.reached():
        calls = [n for n in unit.nodes if isinstance(n, ir.Call)]
        for node in calls:
            told = [k.value for k in node.keywords if k.name == "description"]
            if last_name(node.callee) in _REGISTERS and any(_is_fetched(look, unit, t) for t in told):
                message = "A tool's description comes from the network and can change after approval."
                yield look.at(unit, node.line, Weakness.RUG_PULL, Severity.HIGH, message)
        if unit.function is None:
            continue
        removed = [n for n in calls if last_name(n.callee) in _REMOVES]
        added = [n for n in calls if last_name(n.callee) in _REGISTERS]
        if unit.ref in look.handlers and removed and added:
            message = "A tool is taken away and another put in its place while the server runs."
            yield look.at(unit, removed[0].line, Weakness.RUG_PULL, Severity.HIGH, message)


def _is_fetched(look: Look, unit: Unit, node: ir.Expr) -> bool:
    """Whether a text is what a request answered, through names."""
    behind = look.units.behind(node, unit, ir.Name, _GRAPH)
    return any(isinstance(piece, ir.Call) and look.sends(piece) for piece, _ in behind)
