"""One tool with one guard, in either language, and how much of a weakness the analysis sees left behind it."""

import textwrap
import time
from typing import Literal

from scanner.code import ir
from scanner.code.javascript.examine import examine
from scanner.code.javascript.lower import front_end
from tests.unit.python_code import answers
from trust.finding import Finding
from trust.vocabulary import Confidence, Weakness

Left = Literal["all", "half", "nothing"]
"""What a guard leaves: the whole danger, a part of it that is named (tentative), or nothing."""

_HEAD = """import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";
import { exec, execFile, execFileSync, spawn } from "node:child_process";
import dns from "node:dns/promises";
import net from "node:net";
import fs from "node:fs";
import fsp from "node:fs/promises";
import path from "node:path";
import axios from "axios";
import got from "got";
import isPrivateIp from "private-ip";
const server = new McpServer({ name: "s", version: "1" });
const ROOT = "/srv/notes";
"""


def javascript(body: str, shape: str = "{ v: z.string() }", before: str = "") -> list[Finding]:
    """The findings about a server of one tool with this handler."""
    source = (
        f'{_HEAD}{before}\nserver.tool("act", "Acts.", {shape}, async ({{ v }}) => {{\n{body}\n}});\n'
        "await server.connect(new StdioServerTransport());\n"
    )
    files = {"server.js": source}
    module = front_end(files)("server.js", source.encode())
    assert isinstance(module, ir.Module), module
    assert not module.gaps, module.gaps
    return list(examine([module], ["server.js"], time.thread_time() + 30).findings)


def python(body: str, signature: str = "v: str", before: str = "", decorator: str = "@mcp.tool()") -> list[Finding]:
    """The findings about a server of one tool with this body."""
    lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return list(
        answers(f"{textwrap.dedent(before)}\n{decorator}\nasync def act({signature}) -> str:\n{lines}\n").findings
    )


def left(findings: list[Finding], weakness: Weakness) -> Left:
    """How much of the weakness is left."""
    mine = [f for f in findings if f.weakness is weakness]
    if any(f.confidence is not Confidence.TENTATIVE for f in mine):
        return "all"
    return "half" if mine else "nothing"
