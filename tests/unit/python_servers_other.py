"""Servers that find their tools by themselves or keep them in tables; `RUN(x)` stands for what is done with the input."""

# ruff: noqa: E501 -- a case is read best as it would be written

from typing import Final

Case = tuple[tuple[str, ...], dict[str, str]]

SERVERS: Final[dict[str, Case]] = {
    "tool_subclass": (("ping",), {
        "server": """
from fastmcp import FastMCP
from fastmcp.tools import Tool
class Ping(Tool):
    name: str = "ping"
    description: str = "Pings."
    parameters: dict = {"type": "object", "properties": {"x": {"type": "string"}}}
    async def run(self, arguments: dict):
        return RUN(arguments["x"])
hub = FastMCP("a")
hub.add_tool(Ping())
hub.run()
""",
    }),
    "inspect_members": (("ping",), {
        "server": """
import inspect
from mcp.server.fastmcp import FastMCP
import tools
hub = FastMCP("a")
for name, fn in inspect.getmembers(tools, inspect.isfunction):
    hub.tool()(fn)
hub.run()
""",
        "tools": """
def ping(x: str) -> str:
    "Pings."
    return RUN(x)
""",
    }),
    "dir_getattr": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
import tools
hub = FastMCP("a")
for name in dir(tools):
    if name.startswith("_"):
        continue
    hub.add_tool(getattr(tools, name))
hub.run()
""",
        "tools": """
def ping(x: str) -> str:
    "Pings."
    return RUN(x)
""",
    }),
    "all_list": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP
import tools
hub = FastMCP("a")
for name in tools.__all__:
    hub.add_tool(getattr(tools, name))
hub.run()
""",
        "tools": """
__all__ = ["ping", "other"]
def ping(x: str) -> str:
    "Pings."
    return RUN(x)
def other(y: str) -> str:
    return y
""",
    }),
    "self_handlers": (("ping", "other"), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
class App:
    def __init__(self):
        self.server = Server("a")
        self.handlers = {"ping": self._ping, "other": self._other}
        self.setup()
    def setup(self):
        @self.server.list_tools()
        async def lt():
            return [Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}}),
                    Tool(name="other", description="O.", inputSchema={})]
        @self.server.call_tool()
        async def ct(name, arguments):
            handler = self.handlers.get(name)
            if not handler:
                raise ValueError(name)
            return await handler(**arguments)
    async def _ping(self, x: str):
        return RUN(x)
    async def _other(self):
        return 1
App()
""",
    }),
    "self_register_dict": (("ping", "other"), {
        "server": """
from mcp.server import Server
from mcp.types import Tool, TextContent
class App:
    def __init__(self):
        self.server = Server("a")
        self.handlers = {}
        self.register("ping", self._ping)
        self.register("other", self._other)
        @self.server.list_tools()
        async def lt():
            return [Tool(name="ping", description="Pings.", inputSchema={"type": "object", "properties": {"x": {"type": "string"}}}),
                    Tool(name="other", description="O.", inputSchema={})]
        @self.server.call_tool()
        async def ct(name, arguments):
            return await self.handlers[name](arguments)
    def register(self, name, fn):
        self.handlers[name] = fn
    async def _ping(self, arguments):
        return RUN(arguments["x"])
    async def _other(self, arguments):
        return 1
App()
""",
    }),
    "toolspec_dataclass": (("ping", "other"), {
        "server": """
from mcp.server.fastmcp import FastMCP
from dataclasses import dataclass
@dataclass
class Spec:
    name: str
    description: str
    func: object
def p(x: str) -> str:
    return RUN(x)
def o(y: str) -> str:
    return y
SPECS = [Spec(name="ping", description="Pings.", func=p), Spec(name="other", description="O.", func=o)]
hub = FastMCP("a")
for spec in SPECS:
    hub.add_tool(spec.func, name=spec.name, description=spec.description)
hub.run()
""",
    }),
    "fastapi_mcp": (("ping",), {
        "server": """
from fastapi import FastAPI
from fastapi_mcp import FastApiMCP
app = FastAPI()
@app.get("/ping", operation_id="ping")
async def p(x: str):
    "Pings."
    return RUN(x)
mcp = FastApiMCP(app)
mcp.mount()
""",
    }),
    "gradio": (("ping",), {
        "server": """
import gradio as gr
def ping(x: str) -> str:
    "Pings."
    return RUN(x)
demo = gr.Interface(fn=ping, inputs="text", outputs="text")
demo.launch(mcp_server=True)
""",
    }),
    "lowlevel_pydantic_enum": (("ping",), {
        "server": """
from enum import Enum
from mcp.server import Server
from mcp.types import Tool
from pydantic import BaseModel
class T(str, Enum):
    PING = "ping"
class Args(BaseModel):
    x: str
def do_ping(a: Args):
    return RUN(a.x)
async def serve():
    server = Server("a")
    @server.list_tools()
    async def lt():
        return [Tool(name=T.PING, description="Pings.", inputSchema=Args.model_json_schema())]
    @server.call_tool()
    async def ct(name: str, arguments: dict):
        match name:
            case T.PING:
                return do_ping(Args(**arguments))
""",
    }),
    "tools_generated_module_dict": (("ping",), {
        "server": """
from mcp.server import Server
from mcp.types import Tool
from registry import TOOLS
app = Server("a")
@app.list_tools()
async def lt():
    return [Tool(name=k, description=v["description"], inputSchema=v["schema"]) for k, v in TOOLS.items()]
@app.call_tool()
async def ct(name, arguments):
    tool = TOOLS.get(name)
    if tool is None:
        raise ValueError(name)
    return await tool["handler"](arguments)
""",
        "registry": """
from ops import ping_op
TOOLS = {"ping": {"description": "Pings.", "schema": {"type": "object", "properties": {"x": {"type": "string"}}}, "handler": ping_op}}
""",
        "ops": """
async def ping_op(arguments):
    return RUN(arguments["x"])
""",
    }),
    "auth_decorator_with_args": (("ping",), {
        "server": """
from mcp.server.fastmcp import FastMCP, Context
import functools, os, subprocess
hub = FastMCP("a")
def timed(label):
    def outer(fn):
        @functools.wraps(fn)
        async def inner(*args, **kwargs):
            return await fn(*args, **kwargs)
        return inner
    return outer
@hub.tool(name="ping", description="Pings.")
@timed("x")
async def p(x: str, ctx: Context) -> str:
    await ctx.info("a")
    return RUN(x)
hub.run()
""",
    }),
    "lifespan_client": (("ping",), {
        "server": """
from contextlib import asynccontextmanager
from dataclasses import dataclass
from mcp.server.fastmcp import FastMCP, Context
class Runner:
    def go(self, host):
        return RUN(host)
@dataclass
class AppContext:
    runner: Runner
@asynccontextmanager
async def lifespan(server):
    yield AppContext(runner=Runner())
hub = FastMCP("a", lifespan=lifespan)
@hub.tool()
async def ping(x: str, ctx: Context) -> str:
    "Pings."
    return ctx.request_context.lifespan_context.runner.go(x)
hub.run()
""",
    }),
    "generic_tool_base_schema_method": (("ping",), {
        "server": """
from mcp.server import Server
from mcp.types import Tool
class Base:
    name = ""
    description = ""
    def schema(self):
        return {}
    def to_mcp(self):
        return Tool(name=self.name, description=self.description, inputSchema=self.schema())
    async def __call__(self, **kw):
        raise NotImplementedError
class PingTool(Base):
    name = "ping"
    description = "Pings."
    def schema(self):
        return {"type": "object", "properties": {"x": {"type": "string"}}}
    async def __call__(self, x: str):
        return RUN(x)
TOOLS = {t.name: t for t in (PingTool(),)}
app = Server("a")
@app.list_tools()
async def lt():
    return [t.to_mcp() for t in TOOLS.values()]
@app.call_tool()
async def ct(name, arguments):
    return await TOOLS[name](**arguments)
""",
    }),
    "get_http_request": (("ping",), {
        "server": """
from fastmcp import FastMCP
from fastmcp.server.dependencies import get_http_request, get_http_headers
hub = FastMCP("a")
@hub.tool
def ping(x: str):
    "Pings."
    h = get_http_headers()
    return RUN(h.get("x-host"))
hub.run()
""",
    }),
}  # fmt: skip
