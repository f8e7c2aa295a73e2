"""Servers that register the same tool in unlike ways; `RUN(x)` stands for what the tool does with its input."""

# ruff: noqa: E501 -- a case is read best as it would be written

from typing import Final

Case = tuple[tuple[str, ...], dict[str, str]]

SERVERS: Final[dict[str, Case]] = {
    "fastmcp_sdk": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
srv = FastMCP("a")
@srv.tool()
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
srv.run()
""",
    }),
    "fastmcp_pkg_bare": (("ping",), {
        "server": """
from fastmcp import FastMCP
hub = FastMCP("a")
@hub.tool
async def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
if __name__ == "__main__":
    hub.run()
""",
    }),
    "sdk_v2": (("ping",), {
        "server": """
from mcp.server.mcpserver import MCPServer
thing = MCPServer("a")
@thing.tool(title="Ping it")
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
thing.run(transport="stdio")
""",
    }),
    "tool_call_fn": (("ping",), {
        "server": """
from fastmcp import FastMCP
hub = FastMCP("a")
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
hub.tool(ping)
hub.run()
""",
    }),
    "tool_call_call_fn": (("ping",), {
        "server": """
from fastmcp import FastMCP
hub = FastMCP("a")
def f(x: str) -> str:
    "Pings."
    return str(RUN(x))
hub.tool(name="ping")(f)
hub.run()
""",
    }),
    "from_function": (("ping",), {
        "server": """
from fastmcp import FastMCP
from fastmcp.tools import Tool
hub = FastMCP("a")
def f(x: str) -> str:
    "Pings."
    return str(RUN(x))
hub.add_tool(Tool.from_function(f, name="ping", description="Pings."))
hub.run()
""",
    }),
    "add_tool_named": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
hub = FastMCP("a")
def f(x: str) -> str:
    return str(RUN(x))
hub.add_tool(f, name="ping", description="Pings.")
hub.run()
""",
    }),
    "tools_ctor": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
from mcp.server.fastmcp.tools import Tool
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
hub = FastMCP("a", tools=[Tool.from_function(ping)])
hub.run()
""",
    }),
    "tools_ctor_fns": (("ping",), {
        "server": """
from fastmcp import FastMCP
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
hub = FastMCP("a", tools=[ping])
hub.run()
""",
    }),
    "loop_register": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
hub = FastMCP("a")
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
def other(y: str) -> str:
    "Other."
    return y
for fn in (ping, other):
    hub.add_tool(fn)
hub.run()
""",
    }),
    "loop_register_tool": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
hub = FastMCP("a")
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
def other(y: str) -> str:
    "Other."
    return y
ALL = [ping, other]
for fn in ALL:
    hub.tool()(fn)
hub.run()
""",
    }),
    "loop_dict_register": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
hub = FastMCP("a")
def f(x: str) -> str:
    "Pings."
    return str(RUN(x))
TOOLS = {"ping": f}
for name, fn in TOOLS.items():
    hub.add_tool(fn, name=name)
hub.run()
""",
    }),
    "register_module": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
from tools import register_all
hub = FastMCP("a")
register_all(hub)
hub.run()
""",
        "tools": """
def register_all(server):
    @server.tool(name="ping", description="Pings.")
    def inner(x: str) -> str:
        return str(RUN(x))
""",
    }),
    "register_other_module_method": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
from tools import NetTools
hub = FastMCP("a")
NetTools(hub).register()
hub.run()
""",
        "tools": """
class NetTools:
    def __init__(self, app):
        self.app = app
    def register(self):
        self.app.tool()(self.ping)
        self.app.add_tool(self.other)
    def ping(self, x: str) -> str:
        "Pings."
        return str(RUN(x))
    def other(self, y: str) -> str:
        "Other."
        return y
""",
    }),
    "import_mcp_obj": (("ping",), {
        "server": """
from app import hub
import tools
if __name__ == "__main__":
    hub.run()
""",
        "app": """
from mcp.server.fastmcp import FastMCP
hub = FastMCP("a")
""",
        "tools": """
from app import hub
@hub.tool()
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
""",
    }),
    "mounted": (("net_ping",), {
        "server": """
from fastmcp import FastMCP
from net import sub
main = FastMCP("a")
main.mount("net", sub)
main.run()
""",
        "net": """
from fastmcp import FastMCP
sub = FastMCP("net")
@sub.tool
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
""",
    }),
    "wrapped_decorator": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
import functools, logging
hub = FastMCP("a")
def guarded(fn):
    @functools.wraps(fn)
    def inner(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except Exception as e:
            return str(e)
    return inner
@hub.tool()
@guarded
def ping(x: str) -> str:
    "Pings."
    return str(RUN(x))
hub.run()
""",
    }),
    "own_decorator_registry": (("ping",), {
        "server": """
from mcp.server.lowlevel import Server
import mcp.types as types
import asyncio
from mcp.server.stdio import stdio_server
REGISTRY = {}
def tool(name, description, schema):
    def deco(fn):
        REGISTRY[name] = (fn, description, schema)
        return fn
    return deco
@tool("ping", "Pings.", {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]})
async def do_ping(args):
    return str(RUN(args["x"]))
app = Server("a")
@app.list_tools()
async def list_tools():
    return [types.Tool(name=n, description=d, inputSchema=s) for n, (f, d, s) in REGISTRY.items()]
@app.call_tool()
async def call_tool(name, arguments):
    fn, _, _ = REGISTRY[name]
    return [types.TextContent(type="text", text=await fn(arguments))]
async def main():
    async with stdio_server() as (r, w):
        await app.run(r, w, app.create_initialization_options())
asyncio.run(main())
""",
    }),
    "lowlevel_if": (("ping", "other"), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
app = Server("a")
@app.list_tools()
async def lt():
    return [Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}}),
            Tool(name="other", description="O.", inputSchema={"type": "object", "properties": {}})]
@app.call_tool()
async def ct(name: str, arguments: dict):
    if name == "ping":
        x = arguments.get("x", "")
        return [TextContent(type="text", text=str(RUN(x)))]
    elif name == "other":
        return []
    raise ValueError(name)
""",
    }),
    "lowlevel_match": (("ping", "other"), {
        "server": """
import mcp.types as types
from mcp.server.lowlevel import Server
app = Server("a")
@app.list_tools()
async def lt():
    tools = []
    tools.append(types.Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}}))
    tools.append(types.Tool(name="other", description="O.", inputSchema={"type": "object", "properties": {}}))
    return tools
@app.call_tool()
async def ct(name: str, arguments: dict | None):
    args = arguments or {}
    match name:
        case "ping":
            return await do_ping(**args)
        case "other":
            return []
        case _:
            raise ValueError(name)
async def do_ping(x: str):
    return [types.TextContent(type="text", text=str(RUN(x)))]
""",
    }),
    "lowlevel_handlers_dict": (("ping", "other"), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
app = Server("a")
async def do_ping(arguments):
    x = arguments["x"]
    return [TextContent(type="text", text=str(RUN(x)))]
async def do_other(arguments):
    return []
HANDLERS = {"ping": do_ping, "other": do_other}
@app.list_tools()
async def lt():
    return [Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}}),
            Tool(name="other", description="O.", inputSchema={"type": "object", "properties": {}})]
@app.call_tool()
async def ct(name: str, arguments: dict):
    handler = HANDLERS.get(name)
    if handler is None:
        raise ValueError(name)
    return await handler(arguments)
""",
    }),
    "lowlevel_getattr": (("ping", "other"), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
class App:
    def __init__(self):
        self.server = Server("a")
        self._setup()
    def _setup(self):
        @self.server.list_tools()
        async def lt():
            return [Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}}),
                    Tool(name="other", description="O.", inputSchema={"type": "object", "properties": {}})]
        @self.server.call_tool()
        async def ct(name: str, arguments: dict):
            method = getattr(self, f"handle_{name}", None)
            if method is None:
                raise ValueError(name)
            return await method(arguments)
    async def handle_ping(self, arguments):
        x = arguments["x"]
        return [TextContent(type="text", text=str(RUN(x)))]
    async def handle_other(self, arguments):
        return []
App()
""",
    }),
}  # fmt: skip
