"""The routes of a Python server beside the protocol, and whether anybody may call them."""

from collections.abc import Iterator, Sequence
from typing import Final

from scanner.code import ir
from scanner.code.python.gatekeeping import last_name, reads_credential, refuses
from scanner.code.side_endpoints import PROTOCOL, Side, branches, exposed
from scanner.code.sweeping import Look
from scanner.code.taint import Flows
from scanner.code.units import Unit
from trust.facts import Listener
from trust.finding import Finding

_ADDS: Final = frozenset(
    {"Route", "add_route", "add_api_route", "add_get", "add_post", "add_url_rule", "WebSocketRoute"}
)
_OPEN: Final = "custom_route"
"""Routes of FastMCP's `custom_route` stand outside its authentication (mcp 1.9 to 2.3, `FastMCP.custom_route`)."""


def side_routes(flows: Flows, look: Look, listeners: Sequence[Listener]) -> Iterator[Finding]:
    """What strangers are shown by routes that are not the protocol's own."""
    if not listeners:
        return
    on = any(at.on_by_default for at in listeners)
    guarded = all(at.auth not in ("none", "optional") for at in listeners)
    units = {u.ref: u for u in look.reached() if u.function is not None}
    for path, unit, always_open in _routes(flows, look, units):
        function = unit.function
        if function is None or PROTOCOL.search(path) or (guarded and not always_open):
            continue
        if not (reads_credential(function) and refuses(function)):
            yield from exposed(look, Side(path, unit, function.body), on_by_default=on)
    if not guarded:
        for unit in units.values():
            for path, body in branches(unit):
                if not PROTOCOL.search(path):
                    yield from exposed(look, Side(path, unit, body), on_by_default=on)


def _routes(flows: Flows, look: Look, units: dict[str | None, Unit]) -> Iterator[tuple[str, Unit, bool]]:
    """Path, answering function, and whether the route stands outside every authentication."""
    for entry in flows.entries:
        unit = units.get(entry.routine.ref) if entry.routine is not None and entry.kind == "route" else None
        if unit is not None and unit.function is not None:
            calls = [d for d in unit.function.decorators if isinstance(d, ir.Call)]
            path = next((a.value for d in calls for a in d.args[:1] if isinstance(a, ir.Const)), entry.name)
            yield str(path), unit, any(last_name(d.callee) == _OPEN for d in calls)
    for unit in look.reached():
        for node in unit.nodes:
            if not isinstance(node, ir.Call) or last_name(node.callee) not in _ADDS or len(node.args) < 2:
                continue
            path = node.args[0].value if isinstance(node.args[0], ir.Const) else None
            given = [*node.args[1:], *(k.value for k in node.keywords if k.name in ("endpoint", "view_func"))]
            for handler in given:
                target = units.get(flows.project.dotted(unit.module, handler)) if isinstance(path, str) else None
                if target is not None:
                    yield str(path), target, False
