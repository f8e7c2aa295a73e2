"""Servers that leave an entry for every tool call, written in many ways, and servers that only log something else."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import server
from trust.control import Outcome
from trust.controls.runtime import calls_are_logged
from trust.facts import Code

LOGGED = {
    "python": {
        "decorator": """
            import functools, logging
            logger = logging.getLogger("desk")
            def traced(function):
                @functools.wraps(function)
                def inner(*args, **kwargs):
                    logger.info("%s called", function.__name__)
                    return function(*args, **kwargs)
                return inner
            @mcp.tool()
            @traced
            def add(a: int, b: int) -> int:
                return a + b
        """,
        "decorator with a name": """
            import logging
            def audited(name):
                def around(function):
                    async def inner(*args, **kwargs):
                        result = await function(*args, **kwargs)
                        logging.warning(json.dumps({"event": name, "ok": True}))
                        return result
                    return inner
                return around
            @mcp.tool()
            @audited("add")
            async def add(a: int, b: int) -> int:
                return a + b
        """,
        "structlog": """
            import structlog
            log = structlog.get_logger()
            @mcp.tool()
            def add(a: int, b: int) -> int:
                log.info("tool_invoked", name="add", outcome="ok")
                return a + b
        """,
        "loguru": """
            from loguru import logger
            @mcp.tool()
            def add(a: int, b: int) -> int:
                logger.info("add called")
                return a + b
        """,
        "context's own log": """
            @mcp.tool()
            async def add(a: int, b: int, ctx: Context) -> int:
                await ctx.info("add: running")
                return a + b
        """,
        "standard error": """
            @mcp.tool()
            def add(a: int, b: int) -> int:
                print(f"[audit] add {a} {b}", file=sys.stderr)
                return a + b
        """,
        "middleware": """
            import logging
            from fastmcp.server.middleware import Middleware
            class Trail(Middleware):
                async def on_call_tool(self, context, call_next):
                    logging.getLogger("trail").info("call %s", context.message.name)
                    return await call_next(context)
            mcp.add_middleware(Trail())
            @mcp.tool()
            def add(a: int, b: int) -> int:
                return a + b
        """,
        "dispatcher": """
            import logging
            from mcp.server import Server
            from mcp.types import TextContent, Tool
            low = Server("calc")
            log = logging.getLogger(__name__)
            @low.list_tools()
            async def tools():
                return [Tool(name="add", description="Adds.", inputSchema={"type": "object"})]
            @low.call_tool()
            async def call(name: str, arguments: dict):
                log.info("tool=%s", name)
                return [TextContent(type="text", text="1")]
        """,
        "context manager": """
            import contextlib, logging
            @contextlib.contextmanager
            def audit(tool):
                logging.info("tool %s begins", tool)
                yield
            @mcp.tool()
            def add(a: int, b: int) -> int:
                with audit("add"):
                    return a + b
        """,
        "file of entries": """
            def record(tool, outcome):
                with open("/var/log/desk.jsonl", "a") as f:
                    f.write(json.dumps({"tool": tool, "outcome": outcome}) + "\\n")
            @mcp.tool()
            def add(a: int, b: int) -> int:
                record("add", "ok")
                return a + b
        """,
    },
    "javascript": {
        "pino": """
            import pino from "pino";
            const logger = pino(pino.destination(2));
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => {
              logger.info({ tool: "add", outcome: "ok" });
              return { content: [] };
            });
        """,
        "winston": """
            import winston from "winston";
            const log = winston.createLogger({ transports: [] });
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => {
              log.info("add called");
              return { content: [] };
            });
        """,
        "wrapper": """
            const logged = (name, handler) => async (args, extra) => {
              console.error(`tool ${name}`);
              return handler(args, extra);
            };
            server.tool("add", "Adds.", { a: z.number() }, logged("add", async ({ a }) => ({ content: [] })));
        """,
        "wrapper around registering": """
            function register(name, description, shape, handler) {
              server.tool(name, description, shape, async (args) => {
                console.error(JSON.stringify({ tool: name, at: Date.now() }));
                return handler(args);
              });
            }
            register("add", "Adds.", { a: z.number() }, async ({ a }) => ({ content: [] }));
        """,
        "logging message of the protocol": """
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => {
              await server.server.sendLoggingMessage({ level: "info", data: "add called" });
              return { content: [] };
            });
        """,
        "dispatcher": """
            const low = new Server({ name: "m", version: "1" }, { capabilities: { tools: {} } });
            low.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: "add", inputSchema: { type: "object" } }] }));
            low.setRequestHandler(CallToolRequestSchema, async (request) => {
              console.error("call", request.params.name);
              if (request.params.name === "add") return { content: [] };
              throw new Error("unknown");
            });
            await low.connect(new StdioServerTransport());
        """,
        "patched registration": """
            const original = server.tool.bind(server);
            server.tool = (name, ...rest) => {
              const handler = rest.pop();
              return original(name, ...rest, async (...args) => {
                console.error("tool call", name);
                return handler(...args);
              });
            };
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => ({ content: [] }));
        """,
        "file of entries": """
            import fs from "node:fs";
            function audit(entry) { fs.appendFileSync("/var/log/desk.jsonl", JSON.stringify(entry) + "\\n"); }
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => {
              audit({ tool: "add", ok: true });
              return { content: [] };
            });
        """,
        "finally": """
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => {
              const started = Date.now();
              try {
                return { content: [] };
              } finally {
                console.error(`add took ${Date.now() - started} ms`);
              }
            });
        """,
    },
}
SILENT = {
    "python": {
        "nothing": """
            @mcp.tool()
            def add(a: int, b: int) -> int:
                return a + b
        """,
        "start only": """
            import logging
            logging.info("tool server starts")
            @mcp.tool()
            def add(a: int, b: int) -> int:
                return a + b
        """,
        "errors only": """
            import logging
            @mcp.tool()
            def add(a: int, b: int) -> int:
                try:
                    return a + b
                except Exception:
                    logging.error("add failed")
                    raise
        """,
        "a decorator that logs nothing": """
            def timed(function):
                def inner(*args):
                    return function(*args)
                return inner
            @mcp.tool()
            @timed
            def add(a: int, b: int) -> int:
                return a + b
        """,
    },
    "javascript": {
        "nothing": """
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => ({ content: [] }));
        """,
        "start only": """
            console.error("tool server starts");
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => ({ content: [] }));
        """,
        "errors only": """
            server.tool("add", "Adds.", { a: z.number() }, async ({ a }) => {
              try { return { content: [] }; } catch (error) { console.error("add failed", error); throw error; }
            });
        """,
    },
}


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


def answer(code: Code) -> Outcome:
    assert code.tools
    return calls_are_logged.judge(code).outcome


@pytest.mark.parametrize(("language", "label"), rows(LOGGED))
def test_an_entry_for_every_call_is_recognised(language: str, label: str) -> None:
    assert answer(server(language, LOGGED[language][label])) is Outcome.PASS


@pytest.mark.parametrize(("language", "label"), rows(SILENT))
def test_a_server_without_one_is_told_so(language: str, label: str) -> None:
    assert answer(server(language, SILENT[language][label])) is not Outcome.PASS
