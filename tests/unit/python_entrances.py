"""Web routes, resources and prompts; `RUN(x)` stands for what is done with the input."""

from typing import Final

Case = tuple[tuple[str, ...], dict[str, str]]

SERVERS: Final[dict[str, Case]] = {
    "flask_dispatch": ((), {
        "server": """
from flask import Flask, request, jsonify
web = Flask(__name__)
@web.route("/mcp", methods=["POST"])
def rpc():
    body = request.get_json()
    x = body["params"]["arguments"]["x"]
    return jsonify({"r": str(RUN(x))})
web.run()
""",
    }),
    "flask_args": ((), {
        "server": """
from flask import Flask, request
service = Flask(__name__)
@service.get("/ping")
def p():
    x = request.args.get("x")
    return str(RUN(x))
""",
    }),
    "fastapi_body": ((), {
        "server": """
from fastapi import FastAPI, Request
web = FastAPI()
@web.post("/ping")
async def p(request: Request):
    data = await request.json()
    return str(RUN(data["x"]))
""",
    }),
    "fastapi_param": ((), {
        "server": """
from fastapi import APIRouter
routes = APIRouter()
@routes.get("/ping/{x}")
async def p(x: str):
    return str(RUN(x))
""",
    }),
    "starlette_route": ((), {
        "server": """
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.responses import PlainTextResponse
async def p(request):
    x = request.query_params.get("x")
    return PlainTextResponse(str(RUN(x)))
web = Starlette(routes=[Route("/ping", p, methods=["GET"])])
""",
    }),
    "aiohttp_add_get": ((), {
        "server": """
from aiohttp import web
async def p(request):
    x = request.query["x"]
    return web.Response(text=str(RUN(x)))
site = web.Application()
site.router.add_get("/ping", p)
web.run_app(site)
""",
    }),
    "aiohttp_routes": ((), {
        "server": """
from aiohttp import web
table = web.RouteTableDef()
@table.post("/ping")
async def p(request):
    body = await request.json()
    return web.Response(text=str(RUN(body["x"])))
site = web.Application()
site.add_routes(table)
""",
    }),
    "http_server": ((), {
        "server": """
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlparse, parse_qs
import json
class H(BaseHTTPRequestHandler):
    def do_GET(self):
        q = parse_qs(urlparse(self.path).query)
        x = q.get("x", [""])[0]
        self.wfile.write(str(RUN(x)).encode())
HTTPServer(("127.0.0.1", 8000), H).serve_forever()
""",
    }),
    "http_server_post": ((), {
        "server": """
from http.server import BaseHTTPRequestHandler, HTTPServer
import json
class H(BaseHTTPRequestHandler):
    def do_POST(self):
        n = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(n))
        self.wfile.write(str(RUN(body["x"])).encode())
HTTPServer(("127.0.0.1", 8000), H).serve_forever()
""",
    }),
    "asgi_raw": ((), {
        "server": """
import json, uvicorn
async def app(scope, receive, send):
    message = await receive()
    body = json.loads(message["body"])
    out = str(RUN(body["x"]))
    await send({"type": "http.response.body", "body": out.encode()})
uvicorn.run(app)
""",
    }),
    "asgi_scope": ((), {
        "server": """
import json, uvicorn
async def app(scope, receive, send):
    x = scope["path"].split("/")[-1]
    out = str(RUN(x))
    await send({"type": "http.response.body", "body": out.encode()})
uvicorn.run(app)
""",
    }),
    "custom_route": ((), {
        "server": """
from fastmcp import FastMCP
hub = FastMCP("a")
@hub.custom_route("/ping", methods=["GET"])
async def p(request):
    return str(RUN(request.path_params["x"]))
hub.run()
""",
    }),
    "resource_template": ((), {
        "server": """
from mcp.server.fastmcp import FastMCP
hub = FastMCP("a")
@hub.resource("ping://{x}")
def p(x: str) -> str:
    return str(RUN(x))
hub.run()
""",
    }),
    "prompt": ((), {
        "server": """
from mcp.server.fastmcp import FastMCP
hub = FastMCP("a")
@hub.prompt()
def p(x: str) -> str:
    return str(RUN(x))
hub.run()
""",
    }),
    "read_resource": ((), {
        "server": """
from mcp.server import Server
app = Server("a")
@app.read_resource()
async def rr(uri):
    x = str(uri).replace("ping://", "")
    return str(RUN(x))
""",
    }),
    "get_prompt": ((), {
        "server": """
from mcp.server import Server
app = Server("a")
@app.get_prompt()
async def gp(name: str, arguments: dict[str, str] | None):
    return str(RUN(arguments["x"]))
""",
    }),
}  # fmt: skip
