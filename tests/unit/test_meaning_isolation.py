"""State that every client shares, and state that each client has for itself."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found
from trust.vocabulary import Weakness

HTTP = """
import express from "express";
import { randomUUID } from "node:crypto";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
"""
ROUTE = """
const app = express();
app.use(express.json());
app.post("/mcp", async (req, res) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() });
  await makeServer().connect(transport);
  await transport.handleRequest(req, res, req.body);
});
app.listen(3000, "127.0.0.1");
"""
STATELESS = ROUTE.replace("() => randomUUID()", "undefined")
SHARED = {
    "python": {
        "a global that is assigned": """
            last_city = ""
            @mcp.tool()
            def forecast(city: str) -> str:
                global last_city
                last_city = city
                return "sun"
            @mcp.tool()
            def again() -> str:
                return last_city
            mcp.run(transport="streamable-http")
        """,
        "a list that grows": """
            HISTORY = []
            @mcp.tool()
            def ask(question: str) -> str:
                HISTORY.append({"q": question})
                return "42"
            @mcp.tool()
            def history() -> str:
                return json.dumps(HISTORY)
            mcp.run(transport="sse")
        """,
        "a helper writes it": """
            _state = {"doc": None}
            def remember(text):
                _state["doc"] = text
            @mcp.tool()
            def load(text: str) -> str:
                remember(text)
                return "loaded"
            @mcp.tool()
            def show() -> str:
                return _state["doc"]
            mcp.run(transport="streamable-http")
        """,
        "a field of the one object": """
            class Desk:
                def __init__(self):
                    self.draft = ""
                def keep(self, text):
                    self.draft = text
                    return "kept"
            desk = Desk()
            @mcp.tool()
            def write(text: str) -> str:
                return desk.keep(text)
            @mcp.tool()
            def read() -> str:
                return desk.draft
            mcp.run(transport="streamable-http")
        """,
    },
    "javascript": {
        "a field of a constant": HTTP
        + """
            const lastQuery = {};
            server.tool("forecast", "Forecast.", { city: z.string() }, async ({ city }) => { lastQuery.city = city; return { content: [] }; });
            server.tool("history", "Last.", {}, async () => ({ content: [{ type: "text", text: lastQuery.city ?? "" }] }));
            const makeServer = () => server;
        """
        + ROUTE,
        "a variable that is assigned": HTTP
        + """
            let current = null;
            server.registerTool("open", { description: "Opens.", inputSchema: { name: z.string() } }, async (args) => { current = args.name; return { content: [] }; });
            server.registerTool("which", { description: "Which." }, async () => ({ content: [{ type: "text", text: String(current) }] }));
            function makeServer() { return server; }
        """
        + ROUTE,
        "a map under a fixed key": HTTP
        + """
            const store = new Map();
            server.tool("save", "Saves.", { text: z.string() }, async ({ text }) => { store.set("latest", text); return { content: [] }; });
            server.tool("load", "Loads.", {}, async () => ({ content: [{ type: "text", text: store.get("latest") }] }));
            const makeServer = () => server;
        """
        + STATELESS,
        "servers are made for each client, the variable is not": HTTP
        + """
            let basket = [];
            function makeServer() {
              const own = new McpServer({ name: "shop", version: "1" });
              own.tool("put", "Puts.", { item: z.string() }, async ({ item }) => { basket.push(item); return { content: [] }; });
              own.tool("basket", "Basket.", {}, async () => ({ content: [{ type: "text", text: basket.join() }] }));
              return own;
            }
        """
        + ROUTE,
        "a helper writes it": HTTP
        + """
            const state = { note: "" };
            function remember(text) { state.note = text; }
            server.tool("note", "Notes.", { text: z.string() }, async ({ text }) => { remember(text); return { content: [] }; });
            server.tool("show", "Shows.", {}, async () => ({ content: [{ type: "text", text: state.note }] }));
            const makeServer = () => server;
        """
        + ROUTE,
        "a dispatcher": HTTP
        + """
            const memory = { last: "" };
            const low = new Server({ name: "m", version: "1" }, { capabilities: { tools: {} } });
            low.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: "say", inputSchema: { type: "object", properties: { text: { type: "string" } } } }, { name: "recall", inputSchema: { type: "object" } }] }));
            low.setRequestHandler(CallToolRequestSchema, async (request) => {
              if (request.params.name === "say") { memory.last = request.params.arguments.text; return { content: [] }; }
              return { content: [{ type: "text", text: memory.last }] };
            });
            const makeServer = () => low;
        """
        + ROUTE,
    },
}
OWN = {
    "python": {
        "kept by session": """
            LAST = {}
            @mcp.tool()
            def forecast(city: str, ctx: Context) -> str:
                LAST[id(ctx.session)] = city
                return "sun"
            @mcp.tool()
            def again(ctx: Context) -> str:
                return LAST.get(id(ctx.session), "")
            mcp.run(transport="streamable-http")
        """,
        "one local client": """
            last_city = ""
            @mcp.tool()
            def forecast(city: str) -> str:
                global last_city
                last_city = city
                return "sun"
        """,
        "a cache by key": """
            CACHE = {}
            @mcp.tool()
            def forecast(city: str) -> str:
                if city not in CACHE:
                    CACHE[city] = "sun in " + city
                return CACHE[city]
            mcp.run(transport="streamable-http")
        """,
    },
    "javascript": {
        "kept by session": HTTP
        + """
            const last = new Map();
            server.tool("forecast", "Forecast.", { city: z.string() }, async ({ city }, extra) => { last.set(extra.sessionId, city); return { content: [] }; });
            server.tool("history", "Last.", {}, async (args, extra) => ({ content: [{ type: "text", text: last.get(extra.sessionId) ?? "" }] }));
            const makeServer = () => server;
        """
        + ROUTE,
        "kept in the server of each client": HTTP
        + """
            function makeServer() {
              let last = "";
              const own = new McpServer({ name: "w", version: "1" });
              own.tool("forecast", "Forecast.", { city: z.string() }, async ({ city }) => { last = city; return { content: [] }; });
              own.tool("history", "Last.", {}, async () => ({ content: [{ type: "text", text: last }] }));
              return own;
            }
        """
        + ROUTE,
        "one local client": """
            let last = "";
            server.tool("forecast", "Forecast.", { city: z.string() }, async ({ city }) => { last = city; return { content: [] }; });
        """,
        "a list that an input only picks from": HTTP
        + """
            let jobs = [{ id: "a" }];
            class Desk { stop(id) { jobs = jobs.filter((job) => job.id !== id); return jobs; } }
            const desk = new Desk();
            server.tool("stop", "Stops.", { id: z.string() }, async ({ id }) => ({ content: [{ type: "text", text: JSON.stringify(desk.stop(id)) }] }));
            const makeServer = () => server;
        """
        + ROUTE,
        "a cache by key": HTTP
        + """
            const cache = new Map();
            server.tool("forecast", "Forecast.", { city: z.string() }, async ({ city }) => {
              if (!cache.has(city)) cache.set(city, "sun in " + city);
              return { content: [{ type: "text", text: cache.get(city) }] };
            });
            const makeServer = () => new McpServer({ name: "w", version: "1" });
        """
        + ROUTE,
    },
}
W = Weakness.SESSION_ISOLATION


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(SHARED))
def test_what_one_client_leaves_another_finds(language: str, label: str) -> None:
    assert found(language, SHARED[language][label], W)


@pytest.mark.parametrize(("language", "label"), rows(OWN))
def test_state_of_one_client_is_no_matter(language: str, label: str) -> None:
    assert not found(language, OWN[language][label], W)
