"""What the MCP SDKs do by themselves, by version, put together with the version that the bundle fixes.

Each row was read in the published packages of both sides of the change (wheels of PyPI, named in the row). Two
defaults need no row, because no version up to the newest read had another one: fastmcp (2.3 to 4.2) checks no Host
header unless `host_origin_protection` asks for it, and the TypeScript SDK's transports (1.12 to 1.32) none unless
`enableDnsRebindingProtection` does; only `createMcpExpressApp` of the latter does for loopback hosts (since 1.24).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from trust.facts import Code, Component, Dependencies, Listener
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 -- what an old default was
PER_CALLER: Final = ("bearer", "jwt", "oauth", "mtls")


@dataclass(frozen=True, slots=True)
class Since:
    """A default of the Python package `mcp` that came with a version, and where it was read."""

    version: Version
    source: str


LOOPBACK_HOST: Final = Since(Version("1.9.1"), "mcp/server/fastmcp/server.py, Settings.host: mcp 1.9.0 and 1.9.1")
HOST_CHECK: Final = Since(Version("1.23.0"), "mcp/server/fastmcp/server.py, FastMCP.__init__: mcp 1.22.0 and 1.23.0")
BOUND_SESSIONS: Final = Since(
    Version("1.27.2"),
    "mcp/server/sse.py and streamable_http_manager.py, _session_owners: mcp 1.27.1 and 1.27.2 (CVE-2026-52869)",
)


def with_sdk_defaults(code: Code | Gap, dependencies: Dependencies | Gap) -> Code | Gap:
    """The code facts with what the SDK's own version decides. Where the bundle fixes no version nothing is added, so
    that a default nobody can know stays unknown.
    """
    if isinstance(code, Gap) or isinstance(dependencies, Gap) or not code.listeners:
        return code
    known = _Fixed(dependencies.components)
    listeners = tuple(_settled(at, known) for at in code.listeners)
    return replace(code, listeners=listeners, findings=(*code.findings, *_found(code.listeners, listeners, known)))


class _Fixed:
    """Which versions of `mcp` a bundle can run with."""

    def __init__(self, components: Iterable[Component]) -> None:
        named = [c for c in components if c.ecosystem == "pypi" and c.name.lower() == "mcp" and c.scope != "dev"]
        self.versions = [v for c in named if (v := _version(c.version)) is not None]
        ranges = [c.requirement for c in named if c.version is None]
        self.least = max((v for r in ranges if (v := _least(r)) is not None), default=None)

    def has(self, change: Since) -> bool | None:
        """Whether every version that can run has the change, True or False; None when that is not fixed."""
        if self.versions:
            answers = {version >= change.version for version in self.versions}
            return answers.pop() if len(answers) == 1 else None
        return True if self.least is not None and self.least >= change.version else None


def _version(text: str | None) -> Version | None:
    try:
        return Version(text) if text else None
    except InvalidVersion:
        return None


def _least(requirement: str) -> Version | None:
    """The oldest version that a requirement allows, None when it sets no lower bound."""
    try:
        bounds = SpecifierSet(requirement)
    except InvalidSpecifier:
        return None
    return max((Version(s.version) for s in bounds if s.operator in (">=", "~=", ">")), default=None)


def _settled(at: Listener, known: _Fixed) -> Listener:
    """An endpoint of the SDK's FastMCP with its defaults filled in."""
    if at.sdk != "mcp":
        return at
    host = at.host
    if host is None and not at.host_configurable:
        default = known.has(LOOPBACK_HOST)
        host = None if default is None else LOOPBACK[0] if default else EVERYWHERE
    # For a server object that was made with another host than a loopback one the answer is already no.
    checked = known.has(HOST_CHECK) if at.host_check is None else at.host_check
    return replace(at, host=host, host_check=checked)


def _found(before: Iterable[Listener], after: Iterable[Listener], known: _Fixed) -> Iterator[Finding]:
    unbound = known.has(BOUND_SESSIONS) is False
    for old, new in zip(before, after, strict=True):
        if old.host is None and new.host == EVERYWHERE:
            message = "The locked version of the MCP SDK listens on every interface unless it is told a host."
            yield _at(new, Weakness.OPEN_BIND, message)
        if unbound and new.sdk and not new.stateless and new.auth in PER_CALLER:
            version = max(known.versions)
            message = f"The locked MCP SDK {version} gives a session to whoever names it (mended in 1.27.2)."
            yield _at(new, Weakness.SESSION_BINDING, message)


def _at(at: Listener, weakness: Weakness, message: str) -> Finding:
    return Finding("sdk", weakness, Severity.MEDIUM, Confidence.FIRM, message, at.path, at.line)
