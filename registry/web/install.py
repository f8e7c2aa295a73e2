"""How a client is told to run a release: commands and configuration, pinned to one version and its digest.

Everything from the manifest is hostile: it reaches JSON through `json.dumps` and a shell through `shlex.quote`.
Sources: the documentation of each client's MCP configuration (mid-2026) and MCPB.md 1.3 for the variables.
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

FOLDER = "${__dirname}"
USER_CONFIG = re.compile(r"\$\{user_config\.([^}]+)\}")
SAFE_NAME = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Something to copy: which client, where it goes, and the text."""

    id: str
    client: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that the client will ask its user for."""

    key: str
    title: str
    description: str
    required: bool
    sensitive: bool
    type: str


@dataclass(frozen=True, slots=True)
class Install:
    """All there is to install one bundle. `snippets` is empty where the manifest names no command to run."""

    fetch: str
    verify: str
    unpack: str
    settings: tuple[Setting, ...]
    snippets: tuple[Snippet, ...]


def install(*, manifest: Json, slug: str, version: str, filename: str, sha256: str, url: str) -> Install:
    """Build the snippets of one bundle. `slug` is `namespace/name`, `url` the absolute download address."""
    short = slug.rpartition("/")[2]
    home = f".mcp/{slug}/{version}"
    folder = f'"$HOME"/{shlex.quote(home)}'
    command = run_command(manifest)
    fields = settings_of(manifest)
    return Install(
        fetch=f"curl -fL {shlex.quote(url)} -o {shlex.quote(filename)}",
        verify=f"echo {shlex.quote(f'{sha256}  {filename}')} | sha256sum --check",
        unpack=f"mkdir -p {folder} && unzip -q {shlex.quote(filename)} -d {folder}",
        settings=fields,
        snippets=snippets(short, home, command, fields) if command else (),
    )


def run_command(manifest: Json) -> Json | None:
    """The manifest's `mcp_config` when it names a command; what hosts run for `uv` without one (MCPB.md 1.3)."""
    server = manifest.get("server")
    if not isinstance(server, Mapping):
        return None
    config = server.get("mcp_config")
    if isinstance(config, Mapping) and isinstance(config.get("command"), str):
        return config
    if server.get("type") == "uv":
        return {"command": "uv", "args": ["run", "--directory", FOLDER, str(server.get("entry_point", ""))]}
    return None


def settings_of(manifest: Json) -> tuple[Setting, ...]:
    entries = manifest.get("user_config")
    if not isinstance(entries, Mapping):
        return ()
    return tuple(
        Setting(
            key=str(key),
            title=str(entry.get("title", key)),
            description=str(entry.get("description", "")),
            required=entry.get("required") is True,
            sensitive=entry.get("sensitive") is True,
            type=str(entry.get("type", "string")),
        )
        for key, entry in entries.items()
        if isinstance(entry, Mapping)
    )


def snippets(short: str, home: str, command: Json, fields: tuple[Setting, ...]) -> tuple[Snippet, ...]:
    by_env = filled(command, lambda key: f"${{{variable(key)}}}", f"${{HOME}}/{home}")
    by_input = filled(command, lambda key: f"${{input:{key}}}", f"${{userHome}}/{home}")
    by_hand = filled(command, lambda key: f"<{key}>", f"/path/to/your/home/{home}")
    cursor = filled(command, lambda key: f"${{env:{variable(key)}}}", f"${{userHome}}/{home}")
    inputs = [{"type": "promptString", "id": f.key, "description": f.title, "password": f.sensitive} for f in fields]
    code: dict[str, Any] = {"servers": {short: {"type": "stdio", **by_input}}}
    return (
        Snippet("claude-code", "Claude Code", "one command in a terminal", claude_code(short, home, command)),
        Snippet("vs-code", "VS Code", ".vscode/mcp.json", pretty({"inputs": inputs, **code} if inputs else code)),
        Snippet("cursor", "Cursor", ".cursor/mcp.json", pretty({"mcpServers": {short: cursor}})),
        Snippet(
            "project", "Project file", ".mcp.json; values from the environment", pretty({"mcpServers": {short: by_env}})
        ),
        Snippet("generic", "Any other client", "its MCP configuration", pretty({"mcpServers": {short: by_hand}})),
    )


def pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def variable(key: str) -> str:
    """An environment variable's name for a `user_config` key."""
    return SAFE_NAME.sub("_", key).upper()


def filled(command: Json, value: Callable[[str], str], folder: str) -> dict[str, Any]:
    """The command with its variables replaced, as the fields that client configurations share."""

    def fill(text: object) -> str:
        return USER_CONFIG.sub(lambda match: value(match[1]), str(text)).replace(FOLDER, folder)

    args, env = arguments(command), environment(command)
    made: dict[str, Any] = {"command": fill(command["command"]), "args": [fill(a) for a in args]}
    if env:
        made["env"] = {name: fill(text) for name, text in env.items()}
    return made


def arguments(command: Json) -> list[str]:
    args = command.get("args")
    return [str(a) for a in args] if isinstance(args, list | tuple) else []


def environment(command: Json) -> dict[str, str]:
    env = command.get("env")
    return {str(k): str(v) for k, v in env.items()} if isinstance(env, Mapping) else {}


def claude_code(short: str, home: str, command: Json) -> str:
    """`claude mcp add`, with the folder and the user's values as shell variables outside the quotes."""

    def word(text: str) -> str:
        parts = re.split(r"(\$\{__dirname\}|\$\{user_config\.[^}]+\})", text)
        return "".join(shell_part(part, home) for part in parts if part) or "''"

    env = "".join(f" -e {word(f'{name}={text}')}" for name, text in environment(command).items())
    words = " ".join(word(text) for text in (str(command["command"]), *arguments(command)))
    return f"claude mcp add {shlex.quote(short)}{env} -- {words}"


def shell_part(part: str, home: str) -> str:
    if part == FOLDER:
        return f'"$HOME"/{shlex.quote(home)}'
    match = USER_CONFIG.fullmatch(part)
    return f'"${variable(match[1])}"' if match else shlex.quote(part)
