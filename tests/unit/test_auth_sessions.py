"""Sessions: identifiers that can be guessed, and sessions that anybody may use who names them."""

# ruff: noqa: E501 -- a case is read best as its author would have written it

import pytest

from scanner.code.part import Part
from tests.unit.javascript_code import facts
from tests.unit.python_code import answers
from trust.vocabulary import Weakness

ID, BOUND = Weakness.SESSION_ID, Weakness.SESSION_BINDING

EXPRESS = """
import express from "express";
import { randomUUID, timingSafeEqual } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
const app = express();
app.use(express.json());
const transports = {};
const sessions = new Map();
const owners = new Map();
"""
OPEN = 'app.listen(3000, "127.0.0.1");\n'
AUTH = 'app.use("/mcp", requireBearerAuth({ verifier }));\n'

BORROWED_JS = {
    "table by header": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  let transport;
  if (sessionId && transports[sessionId]) {
    transport = transports[sessionId];
  } else {
    transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), onsessioninitialized: (id) => { transports[id] = transport; } });
  }
  await transport.handleRequest(req, res, req.body);
});
""",
    "map by query, checked for its class only": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const { sessionId } = req.query;
  const found = sessions.get(sessionId);
  if (!(found instanceof StreamableHTTPServerTransport)) { res.status(404).end(); return; }
  await found.handleRequest(req, res, req.body);
});
""",
    "method of a class, behind its own middleware": """
async function authenticate(req, res, next) {
  const token = (req.headers.authorization || "").slice(7);
  const claims = await jwtVerify(token, keys, { audience: "me" });
  if (!claims) { res.status(401).end(); return; }
  req.user = claims.payload;
  next();
}
class Gateway {
  live = new Map();
  async message(req, res) {
    const id = req.header("Mcp-Session-Id");
    const open = this.live.get(id);
    if (!open) return res.status(404).end();
    return open.handleRequest(req, res, req.body);
  }
}
const gateway = new Gateway();
app.post("/mcp", authenticate, (req, res) => gateway.message(req, res));
""",
    "through a helper that finds it": AUTH
    + """
const getTransport = (id) => transports[id];
app.post("/mcp", async (req, res) => {
  const sid = new URL(req.url, "http://localhost").searchParams.get("sessionId");
  const t = getTransport(sid);
  await t.handleRequest(req, res, req.body);
});
""",
}
OWNED_JS = {
    "owner of the session compared": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  const entry = sessions.get(sessionId);
  if (!entry || entry.clientId !== req.auth.clientId) { res.status(404).end(); return; }
  await entry.transport.handleRequest(req, res, req.body);
});
""",
    "second table of owners": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  if (owners.get(sessionId) !== req.auth.extra.sub) return res.status(404).end();
  await transports[sessionId].handleRequest(req, res, req.body);
});
""",
    "key names the caller": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  const transport = transports[`${req.auth.clientId}:${sessionId}`];
  await transport.handleRequest(req, res, req.body);
});
""",
    "table of the caller": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  const mine = sessions.get(req.auth.clientId);
  const transport = mine.get(sessionId);
  await transport.handleRequest(req, res, req.body);
});
""",
    "a function that checks": AUTH
    + """
function ownsSession(sessionId, auth) { const s = sessions.get(sessionId); return s !== undefined && s.owner === auth.clientId; }
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  if (!ownsSession(sessionId, req.auth)) return res.status(404).end();
  await transports[sessionId].handleRequest(req, res, req.body);
});
""",
    "compared in constant time": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  const entry = sessions.get(sessionId);
  if (!timingSafeEqual(entry.tokenHash, hash(req.auth.token))) return res.status(404).end();
  await entry.transport.handleRequest(req, res, req.body);
});
""",
    "nobody is told apart": """
app.post("/mcp", async (req, res) => {
  const transport = transports[req.headers["mcp-session-id"]];
  await transport.handleRequest(req, res, req.body);
});
""",
    "without sessions": AUTH
    + """
app.post("/mcp", async (req, res) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await transport.handleRequest(req, res, req.body);
});
""",
    "a tool's own argument": AUTH
    + """
const server = new McpServer({ name: "s", version: "1" });
server.registerTool("resume", { description: "Resumes a browser.", inputSchema: { sessionId: z.string() } }, async ({ sessionId }) => sessions.get(sessionId).resume());
app.post("/mcp", async (req, res) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await transport.handleRequest(req, res, req.body);
});
""",
}

STARLETTE = """
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.middleware.authentication import AuthenticationMiddleware
from fastapi import FastAPI, Depends
TRANSPORTS = {}
OWNERS = {}
"""
RUN = "\nuvicorn.run(app, host='127.0.0.1', port=8000)\n"

BORROWED_PY = {
    "query of a Starlette handler": """
async def post(request: Request):
    who = request.user
    session_id = request.query_params.get("session_id")
    writer = TRANSPORTS.get(session_id)
    if writer is None:
        return Response(status_code=404)
    await writer.send(await request.json())
    return Response(status_code=202)
app = Starlette(routes=[Route("/messages", post, methods=["POST"])])
""",
    "ASGI scope, converted": """
from uuid import UUID
SESSION_HEADER = b"mcp-session-id"
class Endpoint:
    def __init__(self):
        self._live = {}
    async def __call__(self, scope, receive, send):
        user = scope.get("user")
        raw = dict(scope["headers"]).get(SESSION_HEADER)
        key = UUID(raw.decode())
        if key in self._live:
            transport = self._live[key]
            await transport.handle_request(scope, receive, send)
app = Endpoint()
""",
    "path of a FastAPI route": """
app = FastAPI()
def current_user(): ...
@app.post("/sessions/{session_id}/messages")
async def message(session_id: str, body: dict, user=Depends(current_user)):
    session = TRANSPORTS[session_id]
    return await session.handle(body)
""",
}
OWNED_PY = {
    "owner in a second table": """
async def post(request: Request):
    session_id = request.query_params.get("session_id")
    if OWNERS.get(session_id) != request.user.identity:
        return Response(status_code=404)
    await TRANSPORTS[session_id].send(await request.json())
app = Starlette(routes=[Route("/messages", post, methods=["POST"])])
""",
    "owner on the session": """
app = FastAPI()
def current_user(): ...
@app.post("/sessions/{session_id}/messages")
async def message(session_id: str, body: dict, user=Depends(current_user)):
    session = TRANSPORTS.get(session_id)
    if session is None or session.user_id != user.id:
        raise PermissionError
    return await session.handle(body)
""",
    "key of both": """
async def post(request: Request):
    session_id = request.headers.get("mcp-session-id")
    transport = TRANSPORTS.get((request.user.identity, session_id))
    await transport.handle_request(request)
app = Starlette(routes=[Route("/messages", post, methods=["POST"])])
""",
    "helper that verifies": """
def verify_session_access(session_id, user):
    if OWNERS[session_id] != user.identity:
        raise PermissionError
async def post(request: Request):
    session_id = request.headers["mcp-session-id"]
    verify_session_access(session_id, request.user)
    transport = TRANSPORTS[session_id]
    await transport.handle_request(request)
app = Starlette(routes=[Route("/messages", post, methods=["POST"])])
""",
    "no callers are known": """
async def post(request: Request):
    session_id = request.headers["mcp-session-id"]
    await TRANSPORTS[session_id].handle_request(request)
app = Starlette(routes=[Route("/messages", post, methods=["POST"])])
""",
}


def weak(part: Part, weakness: Weakness) -> list[int | None]:
    return [f.line for f in part.findings if f.weakness is weakness]


@pytest.mark.parametrize("name", BORROWED_JS)
def test_javascript_sessions_that_anybody_may_use_are_found(name: str) -> None:
    assert weak(facts(EXPRESS + BORROWED_JS[name] + OPEN), BOUND)


@pytest.mark.parametrize("name", OWNED_JS)
def test_javascript_sessions_of_their_callers_are_not_accused(name: str) -> None:
    assert not weak(facts(EXPRESS + OWNED_JS[name] + OPEN), BOUND)


@pytest.mark.parametrize("name", BORROWED_PY)
def test_python_sessions_that_anybody_may_use_are_found(name: str) -> None:
    assert weak(answers(STARLETTE + BORROWED_PY[name] + RUN), BOUND)


@pytest.mark.parametrize("name", OWNED_PY)
def test_python_sessions_of_their_callers_are_not_accused(name: str) -> None:
    assert not weak(answers(STARLETTE + OWNED_PY[name] + RUN), BOUND)


def test_the_place_is_the_line_where_the_session_is_taken() -> None:
    source = EXPRESS + BORROWED_JS["table by header"] + OPEN
    lines = source.split("\n")
    (line,) = weak(facts(source), BOUND)
    assert line is not None
    assert lines[line - 1].strip() == "transport = transports[sessionId];"


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("session_id = str(random.random())", "session_id = secrets.token_hex(16)"),
        ("session_id = f'{int(time.time())}-{os.getpid()}'", "session_id = f'{uuid.uuid4()}'"),
        ("session_id = str(uuid.uuid1())", "session_id = str(uuid.uuid4())"),
        ("session_id = str(len(SESSIONS) + 1)", "session_id = str(uuid.uuid4()) + str(len(SESSIONS))"),
        ("session_id = f'session-{next_id}'", "session_id = f'session-{secrets.token_urlsafe()}'"),
        ("session_id = hashlib.md5(str(time.time()).encode()).hexdigest()", "session_id = os.urandom(16).hex()"),
        ("t = Transport(session_id=str(random.randint(0, 99)))", "t = Transport(session_id=uuid.uuid4().hex)"),
        ("session_id = ''.join(random.choices('abc', k=20))", "session_id = ''.join(secrets.choice('abc') for _ in range(20))"),
        ("session_id = ''.join(random.choices('abc', k=20))", "rng = random.SystemRandom()\n    session_id = ''.join(random.SystemRandom().choices('abc', k=20))"),
    ],
)  # fmt: skip
def test_python_identifiers_that_can_be_guessed(bad: str, good: str) -> None:
    frame = "import random, secrets, time, uuid, hashlib, os, uvicorn\nSESSIONS = {{}}\nnext_id = 0\ndef begin():\n    {}\nbegin()\nmcp.run(transport='streamable-http')\n"
    assert weak(answers(frame.format(bad)), ID)
    assert not weak(answers(frame.format(good)), ID)


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("const sessionId = Math.random().toString(36).slice(2);", "const sessionId = randomUUID();"),
        ("const sessionId = `s-${Date.now()}`;", "const sessionId = `s-${randomUUID()}-${Date.now()}`;"),
        ("const sessionId = String(++counter);", "const sessionId = randomBytes(16).toString('hex');"),
        ("const sessionId = `session-${nextId++}`;", "const sessionId = `session-${crypto.randomUUID()}`;"),
        ("const t = new StreamableHTTPServerTransport({ sessionIdGenerator: () => Date.now().toString() });", "const t = new StreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() });"),
        ("const makeId = () => Math.floor(Math.random() * 1e9).toString();\nconst t = new StreamableHTTPServerTransport({ sessionIdGenerator: () => makeId() });", "const makeId = () => randomUUID();\nconst t = new StreamableHTTPServerTransport({ sessionIdGenerator: () => makeId() });"),
        ("function generateSessionId() { const n = Date.now().toString(36); return n + '-x'; }\ngenerateSessionId();", "function generateSessionId() { return randomBytes(32).toString('base64url'); }\ngenerateSessionId();"),
        ("sessions.set('x', { sessionId: Math.random().toString(16) });", "sessions.set('x', { sessionId: randomUUID() });"),
        ("const sid = String(sessions.size + 1);", "const sid = nanoid();"),
    ],
)  # fmt: skip
def test_javascript_identifiers_that_can_be_guessed(bad: str, good: str) -> None:
    imports = (
        'import { randomBytes } from "node:crypto";\nimport { nanoid } from "nanoid";\nlet counter = 0, nextId = 1;\n'
    )
    frame = (
        EXPRESS
        + imports
        + 'app.post("/mcp", (req, res) => { new StreamableHTTPServerTransport({}).handleRequest(req, res); });\n'
    )
    assert weak(facts(frame + bad + "\n" + OPEN), ID)
    assert not weak(facts(frame + good + "\n" + OPEN), ID)
