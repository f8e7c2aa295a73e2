# ruff: noqa: E501  (a case is a server, and reads best with little around it)
"""What the tests of JavaScript servers are written with: heads of files, a dangerous helper and its harmless twin."""

import time

from scanner.code import ir
from scanner.code.javascript.examine import examine
from scanner.code.javascript.lower import front_end
from scanner.code.part import Part
from trust.vocabulary import Weakness

BARE = """import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
"""
SDK = BARE + 'import { sink } from "./sink.js";\n'
MAKE = 'const server = new McpServer({name:"s",version:"1"});\n'
LOW = """import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema, ReadResourceRequestSchema, GetPromptRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { sink } from "./sink.js";
const server = new Server({name:"s",version:"1"},{});
"""
FLAWED = 'import { exec } from "node:child_process";\nexport function sink(x) { return exec(`ls ${x}`); }\n'
SOUND = (
    'import { execFile } from "node:child_process";\nexport function sink(x) { return execFile("ls", ["--", x]); }\n'
)
RUNS = frozenset({Weakness.COMMAND_INJECTION, Weakness.CODE_INJECTION})


def scanned(files: dict[str, str]) -> Part:
    """The facts of a server whose entry point is the file called `index`."""
    lower = front_end(files)
    modules = [lower(name, text.encode()) for name, text in files.items()]
    entry = next(name for name in files if name.startswith("index."))
    return examine([m for m in modules if isinstance(m, ir.Module)], [entry], time.thread_time() + 30)


def with_helper(files: dict[str, str], helper: str) -> Part:
    """The same server with the helper that its tools call, in the language of its entry point."""
    suffix = "ts" if "index.ts" in files else "js"
    return scanned({**files, f"sink.{suffix}": helper})


def runs(part: Part) -> bool:
    """Whether something a caller sends is run as a command or as code."""
    return any(f.weakness in RUNS for f in part.findings)
