"""Which servers a client's configuration file starts, as far as a registry could know them.

Read are `.mcp.json` and `claude_desktop_config.json` (`mcpServers`), VS Code's `mcp.json` (`servers`) and its settings
(`mcp.servers`). An entry maps to the catalog in three ways, and only in these:

1. it says so: `"assay": "namespace/name@1.2.0"` in the entry;
2. its key is a registry name, `namespace/name` or `namespace/name@1.2.0`, as clients write it that install from a
   registry; a `version` beside it counts;
3. it starts a `.mcpb` file of this machine: then the bundle is asked for by the digest of its bytes.

Everything else (an npm or PyPI package, a container, a local program, a bare address) names nothing in the catalog.
Such an entry is reported with the reason and never guessed from a similar name: a look-alike name is an attack.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from client.exits import ClientError
from client.references import NAME, ByDigest, ByName, Reference, Unmapped, parse_name

MAX_BYTES = 4 * 1024 * 1024
RUNNERS = {"npx": "npm", "bunx": "npm", "pnpx": "npm", "uvx": "PyPI", "pipx": "PyPI"}
CONTAINERS = frozenset({"docker", "podman", "nerdctl"})

# Every alternative of these matches in one pass, terminated or not: a crafted file must not cost quadratic time.
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|,(?=\s*+[}\]])', re.DOTALL)


def read_config(path: Path) -> list[Reference]:
    """The entries of a configuration file, in its order. Raises ClientError when it is not such a file."""
    document = _json(path)
    servers = _servers(document)
    if servers is None:
        raise ClientError(
            "config.shape",
            f"{path} has no servers: expected is an object `mcpServers` (.mcp.json, claude_desktop_config.json) "
            "or `servers` (VS Code's mcp.json).",
        )
    return [_reference(key, entry, path.parent) for key, entry in servers.items()]


def _json(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ClientError("config.unreadable", f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise ClientError("config.too_large", f"{path} is larger than {MAX_BYTES:,} bytes: is it the right file?")
    try:
        text = data.decode("utf-8-sig")
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return json.loads(_without_comments(text))
    except UnicodeDecodeError as error:
        raise ClientError("config.encoding", f"{path} is not UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        place = f", line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ClientError("config.invalid_json", f"{path} is not valid JSON{place}: mend it and try again.") from error


def _without_comments(text: str) -> str:
    """JSON with comments and trailing commas, as VS Code writes it, made plain; line numbers stay."""

    def keep(match: re.Match[str]) -> str:
        found = match.group()
        return found if found.startswith('"') else " " + "\n" * found.count("\n")

    return _STRING_OR_LAST_COMMA.sub(keep, _STRING_OR_COMMENT.sub(keep, text))


def _servers(document: Any) -> Mapping[str, Any] | None:
    if not isinstance(document, dict):
        return None
    settings = document.get("mcp")
    candidates = (
        document.get("mcpServers"),
        document.get("servers"),
        settings.get("servers") if isinstance(settings, dict) else None,
        document.get("mcp.servers"),
    )
    return next((found for found in candidates if isinstance(found, dict)), None)


def _reference(key: str, entry: Any, folder: Path) -> Reference:
    if not isinstance(entry, dict):
        return Unmapped(key, "The entry is not an object.")
    stated = entry.get("assay")
    if isinstance(stated, str):
        return _parsed(key, stated)
    if NAME.fullmatch(key.partition("@")[0]):
        version = entry.get("version")
        with_version = f"{key}@{version}" if "@" not in key and isinstance(version, str) and version else key
        return _parsed(key, with_version)
    return next(_local_bundles(key, entry, folder), None) or Unmapped(key, _reason(entry))


def _parsed(key: str, text: str) -> ByName | Unmapped:
    try:
        return parse_name(text, label=key)
    except ClientError as error:
        return Unmapped(key, error.detail)


def _local_bundles(key: str, entry: Mapping[str, Any], folder: Path) -> Iterator[Reference]:
    for word in _words(entry):
        if not word.lower().endswith((".mcpb", ".dxt")):
            continue
        try:
            path = folder / Path(word).expanduser()
            if not path.is_file():
                yield Unmapped(key, f"The bundle {word} is not a file on this machine.")
                continue
            with path.open("rb") as file:
                yield ByDigest(key, hashlib.file_digest(file, "sha256").hexdigest())
        except (OSError, ValueError, RuntimeError) as error:
            yield Unmapped(key, f"The bundle {word} cannot be read: {error}.")


def _words(entry: Mapping[str, Any]) -> list[str]:
    args = entry.get("args")
    return [w for w in (entry.get("command"), *(args if isinstance(args, list) else ())) if isinstance(w, str)]


def _reason(entry: Mapping[str, Any]) -> str:
    advice = 'Name the catalog\'s server in the entry: "assay": "NAMESPACE/NAME@VERSION".'
    words = _words(entry)
    if not words:
        url = entry.get("url")
        host = _host(url) if isinstance(url, str) else None
        what = f"It is a remote server at {host}" if host else "It names no program and no address"
        return f"{what}. {advice}"
    program = re.split(r"[\\/]", words[0])[-1].removesuffix(".exe").removesuffix(".cmd")
    if program in RUNNERS:
        package = next((w for w in words[1:] if not w.startswith("-") and w not in ("run", "tool")), "a package")
        return f"It starts {package} from {RUNNERS[program]}, which the catalog does not index by package. {advice}"
    if program in CONTAINERS:
        return f"It starts a container with {program}. {advice}"
    return f"It starts the local program {program}. {advice}"


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
