"""Container definitions in the bundle: does the server run as root, or with rights over the whole machine.


Source: Dockerfile reference (docs.docker.com/reference/dockerfile): the last `USER` of the last stage applies.
"""

import re
from collections.abc import Iterator
from typing import Final

from scanner.bundle import MemberTooLarge
from scanner.collect.members import Members
from trust.facts import Inventory
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

_LIMIT: Final = 256 << 10
_NAME: Final = re.compile(r"(?:^|/)(?:[\w.-]+\.)?(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$", re.IGNORECASE)
_COMPOSE: Final = re.compile(r"(?:^|/)(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml$", re.IGNORECASE)
_ROOT: Final = ("root", "0")
_VARIABLE: Final = re.compile(r"^\$\{?(\w+)(?::-(\w+))?\}?$")
_UNPRIVILEGED_IMAGE: Final = re.compile(
    r":nonroot|nonroot:|unprivileged|/distroless/.*nonroot|chainguard/", re.IGNORECASE
)
_PRIVILEGED: Final = re.compile(
    r"^\s*privileged:\s*[\"']?true\b|/var/run/docker\.sock|^\s*-\s*[\"']?(?:SYS_ADMIN|ALL)\b(?<!drop)|^\s*(?:pid|ipc):\s*[\"']?host\b"
    r"|^\s*-\s*[\"']?/:/|^\s*host(?:PID|IPC|Network):\s*true\b",
    re.MULTILINE,
)
_AS_ROOT: Final = re.compile(
    r"^\s*(?:user:\s*[\"']?(?:root|0)(?::\w+)?[\"']?\s*$|runAsUser:\s*0\s*$|runAsNonRoot:\s*false\b)", re.MULTILINE
)
_DROPPED: Final = re.compile(r"(?:cap_drop|drop):\s*(?:\n\s*-[^\n]*)*$|(?:cap_drop|drop):[^\n]*$")
_KUBERNETES: Final = re.compile(
    r"^kind:\s*(?:Pod|Deployment|DaemonSet|StatefulSet|Job|CronJob|ReplicaSet)\b", re.MULTILINE
)
_YAML: Final = re.compile(r"\.ya?ml$", re.IGNORECASE)


def container_findings(bundle: Members, inventory: Inventory) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """Findings and gaps of every container definition that is not vendored."""
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for file in inventory.files:
        known = _NAME.search(file.path) or _COMPOSE.search(file.path)
        if file.role == "vendored" or not (known or _YAML.search(file.path)):
            continue
        try:
            text = bundle.read(file.path, _LIMIT).decode("utf-8", "replace")
        except MemberTooLarge:
            if known:
                gaps.append(Gap("The container definition is too large to read.", file.path))
            continue
        if _YAML.search(file.path):
            described = _COMPOSE.search(file.path) or _KUBERNETES.search(text)
            findings += _compose(file.path, text) if described else ()
        else:
            findings += _dockerfile(file.path, text)
    return tuple(findings), tuple(gaps)


def _dockerfile(path: str, text: str) -> Iterator[Finding]:
    user: tuple[int, str] | None = None
    start: tuple[int, str] | None = None
    users: dict[str, tuple[int, str] | None] = {}
    values: dict[str, str] = {}
    name = ""
    for line, instruction, rest in _instructions(text):
        if instruction == "FROM":
            users[name] = user
            words = [w for w in rest.split() if not w.startswith("--")]
            image = words[0] if words else ""
            start = (line, image)
            user = users.get(image.lower())
            name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""
        elif instruction in ("ARG", "ENV"):
            set_, _, value = rest.partition("=" if "=" in rest else " ")
            values[set_.strip()] = value.strip().strip("\"'")
        elif instruction == "USER":
            chosen = rest.split()[0] if rest.split() else ""
            variable = _VARIABLE.match(chosen)
            user = (line, values.get(variable[1], variable[2] or chosen) if variable else chosen)
    if start is None or (user is None and _UNPRIVILEGED_IMAGE.search(start[1])):
        return
    if user is None:
        message = "The container names no user, so the server runs as root."
        yield _finding(path, start[0], message, text)
    elif user[1].partition(":")[0].strip("\"'") in _ROOT:
        yield _finding(path, user[0], "The container runs the server as root.", text)


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, instruction in capitals, and the rest with continuation lines joined."""
    pending, begin = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        begin = begin if pending else number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        word, _, rest = (pending + line).partition(" ")
        pending = ""
        yield begin, word.upper(), rest.strip()


def _compose(path: str, text: str) -> Iterator[Finding]:
    for match in _PRIVILEGED.finditer(text):
        if _DROPPED.search(text[max(0, match.start() - 200) : match.start()].rstrip()):
            continue  # a list of what is taken away
        line = text.count("\n", 0, match.start() + len(match[0].rstrip())) + 1
        yield _finding(path, line, "The container is given rights over the whole machine.", text)
    for match in _AS_ROOT.finditer(text):
        line = text.count("\n", 0, match.start() + len(match[0].rstrip())) + 1
        yield _finding(path, line, "The container runs the server as root.", text)


def _finding(path: str, line: int, message: str, text: str) -> Finding:
    snippet = text.splitlines()[line - 1].strip()[:200]
    weakness, severity = Weakness.ROOT_CONTAINER, Severity.MEDIUM
    return Finding("text", weakness, severity, Confidence.CONFIRMED, message, path, line, snippet)
