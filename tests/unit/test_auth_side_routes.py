"""Routes beside the protocol: what a stranger is shown, and what he can start."""

# ruff: noqa: E501 -- a case is read best as its author would have written it

import pytest

from scanner.code.part import Part
from tests.unit.javascript_code import facts
from tests.unit.python_code import answers
from trust.vocabulary import Severity, Weakness

EXPRESS = """
import express from "express";
import os from "node:os";
import { exec, spawn } from "node:child_process";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
const app = express();
const config = { apiKey: process.env.API_KEY, port: 3000 };
function requireKey(req, res, next) { if (req.headers["x-api-key"] !== process.env.SERVER_KEY) { return res.status(401).end(); } next(); }
app.post("/mcp", async (req, res) => { await new StreamableHTTPServerTransport({ sessionIdGenerator: undefined }).handleRequest(req, res, req.body); });
app.listen(3000, "127.0.0.1");
"""
JAVASCRIPT = [
    # (severity or None, route)
    (Severity.HIGH, 'app.get("/debug/env", (req, res) => res.json(process.env));'),
    (Severity.HIGH, 'app.get("/debug", (req, res) => { res.json({ up: true, env: { ...process.env } }); });'),
    (Severity.HIGH, 'app.get("/status", (req, res) => { res.json({ key: process.env.API_TOKEN }); });'),
    (Severity.HIGH, 'app.get("/restart", (req, res) => { exec("systemctl restart it"); res.end(); });'),
    (Severity.MEDIUM, 'app.get("/config", (req, res) => { res.json(config); });'),
    (Severity.MEDIUM, 'app.get("/info", (req, res) => { res.json({ name: "x", settings }); });'),
    (Severity.LOW, 'app.get("/info", (req, res) => { res.json({ node: process.version, host: os.hostname() }); });'),
    (Severity.LOW, 'app.get("/try", (req, res) => { try { go(); } catch (err) { res.status(500).send(err.stack); } });'),
    (Severity.LOW, 'app.get("/metrics", async (req, res) => { res.end(await register.metrics()); });'),
    (None, 'app.get("/health", (req, res) => res.json({ status: "ok", version: VERSION }));'),
    (None, 'app.get("/debug/env", requireKey, (req, res) => res.json(process.env));'),
    (None, 'app.use(requireKey);\napp.get("/debug/env", (req, res) => res.json(process.env));'),
    (None, 'app.get("/port", (req, res) => { const port = process.env.PORT; res.json({ port }); });'),
    (None, 'app.get("/page", (req, res) => { res.sendFile("/srv/index.html"); });'),
]  # fmt: skip
BARE = """
import http from "node:http";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
http.createServer(async (req, res) => {
  if (req.url === "/debug") { res.end(JSON.stringify(%s)); return; }
  await new StreamableHTTPServerTransport({ sessionIdGenerator: undefined }).handleRequest(req, res);
}).listen(3000, "127.0.0.1");
"""

HEAD = """
import platform, sys, traceback, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from fastapi import FastAPI
settings = object()
"""
PYTHON = [
    (Severity.HIGH, "async def env(request):\n    return JSONResponse(dict(os.environ))\napp = Starlette(routes=[Route('/env', env)])\n"),
    (Severity.HIGH, "app = FastAPI()\n@app.get('/debug')\ndef debug():\n    return {'env': os.environ}\n"),
    (Severity.HIGH, "app = FastAPI()\n@app.post('/update')\ndef update():\n    subprocess.run(['git', 'pull'], timeout=9)\n    return {}\n"),
    (Severity.MEDIUM, "app = FastAPI()\n@app.get('/config')\ndef show():\n    return settings.model_dump()\n"),
    (Severity.LOW, "async def info(request):\n    return JSONResponse({'python': sys.version, 'on': platform.platform()})\napp = Starlette(routes=[Route('/info', info)])\n"),
    (Severity.LOW, "async def work(request):\n    try:\n        go()\n    except ValueError:\n        return PlainTextResponse(traceback.format_exc())\napp = Starlette(routes=[Route('/work', work)])\n"),
    (None, "async def health(request):\n    return JSONResponse({'status': 'ok'})\napp = Starlette(routes=[Route('/health', health)])\n"),
    (None, "app = FastAPI()\n@app.get('/debug')\ndef debug(request):\n    if request.headers.get('x-api-key') != KEY:\n        raise HTTPException(status_code=401)\n    return {'env': os.environ}\n"),
]  # fmt: skip


def worst(part: Part) -> Severity | None:
    found = [f.severity for f in part.findings if f.weakness is Weakness.EXPOSED_ENDPOINT]
    return max(found, key=lambda s: s.rank) if found else None


@pytest.mark.parametrize(("severity", "route"), JAVASCRIPT)
def test_javascript(severity: Severity | None, route: str) -> None:
    assert worst(facts(EXPRESS + route)) == severity


@pytest.mark.parametrize(("severity", "routes"), PYTHON)
def test_python(severity: Severity | None, routes: str) -> None:
    assert worst(answers(HEAD + routes + "uvicorn.run(app, host='127.0.0.1')\n")) == severity


def test_a_bare_server_that_tells_paths_apart() -> None:
    assert worst(facts(BARE % "process.env")) is Severity.HIGH
    assert worst(facts(BARE % '{ status: "ok" }')) is None


def test_custom_routes_stand_outside_the_authentication_of_fastmcp() -> None:
    route = "@mcp.custom_route('/debug', methods=['GET'])\nasync def debug(request):\n    return JSONResponse(dict(os.environ))\n"
    guarded = "mcp = FastMCP('x', token_verifier=Verifier())\n" + route + "mcp.run(transport='streamable-http')\n"
    assert worst(answers(HEAD + guarded)) is Severity.HIGH


def test_a_mode_that_somebody_has_to_choose_weighs_less() -> None:
    choice = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--transport', default='stdio')\n"
    app = PYTHON[0][1].replace("Starlette(", "Starlette(debug=False, ")
    source = (
        HEAD
        + app
        + choice
        + "args = p.parse_args()\nif args.transport == 'http':\n    uvicorn.run(app, host='127.0.0.1')\nelse:\n    mcp.run()\n"
    )
    assert worst(answers(source)) is Severity.MEDIUM
