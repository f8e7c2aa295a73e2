"""Routes of web frameworks beside or instead of MCP tools: decorators, route tables, handler classes, plain ASGI."""

from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Routine
from scanner.code.python.constants import text_of
from scanner.code.python.functions import limits, shapes_of
from scanner.code.python.registering import routine_of
from scanner.code.state import Analysis, Event

_ROUTES: Final = (
    "get", "post", "put", "delete", "patch", "route", "websocket", "api_route", "custom_route", "view",
    "websocket_route",
)  # fmt: skip
_ROUTERS: Final = ("app", "router", "api", "application", "server", "mcp", "api_router", "blueprint", "bp", "web_app")
_TYPES: Final = (
    "flask.Flask()", "flask.Blueprint()", "fastapi.FastAPI()", "fastapi.APIRouter()", "fastapi.routing.APIRouter()",
    "starlette.applications.Starlette()", "starlette.routing.Router()", "aiohttp.web.RouteTableDef()", "quart.Quart()",
    "quart.Blueprint()", "sanic.Sanic()", "sanic.Blueprint()", "bottle.Bottle()", "litestar.Litestar()",
)  # fmt: skip
_METHODS: Final = frozenset({"get", "post", "put", "delete", "patch", "head"})
_VIEWS: Final = ("HTTPEndpoint", "RequestHandler", "MethodView", "APIView", "Resource", "WebSocketEndpoint", "View")
_SERVED: Final = ("do_GET", "do_POST", "do_PUT", "do_DELETE", "do_PATCH", "handle", "on_receive", "on_message")
_ASGI: Final = ("scope", "receive", "send")


def decorated_route(analysis: Analysis, routine: Routine, decorator: ir.Expr) -> Entry | None:
    """`@app.get("/x")`, where the receiver is known to be an application, or is called like one."""
    if not (isinstance(decorator, ir.Call) and isinstance(decorator.callee, ir.Attribute)):
        return None
    callee = decorator.callee
    if callee.name not in _ROUTES:
        return None
    base = callee.base
    spelled = base.name if isinstance(base, ir.Attribute) else base.id if isinstance(base, ir.Name) else ""
    known = callee.name == "custom_route" or spelled.lower().lstrip("_") in _ROUTERS
    if not known and not _ref_of(analysis, routine, base).endswith(_TYPES):
        return None
    return _route(analysis, routine, text_of(analysis.project, routine.module, _first(decorator)))


def _first(call: ir.Call) -> ir.Expr | None:
    return call.args[0] if call.args else None


def _ref_of(analysis: Analysis, routine: Routine, base: ir.Expr) -> str:
    if not isinstance(base, ir.Name):
        return analysis.project.dotted(routine.module, base) or ""
    outer = analysis.captured.get(routine.ref, {}).get(base.id)
    value = outer or analysis.globals.get(routine.module.name, {}).get(base.id)
    if value is not None:
        return value.ref or ""
    ref = analysis.project.dotted(routine.module, base) or ""
    module, mark, name = ref.partition(":=")
    value = analysis.globals.get(module, {}).get(name) if mark else None
    return (value.ref or "") if value is not None else ref


def _route(analysis: Analysis, routine: Routine, path: str) -> Entry:
    return Entry(
        "route", path or routine.function.name, routine, None, (), *limits(shapes_of(analysis.project, routine))
    )


def other_routes(analysis: Analysis) -> Iterator[Entry]:
    """Routes that no decorator makes."""
    for event in analysis.events:
        if event.kind == "route":
            yield from _added(analysis, event)
    for routine in analysis.project.routines.values():
        if routine.module.language == "python" and (_is_asgi(routine) or _is_view(analysis, routine)):
            yield _route(analysis, routine, routine.function.qualname)


def _added(analysis: Analysis, event: Event) -> Iterator[Entry]:
    path = next((t for v in (*event.args, *event.keywords.values()) if (t := v.text()) and t.startswith("/")), "")
    for value in (*event.args, *event.keywords.values()):
        routine = routine_of(analysis, value)
        if routine is not None:
            yield _route(analysis, routine, path)


def _is_asgi(routine: Routine) -> bool:
    return tuple(p.name for p in routine.function.params) == _ASGI


def _is_view(analysis: Analysis, routine: Routine) -> bool:
    """A method that a framework calls on a class that extends its handler."""
    function = routine.function
    if function.owner is None or not (function.name in _METHODS or function.name in _SERVED):
        return False
    bases = _all_bases(analysis, f"{routine.module.name}:{function.owner}")
    return any(b.rpartition(".")[2].endswith(_VIEWS) for b in bases if ":" not in b)


def _all_bases(analysis: Analysis, ref: str, depth: int = 4) -> tuple[str, ...]:
    direct = analysis.project.bases(ref)
    return direct if depth == 0 else (*direct, *(b for d in direct for b in _all_bases(analysis, d, depth - 1)))
