"""Python calls that call what they are given, and the names under which web frameworks hand over a request.

Sources: the standard library reference (3.11 to 3.14); anyio, Starlette, Flask, Quart, Bottle, Tornado.
"""

from typing import Final

from scanner.code.rules import Starter

_THREAD: Final = Starter(1, "target", "args", "kwargs")
_FIRST: Final = Starter()
_EACH: Final = Starter(each=True)

STARTERS: Final[dict[str, Starter]] = {
    "threading.Thread": _THREAD,
    "multiprocessing.Process": _THREAD,
    "threading.Timer": Starter(1, "function", "args", "kwargs"),
    **dict.fromkeys(("*.start_soon", "*.add_task", "*.call_soon", "*.call_soon_threadsafe", "*.apply"), _FIRST),
    **dict.fromkeys(("*.run_sync", "*.run_in_threadpool", "*.start_new_thread", "*.to_thread", "*.submit"), _FIRST),
    **dict.fromkeys(("*.call_later", "*.call_at", "*.run_in_executor"), Starter(1)),
    **dict.fromkeys(("*.map", "*.imap", "*.imap_unordered", "*.starmap", "map", "filter"), _EACH),
    "*.apply_async": Starter(0, "func", "args", "kwds"),
    "functools.reduce": _EACH,
}  # fmt: skip
BINDERS: Final = frozenset({"functools.partial", "functools.partialmethod"})
_HANDLERS: Final = ("http.server.BaseHTTPRequestHandler()", "http.server.SimpleHTTPRequestHandler()")
_TORNADO: Final = ("get_argument", "get_arguments", "get_body_argument", "get_query_argument", "request", "path_args")
REQUESTS: Final = frozenset({
    "flask.request", "quart.request", "bottle.request", "sanic.request", "werkzeug.local.request",
    *(f"{h}.{f}" for h in _HANDLERS for f in ("path", "headers", "rfile", "requestline", "raw_requestline")),
    *(f"tornado.web.RequestHandler().{f}" for f in _TORNADO),
    "fastmcp.server.dependencies.get_http_request", "fastmcp.server.dependencies.get_http_headers",
    "aiohttp.web.View().request", "socketserver.BaseRequestHandler().request",
    "socketserver.StreamRequestHandler().rfile",
})  # fmt: skip
