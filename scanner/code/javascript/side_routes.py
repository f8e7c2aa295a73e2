"""The routes of a JavaScript server beside the protocol, and whether anybody may call them."""

from collections.abc import Iterator, Sequence

from scanner.code.javascript.servers import Servers
from scanner.code.side_endpoints import PROTOCOL, Side, branches, exposed
from scanner.code.sweeping import Look
from trust.facts import Listener
from trust.finding import Finding


def side_routes(servers: Servers, look: Look, listeners: Sequence[Listener]) -> Iterator[Finding]:
    """What strangers are shown by routes that are not the protocol's own."""
    if not listeners:
        return
    on = any(at.on_by_default for at in listeners)
    units = {u.function: u for u in look.reached() if u.function is not None}
    for route, scope in servers.handlers():
        unit = units.get(scope.function) if scope.function is not None else None
        if unit is None or unit.function is None or route.method == "use" or PROTOCOL.search(route.path):
            continue
        if servers.is_open(route):
            yield from exposed(look, Side(route.path or "/", unit, unit.function.body), on_by_default=on)
    if any(at.auth in ("none", "optional") for at in listeners):
        for unit in units.values():
            for path, body in branches(unit):
                if not PROTOCOL.search(path):
                    yield from exposed(look, Side(path, unit, body), on_by_default=on)
