"""From what publishers write to the names that the catalog uses."""

import re

from registry.models import NAMESPACE_PATTERN, PLATFORM_PATTERN, SERVER_PATTERN

RESERVED = frozenset(
    {"api", "admin", "assay", "accounts", "about", "docs", "gate", "healthz", "help", "latest", "login", "logout"}
    | {"mcp", "modelcontextprotocol", "new", "official", "publish", "registry", "scans", "search", "security"}
    | {"servers", "settings", "static", "system", "trust", "upload", "v0", "v0.1", "verified", "www"}
)
"""Namespaces that nobody can take: addresses of the catalog itself, and names that would pass for its word."""


def is_namespace(text: str) -> bool:
    return re.fullmatch(NAMESPACE_PATTERN, text) is not None


def is_server(text: str) -> bool:
    return re.fullmatch(SERVER_PATTERN, text) is not None


def is_platform(text: str) -> bool:
    return re.fullmatch(PLATFORM_PATTERN, text) is not None


def server_name(declared: str) -> str | None:
    """The catalog's name for a manifest's `name`; None when nothing usable is left.

    A scope (`@acme/weather`) is dropped, since the namespace says whose it is; everything outside `[a-z0-9._-]`
    becomes a dash.
    """
    base = declared.rpartition("/")[2] if declared.startswith("@") else declared
    name = re.sub(r"[^a-z0-9._-]+", "-", base.lower())[:100].strip("._-")
    return name if re.fullmatch(SERVER_PATTERN, name) else None
