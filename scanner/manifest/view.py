"""The typed view of a manifest: what the rest of the scanner reads instead of the raw JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, cast

Json = Mapping[str, Any]
ConfigType = Literal["string", "number", "boolean", "directory", "file"]
ConfigDefault = str | int | float | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What a host really starts on one platform: ``mcp_config`` with that platform's override applied.

    ``platform`` is "default" or the key of the override. An override replaces ``command``, ``args`` and ``env`` each
    as a whole; env is not merged. (MCPB.md 1.3, `dist/shared/config.js` of the official package.)
    """

    platform: str
    command: str
    args: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ConfigField:
    key: str
    type: ConfigType
    title: str
    description: str
    required: bool = False
    sensitive: bool = False
    default: ConfigDefault = None
    multiple: bool = False
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class DeclaredTool:
    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredPrompt:
    name: str
    text: str
    description: str | None = None
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Icon:
    src: str
    size: str
    theme: str | None = None


@dataclass(frozen=True, slots=True)
class Localization:
    resources: str
    default_locale: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest.json, checked. ``raw`` is the parsed object as written; treat both mappings as read-only."""

    manifest_version: str
    name: str
    version: str
    display_name: str | None
    description: str
    long_description: str | None
    author: Author
    license: str | None
    repository_url: str | None
    homepage: str | None
    documentation: str | None
    support: str | None
    server_type: str
    entry_point: str
    commands: tuple[Command, ...]
    user_config: tuple[ConfigField, ...]
    tools: tuple[DeclaredTool, ...]
    prompts: tuple[DeclaredPrompt, ...]
    tools_generated: bool
    prompts_generated: bool
    keywords: tuple[str, ...]
    privacy_policies: tuple[str, ...]
    platforms: tuple[str, ...]
    runtimes: Mapping[str, str]
    icon: str | None
    icons: tuple[Icon, ...]
    screenshots: tuple[str, ...]
    localization: Localization | None
    meta: Mapping[str, Any]
    raw: Mapping[str, Any]


_PLATFORMS: Final = ("default", "darwin", "win32", "linux")
_JUDGED: Final = 8


def judged_commands(manifest: Manifest) -> tuple[Command, ...]:
    """The commands that some host can use, and a few more: an override for every one of 2,000 keys is not looked at."""
    usable = [command for command in manifest.commands if command.platform in _PLATFORMS]
    others = [command for command in manifest.commands if command.platform not in _PLATFORMS]
    return (*usable, *others[:_JUDGED])


def _frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


def _default(value: object) -> ConfigDefault:
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return cast("ConfigDefault", value)


def _commands(config: Json) -> Iterator[Command]:
    base = Command("default", config["command"], tuple(config.get("args", ())), _frozen(config.get("env", {})))
    yield base
    for platform, override in config.get("platform_overrides", {}).items():
        yield Command(
            platform,
            override.get("command", base.command),
            tuple(override.get("args", base.args)),
            _frozen(override["env"]) if "env" in override else base.env,
        )


def _uv_command(entry_point: str) -> Command:
    """What hosts run for type ``uv`` without mcp_config (MCPB.md 1.3, the official hello-world-uv example)."""
    return Command("default", "uv", ("run", "--directory", "${__dirname}", entry_point), _frozen({}))


def _fields(user_config: Json) -> Iterator[ConfigField]:
    for key, entry in user_config.items():
        yield ConfigField(
            key=key,
            type=entry["type"],
            title=entry["title"],
            description=entry["description"],
            required=entry.get("required", False),
            sensitive=entry.get("sensitive", False),
            default=_default(entry.get("default")),
            multiple=entry.get("multiple", False),
            min=entry.get("min"),
            max=entry.get("max"),
        )


def _localization(entry: Json | None) -> Localization | None:
    """MANIFEST.md gives both keys a default; the schema requires both (reported elsewhere)."""
    if entry is None:
        return None
    return Localization(entry.get("resources", "mcpb-resources/${locale}.json"), entry.get("default_locale", "en-US"))


def _web_address(url: str) -> str:
    """Npm writes repositories as ``git+https://``; what follows the plus is the page."""
    return url[4:] if url.lower().startswith(("git+https://", "git+http://")) else url


def view(raw: Json, manifest_version: str) -> Manifest:
    """Build the typed view of an object that has passed the schema (the lenient one is enough)."""
    server: Json = raw["server"]
    author: Json = raw["author"]
    compatibility: Json = raw.get("compatibility", {})
    config: Json | None = server.get("mcp_config")
    return Manifest(
        manifest_version=manifest_version,
        name=raw["name"],
        version=raw["version"],
        display_name=raw.get("display_name"),
        description=raw["description"],
        long_description=raw.get("long_description"),
        author=Author(author["name"], author.get("email"), author.get("url")),
        license=raw.get("license"),
        repository_url=_web_address(raw["repository"]["url"]) if "repository" in raw else None,
        homepage=raw.get("homepage"),
        documentation=raw.get("documentation"),
        support=raw.get("support"),
        server_type=server["type"],
        entry_point=server["entry_point"],
        commands=tuple(_commands(config)) if config is not None else (_uv_command(server["entry_point"]),),
        user_config=tuple(_fields(raw.get("user_config", {}))),
        tools=tuple(DeclaredTool(t["name"], t.get("description")) for t in raw.get("tools", ())),
        prompts=tuple(
            DeclaredPrompt(p["name"], p["text"], p.get("description"), tuple(p.get("arguments", ())))
            for p in raw.get("prompts", ())
        ),
        tools_generated=raw.get("tools_generated", False),
        prompts_generated=raw.get("prompts_generated", False),
        keywords=tuple(raw.get("keywords", ())),
        privacy_policies=tuple(raw.get("privacy_policies", ())),
        platforms=tuple(compatibility.get("platforms", ())),
        runtimes=_frozen(compatibility.get("runtimes", {})),
        icon=raw.get("icon"),
        icons=tuple(Icon(i["src"], i["size"], i.get("theme")) for i in raw.get("icons", ())),
        screenshots=tuple(raw.get("screenshots", ())),
        localization=_localization(raw.get("localization")),
        meta=_frozen(raw.get("_meta", {})),
        raw=_frozen(raw),
    )
