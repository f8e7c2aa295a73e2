"""Which deletions only tidy up: the temporary file of an atomic save, a lock, what the function itself made.

Removing one's own temporary file is no deletion of a user's file, so such events become `temp-cleanup` and are no sink.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.project import Routine
from scanner.code.state import Analysis, Event
from scanner.code.walking import walk
from trust.vocabulary import Signal

CLEANUP: Final = "temp-cleanup"
_MAKERS: Final = re.compile(r"^(?:mks?d?temp(?:Sync)?|NamedTemporaryFile|TemporaryDirectory|mktemp)$")
_FOLDERS: Final = re.compile(r"^(?:gettempdir|tmpdir)$")
_IN_FOLDER: Final = re.compile(r"^/(?:var/)?tmp/")
_NAMES: Final = re.compile(r"(?:^|[._~-])(?:te?mp|part|partial|lock|swp|pid)(?:$|[._~-])", re.IGNORECASE)
_BOOKKEEPING: Final = re.compile(r"^[A-Z]+_[A-Z]+$")
"""Files such as git's MERGE_HEAD, which belong to the program that keeps them."""
_CHANGES_NAME: Final = ("with_suffix", "with_name", "with_stem")
_SECONDS: Final = 3.0
"""For all deletions of a bundle together; what was not looked at in this time stays a deletion."""
_ADDS: Final = ("push", "append", "add")
_WRITES: Final = ("writeFile", "writeFileSync", "createWriteStream", "copyFile", "copyFileSync")
_WRITES_SELF: Final = ("write_text", "write_bytes")
_DEPTH: Final = 8


def tidy(analysis: Analysis) -> None:
    """Marks the deletions of temporary files among the events; to be called once everything has been followed."""
    end = min(analysis.deadline, time.thread_time() + _SECONDS)
    for at, event in enumerate(analysis.events):
        if event.kind == "sink" and event.signal is Signal.FILE_DELETE and _is_temporary(analysis, event, end):
            analysis.events[at] = replace(event, kind=CLEANUP, signal=None)


def _is_temporary(analysis: Analysis, event: Event, end: float) -> bool:
    node = event.node
    if not isinstance(node, ir.Call):
        return False
    path = node.args[0] if node.args else None
    value = event.args[0] if event.args else None
    if event.ref.startswith("pathlib.") and isinstance(node.callee, ir.Attribute):
        path, value = node.callee.base, event.receiver
    if path is None:
        return False
    labels = value.everything() if value is not None else {}
    chosen = any(label[0] in ("param", "free", "request") and label[1] != -1 for label in labels)
    routine = analysis.project.routines.get(event.routine or "")
    return _Paths(analysis, event.module, routine, end, chosen=chosen).temporary(path, _DEPTH)


class _Paths:
    """Judges the paths of one function. `chosen`: a caller has a say in the path, so that a folder for temporary files
    proves nothing: only a temporary name, or a file that was made as one, does.
    """

    def __init__(
        self, analysis: Analysis, module: ir.Module, routine: Routine | None, end: float, *, chosen: bool
    ) -> None:
        self.analysis = analysis
        self.module = module
        self.routine = routine
        self.end = end
        self.chosen = chosen

    def temporary(self, path: ir.Expr, depth: int, *, last: bool = True) -> bool:  # noqa: PLR0911  (one case per kind)
        """Whether every value that the expression may have is a temporary path; `last`: it ends the whole path."""
        if depth == 0 or time.thread_time() > self.end:
            return False
        match path:
            case ir.Name(id=name):
                values = list(_assigned(self.module, self.routine, name))
                added = list(_added(self.module, name))
                values = [v for v in values if not (added and isinstance(v, ir.Collection) and not v.items)]
                if added and not all(self._where(one).temporary(one, depth - 1, last=last) for one in added):
                    return False
                if values or added:
                    # What is written first and removed later was made here, whoever has a say in its name.
                    made = self.chosen and _is_written(self.module, name)
                    judge = _Paths(self.analysis, self.module, self.routine, self.end, chosen=False) if made else self
                    return all(judge.temporary(value, depth - 1, last=last) for value in values)
                return self._passed(name, depth - 1)
            case ir.Const(value=str() as text):
                return self._is_temporary_text(text, last=last)
            case ir.Concat(parts=parts):
                texts = [p.value for p in parts if isinstance(p, ir.Const) and isinstance(p.value, str)]
                named = any(self._is_temporary_text(text, last=last) for text in texts)
                return named or (bool(parts) and self.temporary(parts[0], depth - 1, last=False))
            case ir.Collection(items=items):
                return bool(items) and all(self.temporary(item, depth - 1, last=last) for item in items)
            case ir.Attribute(base=base) | ir.Subscript(base=base):
                return self.temporary(base, depth - 1, last=last)
            case ir.Binary(left=left, right=right):
                return self._joined((left, right), depth, last=last)
            case ir.Call():
                return self._made(path, depth, last=last)
            case _:
                return False

    def _where(self, node: ir.Expr) -> "_Paths":
        """The same judge in the innermost function that holds the node, where its names mean what they mean there."""
        around = [
            r
            for r in self.analysis.project.routines.values()
            if r.module is self.module
            and time.thread_time() < self.end
            and any(inner is node for inner in walk(r.function.body))
        ]
        inmost = max(around, key=lambda r: len(r.function.qualname), default=None)
        return _Paths(self.analysis, self.module, inmost, self.end, chosen=self.chosen)

    def _made(self, call: ir.Call, depth: int, *, last: bool) -> bool:
        name = call.callee.name if isinstance(call.callee, ir.Attribute) else getattr(call.callee, "id", "")
        name = name.partition("~")[0]
        if _MAKERS.match(name) or (_FOLDERS.match(name) and not self.chosen):
            return True
        if name in _CHANGES_NAME and call.args:
            return self.temporary(call.args[0], depth - 1, last=last)
        if isinstance(call.callee, ir.Name) and self._returned(call.callee.id, depth):
            return True
        base = (call.callee.base,) if isinstance(call.callee, ir.Attribute) and not call.args else ()
        return self._joined((*base, *call.args), depth, last=last)

    def _joined(self, parts: tuple[ir.Expr, ...], depth: int, *, last: bool) -> bool:
        return any(self.temporary(p, depth - 1, last=last and at == len(parts) - 1) for at, p in enumerate(parts))

    def _is_temporary_text(self, text: str, *, last: bool) -> bool:
        if _IN_FOLDER.match(text) and not self.chosen:
            return True
        return (last or not self.chosen) and bool(_NAMES.search(text) or _BOOKKEEPING.match(text))

    def _passed(self, name: str, depth: int) -> bool:
        """Whether every caller hands a temporary path to this parameter of a helper."""
        function = self.routine.function if self.routine is not None else None
        at = next((i for i, p in enumerate(function.params) if p.name == name), None) if function is not None else None
        if function is None or at is None:
            return False
        if function.name.startswith("<"):
            return any(self.temporary(walked, depth) for walked in _walked_over(self.module, function))
        given = [
            _Paths(self.analysis, other.module, other, self.end, chosen=self.chosen).temporary(node.args[at], depth)
            for other in self.analysis.project.routines.values()
            if time.thread_time() < self.end
            for node in walk(other.function.body)
            if isinstance(node, ir.Call) and at < len(node.args) and _calls(node, function.name)
        ]
        return bool(given) and all(given) and time.thread_time() < self.end

    def _returned(self, name: str, depth: int) -> bool:
        """Whether a function of the same file hands back temporary paths only."""
        for routine in self.analysis.project.routines.values():
            if routine.module is self.module and routine.function.name == name:
                values = [n.value for n in walk(routine.function.body) if isinstance(n, ir.Return) and n.value]
                own = _Paths(self.analysis, self.module, routine, self.end, chosen=self.chosen)
                return bool(values) and all(own.temporary(value, depth - 1) for value in values)
        return False


def _is_written(module: ir.Module, name: str) -> bool:
    for node in walk(module.body):
        if isinstance(node, ir.Call):
            callee = node.callee.name if isinstance(node.callee, ir.Attribute) else getattr(node.callee, "id", "")
            base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
            target = base if callee in _WRITES_SELF else node.args[0] if callee in _WRITES and node.args else None
            if isinstance(target, ir.Name) and target.id == name:
                return True
    return False


def _added(module: ir.Module, name: str) -> Iterator[ir.Expr]:
    """What is put into the list of this name."""
    for node in walk(module.body):
        if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute) and node.callee.name in _ADDS:
            base = node.callee.base
            if isinstance(base, ir.Name) and base.id == name:
                yield from node.args[:1]


def _walked_over(module: ir.Module, function: ir.Function) -> Iterator[ir.Expr]:
    """The list whose elements a function gets; `files.forEach(function)` is lowered to a comprehension."""
    for node in walk(module.body):
        called = (
            node.element.callee if isinstance(node, ir.Comprehension) and isinstance(node.element, ir.Call) else None
        )
        if isinstance(called, ir.Lambda) and called.function is function:
            yield from (iterable for _, iterable in node.bindings[:1])


def _assigned(module: ir.Module, routine: Routine | None, name: str) -> Iterator[ir.Expr]:
    """Everything the name is set to: in the function, else in the module."""
    bodies = [module.body] if routine is None else [routine.function.body, module.body]
    for body in bodies:
        found = False
        for node in walk(body):
            for target, value in _bindings(node):
                if any(isinstance(t, ir.Name) and t.id == name for t in walk(target)):
                    if isinstance(value, ir.Const) and value.value is None:
                        continue
                    found = True
                    yield value
        if found or (routine is not None and any(p.name == name for p in routine.function.params)):
            return


def _bindings(node: object) -> Iterator[tuple[ir.Expr, ir.Expr]]:
    if isinstance(node, ir.Assign):
        yield from ((t, node.value) for t in node.targets if isinstance(t, ir.Name | ir.Collection | ir.Table))
    elif isinstance(node, ir.Assigned):
        yield node.target, node.value
    elif isinstance(node, ir.Loop) and node.target is not None and node.iterable is not None:
        yield node.target, node.iterable
    elif isinstance(node, ir.Comprehension):
        yield from node.bindings
    elif isinstance(node, ir.Call) and isinstance(node.callee, ir.Lambda):
        params = node.callee.function.params
        yield from ((ir.Name(p.line, p.name), arg) for p, arg in zip(params, node.args, strict=False))
    elif isinstance(node, ir.With):
        yield from ((target, value) for value, target in node.items if target is not None)


def _calls(node: ir.Call, name: str) -> bool:
    callee = node.callee
    return (callee.name if isinstance(callee, ir.Attribute) else getattr(callee, "id", "")) == name
