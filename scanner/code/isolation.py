"""State of the process that every client shares: what a tool keeps of one caller's input, and another call gives back.

Each front-end looks into the handlers themselves; this follows the input into helpers, objects that are made once, and
tables under a fixed key (CONTROLS.md RT-15, CWE-488).
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, Site, callee_name, spelled
from scanner.code.records import outer_names
from scanner.code.secret_names import words
from scanner.code.walking import parts_of, walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Weakness

_GROWS: Final = frozenset({"append", "push", "add", "extend", "insert", "unshift", "update", "appendleft"})
_SETS: Final = frozenset({"set", "setdefault", "put"})
_PRIVATE: Final = frozenset(
    {"session", "sessions", "transport", "transports", "cache", "cached", "memo", "metrics", "stats", "counter",
     "log", "logs", "logger", "ctx", "context", "request"}
)  # fmt: skip


class Isolation:
    """The shared state of one language's tools."""

    def __init__(self, witness: str, following: Following, handlings: Iterable[Handling]) -> None:
        self._witness = witness
        self._following = following
        self._tools = tuple(handlings)

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """One finding for every place that keeps an input where another call reads it."""
        names = frozenset(h.tool for h in self._tools)
        all_sites = [(h, self._following.sites(h, names)) for h in self._tools]
        written = [
            (h, place, node, site) for h, sites in all_sites for s in sites for place, node, site in self._writes(s)
        ]
        if not written:
            return [], []
        targets = {id(node) for _, _, node, _ in written}
        read = {place for _, sites in all_sites for s in sites for place in self._reads(s, targets)}
        findings: dict[tuple[str, int], Finding] = {}
        for handling, place, node, site in written:
            if place in read:
                module, line = site.routine.module, getattr(node, "line", site.routine.function.line)
                name = place[1].lstrip(".")
                message = f"Tool {handling.tool} keeps a caller's input in {name}, which all clients share."
                steps = (
                    Step(handling.path, handling.line, f"tool {handling.tool}"),
                    Step(module.path, line, f"kept in {name}"),
                )
                findings.setdefault(
                    (module.path, line),
                    Finding(
                        self._witness, Weakness.SESSION_ISOLATION, Severity.MEDIUM, Confidence.FIRM, message,
                        module.path, line, module.text(line), steps=steps,
                    ),
                )  # fmt: skip
        return list(findings.values()), []

    def _writes(self, site: Site) -> Iterator[tuple[tuple[str, str], object, Site]]:
        for node in site.nodes:
            place: tuple[str, str] | None
            value: ir.Expr | None
            if isinstance(node, ir.Assign):
                place, value = self._place(site, node.targets[0]), node.value
            elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute):
                place, value = self._grown(site, node, node.callee)
            else:
                continue
            if place is None or value is None or not _keeps(site, value):
                continue
            if _PRIVATE & (
                set(words(place[1])) | {w for n in walk(value) if isinstance(n, ir.Attribute) for w in spelled(n)}
            ):
                continue
            yield place, node, site

    def _grown(self, site: Site, node: ir.Call, callee: ir.Attribute) -> tuple[tuple[str, str] | None, ir.Expr | None]:
        name = callee_name(node)
        if name in _GROWS and node.args:
            return self._held(site, callee.base), node.args[-1]
        if name in _SETS and len(node.args) > 1 and isinstance(node.args[0], ir.Const):
            return self._held(site, callee.base), node.args[1]
        return None, None

    def _place(self, site: Site, target: ir.Expr) -> tuple[str, str] | None:
        """The shared variable or field that an assignment changes, when no key of a caller separates it."""
        if isinstance(target, ir.Name):
            return self._held(site, target) if target.id in outer_names(site.routine) else None
        if isinstance(target, ir.Subscript):
            return self._held(site, target.base) if isinstance(target.index, ir.Const) else None
        if isinstance(target, ir.Attribute):
            return self._field(site, target) or self._held(site, target.base)
        return None

    def _held(self, site: Site, node: ir.Expr) -> tuple[str, str] | None:
        """A variable of the module as (module, name), a field of an object that is made once as (class, .field)."""
        if isinstance(node, ir.Attribute):
            return self._field(site, node)
        if not isinstance(node, ir.Name) or node.id in site.inputs or node.id in site.bags:
            return None
        module = site.routine.module
        top = any(
            isinstance(t, ir.Name) and t.id == node.id
            for s in module.body
            if isinstance(s, ir.Assign)
            for t in s.targets
        )
        local = module.language == "python" and node.id not in site.routine.function.shared and any(
            isinstance(t, ir.Name) and t.id == node.id
            for s in walk(site.routine.function.body)
            if isinstance(s, ir.Assign)
            for t in s.targets
        )  # fmt: skip
        return (module.name, node.id) if top and not local else None

    def _field(self, site: Site, node: ir.Attribute) -> tuple[str, str] | None:
        function, module = site.routine.function, site.routine.module
        if not isinstance(node.base, ir.Name):
            return None
        owner = None
        if function.owner is not None and node.base.id in (function.receiver, "self", "this"):
            owner = f"{module.name}:{function.owner}"
        else:
            owner = self._following.made(module).get(node.base.id)
        return (owner, f".{node.name}") if owner is not None and owner in self._following.once() else None

    def _reads(self, site: Site, written: set[int]) -> Iterator[tuple[str, str]]:
        for statement in site.nodes:
            targets = statement.targets if isinstance(statement, ir.Assign) and id(statement) in written else ()
            skipped = {id(n) for t in targets for n in walk(t)}
            if isinstance(statement, ir.Call) and id(statement) in written:
                skipped |= {id(n) for n in walk(statement.callee)}
            if not isinstance(statement, ir.Return | ir.Assign | ir.If | ir.Do | ir.Loop | ir.With):
                continue
            for node in walk(statement):
                if isinstance(node, ir.Call) and id(node) in written:
                    skipped |= {id(n) for n in walk(node.callee)}
                if isinstance(node, ir.Assign) and id(node) in written:
                    skipped |= {id(n) for t in node.targets for n in walk(t)}
                if isinstance(node, ir.Name | ir.Attribute) and id(node) not in skipped:
                    place = self._held(site, node)
                    if place is not None:
                        yield place


def _keeps(site: Site, value: ir.Expr) -> bool:
    """Whether an input becomes a part of a value; what it is only compared with picks among what is there already."""
    stack: list[Any] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif site.input(node) is not None:
            return True
        elif not isinstance(node, ir.Compare):
            stack.extend(parts_of(node))
    return False
