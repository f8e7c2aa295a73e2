"""Install snippets: what a hostile manifest can and cannot put into a shell or a configuration."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from registry.web.install import Install, install

DIGEST = "ab" * 32


def made(**server: Any) -> Install:
    manifest = {
        "server": {"type": "node", "entry_point": "index.js", **server},
        "user_config": {"api_key": {"type": "string", "title": "API key", "required": True, "sensitive": True}},
    }
    return install(
        manifest=manifest,
        slug="acme/weather",
        version="1.4.0",
        filename="weather-1.4.0.mcpb",
        sha256=DIGEST,
        url="https://registry.example.org/download",
    )


def text(made: Install, id: str) -> str:
    return next(s.text for s in made.snippets if s.id == id)


HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "'; touch pwned; '",
    "${__dirname}/$(touch pwned)",
    "${user_config.api_key}; touch pwned",
    "\n touch pwned",
)


@pytest.mark.parametrize("argument", HOSTILE)
def test_a_hostile_argument_stays_one_word_of_the_command(argument: str, tmp_path: Path) -> None:
    snippet = text(made(mcp_config={"command": "node", "args": [argument], "env": {"X": argument}}), "claude-code")
    shell = 'claude() { printf "%s\\0" "$@"; }\n'
    ran = subprocess.run(
        ["sh", "-c", shell + snippet],
        cwd=tmp_path,
        env={"HOME": "/home/me", "API_KEY": "secret; touch pwned"},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = argument.replace("${__dirname}", "/home/me/.mcp/acme/weather/1.4.0")
    expected = expected.replace("${user_config.api_key}", "secret; touch pwned")
    assert ran.stdout.split("\0")[:-1] == ["mcp", "add", "weather", "-e", f"X={expected}", "--", "node", expected]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("id", ["vs-code", "cursor", "project", "generic"])
def test_configurations_are_json_with_no_variable_of_the_bundle_left(id: str) -> None:
    config = {"command": "node", "args": ["${__dirname}/x.js", '"quoted"\\'], "env": {"KEY": "${user_config.api_key}"}}
    snippet = text(made(mcp_config=config), id)
    parsed = json.loads(snippet)
    servers = parsed.get("mcpServers") or parsed["servers"]
    assert servers["weather"]["args"][1] == '"quoted"\\'
    assert "${__dirname}" not in snippet
    assert "user_config" not in snippet


def test_vs_code_asks_for_secrets_and_hides_them() -> None:
    config = {"command": "node", "env": {"KEY": "${user_config.api_key}"}}
    parsed = json.loads(text(made(mcp_config=config), "vs-code"))
    assert parsed["inputs"] == [{"type": "promptString", "id": "api_key", "description": "API key", "password": True}]
    assert parsed["servers"]["weather"]["env"] == {"KEY": "${input:api_key}"}


def test_the_download_is_checked_against_its_digest(tmp_path: Path) -> None:
    (tmp_path / "weather-1.4.0.mcpb").write_bytes(b"other bytes")
    ran = subprocess.run(["sh", "-c", made().verify], cwd=tmp_path, capture_output=True, check=False)
    assert ran.returncode != 0
    assert DIGEST in made().verify


@pytest.mark.parametrize("server", [{}, {"mcp_config": None}, {"mcp_config": {"command": 7}}, {"mcp_config": "node"}])
def test_without_a_command_there_is_nothing_to_configure(server: dict[str, Any]) -> None:
    assert made(**server).snippets == ()


def test_a_uv_server_without_a_command_is_run_as_hosts_do() -> None:
    snippet = text(made(type="uv", entry_point="src/main.py"), "project")
    assert json.loads(snippet)["mcpServers"]["weather"]["args"][-1] == "src/main.py"
