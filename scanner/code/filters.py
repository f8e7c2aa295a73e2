"""Lists of commands in front of a shell that can be written around (CONTROLS.md AZ-02).

A list of commands is only as good as the reading of the command before it. The shell knows separators, substitution
inside double quotes, and programs named by their path; a reader that does not know them lets through what the list
names (CWE-184). And a list that a tool may rewrite holds nobody (CWE-15).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, Site, callee_name, tests
from scanner.code.project import Routine
from scanner.code.secret_names import words
from scanner.code.state import Analysis, Event
from scanner.code.values import UNKNOWN
from scanner.code.walking import walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_COMMANDS: Final = frozenset({"command", "commands", "cmd", "shell", "line", "script", "args", "program", "binary"})
_DENY: Final = frozenset(
    {"blocked", "blocklist", "blacklist", "blacklisted", "denied", "deny", "denylist", "forbidden", "banned",
     "dangerous", "disallowed", "prohibited", "unsafe", "block", "restricted"}
)  # fmt: skip
_OTHERS: Final = frozenset(
    {"tool", "tools", "path", "paths", "dirs", "directories", "directory", "folders", "hosts", "host", "domains",
     "urls", "url", "extensions", "types", "origins", "users", "keys", "methods", "fields", "files", "roots",
     "categories", "ips", "tables", "ports", "flags", "flag", "options", "option", "patterns", "args", "params",
     "parameters", "env", "envs", "variables", "namespaces", "resources", "kinds", "imports", "modules"}
)  # fmt: skip
"""Words of lists that are not about programs."""
_ALLOW: Final = frozenset(
    {"allowed", "allowlist", "whitelist", "whitelisted", "permitted", "safe", "approved", "allow"}
)  # fmt: skip
_IN: Final = frozenset({"includes", "has", "indexOf", "some", "any", "every", "find"})
_SHELLS: Final = frozenset(
    {"exec", "execSync", "system", "popen", "create_subprocess_shell", "getoutput", "getstatusoutput", "execAsync",
     "execPromise"}
)  # fmt: skip
_BASENAMES: Final = frozenset(
    {"basename", "rsplit", "lastIndexOf", "which", "resolve", "realpath", "rpartition", "stem"}
)  # fmt: skip
_SUBSTITUTION: Final = re.compile(r"`|\$\(|\\\$\\\(|\\\$|\[[^\]]*[$`][^\]]*\]")
_SEPARATORS: Final = re.compile(r"[;|&]")
_SLASHES: Final = re.compile(r"^[\[(^.*]*\\*/[\\/]*[\])+$]*$")


@dataclass(frozen=True, slots=True)
class _Check:
    """A list that a command is held against: where, what the list is called, and whether being on it refuses."""

    site: Site
    line: int
    name: str
    denies: bool
    inside: bool
    """Whether an entry is looked for anywhere in the text."""


class Filters:
    """The filters of one language's tools."""

    def __init__(
        self,
        witness: str,
        analysis: Analysis,
        following: Following,
        modules: Iterable[ir.Module],
        handlings: Iterable[Handling],
    ) -> None:
        self._witness = witness
        self._following = following
        self._modules = tuple(modules)
        self._tools = tuple(handlings)
        self._names = frozenset(h.tool for h in self._tools)
        self._programs = {id(e.node): e for e in analysis.events if e.kind == "sink" and e.signal is Signal.PROCESS}

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """Findings once per place, and one observation for every list that commands are held against."""
        findings: dict[tuple[str, int, Weakness], Finding] = {}
        seen: list[Observation] = []
        for handling in self._tools:
            sites = self._following.sites(handling, self._names)
            found: list[Finding] = []
            started = list(self._started(sites))
            if started:
                for check in self._checks(handling, sites):
                    path = check.site.routine.module.path
                    seen.append(Observation(Signal.COMMAND_FILTER, path, check.line, check.name, handling.tool))
                    found += self._holes(handling, check, started)
            for finding in found:
                findings.setdefault((finding.path or "", finding.line or 0, finding.weakness), finding)
        return list(findings.values()), seen

    def _started(self, sites: list[Site]) -> Iterator[Event]:
        for site in sites:
            for node in site.nodes:
                event = self._programs.get(id(node))
                if event is not None:
                    yield event

    # --- lists of commands ------------------------------------------------------------------------------------------

    def _checks(self, handling: Handling, sites: list[Site]) -> Iterator[_Check]:
        if not any(_COMMANDS & set(words(p.name)) for p in handling.params):
            return
        known: set[tuple[str, str]] = set()
        for site in sites:
            for test in tests(site.body):
                for node in walk(test):
                    found = _membership(node)
                    if found is None:
                        continue
                    name, inside = found
                    key = (site.routine.ref, name)
                    parts = set(words(name))
                    deny, allow = bool(parts & _DENY), bool(parts & _ALLOW)
                    about = not parts & _OTHERS
                    if (deny or allow) and about and key not in known:
                        known.add(key)
                        yield _Check(site, node.line, name, deny, inside)

    def _holes(self, handling: Handling, check: _Check, started: list[Event]) -> Iterator[Finding]:
        """What the reading of the command before the list does not know about the shell."""
        readers = self._readers(check.site)
        texts = [t for r in readers for t in _texts(r)]
        called = {callee_name(n) for r in readers for n in walk(r.function.body) if isinstance(n, ir.Call)}
        shell = any(_by_shell(event) for event in started)
        substitution = any(_SUBSTITUTION.search(t) for t in texts) or "quote" in called
        separators = any(_SEPARATORS.search(t) and len(t) < 60 for t in texts) or (substitution and "quote" in called)
        bare = not called & _BASENAMES and not any(_SLASHES.match(t) for t in texts)
        missing = []
        if shell and not check.inside and not separators:
            missing.append("a second command after ; or |")
        if shell and not substitution and ((check.denies and not check.inside) or not check.denies):
            missing.append("a command inside $(...) or backticks, which the shell runs also within double quotes")
        if missing:
            module, line = self._nested(readers, check)
            how = "let through" if check.denies else "pass along with an allowed one"
            yield self._at(
                handling,
                module,
                line,
                f"The list {check.name} does not see {' or '.join(missing)}: commands it names are {how}."
                if check.denies
                else f"The list {check.name} sees only the first word: {' or '.join(missing)} runs as well.",
            )
        taken = called & {"split", "partition", "parse", "match", "shift"}
        if check.denies and not check.inside and bare and taken:
            module, line = self._first_word(readers, check)
            yield self._at(
                handling,
                module,
                line,
                f"The list {check.name} compares the bare name, so a command given by its path (/usr/bin/...) passes.",
            )

    def _readers(self, site: Site) -> list[Routine]:
        """The function that holds the test, and what it calls to take the command apart."""
        found = [site.routine]
        at = 0
        while at < len(found) and len(found) < 12:
            for node in walk(found[at].function.body):
                called = self._following.called(found[at], node.callee) if isinstance(node, ir.Call) else None
                if called is not None and called not in found and called.module is site.routine.module:
                    found.append(called)
            at += 1
        return found

    def _nested(self, readers: list[Routine], check: _Check) -> tuple[ir.Module, int]:
        """Where commands inside commands are looked for: the call of the reader by itself, else the test."""
        for reader in readers:
            for node in walk(reader.function.body):
                if isinstance(node, ir.Call) and callee_name(node) == reader.function.name:
                    return reader.module, node.line
        return check.site.routine.module, check.line

    def _first_word(self, readers: list[Routine], check: _Check) -> tuple[ir.Module, int]:
        """Where the name of the program is taken out of the text: `split(...)[0]`."""
        for reader in reversed(readers):
            for node in walk(reader.function.body):
                if isinstance(node, ir.Subscript) and isinstance(node.index, ir.Const) and node.index.value == 0:
                    return reader.module, node.line
        return check.site.routine.module, check.line

    def _at(
        self,
        handling: Handling,
        module: ir.Module,
        line: int,
        message: str,
    ) -> Finding:
        first = Step(handling.path, handling.line, f"tool {handling.tool}")
        return Finding(
            self._witness, Weakness.BYPASSABLE_FILTER, Severity.MEDIUM, Confidence.FIRM, message, module.path, line,
            module.text(line),
            steps=(first, Step(module.path, line, "here")),
        )  # fmt: skip


def _membership(node: object) -> tuple[str, bool] | None:
    """The name of the list that something is looked up in, and whether its entries are looked for inside a text."""
    if isinstance(node, ir.Compare) and node.op in ("in", "not-in"):
        if isinstance(node.right, ir.Name | ir.Attribute):
            return _last(node.right), False
        return None
    if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name in _IN:
        if isinstance(node.callee.base, ir.Name | ir.Attribute):
            return _last(node.callee.base), node.callee.name in ("some", "any", "every", "find")
        return None
    if isinstance(node, ir.Comprehension):
        for _, iterable in node.bindings:
            if isinstance(iterable, ir.Name | ir.Attribute):
                return _last(iterable), True
    return None


def _last(node: ir.Name | ir.Attribute) -> str:
    return node.name if isinstance(node, ir.Attribute) else node.id.partition("~")[0]


def _texts(routine: Routine) -> Iterator[str]:
    for node in walk(routine.function.body):
        if isinstance(node, ir.Const) and isinstance(node.value, str):
            yield node.value
    for statement in routine.module.body:
        if isinstance(statement, ir.Assign):
            names = {t.id for t in statement.targets if isinstance(t, ir.Name)}
            used = any(isinstance(n, ir.Name) and n.id in names for n in walk(routine.function.body))
            if used and not any(set(words(n)) & (_DENY | _ALLOW) for n in names):
                yield from (
                    n.value for n in walk(statement.value) if isinstance(n, ir.Const) and isinstance(n.value, str)
                )


def _by_shell(event: Event) -> bool:
    """Whether a started program is a shell that reads the text."""
    if event.ref.rpartition(".")[2] in _SHELLS:
        return True
    shell = event.keywords.get("shell")
    options = [shell, *((v.fields or {}).get("shell") for v in event.args)]
    if any(v is not None and v.const not in (False, None) for v in options):
        return True
    flat = [v for a in event.args for v in (a, *(a.items or ()))]
    return any(v.const is not UNKNOWN and v.const in ("-c", "-lc", "/c", "-Command", "/C") for v in flat)
