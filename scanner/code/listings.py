"""Tools that are hidden from the list and can still be called (CONTROLS.md AZ-09, CWE-862).

A list that leaves tools out for some callers or modes is a courtesy to the model; whoever knows the name calls them all
the same, unless the answer to tools/call asks the same question. What asks is recognised by the names the two share:
the setting, the role, or the function that decides.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from scanner.code import ir
from scanner.code.handling import Following, callee_name
from scanner.code.project import Project, Routine
from scanner.code.secret_names import words
from scanner.code.walking import walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

Side: TypeAlias = Literal["list", "call"]

_GATES: Final = frozenset(
    {"enabled", "disabled", "allowed", "allow", "blocked", "hidden", "readonly", "read", "exclude", "excluded",
     "include", "included", "role", "roles", "scope", "scopes", "permission", "permissions", "permitted", "admin",
     "mode", "feature", "features", "flag", "authenticated", "authorized", "denied", "visible", "internal",
     "toolset", "toolsets", "tier", "plan", "safe", "dangerous", "destructive", "write", "policy", "restricted"}
)  # fmt: skip
_SIDES: Final[dict[str, Side]] = {
    "list_tools": "list", "call_tool": "call", "on_list_tools": "list", "on_call_tool": "call", "_list_tools": "list",
    "_call_tool": "call", "listTools": "list", "callTool": "call", "_mcp_list_tools": "list", "_mcp_call_tool": "call",
    "ListToolsRequestSchema": "list", "CallToolRequestSchema": "call", "tools/list": "list", "tools/call": "call",
}  # fmt: skip
_DEPTH: Final = 14


@dataclass(frozen=True, slots=True)
class _Pair:
    """What answers tools/list and what answers tools/call; without a second one the framework's own does."""

    lists: Routine
    calls: tuple[Routine, ...]


class Listings:
    """The answers to tools/list of one language's code."""

    def __init__(self, witness: str, project: Project, following: Following, modules: Iterable[ir.Module]) -> None:
        self._witness = witness
        self._project = project
        self._following = following
        self._modules = tuple(modules)

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """Findings of lists whose filter nothing repeats, and every filtered list."""
        findings: list[Finding] = []
        seen: list[Observation] = []
        for pair in self._pairs():
            gate = self._gate(pair.lists)
            if gate is None:
                continue
            line, names = gate
            module = pair.lists.module
            seen.append(Observation(Signal.FILTERED_LIST, module.path, line, ", ".join(sorted(names))[:120]))
            if any(names & self._mentioned(routine) for routine in pair.calls):
                continue
            at = pair.calls[0] if pair.calls else pair.lists
            asked = ", ".join(sorted(names)[:2])
            message = f"The list of tools leaves some out by {asked}; a call by name is not asked the same."
            findings.append(
                Finding(
                    self._witness, Weakness.LISTING_FILTER, Severity.MEDIUM, Confidence.FIRM, message, at.module.path,
                    at.function.line, at.module.text(at.function.line),
                    steps=(
                        Step(module.path, line, "left out of the list here"),
                        Step(at.module.path, at.function.line, "called without asking"),
                    ),
                )
            )  # fmt: skip
        return findings, seen

    def _pairs(self) -> Iterator[_Pair]:
        found: dict[str, dict[Side, list[Routine]]] = {}
        for key, side, routine in self._answers():
            found.setdefault(key, {"list": [], "call": []})[side].append(routine)
        for key, sides in found.items():
            # A class that stands in for the framework's leaves the other answer to it; elsewhere an answer that was
            # not found may be anything.
            for routine in sides["list"] if sides["call"] or ":" in key else ():
                yield _Pair(routine, tuple(sides["call"]))

    def _answers(self) -> Iterator[tuple[str, Side, Routine]]:
        """Where it is (module or class), which request it answers, and the function."""
        names = {m.name for m in self._modules}
        for routine in self._project.routines.values():
            function = routine.function
            if routine.module.name not in names:
                continue
            for decorator in function.decorators:
                called = decorator if isinstance(decorator, ir.Call) else ir.Call(decorator.line, decorator)
                side = _SIDES.get(callee_name(called))
                if side is not None:
                    yield routine.module.name, side, routine
            side = _SIDES.get(function.name) if function.owner is not None else None
            if side is not None and self._overrides(routine):
                yield f"{routine.module.name}:{function.owner}", side, routine
        for module in self._modules:
            for node in walk(module.body):
                if isinstance(node, ir.Call) and callee_name(node) == "setRequestHandler" and len(node.args) > 1:
                    side = _SIDES.get(_schema(node.args[0]))
                    routine_ = self._function(module, node.args[1])
                    if side is not None and routine_ is not None:
                        yield module.name, side, routine_

    def _overrides(self, routine: Routine) -> bool:
        """Whether the class stands in for a framework's: it has a base class, or asks `super()`."""
        owner = self._project.classes.get(f"{routine.module.name}:{routine.function.owner}")
        return owner is not None and bool(owner[1].bases)

    def _function(self, module: ir.Module, node: ir.Expr) -> Routine | None:
        if isinstance(node, ir.Lambda):
            return Routine(module, node.function)
        if isinstance(node, ir.Call):
            # A handler inside a wrapper: `traced(async (request) => ...)`.
            return next((r for arg in node.args if (r := self._function(module, arg)) is not None), None)
        ref = self._project.dotted(module, node)
        return self._project.routines.get(ref or "")

    def _gate(self, routine: Routine) -> tuple[int, frozenset[str]] | None:
        """Where the list leaves tools out, and the names that decide; None when it is always the same."""
        for at in self._closure(routine):
            for node in walk(at.function.body):
                tests: list[ir.Expr] = []
                if isinstance(node, ir.Comprehension):
                    tests = list(node.conditions)
                elif isinstance(node, ir.If) and any(_adds(s) for s in (*node.then, *node.other)):
                    tests = [node.test]
                names = frozenset(name for test in tests for name in _identifiers(test) if set(words(name)) & _GATES)
                if names:
                    decided = {at.function.name} if at is not routine and at.function.name not in _SIDES else set()
                    return node.line, names | decided
        return None

    def _closure(self, routine: Routine) -> list[Routine]:
        found = [routine]
        at = 0
        while at < len(found) and len(found) < _DEPTH:
            for node in walk(found[at].function.body):
                called = self._following.called(found[at], node.callee) if isinstance(node, ir.Call) else None
                if called is not None and called.ref not in {r.ref for r in found}:
                    found.append(called)
            at += 1
        return found

    def _mentioned(self, routine: Routine) -> frozenset[str]:
        return frozenset(n for at in self._closure(routine) for s in at.function.body for n in _identifiers(s))


def _schema(node: ir.Expr) -> str:
    if isinstance(node, ir.Const):
        return str(node.value)
    return (
        node.id.partition("~")[0] if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""
    )


def _adds(statement: ir.Stmt) -> bool:
    """`tools.append(...)`, `tools.push(...)`, `tools += ...`: an entry of the list."""
    if isinstance(statement, ir.Assign):
        return bool(statement.augmented) or isinstance(statement.value, ir.Collection | ir.Comprehension)
    return (
        isinstance(statement, ir.Do)
        and isinstance(statement.value, ir.Call)
        and callee_name(statement.value) in ("append", "push", "extend", "add", "concat")
    )


def _identifiers(tree: object) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, ir.Name):
            yield node.id.partition("~")[0]
        elif isinstance(node, ir.Attribute):
            yield node.name
        elif isinstance(node, ir.Subscript) and isinstance(node.index, ir.Const) and isinstance(node.index.value, str):
            yield node.index.value
        elif isinstance(node, ir.Call) and node.args and isinstance(node.args[0], ir.Const):
            text = node.args[0].value
            if isinstance(text, str) and text.isupper():
                yield text
