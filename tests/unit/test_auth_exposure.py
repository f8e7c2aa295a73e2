"""How a server is started and published beside its code: manifest arguments, Dockerfiles, Compose ports."""

import pytest

from scanner.collect.code import collect_code
from tests.unit.collect_members import box
from trust.facts import Code, Command, Declaration, File, Inventory
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

APP = """from mcp.server.fastmcp import FastMCP
mcp = FastMCP("notes")

@mcp.tool()
def act(v: str) -> str:
    return v

app = mcp.streamable_http_app()
"""
GUARDED = (
    APP
    + """
import os
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse

class Gate(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.headers.get("x-api-key") != os.environ["GATE_KEY"]:
            return JSONResponse({}, status_code=401)
        return await call_next(request)

app.add_middleware(Gate)
"""
)
CHOICE = (
    APP
    + """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--transport", default="stdio")
args = parser.parse_args()
if args.transport == "stdio":
    mcp.run()
else:
    mcp.run(transport="streamable-http")
"""
)


def code(source: str, command: Command, **files: str) -> Code:
    content = {"server.py": source, **{name.replace("__", "."): text for name, text in files.items()}}
    listed = tuple(File(p, len(t), "", "python" if p.endswith(".py") else "text", "own") for p, t in content.items())
    declaration = Declaration("0.3", "n", "1.0.0", "d", "python", "server.py", (command,))
    return collect_code(box(content), Inventory(listed), declaration)


def bind(found: Code) -> list[Finding]:
    return [f for f in found.findings if f.weakness is Weakness.OPEN_BIND]


PLAIN = Command("default", "python", ("server.py",))


@pytest.mark.parametrize(
    ("command", "host", "severity"),
    [
        (Command("default", "uvicorn", ("server:app",)), "127.0.0.1", None),
        (Command("default", "uvicorn", ("server:app", "--host", "0.0.0.0")), "0.0.0.0", Severity.HIGH),
        (Command("default", "python", ("-m", "uvicorn", "server:app", "--host=0.0.0.0")), "0.0.0.0", Severity.HIGH),
        (Command("default", "uv", ("run", "uvicorn", "server:app", "--host", "127.0.0.1")), "127.0.0.1", None),
        (Command("default", "gunicorn", ("-b", "0.0.0.0:8000", "server:app")), "0.0.0.0", Severity.HIGH),
    ],
)
def test_a_server_that_the_manifest_starts_is_an_endpoint(
    command: Command, host: str, severity: Severity | None
) -> None:
    found = code(APP, command)
    (at,) = found.listeners
    assert (at.path, at.host, at.auth, at.on_by_default) == ("manifest.json", host, "none", True)
    assert [f.severity for f in bind(found)] == ([] if severity is None else [severity])


def test_what_the_code_asks_of_callers_holds_whoever_starts_it() -> None:
    found = code(GUARDED, Command("default", "uvicorn", ("server:app", "--host", "0.0.0.0")))
    assert [at.auth for at in found.listeners] == ["shared-secret"]
    assert [f.severity for f in bind(found)] == [Severity.MEDIUM]


@pytest.mark.parametrize(
    ("command", "on"),
    [
        (PLAIN, False),
        (Command("default", "python", ("server.py", "--transport", "stdio")), False),
        (Command("default", "python", ("server.py", "--transport", "streamable-http")), True),
        (Command("default", "python", ("server.py", "--transport=sse")), True),
        (Command("default", "python", ("server.py", "--http")), True),
        (Command("default", "python", ("server.py",), (("MCP_TRANSPORT", "http"),)), True),
        (Command("default", "python", ("server.py",), (("MCP_TRANSPORT", "stdio"),)), False),
    ],
)
def test_what_the_code_leaves_to_choice_the_manifest_may_have_chosen(command: Command, on: bool) -> None:
    (at,) = code(CHOICE, command).listeners
    assert at.on_by_default is on


COMPOSE = """services:
  notes:
    build: .
    environment:
      - A=1:2
    ports:
      - "{port}"
  cache:
    image: redis
    ports:
      - "6379:6379"
"""


@pytest.mark.parametrize(
    ("port", "open_"),
    [
        ("8000:8000", True),
        ("0.0.0.0:8000:8000", True),
        ("${PORT:-8000}:8000", True),
        ("8000", True),
        ("127.0.0.1:8000:8000", False),
        ("127.0.0.1:${PORT:-8000}:8000", False),
        ("[::1]:8000:8000", False),
    ],
)
def test_ports_of_the_service_that_is_built_here(port: str, open_: bool) -> None:
    found = bind(code(CHOICE, PLAIN, compose__yaml=COMPOSE.replace("{port}", port)))
    assert [(f.line, f.severity) for f in found] == ([(7, Severity.MEDIUM)] if open_ else [])


def test_an_image_that_listens_everywhere_is_noted_and_a_server_without_a_network_is_not_asked() -> None:
    image = 'FROM python:3.13\nUSER 1000\nCMD ["uvicorn", "server:app", "--host", "0.0.0.0"]\n'
    assert [(f.line, f.severity) for f in bind(code(CHOICE, PLAIN, Dockerfile=image))] == [(3, Severity.LOW)]
    assert not bind(code(CHOICE, PLAIN, Dockerfile=image.replace("0.0.0.0", "127.0.0.1")))
    assert not bind(code(APP + "mcp.run()\n", PLAIN, Dockerfile=image))
