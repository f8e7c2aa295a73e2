"""Ways in besides tools: resources, prompts, other requests of the protocol, and HTTP in the ways of the frameworks."""

# ruff: noqa: E501  (a case is a server, and reads best with little around it)

import pytest

from tests.unit.javascript_servers import FLAWED, LOW, MAKE, SDK, SOUND, runs, with_helper
from trust.vocabulary import Weakness

Files = dict[str, str]
REQUESTS: dict[str, tuple[set[str], Files]] = {
    "fastmcp-resource-template": (
        set(),
        {
            "index.js": """import { FastMCP } from 'fastmcp';
import { sink } from './sink.js';
const server = new FastMCP({name:'s',version:'1'});
server.addResourceTemplate({ uriTemplate: 'file:///logs/{name}.log', name: 'logs', arguments: [{ name: 'name' }], async load({ name }) { return { text: await sink(name) }; } });"""
        },
    ),
    "fastmcp-prompt": (
        set(),
        {
            "index.js": """import { FastMCP } from 'fastmcp';
import { sink } from './sink.js';
const server = new FastMCP({name:'s',version:'1'});
server.addPrompt({ name: 'p', arguments: [{ name: 'changes' }], load: async (args) => { return sink(args.changes); } });"""
        },
    ),
    "resource-old": (
        set(),
        {
            "index.js": SDK
            + MAKE
            + """import { ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
server.resource("r", new ResourceTemplate("x://{id}", { list: undefined }), async (uri, variables) => ({ contents: [await sink(variables.id)] }));"""
        },
    ),
    "read-resource-handler": (
        set(),
        {
            "index.js": LOW
            + 'server.setRequestHandler(ReadResourceRequestSchema, async (request) => { const p = request.params.uri.replace("x://", ""); return sink(p); });'
        },
    ),
    "get-prompt-handler": (
        set(),
        {
            "index.js": LOW
            + "server.setRequestHandler(GetPromptRequestSchema, async (req) => { const { arguments: args } = req.params; return sink(args.x); });"
        },
    ),
    "express-body": (
        set(),
        {
            "index.js": 'import express from "express"; import { sink } from "./sink.js"; const app = express(); app.use(express.json()); app.post("/run", async (req, res) => { const { v } = req.body; res.json(await sink(v)); }); app.listen(3000);'
        },
    ),
    "express-router-controller": (
        set(),
        {
            "index.js": 'import express from "express"; import routes from "./routes.js"; const app = express(); app.use("/api", routes); app.listen(3000);',
            "routes.js": 'import { Router } from "express"; import { Controller } from "./c.js"; const router = Router(); const c = new Controller(); router.get("/x/:id", c.show); export default router;',
            "c.js": 'import { sink } from "./sink.js"; export class Controller { show = async (req, res) => { res.send(await sink(req.params.id)); } }',
        },
    ),
    "hono": (
        set(),
        {
            "index.js": 'import { Hono } from "hono"; import { sink } from "./sink.js"; const app = new Hono(); app.post("/run", async (c) => { const body = await c.req.json(); return c.text(await sink(body.v)); }); export default app;'
        },
    ),
    "hono-query": (
        set(),
        {
            "index.js": 'import { Hono } from "hono"; import { sink } from "./sink.js"; const app = new Hono(); app.get("/run", async (c) => { return c.text(await sink(c.req.query("v"))); }); export default app;'
        },
    ),
    "fastify": (
        set(),
        {
            "index.js": 'import Fastify from "fastify"; import { sink } from "./sink.js"; const app = Fastify({ logger: true }); app.get("/run/:v", async (request, reply) => { return sink(request.params.v); }); app.listen({ port: 1 });'
        },
    ),
    "fastify-route-object": (
        set(),
        {
            "index.js": 'import Fastify from "fastify"; import { sink } from "./sink.js"; const app = Fastify(); app.route({ method: "POST", url: "/run", handler: async (request, reply) => sink(request.body.v) }); app.listen({ port: 1 });'
        },
    ),
    "koa": (
        set(),
        {
            "index.js": 'import Koa from "koa"; import Router from "@koa/router"; import { sink } from "./sink.js"; const app = new Koa(); const router = new Router(); router.post("/run", async (ctx) => { ctx.body = await sink(ctx.request.body.v); }); app.use(router.routes()); app.listen(3000);'
        },
    ),
    "http-createServer": (
        set(),
        {
            "index.js": 'import http from "node:http"; import { sink } from "./sink.js"; const server = http.createServer(async (req, res) => { const url = new URL(req.url, "http://x"); if (url.pathname === "/run") { res.end(await sink(url.searchParams.get("v"))); } }); server.listen(3000);'
        },
    ),
}


@pytest.mark.parametrize(("tools", "files"), REQUESTS.values(), ids=REQUESTS.keys())
def test_requests_are_followed(tools: set[str], files: Files) -> None:
    part = with_helper(files, FLAWED)
    assert {t.name for t in part.tools} == tools
    assert runs(part)
    assert not runs(with_helper(files, SOUND))


def test_a_resource_with_a_fixed_address_takes_nothing_from_its_caller() -> None:
    text = SDK + MAKE + 'server.resource("r", "x://all", async (uri) => ({ contents: [await sink(uri.href)] }));'
    assert not runs(with_helper({"index.js": text}, FLAWED))


OPENS = """import open from "open";
function checked(raw) { const url = new URL(raw); if (url.protocol !== "https:" && url.protocol !== "http:") { throw new Error(raw); } return url.href; }
"""


@pytest.mark.parametrize(
    "text",
    [
        "export class Provider { async redirectToAuthorization(url) { await open(%s); } }",
        "const meta = await (await fetch(process.argv[2])).json(); await open(%s);",
    ],
)
def test_the_address_that_a_remote_server_names_is_looked_at_before_it_is_opened(text: str) -> None:
    address = "url.toString()" if "url" in text else "meta.authorization_endpoint"
    assert runs(with_helper({"index.js": OPENS + text % address}, FLAWED))
    assert not runs(with_helper({"index.js": OPENS + text % f"checked({address})"}, FLAWED))


def test_a_piece_of_a_command_from_the_network_is_one_of_ours() -> None:
    text = 'import { exec } from "child_process"; const r = await (await fetch(process.argv[2])).json(); exec(`git clone ${r.url}`);'
    assert runs(with_helper({"index.js": text}, FLAWED))


@pytest.mark.parametrize(
    ("body", "chosen"),
    [
        ("let url = `https://api.example/r/${a}`; url += `?ref=${v}`; return fetch(url)", False),
        ("const endpoint = `/v0/meta/${v}`; return fetch(`${base}${endpoint}`)", False),
        ("let url = `https://${a}`; url += `.${v}/x`; return fetch(url)", True),
        ("const host = v; return fetch('https://' + host + '/x')", True),
    ],
)
def test_only_what_stands_before_the_path_chooses_the_host(body: str, chosen: bool) -> None:
    text = SDK + MAKE + "const base = process.env.BASE;\n"
    text += f'server.tool("t", {{ v: z.string(), a: z.string() }}, async ({{ v, a }}) => {{ {body} }});'
    part = with_helper({"index.js": text}, FLAWED)
    assert (Weakness.SSRF in {f.weakness for f in part.findings}) is chosen
