"""Servers without the usual registration, or without a server at all; `RUN(x)` stands for what is done with the input."""

# ruff: noqa: E501 -- a case is read best as it would be written

from typing import Final

Case = tuple[tuple[str, ...], dict[str, str]]

SERVERS: Final[dict[str, Case]] = {
    "toolhandler_classes": (("ping",), {
        "server": """
from mcp.server import Server
import tools
app = Server("a")
handlers = {}
def add(h):
    handlers[h.name] = h
add(tools.Ping())
add(tools.Other())
@app.list_tools()
async def lt():
    return [h.get_tool_description() for h in handlers.values()]
@app.call_tool()
async def ct(name: str, arguments):
    h = handlers.get(name)
    if not h:
        raise ValueError(name)
    return h.run_tool(arguments)
""",
        "tools": """
from mcp.types import Tool, TextContent
class ToolHandler:
    def __init__(self, tool_name):
        self.name = tool_name
    def get_tool_description(self):
        raise NotImplementedError()
    def run_tool(self, args):
        raise NotImplementedError()
class Ping(ToolHandler):
    def __init__(self):
        super().__init__("ping")
    def get_tool_description(self):
        return Tool(name=self.name, description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}})
    def run_tool(self, args):
        x = args["x"]
        return [TextContent(type="text", text=str(RUN(x)))]
class Other(ToolHandler):
    def __init__(self):
        super().__init__("other")
    def get_tool_description(self):
        return Tool(name=self.name, description="O.", inputSchema={"type": "object", "properties": {}})
    def run_tool(self, args):
        return []
""",
    }),
    "toolhandler_const_names": (("ping",), {
        "server": """
from mcp.server import Server
import tools
app = Server("a")
ALL = [tools.Ping(), tools.Other()]
@app.list_tools()
async def lt():
    return [h.definition for h in ALL]
@app.call_tool()
async def ct(name: str, arguments):
    for h in ALL:
        if h.name == name:
            return await h.execute(arguments)
    raise ValueError(name)
""",
        "tools": """
from abc import ABC, abstractmethod
from mcp.types import Tool, TextContent
class BaseTool(ABC):
    name: str
    @property
    @abstractmethod
    def definition(self): ...
    @abstractmethod
    async def execute(self, args): ...
class Ping(BaseTool):
    name = "ping"
    @property
    def definition(self):
        return Tool(name=self.name, description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}})
    async def execute(self, args):
        x = args["x"]
        return [TextContent(type="text", text=str(RUN(x)))]
class Other(BaseTool):
    name = "other"
    @property
    def definition(self):
        return Tool(name=self.name, description="O.", inputSchema={"type": "object", "properties": {}})
    async def execute(self, args):
        return []
""",
    }),
    "pydantic_args": (("ping",), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
from pydantic import BaseModel, Field
class PingArgs(BaseModel):
    x: str = Field(description="host")
app = Server("a")
@app.list_tools()
async def lt():
    return [Tool(name="ping", description="Pings.", inputSchema=PingArgs.model_json_schema())]
@app.call_tool()
async def ct(name: str, arguments: dict):
    args = PingArgs(**arguments)
    return [TextContent(type="text", text=str(RUN(args.x)))]
""",
    }),
    "pydantic_validate": (("ping",), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
from pydantic import BaseModel, Field
class PingArgs(BaseModel):
    x: str = Field(description="host")
app = Server("a")
@app.list_tools()
async def lt():
    return [Tool(name="ping", description="Pings.", inputSchema=PingArgs.model_json_schema())]
@app.call_tool()
async def ct(name: str, arguments: dict):
    args = PingArgs.model_validate(arguments)
    return [TextContent(type="text", text=str(RUN(args.x)))]
""",
    }),
    "pydantic_param": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
from pydantic import BaseModel, Field
class PingArgs(BaseModel):
    x: str = Field(description="host")
hub = FastMCP("a")
@hub.tool()
def ping(params: PingArgs) -> str:
    "Pings."
    return str(RUN(params.x))
hub.run()
""",
    }),
    "request_handlers": (("ping",), {
        "server": """
from mcp.server import Server
import mcp.types as types
app = Server("a")
async def lt(req: types.ListToolsRequest):
    return types.ServerResult(types.ListToolsResult(tools=[types.Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}})]))
async def ct(req: types.CallToolRequest):
    name = req.params.name
    args = req.params.arguments or {}
    if name == "ping":
        return types.ServerResult(types.CallToolResult(content=[types.TextContent(type="text", text=str(RUN(args["x"])))]))
app.request_handlers[types.ListToolsRequest] = lt
app.request_handlers[types.CallToolRequest] = ct
""",
    }),
    "v2_lowlevel_ctor": (("ping",), {
        "server": """
from mcp.server import Server, ServerRequestContext
from mcp.types import Tool, TextContent, ListToolsResult, CallToolResult, CallToolRequestParams
async def lt(ctx, params):
    return ListToolsResult(tools=[Tool(name="ping", description="Pings.", input_schema={"type": "object", "properties": {"x": {"type": "string"}}})])
async def ct(ctx, params: CallToolRequestParams):
    args = params.arguments or {}
    return CallToolResult(content=[TextContent(type="text", text=str(RUN(args["x"])))])
app = Server("a", on_list_tools=lt, on_call_tool=ct)
""",
    }),
    "list_tools_dict": (("ping",), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
app = Server("a")
DEFS = [{"name": "ping", "description": "Pings.", "inputSchema": {"type": "object", "properties": {"x": {"type": "string"}}}}]
@app.list_tools()
async def lt():
    return [Tool(**d) for d in DEFS]
@app.call_tool()
async def ct(name: str, arguments: dict):
    if name == "ping":
        return [TextContent(type="text", text=str(RUN(arguments["x"])))]
""",
    }),
    "registered_handlers_call": (("ping",), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
class Box:
    def __init__(self):
        self.app = Server("a")
        self.app.list_tools()(self.list_tools)
        self.app.call_tool()(self.call_tool)
    async def list_tools(self):
        return [Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}})]
    async def call_tool(self, name, arguments):
        if name == "ping":
            return [TextContent(type="text", text=str(RUN(arguments["x"])))]
Box()
""",
    }),
    "fastmcp_class_methods": (("ping",), {
        "server": """
from fastmcp import FastMCP
class Svc:
    def __init__(self):
        self.mcp = FastMCP("a")
        self.mcp.tool(self.ping)
    async def ping(self, x: str) -> str:
        "Pings."
        return str(RUN(x))
Svc().mcp.run()
""",
    }),
    "mcpmixin": (("ping",), {
        "server": """
from fastmcp import FastMCP
from fastmcp.contrib.mcp_mixin import MCPMixin, mcp_tool
class Svc(MCPMixin):
    @mcp_tool(name="ping", description="Pings.")
    def p(self, x: str) -> str:
        return str(RUN(x))
hub = FastMCP("a")
Svc().register_all(hub)
hub.run()
""",
    }),
    "module_no_server_baseclass": (("ping",), {
        "server": """
from core.base import BaseTool
class PingTool(BaseTool):
    name = "ping"
    description = "Pings."
    input_schema = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    async def execute(self, arguments: dict) -> str:
        return str(RUN(arguments["x"]))
""",
    }),
    "module_no_server_registry": (("ping",), {
        "server": """
from framework.registry import register_tool
@register_tool(name="ping", description="Pings.")
def p(x: str) -> str:
    return str(RUN(x))
""",
    }),
    "module_no_server_tools_list": (("ping",), {
        "server": """
async def handle_ping(args: dict):
    return str(RUN(args["x"]))
TOOLS = [
    {"name": "ping", "description": "Pings.", "inputSchema": {"type": "object", "properties": {"x": {"type": "string"}}}, "handler": handle_ping},
]
""",
    }),
    "module_register_app": (("ping",), {
        "server": """
class Net:
    def __init__(self, app, config):
        self.app = app
    def register(self) -> None:
        app = self.app
        @app.tool(description="Pings.")
        def ping(x: str) -> str:
            return str(RUN(x))
""",
    }),
    "stdio_loop": (("ping",), {
        "server": """
import sys, json
def ping(args):
    return str(RUN(args["x"]))
TOOLS = [{"name": "ping", "description": "Pings.", "inputSchema": {"type": "object", "properties": {"x": {"type": "string"}}}}]
def handle(req):
    m = req["method"]
    if m == "tools/list":
        return {"tools": TOOLS}
    if m == "tools/call":
        name = req["params"]["name"]
        if name == "ping":
            return ping(req["params"]["arguments"])
for line in sys.stdin:
    print(json.dumps(handle(json.loads(line))))
""",
    }),
}  # fmt: skip
