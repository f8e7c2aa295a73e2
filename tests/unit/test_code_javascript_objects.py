# ruff: noqa: E501  (a case is a server, and reads best with little around it)
"""Tools as classes, instances, decorated methods and entries of tables, and dispatchers that look them up."""

import pytest

from tests.unit.javascript_servers import FLAWED, LOW, MAKE, SDK, SOUND, runs, with_helper

Files = dict[str, str]
STYLES: dict[str, tuple[set[str], Files]] = {
    "class-abstract-execute": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'import { T } from "./t.js"; const all = [new T()]; for (const tool of all) tool.register(server);',
            "base.js": "export class BaseTool { register(server) { server.tool(this.name, this.description, this.schema, this.execute.bind(this)); } async run(args) { return this.execute(args); } }",
            "t.js": 'import { BaseTool } from "./base.js"; import { z } from "zod"; import { sink } from "./sink.js"; export class T extends BaseTool { name = "t"; description = "d"; schema = { v: z.string() }; async execute({ v }) { return this.helper(v); } helper(x) { return sink(x); } }',
        },
    ),
    "class-constructor-super": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """import { T } from "./t.js"; const reg = new Map(); function add(tool) { reg.set(tool.name, tool); } add(new T());
 server.server.setRequestHandler(CallToolRequestSchema, async (request) => { const tool = reg.get(request.params.name); return await tool.execute(request.params.arguments); });""",
            "base.js": "export class BaseTool { constructor(name, description, schema) { this.name = name; this.description = description; this.schema = schema; } }",
            "t.js": 'import { BaseTool } from "./base.js"; import { z } from "zod"; import { sink } from "./sink.js"; export class T extends BaseTool { constructor() { super("t", "d", z.object({ v: z.string() })); } async execute(args) { return sink(args.v); } }',
        },
    ),
    "class-getters": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + 'import { T } from "./t.js"; const tools = [new T()]; tools.forEach(t => server.registerTool(t.name, { description: t.description, inputSchema: t.inputSchema }, (a) => t.call(a)));',
            "t.js": 'import { z } from "zod"; import { sink } from "./sink.js"; export class T { get name() { return "t"; } get description() { return "d"; } get inputSchema() { return { v: z.string() }; } async call(args) { return sink(args.v); } }',
        },
    ),
    "mcp-framework": (
        {"t"},
        {
            "index.js": 'import { MCPServer } from "mcp-framework"; const server = new MCPServer(); server.start();',
            "tools/T.js": 'import { MCPTool } from "mcp-framework"; import { z } from "zod"; import { sink } from "../sink.js"; class T extends MCPTool { name = "t"; description = "d"; schema = { v: { type: z.string(), description: "x" } }; async execute(input) { return sink(input.v); } } export default T;',
        },
    ),
    "fastmcp": (
        {"t"},
        {
            "index.js": """import { FastMCP } from "fastmcp";
import { z } from "zod";
import { sink } from "./sink.js";
const server = new FastMCP({name:"s",version:"1"});
server.addTool({ name: "t", description: "d", parameters: z.object({ v: z.string() }), execute: async (args, { log }) => { return String(await sink(args.v)); } });
server.start({ transportType: "stdio" });"""
        },
    ),
    "lowlevel-switch": (
        {"a", "b"},
        {
            "index.js": LOW
            + """server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: "a", description: "A", inputSchema: { type: "object", properties: { v: { type: "string" } } } }, { name: "b", description: "B", inputSchema: { type: "object", properties: {} } }] }));
server.setRequestHandler(CallToolRequestSchema, async (request) => { const { name, arguments: args } = request.params; switch (name) { case "a": return handleA(args); case "b": return 1; default: throw new Error("x"); } });
async function handleA(args) { const { v } = args; return sink(v); }"""
        },
    ),
    "lowlevel-handlers-map": (
        {"a", "b"},
        {
            "index.js": LOW
            + """const toolDefs = [{ name: "a", description: "A", inputSchema: { type: "object", properties: { v: { type: "string" } } } }, { name: "b", description: "B", inputSchema: { type: "object", properties: {} } }];
const handlers = { a: async (args) => sink(args.v), b: async () => 1 };
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: toolDefs }));
server.setRequestHandler(CallToolRequestSchema, async (request) => { const h = handlers[request.params.name]; if (!h) throw new Error("no"); return await h(request.params.arguments ?? {}); });"""
        },
    ),
    "lowlevel-tools-find": (
        {"a", "b"},
        {
            "index.js": LOW
            + """const tools = [{ name: "a", description: "A", inputSchema: { type: "object", properties: { v: { type: "string" } } }, run: async (args) => sink(args.v) }, { name: "b", description: "B", inputSchema: { type: "object", properties: {} }, run: async () => 1 }];
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })) }));
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => { const tool = tools.find((t) => t.name === params.name); if (!tool) throw new Error("no"); return tool.run(params.arguments); });"""
        },
    ),
    "lowlevel-tools-map-of-modules": (
        {"a", "b"},
        {
            "index.js": LOW
            + """import * as allTools from "./tools/index.js";
const registry = new Map(Object.values(allTools).map((t) => [t.definition.name, t]));
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [...registry.values()].map((t) => t.definition) }));
server.setRequestHandler(CallToolRequestSchema, async (req) => { const tool = registry.get(req.params.name); return tool.handler(req.params.arguments); });""",
            "tools/index.js": 'export { aTool } from "./a.js"; export { bTool } from "./b.js";',
            "tools/a.js": 'import { sink } from "../sink.js"; export const aTool = { definition: { name: "a", description: "A", inputSchema: { type: "object", properties: { v: { type: "string" } } } }, handler: async (args) => sink(args.v) };',
            "tools/b.js": 'export const bTool = { definition: { name: "b", description: "B", inputSchema: { type: "object", properties: {} } }, handler: async () => 1 };',
        },
    ),
    "lowlevel-class": (
        {"a"},
        {
            "index.js": """import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { sink } from "./sink.js";
class MyServer { constructor() { this.server = new Server({}, {}); this.runner = new Runner(); this.setup(); }
 setup() { this.server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: "a", description: "A", inputSchema: { type: "object", properties: { v: { type: "string" } } } }] }));
  this.server.setRequestHandler(CallToolRequestSchema, async (request) => { switch (request.params.name) { case "a": return await this.handleA(request.params.arguments); } }); }
 async handleA(args) { return this.runner.go(args.v); } }
class Runner { async go(x) { return this.inner(x); } inner(y) { return sink(y); } }
new MyServer();"""
        },
    ),
    "service-injected": (
        {"t"},
        {
            "index.js": SDK
            + 'import { createServer } from "./server.js"; const s = createServer({ key: process.env.KEY }); ',
            "server.js": SDK
            + """import { Service } from "./service.js"; import { tool } from "./tool.js"; export function createServer(opts) { const server = new McpServer({}); const service = new Service(opts); registerAll(server, service); return server; }
function registerAll(server, service) { server.tool(tool.name, tool.description, tool.parameters, (params) => tool.handler(params, service)); }""",
            "tool.js": 'import { z } from "zod"; async function get(params, service) { const { v } = params; const raw = await service.fetchRaw(v); return raw; } export const tool = { name: "t", description: "d", parameters: { v: z.string() }, handler: get };',
            "service.js": 'import { sink } from "./sink.js"; export class Service { constructor(o) { this.o = o; } async request(endpoint) { return await this.retry(`https://api.x.com/v1${endpoint}`); } async retry(u) { return sink(u); } async fetchRaw(key) { return this.request(`/files/${key}`); } }',
        },
    ),
    "tsyringe": (
        {"t"},
        {
            "index.ts": 'import "reflect-metadata"; import { container } from "tsyringe"; import { Registry } from "./registry.js"; container.resolve(Registry).registerAll();',
            "registry.ts": """import { injectable, inject } from "tsyringe"; import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"; import { tDef } from "./t.js"; const all = [tDef];
@injectable() export class Registry { constructor(@inject("Server") private server: McpServer) {} async registerAll() { for (const tool of all) { await this.registerOne(tool); } } private async registerOne(tool: any) { const handler = createHandler({ logic: tool.logic, fmt: tool.fmt }); this.server.registerTool(tool.name, { description: tool.description, inputSchema: tool.inputSchema.shape }, handler); } }
function createHandler({ logic, fmt }: any) { return async (input: any, ctx: any) => { try { const r = await logic(input, ctx); return { content: fmt(r) }; } catch (e) { return { isError: true }; } }; }""",
            "t.ts": 'import { z } from "zod"; import { container } from "tsyringe"; import { Provider } from "./provider.js"; const input = z.object({ v: z.string() }); async function logic(input: any, { provider }: any) { const p = container.resolve(Provider); return p.runGit(input.v); } export const tDef = { name: "t", description: "d", inputSchema: input, logic, fmt: (x: any) => [x] };',
            "provider.ts": 'import { sink } from "./sink.js"; export class Provider { async runGit(x: string) { return sink(x); } }',
        },
    ),
    "xmcp-style": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """function register(name, opts, cb) { server.registerTool(name, opts, cb); }
register("t", { description: "d", inputSchema: { v: z.string() } }, async ({ v }) => sink(v));"""
        },
    ),
    "own-registrar-method": (
        {"t"},
        {
            "index.js": SDK
            + MAKE
            + """class Reg { constructor(server) { this.server = server; } add(name, desc, schema, cb) { this.server.tool(name, desc, schema, async (a) => { const r = await cb(a); return { content: [r] }; }); } }
const reg = new Reg(server); reg.add("t", "d", { v: z.string() }, async ({ v }) => sink(v));"""
        },
    ),
    "tool-map-name-key": (
        {"list_it", "run_it"},
        {
            "index.js": LOW
            + """const TOOLS = { run_it: { description: "Run", inputSchema: { type: "object", properties: { v: { type: "string" } } }, handler: (a) => sink(a.v) }, list_it: { description: "L", inputSchema: { type: "object" }, handler: () => 1 } };
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: Object.entries(TOOLS).map(([name, t]) => ({ name, description: t.description, inputSchema: t.inputSchema })) }));
server.setRequestHandler(CallToolRequestSchema, async (req) => { const t = TOOLS[req.params.name]; return t.handler(req.params.arguments); });"""
        },
    ),
    "enum-names": (
        {"run_it"},
        {
            "index.ts": LOW
            + """enum ToolName { RUN = "run_it" }
const list = [{ name: ToolName.RUN, description: "d", inputSchema: { type: "object", properties: { v: { type: "string" } } } }];
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: list }));
server.setRequestHandler(CallToolRequestSchema, async (req: any) => { if (req.params.name === ToolName.RUN) { const p = schema.safeParse(req.params.arguments); return sink(p.data.v); } });"""
        },
    ),
    "decorator": (
        {"run_it"},
        {
            "index.ts": """import { Injectable } from "@nestjs/common"; import { Tool } from "@rekog/mcp-nest"; import { z } from "zod"; import { sink } from "./sink.js";
@Injectable() export class Tools { @Tool({ name: "run_it", description: "d", parameters: z.object({ v: z.string() }) }) async runIt({ v }, context) { return sink(v); } }"""
        },
    ),
}


@pytest.mark.parametrize(("tools", "files"), STYLES.values(), ids=STYLES.keys())
def test_tools_are_found_and_followed(tools: set[str], files: Files) -> None:
    part = with_helper(files, FLAWED)
    assert {t.name for t in part.tools} == tools
    assert runs(part)
    assert not runs(with_helper(files, SOUND))
