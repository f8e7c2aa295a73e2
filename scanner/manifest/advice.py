"""Sentences for publishers: where a manifest leaves the schema, and what to write instead.

The keys named here are the mistakes that 78 manifests of real publishers contain, most frequent first.
"""

from collections.abc import Mapping
from typing import Any, Final

from scanner.archive.names import shown
from scanner.manifest.schema import FIRST_VERSION_OF_KEY, VERSIONS, Issue

_META: Final = "move it below `_meta`, under a name of yours such as `com.example`, which needs manifest_version 0.3"

_TOP: Final[Mapping[str, str]] = {
    "platforms": "write it as `compatibility.platforms`",
    "runtimes": "write it as `compatibility.runtimes`",
    "configuration": "describe settings in `user_config`",
    "config": "describe settings in `user_config`",
    "entry_point": "write it as `server.entry_point`",
    "mcp_config": "write it as `server.mcp_config`",
    "command": "write it as `server.mcp_config.command`",
    "args": "write it as `server.mcp_config.args`",
    "env": "write it as `server.mcp_config.env`",
    "categories": "list them in `keywords`",
    "tags": "list them in `keywords`",
    "dependencies": "keep dependencies in package.json or pyproject.toml",
    "requirements": "keep dependencies in pyproject.toml and runtime versions in `compatibility.runtimes`",
    "scripts": "keep scripts in package.json",
    "displayName": "it is spelled `display_name`",
    "privacy_policy": "it is spelled `privacy_policies` and is a list of URLs",
    "bugs": "write the URL as `support`",
    "website": "write it as `homepage`",
    "title": "it is spelled `display_name`",
    "id": "`name` is the identifier: remove it",
}
_PLACES: Final[Mapping[str, Mapping[str, str]]] = {
    "tools": dict.fromkeys(
        ("inputSchema", "input_schema", "outputSchema", "parameters", "annotations", "title"),
        "a tool has only `name` and `description` here, clients ask the running server for the rest: remove it",
    ),
    "user_config": {
        "placeholder": "put the example into `description`",
        "enum": "name the allowed values in `description`",
        "options": "name the allowed values in `description`",
        "choices": "name the allowed values in `description`",
        "minimum": "it is spelled `min`",
        "maximum": "it is spelled `max`",
        "secret": "it is spelled `sensitive`",
        "label": "it is spelled `title`",
        "name": "it is spelled `title`",
    },
    "compatibility": {
        "python": "write it as `compatibility.runtimes.python`",
        "python_version": "write it as `compatibility.runtimes.python`",
        "node": "write it as `compatibility.runtimes.node`",
        "node_version": "write it as `compatibility.runtimes.node`",
        "dxt_version": "the version of the format stands in `manifest_version`: remove it",
        "mcpb_version": "the version of the format stands in `manifest_version`: remove it",
    },
    "server": {
        "command": "write it as `server.mcp_config.command`",
        "args": "write it as `server.mcp_config.args`",
        "env": "write it as `server.mcp_config.env`",
    },
    "mcp_config": {
        "cwd": "use `${__dirname}` in `args` instead, clients set no working directory",
        "platforms": "it is spelled `platform_overrides`",
        "type": "`server.type` says it: remove it",
        "transport": "bundles always talk over standard input and output: remove it",
        "timeout": "clients have their own: remove it",
    },
    "prompts": {"content": "it is spelled `text`", "template": "it is spelled `text`"},
    "icons": {"sizes": "it is spelled `size`, one per icon", "type": "remove it"},
    "localization": {},
    "author": {},
    "repository": {},
}
_ENUM: Final[Mapping[str, str]] = {
    "macos": "darwin",
    "mac": "darwin",
    "osx": "darwin",
    "windows": "win32",
    "win": "win32",
    "win64": "win32",
    "ubuntu": "linux",
    "integer": "number",
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "folder": "directory",
    "path": "directory",
    "text": "string",
    "password": "string",
    "secret": "string",
}
_TYPES: Final[Mapping[str, str]] = {
    "string": "a text in quotes",
    "array": "a list in brackets",
    "object": "an object in braces",
    "boolean": "true or false without quotes",
    "number": "a number without quotes",
}


def shown_path(path: tuple[str | int, ...]) -> str:
    """A path such as ``tools[0].name``, safe to show."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shown(part)}" if text else shown(part)
    return text


def advise(issue: Issue, version: str) -> list[str]:
    """One sentence for each key or value that an issue is about."""
    if issue.rule == "additionalProperties":
        return [_unknown_key(issue.path, key, version) for key in issue.keys]
    if issue.rule == "required":
        return [_missing_key(issue.path, key) for key in issue.keys]
    return [_wrong_value(issue)]


def _unknown_key(path: tuple[str | int, ...], key: str, version: str) -> str:
    field = f"`{shown_path((*path, key))}`"
    if not path:
        first = FIRST_VERSION_OF_KEY.get(key)
        if first:
            newer = f'set "manifest_version": "{first}" (this is {version})'
            return f"{field} needs manifest_version {first} or later; {newer}."
        return f"{field} is not a field of the format; {_TOP.get(key, _META)}."
    place = next((part for part in reversed(path) if part in _PLACES), "")
    fix = _PLACES.get(str(place), {}).get(key)
    if fix is None and place == "compatibility":
        fix = (
            "MANIFEST.md documents keys of other clients here, but strict clients know only `claude_desktop`: remove it"
        )
    return f"{field} is not a field of the format; {fix or 'remove it'}."


def _missing_key(path: tuple[str | int, ...], key: str) -> str:
    field = f"`{shown_path((*path, key))}`"
    if key == "mcp_config":
        example = '{"command": "node", "args": ["${__dirname}/..."]}'
        return f"{field} is missing; add what starts the server, e.g. {example}."
    if path == ("localization",):
        return f"{field} is missing; MANIFEST.md gives it a default, strict clients demand it: add it."
    return f"{field} is missing; add it."


def _wrong_value(issue: Issue) -> str:
    field = f"`{shown_path(issue.path)}`" if issue.path else "The manifest"
    value = issue.value
    if value is None:
        return f"{field} is null; leave an optional field out."
    if issue.rule == "type":
        return f"{field} must be {_TYPES.get(str(issue.expected), str(issue.expected))}; {_type_fix(issue)}."
    if issue.rule == "enum":
        allowed = ", ".join(f"`{item}`" for item in issue.expected)
        return f"{field} is {_quoted(value)}, allowed are {allowed}; {_enum_fix(issue)}."
    if issue.rule == "format":
        kind = "a complete URL such as `https://example.com`" if issue.expected == "uri" else "an e-mail address"
        return f"{field} is {_quoted(value)}, not {kind}; {_format_fix(value)}."
    if issue.rule == "const":
        return f'{field} is {_quoted(value)}; both version keys must be "{issue.expected}", or remove `dxt_version`.'
    if issue.rule == "pattern":
        return f"{field} is {_quoted(value)}; {_pattern_fix(issue)}."
    if issue.rule == "minLength":
        return f"{field} is empty; fill it or leave it out."
    return f"{field} is {_quoted(value)}, which the format does not allow; correct it."


def _quoted(value: Any) -> str:
    return f"`{shown(value if isinstance(value, str) else repr(value)[:200])}`"


def _type_fix(issue: Issue) -> str:
    last = issue.path[-1] if issue.path else ""
    value = issue.value
    if last == "author":
        return 'write {"name": "..."}'
    if last == "repository":
        return 'write {"type": "git", "url": "https://..."}'
    if issue.expected == "string" and isinstance(value, (int, float)):
        return f'write "{str(value).lower()}" in quotes'
    if last == "tools" or "tools" in issue.path:
        return 'write [{"name": "...", "description": "..."}]'
    if issue.expected == "array" and isinstance(value, str):
        return f'write ["{shown(value)}"]'
    return "change it"


def _enum_fix(issue: Issue) -> str:
    value = str(issue.value).lower()
    if issue.path == ("server", "type"):
        if value == "uv":
            return 'type `uv` needs "manifest_version": "0.4"'
        return "say in which language the server is written, the transport is always standard input and output"
    better = _ENUM.get(value)
    return f"write `{better}`" if better in issue.expected else "choose one of these"


def _format_fix(value: Any) -> str:
    text = str(value)
    if not text:
        return "leave an optional field out"
    if text.startswith("git@"):
        return "write the https address of the repository"
    return "write it in full" if "://" not in text else "correct it"


def _pattern_fix(issue: Issue) -> str:
    last = issue.path[-1] if issue.path else ""
    if last == "size":
        return 'write width and height in pixels, e.g. "512x512"'
    if last == "resources":
        return "put `${locale}` where the language goes, e.g. `locales/${locale}.json`"
    return 'write a language tag such as "en-US"'


def unsupported_version(label: object) -> str:
    """The sentence for a version label that is missing or unknown."""
    supported = ", ".join(VERSIONS)
    if label is None:
        return f'manifest.json has no `manifest_version`; add "manifest_version": "0.3" (supported: {supported}).'
    if not isinstance(label, str):
        return f"`manifest_version` is {_quoted(label)}, a text in quotes is needed, one of: {supported}."
    short = ".".join(label.split(".")[:2])
    hint = f'; write "{short}"' if label != short and short in VERSIONS else ""
    return (
        f"`manifest_version` {_quoted(label)} is not known{hint} (supported: {supported}). It is the version of the "
        "format, not yours."
    )
