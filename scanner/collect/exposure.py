"""How a server is started and published, beside its code: arguments of the manifest, container files, Compose ports.

Sources: uvicorn, hypercorn, gunicorn and fastmcp as they document their command lines; Compose specification, `ports`
(an entry without an address is published on every interface of the host); Dockerfile reference, `CMD`, `ENV`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from scanner.bundle import MemberTooLarge
from scanner.collect.members import Members
from trust.facts import Command, Declaration, Inventory, Listener
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

Auth = Literal["none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls"]
MANIFEST: Final = "manifest.json"
_LIMIT: Final = 256 << 10
_EVERYWHERE: Final = ("0.0.0.0", "::", "[::]", "*")  # noqa: S104 -- searched for, not bound
_SERVERS: Final = frozenset({"uvicorn", "hypercorn", "gunicorn", "granian", "waitress-serve", "fastapi", "daphne"})
_NETWORK: Final = re.compile(r"^(?:streamable[-_]?http|http[-_]?stream|http|sse|websocket|ws)$", re.IGNORECASE)
_MODE: Final = re.compile(r"^--?(?:transport|mode|protocol)$", re.IGNORECASE)
_FLAG: Final = re.compile(r"^--(?:http|sse|streamable[-_]?http|remote|web)$", re.IGNORECASE)
_HOST: Final = re.compile(r"^(?:--(?:host|bind|listen|address|hostname)|-b)$", re.IGNORECASE)
_HOST_NAME: Final = re.compile(r"(?:^|_)(?:host|bind|listen|address)(?:_|$)", re.IGNORECASE)
_TRANSPORT_NAME: Final = re.compile(r"transport|(?:^|_)mode$", re.IGNORECASE)
_DOCKERFILE: Final = re.compile(r"(?:^|/)(?:[\w.-]+\.)?(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$", re.IGNORECASE)
_COMPOSE: Final = re.compile(r"(?:^|/)(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml$", re.IGNORECASE)
_STARTS: Final = re.compile(r"^\s*(?:CMD|ENTRYPOINT|ENV)\b.*?(?:0\.0\.0\.0|[\"' =]::[\"' ]|\[::\])", re.IGNORECASE)
_SERVICE: Final = re.compile(r"^  (?:\"|')?([\w.-]+)(?:\"|')?:\s*(?:#.*)?$")
_PORT: Final = re.compile(r"^\s*-\s*[\"']?((?:\$\{[^}]*\}|[\w.:\[\]-])+?)(?:/(?:tcp|udp))?[\"']?\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the server's code asks of callers, for a server that something else than the code starts."""

    auth: Auth = "none"
    host_check: bool | None = None


def started(
    declaration: Declaration | Gap, listeners: Sequence[Listener], asked: Asked
) -> tuple[tuple[Listener, ...], tuple[Finding, ...]]:
    """The endpoints as the manifest starts them, and findings about the addresses it names."""
    if isinstance(declaration, Gap):
        return tuple(listeners), ()
    found = list(listeners)
    findings: list[Finding] = []
    for command in declaration.commands:
        words = (command.command.rpartition("/")[2], *command.args)
        served = any(w.rpartition("/")[2] in _SERVERS for w in words[:4])
        networked = served or _asks_for_network(command)
        if networked:
            # What the code leaves to choice, the manifest has chosen.
            found = [replace(at, on_by_default=True) for at in found]
        host = _host(command)
        if served and not any(at.path == MANIFEST for at in found) and not found:
            checked = bool(asked.host_check)
            found.append(Listener(MANIFEST, 1, "http", host or "127.0.0.1", auth=asked.auth, host_check=checked))
        if host in _EVERYWHERE and (networked or found):
            severity = Severity.HIGH if networked and asked.auth in ("none", "optional") else Severity.MEDIUM
            message = f"The manifest starts the server on every network interface ({host})."
            findings.append(_finding(severity, message, MANIFEST, None, " ".join(words)[:200]))
    return tuple(found), tuple(dict.fromkeys(findings))


def published(bundle: Members, inventory: Inventory, listeners: Sequence[Listener]) -> tuple[Finding, ...]:
    """Findings of container files; only for servers that speak over a network at all."""
    if not listeners:
        return ()
    findings: list[Finding] = []
    for file in inventory.files:
        kind = _COMPOSE.search(file.path) or _DOCKERFILE.search(file.path)
        if file.role == "vendored" or kind is None or file.size > _LIMIT:
            continue
        try:
            lines = bundle.read(file.path, _LIMIT).decode("utf-8", "replace").splitlines()
        except MemberTooLarge:
            continue
        findings += _compose(file.path, lines) if _COMPOSE.search(file.path) else _dockerfile(file.path, lines)
    return tuple(findings)


def _asks_for_network(command: Command) -> bool:
    for before, word in zip(("", *command.args), command.args, strict=False):
        name, _, value = word.partition("=")
        if _FLAG.match(name) or (_MODE.match(name) and _NETWORK.match(value)):
            return True
        if _MODE.match(before) and _NETWORK.match(word):
            return True
    return any(_TRANSPORT_NAME.search(k) and _NETWORK.match(v) for k, v in command.env)


def _host(command: Command) -> str | None:
    """The address that arguments or variables name."""
    for before, word in zip(("", *command.args), command.args, strict=False):
        name, _, value = word.partition("=")
        given = value if value and _HOST.match(name) else word if _HOST.match(before) else ""
        if given:
            return given.rpartition(":")[0] if before == "-b" or re.search(r":\d+$", given) else given
    return next((v for k, v in command.env if _HOST_NAME.search(k) and v in _EVERYWHERE), None)


def _dockerfile(path: str, lines: Sequence[str]) -> Iterator[Finding]:
    """Inside a container every interface is needed to be published at all; who publishes it decides the rest."""
    for number, line in enumerate(lines, 1):
        if _STARTS.match(line):
            message = "The image starts the server on every interface of its container."
            yield _finding(Severity.LOW, message, path, number, line.strip()[:200])


def _compose(path: str, lines: Sequence[str]) -> Iterator[Finding]:
    """Published ports of the services that are built here, without an address of the host."""
    for body in _services(lines):
        if not any(re.match(r"^\s{4}build:", line) for _, line in body):
            continue
        inside = False
        for number, line in body:
            if re.match(r"^\s{4}[\w-]+:", line):
                inside = line.strip().startswith("ports:")
                continue
            port = _PORT.match(line) if inside else None
            if port is not None and _is_open(port[1]):
                message = "The port is published on every network interface of the host."
                yield _finding(Severity.MEDIUM, message, path, number, line.strip()[:200])


def _services(lines: Sequence[str]) -> Iterable[list[tuple[int, str]]]:
    services: list[list[tuple[int, str]]] = []
    for number, line in enumerate(lines, 1):
        if _SERVICE.match(line) or (re.match(r"^\S", line) and not line.startswith("#")):
            services.append([])
        elif services:
            services[-1].append((number, line))
    return services


def _is_open(port: str) -> bool:
    """`8000:8000` and `0.0.0.0:8000:8000`, not `127.0.0.1:8000:8000`; `8000` alone picks an open port too."""
    plain = re.sub(r"\$\{[^}]*\}", "1", port)
    address = plain.rsplit(":", 2)[0] if plain.count(":") >= 2 else ""
    return not address or address.strip("[]") in ("0.0.0.0", "::")  # noqa: S104


def _finding(severity: Severity, message: str, path: str, line: int | None, snippet: str) -> Finding:
    return Finding("text", Weakness.OPEN_BIND, severity, Confidence.FIRM, message, path, line, snippet)
