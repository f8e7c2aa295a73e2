"""What the manifest's permissions say, against what the code does.

The categories and words are those of `_meta["org.mpaktrust"].permissions` (MTF 0.1, 4.3.2 and CD-02); the shapes of
other clients seen in published manifests (`{"network": {"allowed": true, "domains": [...]}}`) are read as well.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from trust.control import Verdict, control, failed, partial, passed
from trust.facts import Code, Declaration
from trust.finding import Finding, Observation
from trust.vocabulary import Confidence, Evidence, Severity, Signal, Weakness
from trust.wording import counted

S = Signal
NOTHING: Final = frozenset({"none", "no", "false", "deny", "denied"})
CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    "filesystem": ("filesystem", "file_system", "files", "fs"),
    "network": ("network", "net", "http"),
    "environment": ("environment", "env"),
    "subprocess": ("subprocess", "process", "processes", "exec"),
    "native": ("native",),
}
"""The words of a permission's first part, by category."""
DENIED: Final[dict[str, tuple[tuple[Signal, ...], Severity, str]]] = {
    "subprocess": ((S.PROCESS,), Severity.HIGH, "runs programs"),
    "network": ((S.HTTP, S.MESSAGE), Severity.HIGH, "uses the network"),
    "filesystem": ((S.FILE_WRITE, S.FILE_DELETE, S.FILE_READ), Severity.MEDIUM, "touches files"),
    "environment": ((S.CREDENTIAL_FROM_ENV, S.ENV_READ), Severity.LOW, "reads environment variables"),
    "native": ((S.NATIVE_CODE,), Severity.MEDIUM, "loads native code"),
}
"""For each category what contradicts its denial, how grave that is (after the table of CD-02), and in words."""
WRITING: Final = (S.FILE_WRITE, S.FILE_DELETE)


@control(
    "AZ-14",
    (Declaration, Code),
    title="The declared permissions are the ones used",
    why="A client can only ask its user about what the manifest names; a denial that the code breaks is a false label.",
    fix="Declare filesystem, network, environment, subprocess and native under _meta as the code uses them.",
    mtf=("CD-02",),
)
def permissions_are_true(declaration: Declaration, code: Code) -> Verdict:
    said = categories(declaration.permissions)
    if not said:
        return partial("The manifest declares no permissions.", 40, evidence=Evidence.PROVED)
    findings = [*_broken(said, code), *_hosts(said, code)]
    if any(f.confidence is Confidence.FIRM and f.severity.rank >= Severity.MEDIUM.rank for f in findings):
        return failed(counted("{n} declared [permission is|permissions are] not kept.", len(findings)), *findings)
    silent = sorted(c for c, (signals, _, _) in DENIED.items() if c not in said and code.saw(*signals))
    if silent:
        return partial(f"The permissions say nothing about: {', '.join(silent)}.", 60, *findings)
    if findings:
        return partial(counted("{n} small [difference|differences] to the permissions.", len(findings)), 80, *findings)
    return passed("The declared permissions cover what the code does.")


def categories(permissions: Sequence[str]) -> dict[str, frozenset[str]]:
    """The words given for each known category: `"network.domains: a.io"` gives network the word "a.io"."""
    said: dict[str, set[str]] = {}
    for line in permissions:
        path, _, word = line.partition(": ")
        first, _, rest = path.lower().partition(".")
        for category, names in CATEGORIES.items():
            if first in names:
                word = word.lower()
                told = f"{rest}: {word}" if rest and word in ("yes", "none") else word
                said.setdefault(category, set()).add(told)
    return {category: frozenset(words) for category, words in said.items()}


def _broken(said: dict[str, frozenset[str]], code: Code) -> Iterator[Finding]:
    for category, (signals, severity, doing) in DENIED.items():
        seen = code.saw(*signals)
        if category in said and said[category] <= NOTHING | {"allowed: none", "read: none", "write: none"} and seen:
            yield _finding(seen[0], severity, f"The manifest denies {category}, but the code {doing}")
    files = said.get("filesystem", frozenset())
    written = code.saw(*WRITING)
    if written and (files == {"read"} or (files & {"write: none"} and files & {"read: yes"})):
        yield _finding(written[0], Severity.MEDIUM, "The manifest says files are only read, but the code writes them")
    net = said.get("network", frozenset())
    if code.listeners and net == {"outbound"}:
        at = code.listeners[0]
        where = Observation(S.HTTP, at.path, at.line, at.transport)
        yield _finding(where, Severity.MEDIUM, "The manifest says connections only go out, but the code listens")


def _hosts(said: dict[str, frozenset[str]], code: Code) -> Iterator[Finding]:
    """Hosts that the code names and a declared list of hosts leaves out; a wildcard covers what lies below it."""
    listed = {w.removeprefix("*.") for w in said.get("network", ()) if "." in w and " " not in w}
    if not listed:
        return
    for seen in code.saw(S.HOST):
        if not any(seen.detail == host or seen.detail.endswith("." + host) for host in listed):
            message = f"The code names the host {seen.detail}, which the declared list leaves out"
            yield _finding(seen, Severity.LOW, message)


def _finding(seen: Observation, severity: Severity, message: str) -> Finding:
    weakness = Weakness.UNDECLARED_CAPABILITY
    return Finding("code", weakness, severity, Confidence.FIRM, message + ".", seen.path, seen.line, seen.detail)
