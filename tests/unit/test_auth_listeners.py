"""Network endpoints: who may call them, where they listen, and whether the Host header is checked."""

# ruff: noqa: E501 -- a case is read best as its author would have written it

import pytest

from scanner.code.part import Part
from tests.unit.javascript_code import facts
from tests.unit.python_code import answers
from trust.facts import Listener
from trust.vocabulary import Severity, Weakness

W = Weakness


def only(part: Part) -> Listener:
    (found,) = part.listeners
    return found


HTTP = "mcp.run(transport='streamable-http')\n"
PYTHON_AUTH = [
    # (name, auth, source)
    ("nothing", "none", HTTP),
    ("sse by name", "none", "mcp.run('sse')\n"),
    ("uvicorn", "none", "import uvicorn\nuvicorn.run(mcp.streamable_http_app(), port=8000)\n"),
    ("aiohttp", "none", "from aiohttp import web\nasync def rpc(request):\n    return web.json_response({})\napp = web.Application()\napp.router.add_post('/mcp', rpc)\nweb.run_app(app, port=8000)\n"),
    ("http.server", "none", "import http.server\nclass Rpc(http.server.BaseHTTPRequestHandler):\n    def do_POST(self):\n        self.send_response(200)\nhttp.server.HTTPServer(('127.0.0.1', 8000), Rpc).serve_forever()\n"),
    ("flask", "none", "from flask import Flask\napp = Flask(__name__)\n@app.post('/mcp')\ndef rpc():\n    return {}\napp.run(port=8000)\n"),
    ("constructor", "bearer", "mcp = FastMCP('x', token_verifier=Verifier(), auth=AuthSettings(issuer_url='https://i.example.org'))\n" + HTTP),
    ("fastmcp's own", "jwt", "from fastmcp.server.auth.providers.jwt import JWTVerifier\nmcp = FastMCP('x', auth=JWTVerifier(jwks_uri='https://i.example.org/jwks', audience='me'))\n" + HTTP),
    ("a provider", "oauth", "from fastmcp.server.auth.providers.github import GitHubProvider\nmcp = FastMCP('x', auth=GitHubProvider(client_id='a', client_secret='b'))\n" + HTTP),
    ("assigned when set", "optional", "from fastmcp.server.auth import TokenVerifier\nclass V(TokenVerifier):\n    async def verify_token(self, token):\n        return None\nif os.environ.get('MCP_AUTH_TOKEN'):\n    mcp.auth = V()\n" + HTTP),
    ("built when set", "optional", "from fastmcp.server.auth import TokenVerifier\nclass V(TokenVerifier):\n    pass\ndef build(token):\n    if token is None:\n        return None\n    return V()\nmcp = FastMCP('x', auth=build(os.environ.get('T')))\n" + HTTP),
    ("a choice", "optional", "from fastmcp.server.auth.providers.jwt import JWTVerifier\nauth = JWTVerifier(jwks_uri='https://i.example.org/jwks') if os.environ.get('JWKS') else None\nmcp = FastMCP('x', auth=auth)\n" + HTTP),
    ("no endpoint without a token", "jwt", "from fastmcp.server.auth.providers.jwt import JWTVerifier\nif os.environ.get('JWT_KEY'):\n    mcp = FastMCP('x', auth=JWTVerifier(public_key=os.environ['JWT_KEY']))\n    mcp.run(transport='http')\nelse:\n    mcp.run()\n"),
    ("refused without a token", "jwt", "from fastmcp.server.auth.providers.jwt import JWTVerifier\nimport sys\nif not os.environ.get('JWT_KEY'):\n    sys.exit('set JWT_KEY')\nmcp = FastMCP('x', auth=JWTVerifier(public_key=os.environ['JWT_KEY']))\n" + HTTP),
    ("own middleware", "shared-secret", "import uvicorn, hmac\nfrom starlette.middleware.base import BaseHTTPMiddleware\nfrom starlette.responses import JSONResponse\nclass Gate(BaseHTTPMiddleware):\n    async def dispatch(self, request, call_next):\n        given = request.headers.get('authorization', '')\n        if not hmac.compare_digest(given, 'Bearer ' + os.environ['GATE_TOKEN']):\n            return JSONResponse({}, status_code=401)\n        return await call_next(request)\napp = mcp.streamable_http_app()\napp.add_middleware(Gate)\nuvicorn.run(app)\n"),
    ("own middleware, when set", "optional", "import uvicorn\nfrom starlette.middleware.base import BaseHTTPMiddleware\nTOKEN = os.environ.get('GATE_TOKEN')\nclass Gate(BaseHTTPMiddleware):\n    async def dispatch(self, request, call_next):\n        if not TOKEN:\n            return await call_next(request)\n        if request.headers.get('authorization') != TOKEN:\n            return JSONResponse({}, status_code=401)\n        return await call_next(request)\napp = mcp.streamable_http_app()\napp.add_middleware(Gate)\nuvicorn.run(app)\n"),
    ("a dependency of FastAPI", "shared-secret", "import uvicorn\nfrom fastapi import FastAPI, Header, HTTPException, Depends\napp = FastAPI()\ndef key(x_api_key: str = Header(...)):\n    if x_api_key != os.environ['GATE_KEY']:\n        raise HTTPException(status_code=403)\n@app.post('/mcp', dependencies=[Depends(key)])\ndef rpc():\n    return {}\nuvicorn.run(app)\n"),
    ("tokens that are verified", "jwt", "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.middleware('http')\nasync def gate(request, call_next):\n    token = request.headers.get('authorization', '')[7:]\n    try:\n        jwt.decode(token, KEY, algorithms=['RS256'], audience='me')\n    except jwt.InvalidTokenError:\n        return JSONResponse({}, status_code=401)\n    return await call_next(request)\nuvicorn.run(app)\n"),
    ("a check only when set", "optional", "import uvicorn\nTOKEN = os.environ.get('GATE_TOKEN')\nasync def gate(request, call_next):\n    if TOKEN and request.headers.get('authorization') != TOKEN:\n        return JSONResponse({}, status_code=401)\n    return await call_next(request)\nuvicorn.run(mcp.sse_app())\ngate\n"),
    ("client certificates", "mtls", "import uvicorn, ssl\nuvicorn.run(mcp.streamable_http_app(), ssl_ca_certs='ca.pem', ssl_cert_reqs=ssl.CERT_REQUIRED)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("auth", "source"), [row[1:] for row in PYTHON_AUTH], ids=[row[0] for row in PYTHON_AUTH])
def test_what_a_python_server_asks_of_its_callers(auth: str, source: str) -> None:
    assert only(answers(source)).auth == auth


PYTHON_HOST = [
    # (name, host, everywhere, source)
    ("FastMCP of the SDK", None, False, HTTP),
    ("fastmcp", "127.0.0.1", False, "from fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run(transport='http')\n"),
    ("uvicorn's default", "127.0.0.1", False, "import uvicorn\nuvicorn.run(mcp.sse_app())\n"),
    ("aiohttp's default", "0.0.0.0", True, "from aiohttp import web\nweb.run_app(web.Application(), port=8000)\n"),
    ("empty host of http.server", "", True, "import http.server\nhttp.server.HTTPServer(('', 8000), H).serve_forever()\n"),
    ("literal", "0.0.0.0", True, "import uvicorn\nuvicorn.run(mcp.sse_app(), host='0.0.0.0')\n"),
    ("IPv6", "::", True, "import uvicorn\nuvicorn.run(mcp.sse_app(), host='::')\n"),
    ("default of a variable", "0.0.0.0", True, "import uvicorn\nuvicorn.run(mcp.sse_app(), host=os.environ.get('HOST', '0.0.0.0'))\n"),
    ("default of a variable, kept in a name", "0.0.0.0", True, "import uvicorn\nHOST = os.getenv('HOST', '0.0.0.0')\nuvicorn.run(mcp.sse_app(), host=HOST)\n"),
    ("safe default of a variable", "127.0.0.1", False, "import uvicorn\nuvicorn.run(mcp.sse_app(), host=os.environ.get('HOST', '127.0.0.1'))\n"),
    ("default of a parameter", "0.0.0.0", True, "def main(transport='http', host: str = '0.0.0.0'):\n    mcp.run(transport='streamable-http', host=host)\nmain()\n"),
    ("default of a settings class", "0.0.0.0", True, "class Settings(BaseModel):\n    host: str = Field(default='0.0.0.0')\nsettings = Settings()\nmcp.run(transport='sse', host=settings.host)\n"),
    ("option of click", "0.0.0.0", True, "import click\n@click.command()\n@click.option('--host', default='0.0.0.0')\ndef main(host):\n    mcp.run(transport='sse', host=host)\nmain()\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "everywhere", "source"), [row[1:] for row in PYTHON_HOST], ids=[row[0] for row in PYTHON_HOST]
)
def test_where_a_python_server_listens(host: str | None, everywhere: bool, source: str) -> None:
    part = answers(source)
    assert only(part).host == host
    assert (W.OPEN_BIND in {f.weakness for f in part.findings}) is everywhere


PYTHON_CHECK = [
    ("left to the SDK's version", None, HTTP),
    ("another host, so the SDK does nothing", False, "mcp = FastMCP('x', host='0.0.0.0')\n" + HTTP),
    ("fastmcp does nothing", False, "from fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run(transport='http')\n"),
    ("fastmcp, asked to", True, "from fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run(transport='http', host_origin_protection=True)\n"),
    ("trusted hosts", True, "from starlette.middleware.trustedhost import TrustedHostMiddleware\nimport uvicorn\napp = mcp.streamable_http_app()\napp.add_middleware(TrustedHostMiddleware, allowed_hosts=['localhost'])\nuvicorn.run(app)\n"),
    ("every host is trusted", None, "from starlette.middleware.trustedhost import TrustedHostMiddleware\nimport uvicorn\napp = mcp.streamable_http_app()\napp.add_middleware(TrustedHostMiddleware, allowed_hosts=['*'])\nuvicorn.run(app)\n"),
    ("settings of the SDK", True, "from mcp.server.transport_security import TransportSecuritySettings\nmcp = FastMCP('x', transport_security=TransportSecuritySettings(allowed_hosts=['localhost:*']))\n" + HTTP),
    ("by hand", True, "import uvicorn\nasync def gate(request, call_next):\n    if request.headers.get('host') not in ('localhost:8000',):\n        return JSONResponse({}, status_code=403)\n    return await call_next(request)\nuvicorn.run(mcp.sse_app())\ngate\n"),
    ("the SDK's own transport", False, "import uvicorn\nfrom mcp.server.sse import SseServerTransport\nsse = SseServerTransport('/messages')\nuvicorn.run(make(sse))\n"),
]  # fmt: skip


@pytest.mark.parametrize(("checked", "source"), [row[1:] for row in PYTHON_CHECK], ids=[row[0] for row in PYTHON_CHECK])
def test_whether_a_python_server_checks_the_host_header(checked: bool | None, source: str) -> None:
    assert only(answers(source)).host_check is checked


def test_a_login_callback_of_a_stdio_server_is_no_endpoint_of_the_protocol() -> None:
    callback = "import http.server\nclass Callback(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.server.oauth_code = self.path\ndef wait():\n    http.server.HTTPServer(('{}', 8123), Callback).handle_request()\nwait()\nmcp.run()\n"
    quiet = answers(callback.format("localhost"))
    assert not quiet.listeners
    assert W.OPEN_BIND not in {f.weakness for f in quiet.findings}
    loud = answers(callback.format(""))
    assert not loud.listeners
    assert W.OPEN_BIND in {f.weakness for f in loud.findings}


EXPRESS = 'import express from "express";\nimport net from "node:net";\nimport Fastify from "fastify";\n'
JAVASCRIPT_BIND = [
    # (name, severity or None, source)
    ("a callback without a host", Severity.MEDIUM, 'const app = express();\napp.get("/oauth/callback", (req, res) => { finish(req.query.code); res.end(); });\napp.listen(options.port, () => {});'),
    ("a callback on the loopback", None, 'const app = express();\napp.get("/oauth/callback", (req, res) => { finish(req.query.code); res.end(); });\napp.listen(options.port, "127.0.0.1", () => {});'),
    ("a callback, loopback unless told otherwise", None, 'const app = express();\napp.get("/oauth/callback", (req, res) => { finish(req.query.code); res.end(); });\napp.listen(options.port, options.host || "127.0.0.1", () => {});'),
    ("some page without a host", Severity.LOW, 'const app = express();\napp.get("/page", (req, res) => { res.end(); });\napp.listen(4000);'),
    ("a search for a free port", None, "const s = net.createServer();\ns.listen(0, () => { const { port } = s.address(); s.close(); });"),
    ("an app without routes", None, "const dummy = express().listen(0);"),
    ("a server that hears", Severity.LOW, 'const s = net.createServer();\ns.on("connection", (c) => c.end());\ns.listen(4000);'),
    ("fastify's default", None, 'const f = Fastify();\nf.get("/page", async () => 1);\nf.listen({ port: 4000 });'),
    ("fastify everywhere", Severity.MEDIUM, 'const f = Fastify();\nf.get("/page", async () => 1);\nf.listen({ port: 4000, host: "0.0.0.0" });'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("severity", "source"), [row[1:] for row in JAVASCRIPT_BIND], ids=[row[0] for row in JAVASCRIPT_BIND]
)
def test_where_a_javascript_program_listens(severity: Severity | None, source: str) -> None:
    found = [f.severity for f in facts(EXPRESS + source).findings if f.weakness is W.OPEN_BIND]
    assert found == ([] if severity is None else [severity])


SDK = """
import express from "express"; import http from "node:http"; import https from "node:https"; import { Hono } from "hono"; import { serve } from "@hono/node-server"; import Fastify from "fastify"; import jwt from "jsonwebtoken"; import { bearerAuth } from "hono/bearer-auth"; import cors from "cors";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import { hostHeaderValidation } from "@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js";
"""
APP = "const app = express();\n"
POST = 'app.post("/mcp", async (req, res) => { const t = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined }); await t.handleRequest(req, res, req.body); });\n'
GUARD = "(req, res, next) => { if (req.headers['x-api-key'] !== process.env.API_KEY) return res.status(401).end(); next(); }"
LISTEN = 'app.listen(3000, "127.0.0.1");\n'
JAVASCRIPT_AUTH = [
    ("nothing", "none", APP + POST + LISTEN),
    ("the SDK's middleware", "bearer", APP + "app.use(requireBearerAuth({ verifier }));\n" + POST + LISTEN),
    ("on the route", "bearer", APP + POST.replace('"/mcp",', '"/mcp", requireBearerAuth({ verifier }),') + LISTEN),
    ("own middleware", "shared-secret", APP + f"app.use({GUARD});\n" + POST + LISTEN),
    ("tokens that are verified", "jwt", APP + "app.use((req, res, next) => { req.user = jwt.verify(req.headers.authorization.slice(7), KEY, { audience: 'a' }); next(); });\n" + POST + LISTEN),
    ("when set", "optional", APP + f"if (process.env.API_KEY) {{ app.use({GUARD}); }}\n" + POST + LISTEN),
    ("no endpoint unless it is set", "shared-secret", APP + f"if (process.env.API_KEY) {{ app.use({GUARD});\n" + POST + LISTEN + "}\n"),
    ("required to be set", "shared-secret", APP + f"if (!process.env.API_KEY) {{ process.exit(1); }}\napp.use({GUARD});\n" + POST + LISTEN),
    ("skipped when not set", "optional", APP + f"app.use({GUARD.replace('{ if', '{ if (!process.env.API_KEY) return next(); if', 1)});\n" + POST + LISTEN),
    ("asked only when set", "optional", APP + "const KEY = process.env.API_KEY;\n" + f"app.use({GUARD.replace('(req.headers', '(KEY && req.headers', 1)});\n" + POST + LISTEN),
    ("inline", "shared-secret", APP + POST.replace("{ const t", "{ if (req.headers.authorization !== `Bearer ${process.env.T}`) { res.status(401).end(); return; } const t") + LISTEN),
    ("inline, only when set", "optional", APP + POST.replace("{ const t", "{ if (process.env.T && req.headers.authorization !== `Bearer ${process.env.T}`) { res.status(401).end(); return; } const t") + LISTEN),
    ("for another path", "none", APP + "app.use('/admin', requireBearerAuth({ verifier }));\n" + POST + LISTEN),
    ("after the route", "none", APP + POST + "app.use(requireBearerAuth({ verifier }));\n" + LISTEN),
    ("one method of two", "none", APP + POST.replace('"/mcp",', '"/mcp", requireBearerAuth({ verifier }),') + POST.replace("app.post", "app.get") + LISTEN),
    ("a list that may be empty", "optional", APP + "const before = process.env.OAUTH ? [requireBearerAuth({ verifier })] : [];\n" + POST.replace('"/mcp",', '"/mcp", ...before,') + LISTEN),
    ("one of two middlewares", "optional", APP + "const before = process.env.OAUTH ? requireBearerAuth({ verifier }) : (req, res, next) => next();\n" + POST.replace('"/mcp",', '"/mcp", before,') + LISTEN),
    ("on a router", "bearer", APP + "const router = express.Router();\nrouter.use(requireBearerAuth({ verifier }));\n" + POST.replace("app.", "router.") + "app.use('/', router);\n" + LISTEN),
    ("bare server", "none", "http.createServer(async (req, res) => { const t = new StreamableHTTPServerTransport({}); await t.handleRequest(req, res); }).listen(3000, '127.0.0.1');\n"),
    ("bare server that asks", "shared-secret", "http.createServer(async (req, res) => { if (req.headers.authorization !== 'Bearer ' + process.env.T) { res.writeHead(401).end(); return; } const t = new StreamableHTTPServerTransport({}); await t.handleRequest(req, res); }).listen(3000, '127.0.0.1');\n"),
    ("hono", "bearer", "const app = new Hono();\napp.use('/mcp', bearerAuth({ token }));\napp.all('/mcp', async (c) => t.handleRequest(c.req.raw));\nserve({ fetch: app.fetch, port: 3000, hostname: '127.0.0.1' });\n"),
    ("fastify hook", "shared-secret", "const app = Fastify();\napp.addHook('onRequest', async (req, reply) => { if (req.headers['x-api-key'] !== process.env.API_KEY) reply.code(401).send(); });\napp.post('/mcp', async (req, reply) => { await t.handleRequest(req.raw, reply.raw, req.body); });\napp.listen({ port: 3000 });\n"),
    ("client certificates", "mtls", APP + POST + "https.createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true }, app).listen(3000, '127.0.0.1');\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("auth", "source"), [row[1:] for row in JAVASCRIPT_AUTH], ids=[row[0] for row in JAVASCRIPT_AUTH]
)
def test_what_a_javascript_server_asks_of_its_callers(auth: str, source: str) -> None:
    assert only(facts(SDK + source)).auth == auth


JAVASCRIPT_CHECK = [
    ("nothing", False, APP + POST + LISTEN),
    ("the transport's option", True, APP + POST.replace("undefined }", "undefined, enableDnsRebindingProtection: true, allowedHosts: ['localhost:3000'] }") + LISTEN),
    ("the option switched off", False, APP + POST.replace("undefined }", "undefined, enableDnsRebindingProtection: false }") + LISTEN),
    ("the SDK's app", True, "const app = createMcpExpressApp();\n" + POST + LISTEN),
    ("the SDK's app under another name", True, 'import { createMcpExpressApp as eo } from "@modelcontextprotocol/sdk/server/express.js";\nconst app = eo();\n' + POST + LISTEN),
    ("the SDK's app for a host that somebody chooses", None, "const app = createMcpExpressApp({ host: process.argv[2] });\n" + POST + LISTEN),
    ("the SDK's app for another host", False, "const app = createMcpExpressApp({ host: '0.0.0.0' });\n" + POST + LISTEN),
    ("the SDK's app with a list", True, "const app = createMcpExpressApp({ host: '0.0.0.0', allowedHosts: ['a.example.org'] });\n" + POST + LISTEN),
    ("the SDK's middleware", True, APP + "app.use(hostHeaderValidation(['localhost']));\n" + POST + LISTEN),
    ("imported only", False, APP + "console.error(typeof hostHeaderValidation);\n" + POST + LISTEN),
    ("CORS is no check", False, APP + "app.use(cors());\n" + POST + LISTEN),
    ("by hand", True, APP + "app.use((req, res, next) => { if (!['localhost:3000'].includes(req.headers.host)) return res.status(403).end(); next(); });\n" + POST + LISTEN),
    ("by hand, the origin", True, APP + "app.use((req, res, next) => { const o = req.get('origin'); if (o && !ALLOWED.has(o)) { res.status(403).end(); return; } next(); });\n" + POST + LISTEN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("checked", "source"), [row[1:] for row in JAVASCRIPT_CHECK], ids=[row[0] for row in JAVASCRIPT_CHECK]
)
def test_whether_a_javascript_server_checks_the_host_header(checked: bool | None, source: str) -> None:
    assert only(facts(SDK + source)).host_check is checked
