"""Tools whose effect cannot be taken back, known by what their code runs, and tools that ask first (CONTROLS.md AZ-03).

A program or a request is as harmless as what it is told: `git push` can be undone, `git push --force` cannot. So the
words that a function puts into one command are read together.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, Site, callee_name, refuses
from scanner.code.secret_names import words
from scanner.code.state import Analysis
from scanner.code.walking import walk
from trust.finding import Finding, Observation
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_COMMANDS: Final[tuple[tuple[frozenset[str], frozenset[str]], ...]] = (
    (frozenset({"push"}), frozenset({"--force", "-f", "--force-with-lease", "--mirror"})),
    (frozenset({"reset"}), frozenset({"--hard"})),
    (frozenset({"clean"}), frozenset({"-f", "-fd", "-fdx", "-df", "--force"})),
    (frozenset({"rm", "/bin/rm"}), frozenset({"-rf", "-fr", "-r", "-R"})),
    (frozenset({"kubectl", "helm", "eksctl"}), frozenset({"delete", "uninstall", "drain"})),
    (frozenset({"terraform", "tofu", "pulumi"}), frozenset({"destroy"})),
    (frozenset({"docker", "podman"}), frozenset({"rm", "rmi", "prune"})),
    (frozenset({"aws", "gcloud", "az"}), frozenset({"terminate-instances", "delete-stack", "delete", "rb"})),
)
_TEXT: Final = re.compile(
    r"\bgit\s+push\b.*(?:--force|\s-f\b)|\breset\s+--hard\b|\bclean\s+-\w*f|\brm\s+-\w*[rR]|^\s*drop\s+(?:table|database|schema|index|collection)\b"
    r"|^\s*truncate\s+(?:table\s+)?\w|^\s*delete\s+from\b|\bkubectl\s+delete\b|\bterraform\s+destroy\b|\bhelm\s+(?:uninstall|delete)\b"
    r"|\bdocker\s+(?:rm|rmi|system\s+prune|volume\s+rm)\b|\bmkfs\b",
    re.IGNORECASE,
)
_ASKS: Final = frozenset(
    {"confirm", "confirmed", "confirmation", "approve", "approved", "acknowledge", "acknowledged", "force", "sure",
     "yes"}
)  # fmt: skip
_ELICITS: Final = re.compile(
    r"elicit|ask_?(?:user|confirmation|approval)|request_?(?:approval|confirmation)|prompt_?user|require_?confirmation",
    re.IGNORECASE,
)
_MAX_TEXT: Final = 400


@dataclass(frozen=True, slots=True)
class Destroying:
    """`irreversible`: tools that can do what cannot be undone; `asking`: tools that ask before they act."""

    irreversible: frozenset[str]
    asking: frozenset[str]
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]


def destroying(witness: str, analysis: Analysis, following: Following, handlings: Iterable[Handling]) -> Destroying:
    """Read from the code that each tool comes to."""
    tools = tuple(handlings)
    names = frozenset(h.tool for h in tools)
    requests = {id(e.node): e.ref for e in analysis.events if e.kind == "sink" and e.signal is Signal.HTTP}
    irreversible: set[str] = set()
    asking: set[str] = set()
    findings: list[Finding] = []
    seen: list[Observation] = []
    for handling in tools:
        sites = following.sites(handling, names)
        place = next((found for site in sites for found in _destroys(site, requests)), None)
        if _asks(handling, sites):
            asking.add(handling.tool)
        if place is None:
            continue
        irreversible.add(handling.tool)
        module, line = place
        seen.append(Observation(Signal.IRREVERSIBLE, module.path, line, "", handling.tool))
        if handling.read_only:
            message = f"Tool {handling.tool} calls itself read-only, and its code does what cannot be undone."
            findings.append(
                Finding(
                    witness, Weakness.ANNOTATION_MISMATCH, Severity.MEDIUM, Confidence.FIRM, message, handling.path,
                    handling.line, handling.routine.module.text(handling.line),
                )
            )  # fmt: skip
    return Destroying(frozenset(irreversible), frozenset(asking), tuple(findings), tuple(seen))


def _destroys(site: Site, requests: dict[int, str]) -> Iterator[tuple[ir.Module, int]]:
    texts: dict[str, int] = {}
    module = site.routine.module
    for node in site.nodes:
        if isinstance(node, ir.Const) and isinstance(node.value, str) and len(node.value) < _MAX_TEXT:
            texts.setdefault(node.value, node.line)
            if _TEXT.search(node.value) and _is_run(site, node):
                yield module, node.line
        elif isinstance(node, ir.Call) and id(node) in requests and _deletes(node, requests[id(node)]):
            yield module, node.line
    for programs, flags in _COMMANDS:
        if programs & texts.keys() and flags & texts.keys():
            yield module, texts[next(iter(flags & texts.keys()))]


def _is_run(site: Site, text: ir.Const) -> bool:
    """Whether a text is a part of what some call is given, and not the message of an error or a description."""
    for node in site.nodes:
        if isinstance(node, ir.Call) and callee_name(node) not in ("Error", "ValueError", "McpError", "error", "warn"):
            for arg in (*node.args, *(k.value for k in node.keywords)):
                parts = arg.parts if isinstance(arg, ir.Concat) else (arg,)
                if any(part is text for part in parts):
                    return callee_name(node) in (
                        "execute",
                        "query",
                        "run",
                        "exec",
                        "execSync",
                        "system",
                        "raw",
                        "unsafe",
                        "check_output",
                        "call",
                        "execAsync",
                        "sql",
                        "Popen",
                        "prepare",
                    )
        if isinstance(node, ir.Assign) and (
            node.value is text or (isinstance(node.value, ir.Concat) and text in node.value.parts)
        ):
            return any(
                isinstance(t, ir.Name) and set(words(t.id)) & {"cmd", "command", "sql", "query", "statement"}
                for t in node.targets
            )
    return False


def _deletes(node: ir.Call, ref: str) -> bool:
    """An HTTP request with the method DELETE."""
    if ref.rpartition(".")[2] == "delete":
        return True
    values = [k.value for k in node.keywords if k.name == "method"]
    values += [
        v
        for a in node.args
        if isinstance(a, ir.Table)
        for k, v in a.entries
        if isinstance(k, ir.Const) and k.value == "method"
    ]
    if callee_name(node) in ("request", "stream"):
        values += node.args[:1]
    return any(isinstance(v, ir.Const) and v.value == "DELETE" for v in values)


def _asks(handling: Handling, sites: list[Site]) -> bool:
    """Whether the user is asked, or an input that says so decides about leaving before the work."""
    wanted = {p.name for p in handling.params if set(words(p.name)) & _ASKS and "dry" not in words(p.name)}
    for site in sites:
        for node in site.nodes:
            if isinstance(node, ir.Call) and _ELICITS.search(callee_name(node)):
                return True
            decides = isinstance(node, ir.If) and bool(wanted) and (refuses(node.then) or refuses(node.other))
            if decides and any(site.input(part) in wanted for part in walk(node.test)):
                return True
    return bool(wanted) and _demanded(handling.routine.module, wanted)


def _demanded(module: ir.Module, wanted: set[str]) -> bool:
    """`force: z.literal(true)`, `.refine((value) => value === true)`: the schema itself refuses anything but a yes."""
    for node in walk(module.body):
        for key, value in node.entries if isinstance(node, ir.Table) else ():
            if not isinstance(key, ir.Const) or key.value not in wanted:
                continue
            for call in walk(value):
                demands = isinstance(call, ir.Call) and callee_name(call) in ("refine", "literal")
                if demands and any(isinstance(n, ir.Const) and n.value is True for n in walk(call.args)):
                    return True
    return False
