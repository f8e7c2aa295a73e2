"""Small servers for the data rules: sources in, the weaknesses that all collectors together report out."""

# ruff: noqa: E501 - templates of servers

from scanner.collect.code import collect_code
from scanner.collect.dependencies import collect_dependencies
from scanner.collect.inventory import collect_inventory
from scanner.collect.malice import collect_malice
from scanner.collect.secrets import collect_secrets
from tests.unit.collect_members import box, declaration
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

PY_HEAD = "import os, json, logging, sys\nfrom pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('notes')\nlogger = logging.getLogger(__name__)\n"
PY_TAIL = "\nif __name__ == '__main__':\n    mcp.run()\n"
JS_HEAD = (
    'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\n'
    'import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";\n'
    'import { z } from "zod";\nimport fs from "node:fs";\nimport os from "node:os";\nimport path from "node:path";\n'
    'const server = new McpServer({ name: "notes", version: "1.0.0" });\n'
)
JS_TAIL = "\nawait server.connect(new StdioServerTransport());\n"


def py(body: str, before: str = "", args: str = "city: str") -> str:
    """A Python server whose one tool does this."""
    lines = "\n".join("    " + line for line in body.split("\n"))
    return f'{PY_HEAD}{before}\n@mcp.tool()\ndef act({args}) -> str:\n    """Acts."""\n{lines}\n{PY_TAIL}'


def js(body: str, before: str = "") -> str:
    """A JavaScript server whose one tool does this."""
    return f'{JS_HEAD}{before}\nserver.tool("act", "Acts.", {{ city: z.string() }}, async ({{ city }}) => {{\n{body}\n}});\n{JS_TAIL}'


def findings(source: str | dict[str, str], language: str) -> tuple[Finding, ...]:
    """What is reported of a server of one file, or of these files (the first is started)."""
    entry = "server/main.py" if language == "python" else "server/index.js"
    files = {entry: source} if isinstance(source, str) else source
    entry = next(iter(files))
    bundle = box(files)
    told = declaration(entry, "python" if language == "python" else "node")
    inventory = collect_inventory(bundle, told)
    return (
        *inventory.findings,
        *collect_code(bundle, inventory, told).findings,
        *collect_malice(bundle, inventory).findings,
        *collect_secrets(bundle, inventory).findings,
        *collect_dependencies(bundle, inventory, told).findings,
    )


def weaknesses(source: str | dict[str, str], language: str) -> set[Weakness]:
    """The classes that weigh, information left out."""
    return {f.weakness for f in findings(source, language) if f.severity is not Severity.INFO}
