"""Whose credential is used: a caller's token sent on, and the operator's credential for callers who bring none."""

# ruff: noqa: E501 -- a case is read best as its author would have written it

import pytest

from scanner.code.part import Part
from tests.unit.javascript_code import facts
from tests.unit.python_code import answers
from trust.vocabulary import Weakness

PASSED, LENT = Weakness.TOKEN_PASSTHROUGH, Weakness.CREDENTIAL_FALLBACK

EXPRESS = """
import express from "express";
import axios from "axios";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
const app = express();
const server = new McpServer({ name: "s", version: "1" });
const API = "https://api.example.org";
"""
END = """
app.post("/mcp", async (req, res) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await transport.handleRequest(req, res, req.body);
});
app.listen(3000, "127.0.0.1");
"""
JAVASCRIPT = [
    # (class, flawed, mended)
    (
        PASSED,
        'app.get("/mcp/list", async (req, res) => { const r = await fetch(API, { headers: { Authorization: req.headers.authorization } }); res.json(await r.json()); });',
        'app.get("/mcp/list", async (req, res) => { const r = await fetch(API, { headers: { Authorization: `Bearer ${process.env.API_TOKEN}` } }); res.json(await r.json()); });',
    ),
    (
        PASSED,
        'server.registerTool("list", {}, async (args, extra) => { const token = extra.authInfo.token; const r = await axios.get(API, { headers: { Authorization: `Bearer ${token}` } }); return r.data; });',
        'server.registerTool("list", {}, async (args, extra) => { const who = extra.authInfo.clientId; const r = await axios.get(API, { headers: { Authorization: `Bearer ${await exchange(who)}` } }); return r.data; });',
    ),
    (
        PASSED,
        'app.post("/mcp/x", async (req, res) => { const token = req.headers["authorization"]?.replace("Bearer ", ""); const client = axios.create({ baseURL: API, headers: { authorization: "Bearer " + token } }); res.json((await client.get("/x")).data); });',
        'app.post("/mcp/x", async (req, res) => { const token = req.headers["authorization"]?.replace("Bearer ", ""); if (!(await known(token))) return res.status(401).end(); const client = axios.create({ baseURL: API, headers: { authorization: "Bearer " + own } }); res.json((await client.get("/x")).data); });',
    ),
    (
        PASSED,
        'app.all("/mcp/y", async (req, res) => { const r = await fetch(API, { method: req.method, headers: req.headers }); res.end(await r.text()); });',
        'app.all("/mcp/y", async (req, res) => { const r = await fetch(API, { method: req.method, headers: { accept: req.headers.accept } }); res.end(await r.text()); });',
    ),
    (
        PASSED,
        'app.all("/mcp/y", async (req, res) => { const headers = { ...req.headers, "x-by": "me" }; const r = await fetch(API, { headers }); res.end(await r.text()); });',
        'async function verifyToken(req) { const r = await fetch(API + "/userinfo", { headers: { Authorization: req.headers.authorization } }); return r.ok; }\napp.all("/mcp/y", async (req, res) => { res.json(await verifyToken(req)); });',
    ),
    (
        PASSED,
        'app.all("/mcp/q", async (request, reply) => { const r = await fetch(API, { headers: request.headers }); reply.send(await r.text()); });',
        'async function follow(request) { for (let i = 0; i < 3; i++) { const r = await fetch(request.url, { headers: request.headers }); if (r.ok) return r; } }\napp.all("/mcp/q", async (req, res) => { res.end(await follow(build(req.query.page))); });',
    ),
    (
        LENT,
        'app.post("/mcp/z", async (req, res) => { const token = req.headers.authorization?.slice(7) || process.env.API_TOKEN; res.json(await use(token)); });',
        'app.post("/mcp/z", async (req, res) => { const token = req.headers.authorization?.slice(7); if (!token) { return res.status(401).end(); } res.json(await use(token)); });',
    ),
    (
        LENT,
        'const SERVICE_KEY = process.env.SERVICE_API_KEY;\napp.post("/mcp/z", async (req, res) => { let key = req.header("x-api-key"); if (!key) { key = SERVICE_KEY; } res.json(await use(key)); });',
        'const SERVICE_KEY = process.env.SERVICE_API_KEY;\napp.post("/mcp/z", async (req, res) => { const key = req.header("x-api-key"); if (key !== SERVICE_KEY) { return res.status(401).end(); } res.json(await use(key)); });',
    ),
    (
        LENT,
        'app.post("/mcp/z", async (req, res) => { const key = req.headers["x-github-token"] ?? process.env.GITHUB_TOKEN; res.json(await use(key)); });',
        'app.post("/mcp/z", async (req, res) => { const key = req.headers["x-page"] ?? process.env.PAGE; res.json(await use(key)); });',
    ),
]  # fmt: skip

HEAD = """
import uvicorn
from fastapi import FastAPI, Request, Header
from fastmcp.server.dependencies import get_http_headers, get_access_token
app = FastAPI()
API = "https://api.example.org"
"""
RUN = "\nuvicorn.run(app, host='127.0.0.1')\n"
PYTHON = [
    (
        PASSED,
        "@app.post('/mcp')\nasync def mcp_post(request: Request):\n    auth = request.headers.get('Authorization')\n    async with httpx.AsyncClient() as client:\n        return (await client.get(API, headers={'Authorization': auth})).json()\n",
        "@app.post('/mcp')\nasync def mcp_post(request: Request):\n    auth = request.headers.get('Authorization')\n    check(auth)\n    async with httpx.AsyncClient() as client:\n        return (await client.get(API, headers={'Authorization': 'Bearer ' + os.environ['API_TOKEN']})).json()\n",
    ),
    (
        PASSED,
        "@mcp.tool()\nasync def items() -> str:\n    token = get_access_token().token\n    r = requests.get(API, headers={'Authorization': f'Bearer {token}'}, timeout=5)\n    return r.text\n",
        "@mcp.tool()\nasync def items() -> str:\n    who = get_access_token().client_id\n    r = requests.get(API, headers={'X-For': who}, timeout=5)\n    return r.text\n",
    ),
    (
        PASSED,
        "@mcp.tool()\nasync def items() -> str:\n    headers = get_http_headers()\n    r = httpx.get(API, headers=headers, timeout=5)\n    return r.text\n",
        "@mcp.tool()\nasync def items() -> str:\n    headers = {'accept': 'text/plain'}\n    r = httpx.get(API, headers=headers, timeout=5)\n    return r.text\n",
    ),
    (
        PASSED,
        "@app.post('/mcp')\nasync def mcp_post(request: Request):\n    out = {'Authorization': request.headers['authorization'], 'Accept': '*/*'}\n    r = requests.post(API, headers=out, timeout=5)\n    return r.json()\n",
        "@app.post('/mcp')\nasync def mcp_post(request: Request):\n    seen = {'Authorization': request.headers['authorization']}\n    audit(seen)\n    r = requests.post(API, timeout=5)\n    return r.json()\n",
    ),
    (
        LENT,
        "@app.post('/mcp')\nasync def mcp_post(request: Request):\n    token = request.headers.get('authorization') or os.environ['API_TOKEN']\n    return await use(token)\n",
        "@app.post('/mcp')\nasync def mcp_post(request: Request):\n    token = request.headers.get('authorization')\n    if not token:\n        raise PermissionError\n    return await use(token)\n",
    ),
    (
        LENT,
        "DEFAULT = os.getenv('SERVICE_TOKEN')\n@app.post('/mcp')\nasync def mcp_post(request: Request):\n    token = request.headers.get('X-Api-Key')\n    if token is None:\n        token = DEFAULT\n    return await use(token)\n",
        "DEFAULT = os.getenv('SERVICE_REGION')\n@app.post('/mcp')\nasync def mcp_post(request: Request):\n    token = request.headers.get('X-Region')\n    if token is None:\n        token = DEFAULT\n    return await use(token)\n",
    ),
]  # fmt: skip


def weak(part: Part) -> set[Weakness]:
    return {f.weakness for f in part.findings}


@pytest.mark.parametrize(("weakness", "bad", "good"), JAVASCRIPT)
def test_javascript(weakness: Weakness, bad: str, good: str) -> None:
    assert weakness in weak(facts(EXPRESS + bad + END))
    assert weakness not in weak(facts(EXPRESS + good + END))


@pytest.mark.parametrize(("weakness", "bad", "good"), PYTHON)
def test_python(weakness: Weakness, bad: str, good: str) -> None:
    assert weakness in weak(answers(HEAD + bad + RUN))
    assert weakness not in weak(answers(HEAD + good + RUN))


@pytest.mark.parametrize(("weakness", "bad"), [(w, bad) for w, bad, _ in PYTHON])
def test_a_server_without_a_network_has_no_callers(weakness: Weakness, bad: str) -> None:
    assert weakness not in weak(answers(HEAD + bad + "\nmcp.run()\n"))
