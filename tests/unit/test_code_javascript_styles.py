# ruff: noqa: E501  (a case is a server, and reads best with little around it)
"""Ways of writing a server: its tools are found in each, and what they are given is followed into a helper elsewhere."""

import pytest

from tests.unit.javascript_servers import FLAWED, MAKE, SDK, SOUND, runs, with_helper

Files = dict[str, str]
STYLES: dict[str, tuple[set[str], Files]] = {
    "wrapper-inside": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """async function tryCatch(fn) { try { return await fn(); } catch (e) { return { isError: true }; } }
server.tool("t", { v: z.string() }, async (args) => { return await tryCatch(async () => { const r = await sink(args.v); return { content: [r] }; }); });"""
        },
    ),
    "wrapper-static-class": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """import { ErrorHandler } from "./err/index.js";
server.tool("t", { v: z.string() }, async ({ v }, ctx) => { return await ErrorHandler.tryCatch(async () => { return sink(v); }, { operation: "x" }); });""",
            "err/index.js": 'export * from "./handler.js";',
            "err/handler.js": "export class ErrorHandler { static async tryCatch(fn, options) { try { return await Promise.resolve(fn()); } catch (e) { throw e; } } }",
        },
    ),
    "wrapper-around-handler": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """const withErrors = (name, fn) => async (args, extra) => { try { return await fn(args, extra); } catch (e) { return { isError: true } } };
server.registerTool("t", { description: "d", inputSchema: { v: z.string() } }, withErrors("t", async ({ v }) => sink(v)));"""
        },
    ),
    "wrapper-outside-registration": (
        {"t"},
        {
            "index.js": SDK + MAKE + 'import { registerT } from "./tools/t/index.js"; await registerT(server);',
            "tools/t/index.js": 'export { registerT } from "./registration.js";',
            "tools/t/registration.js": """import { ErrorHandler } from "../../err.js"; import { run, Schema } from "./logic.js";
const TOOL_NAME = "t";
export const registerT = async (server) => { await ErrorHandler.tryCatch(async () => { server.tool(TOOL_NAME, "d", Schema.shape, async (validated, ctx) => {
  return await ErrorHandler.tryCatch(async () => { const out = await run(validated, { ...ctx }); return { content: [] }; }, { operation: "o" }); }); }, { operation: "reg" }); };""",
            "tools/t/logic.js": 'import { z } from "zod"; import { sink } from "../../sink.js"; export const Schema = z.object({ v: z.string() }); export async function run(input, context) { const cmd = input.v; return await sink(cmd); }',
            "err.js": "export class ErrorHandler { static async tryCatch(fn, options) { try { return await fn(); } catch (e) { throw ErrorHandler.handle(e, options); } } static handle(e) { return e; } }",
        },
    ),
    "array-forEach": (
        {"a", "b"},
        {
            "index.js": SDK
            + MAKE
            + """const tools = [ { name: "a", description: "A", schema: { v: z.string() }, handler: async ({ v }) => sink(v) }, { name: "b", description: "B", schema: {}, handler: async () => 1 } ];
tools.forEach((tool) => server.tool(tool.name, tool.description, tool.schema, tool.handler));"""
        },
    ),
    "array-for-of": (
        {"a", "b"},
        {
            "index.js": SDK
            + MAKE
            + """const a = { name: "a", description: "A", inputSchema: { v: z.string() }, handler: async (args) => sink(args.v) };
const b = { name: "b", description: "B", inputSchema: {}, handler: async () => 1 };
for (const tool of [a, b]) { server.registerTool(tool.name, { description: tool.description, inputSchema: tool.inputSchema }, async (args) => { const r = await tool.handler(args); return { content: [r] }; }); }"""
        },
    ),
    "object-entries-loop": (
        {"a", "b"},
        {
            "index.js": SDK
            + MAKE
            + """const registry = { a: { description: "A", schema: z.object({ v: z.string() }), execute: async ({ v }) => sink(v) }, b: { description: "B", schema: z.object({}), execute: async () => 1 } };
for (const [name, def] of Object.entries(registry)) { server.tool(name, def.description, def.schema.shape, async (args) => def.execute(args)); }"""
        },
    ),
    "factory-createTool": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'import { tTool } from "./t.js"; server.registerTool(tTool.name, tTool.config, tTool.handler);',
            "create.js": "export function createTool({ name, description, schema, handler }) { return { name, config: { description, inputSchema: schema.shape }, handler: async (args) => { const parsed = schema.parse(args); return handler(parsed); } }; }",
            "t.js": 'import { createTool } from "./create.js"; import { z } from "zod"; import { sink } from "./sink.js"; export const tTool = createTool({ name: "t", description: "d", schema: z.object({ v: z.string() }), handler: async ({ v }) => sink(v) });',
        },
    ),
    "factory-identity-defineTool": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'import tools from "./tools.js"; for (const t of tools) server.registerTool(t.schema.name, { description: t.schema.description, inputSchema: t.schema.inputSchema }, async (p) => t.handle(ctx, p));',
            "tools.js": 'import { defineTool } from "./tool.js"; import { z } from "zod"; import { sink } from "./sink.js"; const go = defineTool({ capability: "core", schema: { name: "t", title: "T", description: "d", inputSchema: z.object({ v: z.string() }) }, handle: async (ctx, params) => { return sink(params.v); } }); export default [go];',
            "tool.js": "export function defineTool(tool) { return tool; }",
        },
    ),
    "registerResource": (
        set(),
        {
            "index.js": SDK
            + MAKE
            + """import { ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
server.registerResource("r", new ResourceTemplate("x://{id}", { list: undefined }), { title: "t" }, async (uri, { id }) => ({ contents: [await sink(id)] }));"""
        },
    ),
    "registerPrompt": (
        set(),
        {
            "index.js": SDK
            + MAKE
            + 'server.registerPrompt("p", { argsSchema: { code: z.string() } }, async ({ code }) => ({ messages: [await sink(code)] }));'
        },
    ),
    "dynamic-import": (
        {"t"},
        {
            "index.js": SDK + MAKE + 'const { register } = await import("./reg.js"); register(server);',
            "reg.js": 'import { z } from "zod"; import { sink } from "./sink.js"; export function register(server) { server.tool("t", { v: z.string() }, async ({ v }) => { const m = await import("./lazy.js"); return m.run(v); }); }',
            "lazy.js": 'import { sink } from "./sink.js"; export const run = (x) => sink(x);',
        },
    ),
    "curried-deps": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'import { makeHandler } from "./h.js"; const api = { base: "x" }; server.registerTool("t", { inputSchema: { v: z.string() } }, makeHandler(api, console));',
            "h.js": 'import { sink } from "./sink.js"; export function makeHandler(api, log) { return async (args) => { log.error("x"); return sink(args.v); }; }',
        },
    ),
    "method-handler": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """class Ctl { constructor() { this.run = this.run.bind(this); } async run(args) { return sink(args.v); } }
const c = new Ctl(); server.tool("t", { v: z.string() }, c.run);"""
        },
    ),
    "promise-chain": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'server.tool("t", { v: z.string() }, (args) => Promise.resolve(args.v).then((v) => v.trim()).then((v) => sink(v)));'
        },
    ),
    "new-promise": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'server.tool("t", { v: z.string() }, async ({ v }) => new Promise((resolve, reject) => { const c = v; sink(c); resolve(1); }));'
        },
    ),
    "outside-callback": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """import pRetry from "p-retry";
server.tool("t", { v: z.string() }, async ({ v }) => pRetry(async () => { return sink(v); }, { retries: 2 }));"""
        },
    ),
    "iife-async": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'server.tool("t", { v: z.string() }, async ({ v }) => { const r = await (async () => { return sink(v); })(); return r; });'
        },
    ),
    "queue-callback-object": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """import { Queue } from "./q.js"; const q = new Queue();
server.tool("t", { v: z.string() }, async ({ v }) => q.add({ name: "job", run: () => sink(v) }));""",
            "q.js": "export class Queue { async add(job) { return await job.run(); } }",
        },
    ),
    "vercel-handler": (
        {"t"},
        {
            "index.js": 'import { createMcpHandler } from "mcp-handler"; import { z } from "zod"; import { sink } from "./sink.js"; const handler = createMcpHandler((server) => { server.tool("t", "d", { v: z.string() }, async ({ v }) => sink(v)); }, {}, {}); export { handler as GET, handler as POST };'
        },
    ),
    "spread-tool-groups": (
        {"a", "b"},
        {
            "index.js": SDK
            + MAKE
            + 'import { groupA } from "./ga.js"; import { groupB } from "./gb.js"; const all = { ...groupA, ...groupB }; for (const key in all) { const t = all[key]; server.tool(t.name, t.description, t.paramsSchema, t.cb); }',
            "ga.js": 'import { z } from "zod"; import { sink } from "./sink.js"; export const groupA = { a: { name: "a", description: "A", paramsSchema: { v: z.string() }, cb: async ({ v }) => sink(v) } };',
            "gb.js": 'export const groupB = { b: { name: "b", description: "B", paramsSchema: {}, cb: async () => 1 } };',
        },
    ),
    "tools-from-function": (
        {"a"},
        {
            "index.js": SDK
            + MAKE
            + 'import { getTools } from "./g.js"; const tools = getTools({ x: 1 }); tools.forEach(({ name, description, inputSchema, handler }) => { server.registerTool(name, { description, inputSchema }, handler); });',
            "g.js": 'import { z } from "zod"; import { sink } from "./sink.js"; export function getTools(cfg) { return [ aTool(cfg) ]; } function aTool(cfg) { return { name: "a", description: "A", inputSchema: { v: z.string() }, handler: async ({ v }) => sink(v) }; }',
        },
    ),
    "deep-seven": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'import { a } from "./h/a.js"; server.tool("t", { v: z.string() }, async (p) => a({ req: { value: p.v } }));',
            "h/a.js": 'import { b } from "./b.js"; export async function a(o) { const out = await b(o); return out; }',
            "h/b.js": 'import { c } from "./c.js"; export async function b(o) { const out = await c(o); return out; }',
            "h/c.js": 'import { d } from "./d.js"; export async function c(o) { const out = await d(o); return out; }',
            "h/d.js": 'import { e } from "./e.js"; export async function d(o) { const out = await e(o); return out; }',
            "h/e.js": 'import { f } from "./f.js"; export async function e(o) { const out = await f(o); return out; }',
            "h/f.js": 'import { g } from "./g.js"; export async function f(o) { const out = await g(o); return out; }',
            "h/g.js": 'import { sink } from "../sink.js"; export const g = ({ req }) => sink(req.value);',
        },
    ),
}


@pytest.mark.parametrize(("tools", "files"), STYLES.values(), ids=STYLES.keys())
def test_tools_are_found_and_followed(tools: set[str], files: Files) -> None:
    part = with_helper(files, FLAWED)
    assert {t.name for t in part.tools} == tools
    assert runs(part)
    assert not runs(with_helper(files, SOUND))


def test_a_dangerous_call_that_no_tool_reaches_is_information() -> None:
    files = {
        "index.js": SDK
        + MAKE
        + 'server.tool("t", { v: z.string() }, async ({ v }) => v);\nexport const unused = (x) => sink(x);'
    }
    part = with_helper(files, FLAWED)
    assert not runs(part)
    assert {t.name for t in part.tools} == {"t"}


@pytest.mark.parametrize(
    "registration",
    [
        "server.tool(pick(), { v: z.string() }, async ({ v }) => sink(v));",
        "server.registerTool(names[Math.random()], { inputSchema: { v: z.string() } }, async ({ v }) => sink(v));",
    ],
)
def test_a_tool_without_a_known_name_is_a_gap_and_followed_all_the_same(registration: str) -> None:
    part = with_helper({"index.js": SDK + MAKE + "import { pick, names } from 'elsewhere';\n" + registration}, FLAWED)
    assert part.tools == ()
    assert any("take their name" in gap.reason for gap in part.gaps)
    assert runs(part)


def test_loops_over_loops_end() -> None:
    deep = "".join(f"for (const a{n} of [...l, ...l, ...l]) " for n in range(12))
    text = (
        SDK
        + MAKE
        + f"const l = [1, 2, 3].map((x) => l); {deep} server.tool(a0.name + a11.name, a5.f, (x) => a3.run(x));"
    )
    assert with_helper({"index.js": text}, FLAWED).tools == ()


def test_functions_that_hand_each_other_on_end() -> None:
    chain = "".join(
        f"function f{n}(g) {{ return f{(n + 1) % 40}((x) => g(f{(n + 7) % 40}(g))); }}\n" for n in range(40)
    )
    text = (
        SDK
        + MAKE
        + chain
        + 'server.tool("t", { v: z.string() }, async ({ v }) => { f0((x) => f1(sink)); return sink(v); });'
    )
    assert runs(with_helper({"index.js": text}, FLAWED))
