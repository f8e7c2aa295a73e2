"""Small servers of one or more files in, the facts about their code out: for the questions about meaning."""

import textwrap

from scanner.collect.code import collect_code
from tests.unit.collect_members import box, declaration
from trust.facts import Code, File, Inventory
from trust.finding import Finding
from trust.vocabulary import Weakness

PYTHON = """
import json, os, re, sys
from mcp.server.fastmcp import Context, FastMCP
mcp = FastMCP("desk")
"""
JAVASCRIPT = """
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
const server = new McpServer({ name: "desk", version: "1" });
"""
_KINDS = {"py": "python", "js": "javascript"}


def server(language: str, source: str, **others: str) -> Code:
    """The facts of a server whose entry point holds `source` after the usual imports; `others` are further modules,
    a double underscore in a name being a folder.
    """
    head, end = (PYTHON, "py") if language == "python" else (JAVASCRIPT, "js")
    tail = "\nmcp.run()\n" if language == "python" else "\nawait server.connect(new StdioServerTransport());\n"
    source = textwrap.dedent(source)
    served = "mcp.run(" in source or ".connect(" in source
    content = {f"main.{end}": head + source + ("" if served else tail)}
    content.update({f"{name.replace('__', '/')}.{end}": textwrap.dedent(text) for name, text in others.items()})
    bundle = box(content)
    files = tuple(
        File(path, len(text), "", _KINDS[path.rpartition(".")[2]], "own")  # type: ignore[arg-type]
        for path, text in bundle.content.items()
    )
    kind = "python" if language == "python" else "node"
    code = collect_code(bundle, Inventory(files), declaration(f"main.{end}", kind))  # type: ignore[arg-type]
    assert all(one.parsed == one.files for one in code.languages), code.gaps
    return code


def found(language: str, source: str, weakness: Weakness, **others: str) -> tuple[Finding, ...]:
    """The findings of one class."""
    return server(language, source, **others).found(weakness)
