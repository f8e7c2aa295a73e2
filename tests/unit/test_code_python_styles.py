"""The same tool written in many styles: found with its name, description and inputs, and followed to what it does."""

import pytest

from scanner.code.part import Part
from tests.unit.python_code import following
from tests.unit.python_entrances import SERVERS as ENTRANCES
from tests.unit.python_entrances_other import SERVERS as OTHER_ENTRANCES
from tests.unit.python_servers import SERVERS
from tests.unit.python_servers_more import SERVERS as MORE
from tests.unit.python_servers_other import SERVERS as OTHER
from tests.unit.python_ways import WAYS
from trust.facts import Tool
from trust.vocabulary import Severity, Signal, Weakness

FLAWED = '(os.system("ping " + {}) or "")'
FIXED = '(subprocess.run(["ping", "--", {}]).stdout or "")'
CONSTANT = '(os.system("ping localhost") or {})'
ACCUSED = (Weakness.COMMAND_INJECTION, Weakness.ARGUMENT_INJECTION)
SERIOUS = (Severity.CRITICAL, Severity.HIGH)
REGISTERED = SERVERS | MORE | OTHER
ENTERED = ENTRANCES | OTHER_ENTRANCES
TOOL = """
from mcp.server.fastmcp import FastMCP
import os, subprocess, asyncio, functools, anyio, contextlib, threading, concurrent.futures, dataclasses, operator
from dataclasses import dataclass, field
from pydantic import BaseModel
hub = FastMCP("a")
{before}
@hub.tool()
async def ping(x: str) -> str:
    "Pings."
{body}
hub.run()
"""


def accused(part: Part) -> set[Weakness]:
    return {f.weakness for f in part.findings if f.weakness in ACCUSED}


def seriously(part: Part) -> bool:
    return any(f.weakness is Weakness.COMMAND_INJECTION and f.severity in SERIOUS for f in part.findings)


def ping(part: Part) -> Tool:
    return next(t for t in part.tools if t.name.endswith("ping"))


@pytest.mark.parametrize("style", REGISTERED)
def test_a_tool_in_any_style_is_found_with_what_it_says(style: str) -> None:
    names, files = REGISTERED[style]
    part = following(files, FIXED)
    tool = ping(part)
    assert set(names) <= {t.name for t in part.tools}
    assert tool.description == "Pings."
    assert [(p.name, p.type) for p in tool.params or ()] in ([("x", "string")], [("params", "object")])
    assert not part.gaps


@pytest.mark.parametrize("style", REGISTERED)
def test_its_input_is_followed_into_a_command_and_not_past_a_list_of_arguments(style: str) -> None:
    files = REGISTERED[style][1]
    assert seriously(following(files, FLAWED))
    fixed = following(files, FIXED)
    assert not accused(fixed)
    assert Signal.PROCESS in ping(fixed).reaches
    assert not accused(following(files, CONSTANT))


@pytest.mark.parametrize("style", ENTERED)
def test_what_comes_in_by_routes_resources_and_prompts_is_followed(style: str) -> None:
    files = ENTERED[style][1]
    assert seriously(following(files, FLAWED))
    assert not accused(following(files, FIXED))


def by(way: str) -> dict[str, str]:
    before, body, files = WAYS[way]
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return {"server": TOOL.format(before=before, body=indented), **files}


@pytest.mark.parametrize("way", WAYS)
def test_an_input_is_followed_on_any_way_through_the_code(way: str) -> None:
    assert seriously(following(by(way), FLAWED))
    fixed = following(by(way), FIXED)
    assert not accused(fixed)
    assert Signal.PROCESS in ping(fixed).reaches
    assert not accused(following(by(way), CONSTANT))


@pytest.mark.parametrize(
    "source",
    [
        "def never(v):\n    return os.system('ping ' + v)\n@hub.tool()\ndef ping(x: str):\n    return x\n",
        "class Old:\n    def go(self, v):\n        os.system(v)\n@hub.tool()\ndef ping(x: str):\n    return x\n",
        "TABLE = {'a': 'ls', 'b': 'df -h'}\n@hub.tool()\ndef ping(x: str):\n    return os.system(TABLE[x])\n",
        "TABLE = {'a': 'ls'}\n@hub.tool()\ndef ping(x: str):\n    return os.system(TABLE.get(x, 'id'))\n",
        "@hub.tool()\ndef ping(x: str):\n    for c in ('ls', 'df'):\n        os.system(c)\n    return x\n",
    ],
    ids=["nobody calls it", "no instance", "fixed commands", "fixed commands by get", "fixed commands in turn"],
)
def test_what_no_input_reaches_is_no_finding(source: str) -> None:
    server = f'from mcp.server.fastmcp import FastMCP\nimport os\nhub = FastMCP("a")\n{source}hub.run()\n'
    assert not accused(following({"server": server}, FLAWED))


def test_an_entry_of_a_table_may_be_what_its_default_is() -> None:
    server = "@mcp.tool()\ndef ping(x: str):\n    return os.system({'a': 'ls'}.get(x, x))\n"
    head = "import os\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('a')\n"
    assert accused(following({"server": head + server}, FLAWED)) == {Weakness.COMMAND_INJECTION}


def test_tools_without_code_and_lists_with_computed_names_are_gaps() -> None:
    listed = """
from mcp.server import Server
from mcp.types import Tool
app = Server("a")
@app.list_tools()
async def tools():
    return [{}]
"""
    lost = following({"server": listed.format('Tool(name="look", description="d", inputSchema={})')}, FLAWED)
    assert [g.reason for g in lost.gaps] == ["The code behind 1 tool(s) was not found: look."]
    computed = following({"server": listed.format("Tool(name=n, inputSchema={}) for n in fetch_names()")}, FLAWED)
    assert [g.reason.partition(";")[0] for g in computed.gaps] == [
        "Tools are listed here under names that the code computes"
    ]
