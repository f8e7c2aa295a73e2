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
    return examine(modules(**files), ["server.py"], time.thread_time() + 60)


def weaknesses(found: Part) -> set[Weakness]:
    return {f.weakness for f in found.findings}


def following(files: dict[str, str], act: str) -> Part:
    """The facts of files where every `RUN(...)` is `act` with what stands in the brackets in its place."""
    made = {name: f"import os, subprocess\n{_acting(source, act)}" for name, source in files.items()}
    return examine(modules(**made), ["server.py"], time.thread_time() + 60)


def _acting(source: str, act: str) -> str:
    before, run, rest = source.partition("RUN(")
    if not run:
        return source
    depth, end = 1, 0
    while depth:
        depth += {"(": 1, ")": -1}.get(rest[end], 0)
        end += 1
    return before + act.replace("{}", rest[: end - 1]) + _acting(rest[end:], act)
