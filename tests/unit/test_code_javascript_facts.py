# ruff: noqa: E501, ISC004  (a case is a line of JavaScript, and reads as one)
"""JavaScript servers as facts: tools, flows with good and bad guards, listeners, habits."""

import time

import pytest

from scanner.code import ir
from scanner.code.javascript.examine import examine
from scanner.code.javascript.lower import front_end
from scanner.code.part import Part
from trust.vocabulary import Severity, Signal, Weakness

W = Weakness
HEAD = """import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";
import { exec, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import fs from "node:fs/promises";
import path from "node:path";
const server = new McpServer({ name: "s", version: "1" });
"""


def facts(files: dict[str, str] | str, entry: str = "server.js") -> Part:
    files = {entry: files} if isinstance(files, str) else files
    lower = front_end(files)
    modules = [lower(name, text.encode()) for name, text in files.items()]
    return examine([m for m in modules if isinstance(m, ir.Module)], [entry], time.thread_time() + 30)


def tool(body: str, shape: str = "{ v: z.string() }", before: str = "") -> Part:
    return facts(
        f'{HEAD}{before}\nserver.tool("act", "Acts.", {shape}, async ({{ v }}) => {{\n{body}\n}});\nawait server.connect(new StdioServerTransport());'
    )


def weaknesses(part: Part) -> set[Weakness]:
    return {f.weakness for f in part.findings}


@pytest.mark.parametrize(
    ("body", "weakness"),
    [
        ("exec(`ls ${v}`)", W.COMMAND_INJECTION),
        ('exec("ls " + v)', W.COMMAND_INJECTION),
        ("await promisify(exec)(`ls ${v}`)", W.COMMAND_INJECTION),
        ('spawn("ls", [v], { shell: true })', W.COMMAND_INJECTION),
        ('execFile("git", ["log", v])', W.ARGUMENT_INJECTION),
        ("eval(`(${v})`)", W.CODE_INJECTION),
        ("new Function(`return ${v}`)()", W.CODE_INJECTION),
        ('await fs.readFile(path.join("/data", v))', W.PATH_TRAVERSAL),
        ("await fs.writeFile(`/data/${v}`, 'x')", W.PATH_TRAVERSAL),
        ("await fetch(`https://${v}/x`, { signal: AbortSignal.timeout(1) })", W.SSRF),
        ("const r = await fetch('https://x.example/p.js', { signal: s }); eval(await r.text())", W.REMOTE_CODE),
    ],
)
def test_a_parameter_reaches_the_dangerous_place(body: str, weakness: Weakness) -> None:
    assert weakness in weaknesses(tool(body))


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("exec(`ls ${v}`)", "{ v: z.number() }"),
        ("exec(`ls ${v}`)", '{ v: z.enum(["a", "b"]) }'),
        ("exec(`ls ${v}`)", "{ v: z.string().uuid() }"),
        ("exec(`ls ${v}`)", "{ v: z.string().regex(/^[a-z]+$/) }"),
        ('if (!["a", "b"].includes(v)) throw new Error("no"); exec(`ls ${v}`)', "{ v: z.string() }"),
        ('execFile("git", ["log", "--", v])', "{ v: z.string() }"),
        (
            "await fetch(`https://api.example/x/${encodeURIComponent(v)}`, { signal: AbortSignal.timeout(1) })",
            "{ v: z.string() }",
        ),
        ("await fetch(`https://api.example/x/${v}`, { signal: AbortSignal.timeout(1) })", "{ v: z.string() }"),
        ('await fs.readFile(path.join("/data", path.basename(v)))', "{ v: z.string() }"),
        ('exec("ls")', "{ v: z.string() }"),
    ],
)
def test_a_guard_ends_the_flow(body: str, shape: str) -> None:
    assert not weaknesses(tool(body, shape))


GUARD = """async function inside(p) {
  const full = %s;
  if (%s) { throw new Error("outside"); }
  return full;
}
const ROOT = "/data";
"""


@pytest.mark.parametrize(
    ("resolved", "refused", "safe"),
    [
        ("await fs.realpath(path.resolve(ROOT, p))", "!full.startsWith(ROOT + path.sep)", True),
        ("path.resolve(ROOT, p)", "!full.startsWith(ROOT + path.sep)", False),
        ("await fs.realpath(path.join(ROOT, p))", "path.relative(ROOT, full).startsWith('..')", True),
        ("path.resolve(ROOT, p)", "!full.startsWith(ROOT)", False),
        ("ROOT + '/' + p", "!full.startsWith(ROOT)", False),
    ],
)
def test_only_a_real_containment_holds_a_path(resolved: str, refused: str, safe: bool) -> None:
    part = tool("const ok = await inside(v); return await fs.readFile(ok)", before=GUARD % (resolved, refused))
    assert (W.PATH_TRAVERSAL not in weaknesses(part)) is safe


def test_a_flow_is_followed_through_helpers_in_other_files() -> None:
    files = {
        "server.js": f'{HEAD}import {{ run }} from "./lib/index.js";\nserver.tool("act", {{ v: z.string() }}, async (args) => run(args.v));',
        "lib/index.js": 'export { go as run } from "./deep.js";',
        "lib/deep.js": 'const { execSync: sh } = require("child_process");\nfunction last(c) { return sh(`cat ${c}`); }\nexport const go = (x) => last(x);',
    }
    found = [f for f in facts(files).findings if f.weakness is W.COMMAND_INJECTION]
    assert [(f.path, f.line, f.severity) for f in found] == [("lib/deep.js", 2, Severity.CRITICAL)]
    assert found[0].snippet.startswith("function last(c)")
    assert len(found[0].steps) >= 3


def test_code_that_the_entry_point_does_not_load_makes_no_finding() -> None:
    part = facts(
        {
            "server.js": HEAD,
            "old.js": f'{HEAD}server.tool("act", {{ v: z.string() }}, async ({{ v }}) => exec(`ls ${{v}}`));',
        }
    )
    assert not weaknesses(part)


LOW_LEVEL = """import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { execSync } from "child_process";
import { zodToJsonSchema } from "zod-to-json-schema";
import { z } from "zod";
const Args = z.object({ dir: z.string().describe("a folder"), deep: z.boolean().optional() });
const server = new Server({ name: "s", version: "1" }, {});
const tools = [{ name: "list", description: "Lists.", inputSchema: zodToJsonSchema(Args), annotations: { readOnlyHint: true } }];
tools.push({ name: "ping", description: "Pings.", inputSchema: { type: "object", properties: { host: { type: "string" } }, required: ["host"] } });
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools.filter((t) => t.name) }));
server.setRequestHandler(CallToolRequestSchema, async (request) => {
  const { name, arguments: args } = request.params;
  switch (name) {
    case "list": return { content: execSync(`ls ${args.dir}`) };
    case "ping": return { content: "pong" };
  }
});
"""


def test_low_level_tools_and_their_dispatcher() -> None:
    part = facts(LOW_LEVEL)
    tools = {t.name: t for t in part.tools}
    assert set(tools) == {"list", "ping"}
    assert [(p.name, p.type, p.required, p.description) for p in tools["list"].params or ()] == [
        ("dir", "string", True, "a folder"),
        ("deep", "boolean", False, ""),
    ]
    assert tools["list"].annotations is not None
    assert tools["list"].annotations.read_only is True
    assert tools["list"].reaches == (Signal.PROCESS,)
    assert tools["ping"].reaches == ()
    assert [(f.weakness, f.line) for f in part.findings if f.severity is Severity.CRITICAL] == [
        (W.COMMAND_INJECTION, 14)
    ]


@pytest.mark.parametrize(
    "registration",
    [
        'server.registerTool("t", { description: "D.", inputSchema: { a: z.enum(["x", "y"]) } }, async ({ a }) => a)',
        'server.tool("t", "D.", { a: z.enum(["x", "y"]) }, { destructiveHint: true }, async ({ a }) => a)',
        'const def = { name: "t", description: "D.", parameters: z.object({ a: z.enum(["x", "y"]) }), execute: async ({ a }) => a };\nserver.addTool(def)',
        'class T { name = "t"; description = "D."; schema = { a: z.enum(["x", "y"]) }; async execute({ a }) { return a } }',
        'const M = { t: { a: z.enum(["x", "y"]) } };\nconst N = "t";\nserver.tool(N, "D.", M.t, async ({ a }) => a)',
    ],
)
def test_every_way_of_registering(registration: str) -> None:
    (found,) = facts(HEAD + registration).tools
    assert (found.name, found.description) == ("t", "D.")
    assert [(p.name, p.type, p.enum, p.bounded) for p in found.params or ()] == [("a", "string", ("x", "y"), True)]


EXPRESS = 'import express from "express";\nconst app = express();\n'


@pytest.mark.parametrize(
    ("text", "host", "auth", "default"),
    [
        ('app.post("/mcp", (q, r) => r.end());\napp.listen(3000)', None, "none", True),
        ('app.post("/mcp", (q, r) => r.end());\napp.listen(3000, "127.0.0.1")', "127.0.0.1", "none", True),
        ('const H = process.env.HOST || "0.0.0.0";\napp.post("/mcp", (q, r) => r.end());\napp.listen(3000, H)', "0.0.0.0", "none", True),
        ('import { requireBearerAuth } from "sdk";\napp.post("/mcp", requireBearerAuth({}), (q, r) => r.end());\napp.listen(3000)', None, "bearer", True),
        (
            'function gate(q, r, next) { if (q.headers.authorization !== process.env.KEY) return r.status(401).end(); next(); }\n'
            'app.use(gate);\napp.post("/mcp", (q, r) => r.end());\napp.listen(3000)', None, "shared-secret", True,
        ),
        (
            'function gate(q, r, next) { if (!KEY) return next(); if (q.get("authorization") !== KEY) return r.status(401).end(); next(); }\n'
            'app.post("/mcp", gate, (q, r) => r.end());\napp.listen(3000)', None, "optional", True,
        ),
        ('app.post("/mcp", (q, r) => r.end());\nif (process.argv.includes("--http")) { app.listen(3000) }', None, "none", False),
    ],
)  # fmt: skip
def test_listeners(text: str, host: str | None, auth: str, default: bool) -> None:
    (at,) = facts(EXPRESS + text).listeners
    assert (at.host, at.auth, at.on_by_default) == (host, auth, default)


@pytest.mark.parametrize(
    ("bad", "good", "weakness"),
    [
        ("console.log(v)", "console.error(v)", W.STDOUT_POLLUTION),
        ("process.stdout.write(v)", "process.stderr.write(v)", W.STDOUT_POLLUTION),
        ("console.error(process.env.API_TOKEN)", "console.error(process.env.API_TOKEN.length)", W.SECRET_LOGGING),
        ("if (v === process.env.API_KEY) return 1", "if (v === process.env.MODE) return 1", W.TIMING_COMPARE),
        ('await fetch("http://api.example.com", { signal: s })', 'await fetch("http://localhost:3000", { signal: s })', W.PLAIN_HTTP),
        ('await fetch("https://api.example.com")', 'await fetch("https://api.example.com", { signal: s })', W.NO_TIMEOUT),
        (
            'await fs.writeFile("/t.json", JSON.stringify({ access_token: t }))',
            'await fs.writeFile("/t.json", JSON.stringify({ access_token: t }), { mode: 0o600 })', W.INSECURE_STORAGE,
        ),
        ("return JSON.stringify(process.env)", "return JSON.stringify(process.env.MODE)", W.ENV_DUMP),
        ("const a = new https.Agent({ rejectUnauthorized: false })", "const a = new https.Agent({ rejectUnauthorized: true })", W.TLS_VERIFY_OFF),
        ("new T({ sessionIdGenerator: () => Math.random().toString(36) })", "new T({ sessionIdGenerator: () => randomUUID() })", W.SESSION_ID),
        ('program.option("--api-key <key>", "key")', 'program.option("--max-tokens <n>", "n")', W.CREDENTIAL_ARGUMENT),
    ],
)  # fmt: skip
def test_habits(bad: str, good: str, weakness: Weakness) -> None:
    assert weakness in weaknesses(tool(bad))
    assert weakness not in weaknesses(tool(good))


@pytest.mark.parametrize(
    ("name", "credential"),
    [("apiKey", True), ("password", True), ("nextToken", False), ("maxTokens", False), ("query", False)],
)
def test_credentials_as_parameters(name: str, credential: bool) -> None:
    part = facts(f'{HEAD}server.tool("t", "D.", {{ {name}: z.string() }}, async () => 1)')
    assert (W.CREDENTIAL_PARAM in weaknesses(part)) is credential


def test_a_confirmed_parameter_that_is_checked_counts() -> None:
    shape = "{ v: z.string(), confirmed: z.boolean() }"
    text = f'{HEAD}server.tool("t", "D.", {shape}, async ({{ v, confirmed }}) => {{ %s await fs.rm("/data/x"); }})'
    assert facts(text % "if (!confirmed) throw new Error('ask');").tools[0].confirms
    assert not facts(text % "").tools[0].confirms


def test_names_that_lead_in_circles_end() -> None:
    part = facts("let a = () => b.x().y(); let b = a.z(); a = b; server.tool(a.n, b.m, a); const { k } = k;")
    assert part.tools == ()


def test_a_branch_of_a_dispatcher_holds_nothing_of_the_branches_before_it() -> None:
    part = facts(
        HEAD
        + """import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [
  { name: "drop", description: "Drops.", inputSchema: {} }, { name: "look", description: "Looks.", inputSchema: {} } ] }));
server.setRequestHandler(CallToolRequestSchema, async (request) => {
  const { name, arguments: input } = request.params;
  await fs.readFile("/etc/settings");
  if (name === "drop") { return fs.unlink(input.path); }
  if (name === "look") { return "x"; }
});
"""
    )
    reached = {tool.name: set(tool.reaches) for tool in part.tools}
    assert reached == {"drop": {Signal.FILE_READ, Signal.FILE_DELETE}, "look": {Signal.FILE_READ}}
