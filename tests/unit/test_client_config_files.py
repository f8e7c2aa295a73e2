"""Which catalog entries a client's configuration names, and why the others name none."""

import hashlib
import json
import time
from pathlib import Path

import pytest

from client.config_files import read_config
from client.exits import ClientError
from client.references import ByDigest, ByName, Unmapped


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mcp.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "document",
    [
        {"mcpServers": {"acme/weather": {"command": "x"}}},
        {"servers": {"acme/weather": {"type": "stdio", "command": "x"}}, "inputs": []},
        {"editor.tabSize": 2, "mcp": {"servers": {"acme/weather": {"command": "x"}}}},
        {"mcp.servers": {"acme/weather": {"command": "x"}}},
    ],
    ids=["mcp.json", "vscode-mcp.json", "vscode-settings", "vscode-settings-flat"],
)
def test_every_supported_file_shape(tmp_path: Path, document: object) -> None:
    assert read_config(written(tmp_path, json.dumps(document))) == [ByName("acme/weather", "acme/weather")]


@pytest.mark.parametrize(
    ("key", "entry", "expected"),
    [
        ("acme/weather", {"command": "x"}, ByName("acme/weather", "acme/weather")),
        ("acme/weather@1.2.0", {"command": "x"}, ByName("acme/weather@1.2.0", "acme/weather", "1.2.0")),
        ("io.github.acme/w", {"version": "1.2.0"}, ByName("io.github.acme/w", "io.github.acme/w", "1.2.0")),
        ("weather", {"assay": "acme/weather@2.0.0"}, ByName("weather", "acme/weather", "2.0.0")),
        ("evil/name", {"assay": "acme/weather"}, ByName("evil/name", "acme/weather")),
    ],
)
def test_entries_that_name_a_server(tmp_path: Path, key: str, entry: object, expected: ByName) -> None:
    assert read_config(written(tmp_path, json.dumps({"mcpServers": {key: entry}}))) == [expected]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"command": "npx", "args": ["-y", "@acme/weather@1.2.0"]}, "@acme/weather@1.2.0 from npm"),
        ({"command": "C:\\node\\npx.cmd", "args": ["weather"]}, "weather from npm"),
        ({"command": "uvx", "args": ["acme-weather"]}, "acme-weather from PyPI"),
        ({"command": "pipx", "args": ["run", "acme-weather"]}, "acme-weather from PyPI"),
        ({"command": "docker", "args": ["run", "--rm", "acme/weather"]}, "container"),
        ({"command": "/opt/weather/bin/serve"}, "local program serve"),
        ({"url": "https://weather.example/mcp"}, "remote server at weather.example"),
        ({"url": "http://[::1"}, "no program and no address"),
        ({"command": 3, "args": "x"}, "no program and no address"),
        ({"assay": "weather"}, "not a server name"),
        ({"command": "x", "args": ["missing.mcpb"]}, "not a file"),
        ({"command": "x", "args": ["\u0000.mcpb"]}, "not a file"),
        ({"command": "~nobody-of-that-name/x.mcpb"}, "cannot be read"),
        ("npx weather", "not an object"),
        (None, "not an object"),
    ],
)
def test_entries_that_name_none_say_why(tmp_path: Path, entry: object, why: str) -> None:
    (found,) = read_config(written(tmp_path, json.dumps({"mcpServers": {"weather": entry}})))
    assert isinstance(found, Unmapped)
    assert found.label == "weather"
    assert why in found.reason


def test_a_look_alike_key_is_not_guessed_from_the_package_it_starts(tmp_path: Path) -> None:
    entry = {"command": "npx", "args": ["acme/weather"]}
    (found,) = read_config(written(tmp_path, json.dumps({"mcpServers": {"weather": entry}})))
    assert isinstance(found, Unmapped)


def test_a_bundle_on_this_machine_is_asked_for_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "weather.mcpb").write_bytes(b"bundle")
    entry = {"command": "mcpb-run", "args": ["--quiet", "weather.mcpb"]}
    expected = ByDigest("weather", hashlib.sha256(b"bundle").hexdigest())
    assert read_config(written(tmp_path, json.dumps({"mcpServers": {"weather": entry}}))) == [expected]


def test_comments_and_trailing_commas_as_editors_write_them(tmp_path: Path) -> None:
    text = """\ufeff{
      // servers of the team
      "servers": {
        "acme/weather": {"command": "x", "args": ["http://a//b", "/* kept */", "a,]",],}, /* the
        second one */
        "acme/maps": {"command": "say \\"hi\\" // kept"},  // last
      },
    }"""
    found = read_config(written(tmp_path, text))
    assert found == [ByName("acme/weather", "acme/weather"), ByName("acme/maps", "acme/maps")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not valid JSON, line 1"),
        ('{"mcpServers": {\n  "a": \n}', "line 3"),
        ("[1]", "has no servers"),
        ('{"mcpServers": []}', "has no servers"),
        ('{"other": {}}', "has no servers"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_files_that_are_no_configuration(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ClientError, match=why) as raised:
        read_config(written(tmp_path, text))
    assert raised.value.exit_code == 2


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ClientError, match="not UTF-8"):
        read_config(path)


@pytest.mark.parametrize("piece", ["// a ", "/* ", '\\"', ", ", '"', "//*", "/**/,"])
def test_a_crafted_file_costs_no_more_than_its_length(tmp_path: Path, piece: str) -> None:
    started = time.monotonic()
    with pytest.raises(ClientError):
        read_config(written(tmp_path, '{"a": "' + piece * (1_000_000 // len(piece))))
    with pytest.raises(ClientError):
        read_config(written(tmp_path, "{" + piece * (1_000_000 // len(piece))))
    assert time.monotonic() - started < 5
