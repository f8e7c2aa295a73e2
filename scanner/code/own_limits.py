"""Tools that change the settings which limit the server's tools (CONTROLS.md AZ-02, CWE-15).

A list of allowed folders, a read-only mode, a need for approval: what a tool may rewrite without asking holds nobody.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, Site, callee_name, spelled, tests
from scanner.code.secret_names import words
from scanner.code.state import Analysis
from scanner.code.walking import walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Weakness

_CONFIG: Final = frozenset(
    {"config", "configuration", "cfg", "settings", "setting", "options", "preferences", "prefs", "policy",
     "policies", "conf", "environ"}
)  # fmt: skip
_SETS: Final = frozenset(
    {"set", "setvalue", "set_value", "put", "update_setting", "setattr", "updatesetting", "set_setting", "setconfig",
     "set_config", "updatevalue", "update_value", "setitem", "__setitem__", "setoption", "set_option"}
)  # fmt: skip
_LIMITS: Final = re.compile(
    r"^_?(?:allowed|blocked|denied|forbidden|permitted|restricted|disabled|enabled_?tools|read_?only|safe_?mode|require_?(?:auth|confirm|approval)"
    r"|white_?list|black_?list|allow_?list|deny_?list|block_?list|sandbox|auth_?(?:enabled|required|token)|api_?key|admin)",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(r"elicit|confirm|approv|authoriz|authoris|require_?admin|check_?permission", re.IGNORECASE)
_GROWS: Final = frozenset(
    {"append", "add", "push", "extend", "update", "remove", "discard", "delete", "clear", "insert", "unshift",
     "splice"}
)  # fmt: skip


class OwnLimits:
    """The tools of one language that change settings."""

    def __init__(
        self,
        witness: str,
        _analysis: Analysis,
        following: Following,
        modules: Iterable[ir.Module],
        handlings: Iterable[Handling],
    ) -> None:
        self._witness = witness
        self._following = following
        self._modules = tuple(modules)
        self._tools = tuple(handlings)

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """At most one finding per tool and place; nothing where the server keeps no limits among its settings."""
        findings: dict[tuple[str, int], Finding] = {}
        if self._has_limits():
            names = frozenset(h.tool for h in self._tools)
            for handling in self._tools:
                for finding in self._rewritten(handling, self._following.sites(handling, names)):
                    findings.setdefault((finding.path or "", finding.line or 0), finding)
        return list(findings.values()), []

    def _has_limits(self) -> bool:
        """Whether the server keeps settings that limit its tools."""
        for module in self._modules:
            for node in walk(module.body):
                if isinstance(node, ir.Assign) and isinstance(node.value, ir.Table):
                    if _CONFIG & set(spelled(node.targets[0])):
                        keys = (str(k.value) for k, _ in node.value.entries if isinstance(k, ir.Const))
                        if any(_LIMITS.match(key) for key in keys):
                            return True
                elif isinstance(node, ir.Attribute | ir.Subscript | ir.Name) and _is_limit(node):
                    return True
        return False

    def _rewritten(self, handling: Handling, sites: list[Site]) -> Iterator[Finding]:
        """A tool whose input names the setting that it changes, or that changes a limit itself."""
        if any(_ASKS.search(callee_name(n)) for s in sites for n in walk(s.body) if isinstance(n, ir.Call)):
            return
        for site in sites:
            for node in site.nodes:
                key = self._chosen(site, node)
                if key is None:
                    fixed = self._fixed(site, node)
                    if fixed is not None:
                        message = (
                            f"Tool {handling.tool} changes {fixed}, which limits the tools, without asking anybody."
                        )
                        yield self._at(handling, site.routine.module, node.line, message)
                        return
                    continue
                held = self._held(handling, sites, key)
                module = site.routine.module
                if held is None:
                    message = (
                        f"Tool {handling.tool} sets whatever setting {key} names, also those that limit the tools."
                    )
                    yield self._at(handling, module, node.line, message)
                elif held:
                    message = f"Tool {handling.tool} may set {held}, which limits the server's tools."
                    yield self._at(
                        handling,
                        module,
                        node.line,
                        message,
                        Severity.LOW,
                        Confidence.TENTATIVE,
                    )
                return

    def _chosen(self, site: Site, node: object) -> str | None:
        """The input that names the setting, when a statement or call changes one."""
        if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Subscript):
            target = node.targets[0]
            return site.input(target.index) if _CONFIG & set(spelled(target.base)) else None
        if not isinstance(node, ir.Call) or callee_name(node).lower() not in _SETS or len(node.args) < 2:
            return None
        if callee_name(node) == "setattr":
            return site.input(node.args[1]) if _CONFIG & set(spelled(node.args[0])) else None
        base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
        about = set(spelled(base)) | set(words(callee_name(node)))
        return site.input(node.args[0]) if about & _CONFIG else None

    def _fixed(self, site: Site, node: object) -> str | None:
        """The limit that an input becomes a part of."""
        target: ir.Expr | None = None
        value: object = ()
        if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Attribute | ir.Subscript):
            target, value = node.targets[0], node.value
        elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name in _GROWS:
            target, value = node.callee.base, node.args
        if target is None or not site.mentions(value):
            return None
        name = (
            target.name
            if isinstance(target, ir.Attribute)
            else target.id.partition("~")[0]
            if isinstance(target, ir.Name)
            else ""
        )
        if isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const):
            name = str(target.index.value)
        own = isinstance(target, ir.Attribute | ir.Subscript) and bool(_CONFIG & set(spelled(target.base)))
        shared = isinstance(target, ir.Name) and any(
            isinstance(s, ir.Assign) and any(isinstance(t, ir.Name) and t.id == target.id for t in s.targets)
            for s in site.routine.module.body
        )
        return name if _LIMITS.match(name) and (own or shared) else None

    def _held(self, handling: Handling, sites: list[Site], key: str) -> str | None:
        """None: any setting can be named; otherwise the limits among those that can be, joined."""
        param = next((p for p in handling.params if p.name == key), None)
        if param is not None and param.enum:
            return ", ".join(n for n in param.enum if _LIMITS.match(n))
        for site in sites:
            for test in tests(site.body):
                for node in walk(test):
                    asked = _asked_list(node, site, key)
                    if asked is not None:
                        return ", ".join(n for n in self._entries(site, asked) if _LIMITS.match(n))
        return None

    def _entries(self, site: Site, node: ir.Expr) -> list[str]:
        if isinstance(node, ir.Name):
            for statement in site.routine.module.body:
                if isinstance(statement, ir.Assign) and any(
                    isinstance(t, ir.Name) and t.id == node.id for t in statement.targets
                ):
                    return [str(n.value) for n in walk(statement.value) if isinstance(n, ir.Const)]
        return [str(n.value) for n in walk(node) if isinstance(n, ir.Const)]

    def _at(
        self,
        handling: Handling,
        module: ir.Module,
        line: int,
        message: str,
        severity: Severity = Severity.MEDIUM,
        confidence: Confidence = Confidence.FIRM,
    ) -> Finding:
        first = Step(handling.path, handling.line, f"tool {handling.tool}")
        return Finding(
            self._witness, Weakness.SELF_CONFIGURATION, severity, confidence, message, module.path, line,
            module.text(line), steps=(first, Step(module.path, line, "here")),
        )  # fmt: skip


def _is_limit(node: ir.Attribute | ir.Subscript | ir.Name) -> bool:
    """Whether a name, or an entry of the settings, says what the tools may do."""
    if isinstance(node, ir.Name):
        return _LIMITS.match(node.id) is not None
    if isinstance(node, ir.Attribute):
        return _LIMITS.match(node.name) is not None
    return isinstance(node.index, ir.Const) and _LIMITS.match(str(node.index.value)) is not None


def _asked_list(node: object, site: Site, key: str) -> ir.Expr | None:
    if isinstance(node, ir.Compare) and node.op in ("in", "not-in") and site.input(node.left) == key:
        return node.right
    if (
        isinstance(node, ir.Call)
        and callee_name(node) in ("has", "includes")
        and node.args
        and site.input(node.args[0]) == key
    ):
        return node.callee.base if isinstance(node.callee, ir.Attribute) else None
    return None
