"""Lists that hide tools: callable all the same, or refused when called."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found, server
from trust.vocabulary import Signal, Weakness

LOW = """
            from mcp.server import Server
            from mcp.types import TextContent, Tool
            low = Server("desk")
            READ_ONLY = os.environ.get("READ_ONLY") == "1"
            ALL = [Tool(name="read", description="r", inputSchema={{}}), Tool(name="drop", description="d", inputSchema={{}})]
            WRITERS = {{"drop"}}
            @low.list_tools()
            async def tools():
                return [t for t in ALL if not (READ_ONLY and t.name in WRITERS)]
            @low.call_tool()
            async def call(name: str, arguments: dict):
                {guard}
                if name == "drop":
                    return [TextContent(type="text", text="dropped")]
                return [TextContent(type="text", text="read")]
"""
SUBCLASS = """
            class Gated(FastMCP):
                async def list_tools(self):
                    tools = await super().list_tools()
                    return [t for t in tools if t.name not in self.hidden_tools]
                {call}
            gated = Gated("x")
            @gated.tool()
            def act(v: str) -> str:
                return v
"""
SWITCH = """
            const low = new Server({{ name: "m", version: "1" }}, {{ capabilities: {{ tools: {{}} }} }});
            const tools = [{{ name: "read", admin: false, inputSchema: {{ type: "object" }} }}, {{ name: "wipe", admin: true, inputSchema: {{ type: "object" }} }}];
            const isAdmin = process.env.ROLE === "admin";
            {helper}
            low.setRequestHandler(ListToolsRequestSchema, async () => ({{ tools: {listed} }}));
            low.setRequestHandler(CallToolRequestSchema, async (request) => {{
              {guard}
              switch (request.params.name) {{
                case "wipe": return {{ content: [] }};
                case "read": return {{ content: [] }};
              }}
            }});
            await low.connect(new StdioServerTransport());
"""
PUSHED = """
            const low = new Server({ name: "m", version: "1" }, { capabilities: { tools: {} } });
            low.setRequestHandler(ListToolsRequestSchema, async () => {
              const tools = [{ name: "read", inputSchema: { type: "object" } }];
              if (!config.readOnly) tools.push({ name: "write", inputSchema: { type: "object" } });
              return { tools };
            });
            low.setRequestHandler(CallToolRequestSchema, async (request) => run(request.params.name));
            async function run(name) { return { content: [{ type: "text", text: name }] }; }
            await low.connect(new StdioServerTransport());
"""
HIDDEN = {
    "python": {
        "read-only mode": LOW.format(guard="pass"),
        "subclass without the other half": SUBCLASS.format(call="hidden_tools = set()"),
        "middleware without the other half": """
            from fastmcp.server.middleware import Middleware
            class Roles(Middleware):
                async def on_list_tools(self, context, call_next):
                    tools = await call_next(context)
                    return [t for t in tools if self.permitted(t)]
                def permitted(self, tool):
                    return "admin" not in tool.tags
            mcp.add_middleware(Roles())
            @mcp.tool()
            def act(v: str) -> str:
                return v
        """,
    },
    "javascript": {
        "by role": SWITCH.format(helper="", listed="tools.filter((t) => !t.admin || isAdmin)", guard=""),
        "pushed by mode": PUSHED,
    },
}
ASKED = {
    "python": {
        "the same question": LOW.format(guard="if READ_ONLY and name in WRITERS: raise PermissionError(name)"),
        "both halves": SUBCLASS.format(
            call="""async def call_tool(self, name, arguments):
                    if name in self.hidden_tools:
                        raise PermissionError(name)
                    return await super().call_tool(name, arguments)"""
        ),
        "nothing is hidden": LOW.format(guard="pass").replace(
            "[t for t in ALL if not (READ_ONLY and t.name in WRITERS)]", "ALL"
        ),
    },
    "javascript": {
        "the same function": SWITCH.format(
            helper="function visible() { return tools.filter((t) => !t.admin || isAdmin); }",
            listed="visible()",
            guard='if (!visible().some((t) => t.name === request.params.name)) throw new Error("unknown tool");',
        ),
        "the same setting": PUSHED.replace(
            "run(request.params.name)",
            '{ if (config.readOnly && request.params.name === "write") throw new Error("no"); return run(request.params.name); }',
        ),
        "a wrapped handler": PUSHED.replace(
            "async (request) => run(request.params.name)",
            'traced(async (request) => { if (config.readOnly) throw new Error("no"); return run(request.params.name); })',
        ),
        "answered in a place that is not shown": PUSHED.replace(
            "async (request) => run(request.params.name)", "handlers.call"
        ),
        "a page of the list": SWITCH.format(helper="", listed="tools.filter((t) => t.name.startsWith('r'))", guard=""),
    },
}
W = Weakness.LISTING_FILTER


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(HIDDEN))
def test_a_tool_that_is_only_hidden_is_found(language: str, label: str) -> None:
    code = server(language, HIDDEN[language][label])
    assert len(code.found(W)) == 1, code.found(W)
    assert code.saw(Signal.FILTERED_LIST)


@pytest.mark.parametrize(("language", "label"), rows(ASKED))
def test_a_tool_that_is_refused_when_called_is_no_matter(language: str, label: str) -> None:
    assert not found(language, ASKED[language][label], W)
