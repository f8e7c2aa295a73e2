"""Python source in, the facts about it out: what the tests of the Python analysis share."""

import textwrap
import time

from scanner.code import ir
from scanner.code.part import Part
from scanner.code.python.lower import lower
from scanner.code.python.server import examine
from trust.finding import Gap
from trust.vocabulary import Weakness

SERVER = """
import os, re, shlex, subprocess, sqlite3, pickle, logging, socket, ipaddress, asyncio, json
import httpx, requests, yaml, jinja2, jwt
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlparse
from pydantic import BaseModel, Field
from mcp.server.fastmcp import FastMCP, Context
mcp = FastMCP("notes")
BASE = Path("/srv/notes")
ALLOWED = {"a", "b"}
"""


def modules(**files: str) -> list[ir.Module]:
    """Modules of these names; `__` in a name is a folder."""
    found = []
    for name, source in files.items():
        module = lower(name.replace("__", "/") + ".py", textwrap.dedent(source).encode())
        assert not isinstance(module, Gap), module
        found.append(module)
    return found


def answers(source: str, **others: str) -> Part:
    """The facts of a server whose entry point is `server.py`, with the usual imports before `source`."""
    files = {"server": SERVER + textwrap.dedent(source), **others}
    return examine(modules(**files), ["server.py"], time.monotonic() + 60)


def weaknesses(found: Part) -> set[Weakness]:
    return {f.weakness for f in found.findings}
