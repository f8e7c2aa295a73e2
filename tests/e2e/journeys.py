"""What the browser tests do again and again: wait for scores, make an account, build a bundle, look for barriers."""

import io
import itertools
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.live import LiveStack

PASSWORD = "a-long-password-for-a-test-9"
_numbers = itertools.count(1)

CARELESS = '''"""A server with one planted flaw: a tool argument is evaluated."""

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("calculator")


@mcp.tool()
def calculate(expression: str) -> str:
    """Evaluate an arithmetic expression."""
    return str(eval(expression))


mcp.run()
'''


def wait_for_scores(stack: LiveStack, within: float = 120.0) -> list[dict[str, Any]]:
    """Every listed server, once none of them waits for its scan."""
    stack.wait_for_samples()
    deadline = time.monotonic() + within
    while True:
        rows: list[dict[str, Any]] = httpx.get(f"{stack.base_url}/api/v1/servers?limit=100").json()["items"]
        if rows and not any(row["status"] in ("scanning", "queued") for row in rows):
            return rows
        assert time.monotonic() < deadline, f"scans unfinished after {within} s: {rows}"
        time.sleep(0.5)


def sign_up(page: Page) -> str:
    """Make an account through the form; the page is signed in afterwards. Returns its name."""
    name = f"person{next(_numbers)}"
    page.goto("/sign-up")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/publish")
    return name


def write_bundle(folder: Path, name: str, version: str = "1.0.0", *, title: str = "Calculator") -> Path:
    """A bundle of a Python server with one tool and one planted flaw."""
    manifest = {
        "manifest_version": "0.3",
        "name": name,
        "display_name": title,
        "version": version,
        "description": "Evaluates an expression.",
        "author": {"name": "A publisher"},
        "server": {
            "type": "python",
            "entry_point": "server/main.py",
            "mcp_config": {"command": "python3", "args": ["${__dirname}/server/main.py"]},
        },
        "tools": [{"name": "calculate", "description": "Evaluates an arithmetic expression."}],
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("server/main.py", CARELESS)
    path = folder / f"{name}-{version}.mcpb"
    path.write_bytes(written.getvalue())
    return path


def barriers(page: Page) -> list[str]:
    """What axe finds, one line per rule and first place. It is run through the debugger, so the policy stays strict."""
    found = Axe().run(page).response["violations"]
    return [f"{page.url} {v['id']}: {v['nodes'][0]['target']} {v['nodes'][0]['failureSummary']}" for v in found]
