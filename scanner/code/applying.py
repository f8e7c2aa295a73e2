"""A function's summary in the terms of one of its callers: origins, checks, stored fields and results."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from scanner.code import ir
from scanner.code.addresses import RANGES, found_public
from scanner.code.folders import follows_links, worth
from scanner.code.project import Routine
from scanner.code.safety import Safe
from scanner.code.state import Frame, Hit, Summary
from scanner.code.values import EMPTY, MAX_STEPS, Label, Taint, Value, project, settled, union

_RECEIVER: Final = -1


class Binding:
    """One summary in the terms of one caller."""

    def __init__(
        self, frame: Frame, node: ir.Call, routine: Routine, bound: Mapping[int, Value], receiver: Value
    ) -> None:
        self._frame = frame
        self._node = node
        self._bound = bound
        self._receiver = receiver
        self._step = self._frame.step(node.line, f"passed to {routine.function.name}()")

    def use(self, summary: Summary, stored: dict[str, Value] | None) -> Value:
        frame = self._frame
        frame.events |= summary.events
        for hit in summary.hits:
            self._hit(hit)
        if frame.env is not None:
            for label, safe in self._checks(summary.ensures).items():
                frame.env.check(label, safe)
            self._check_variables(summary.ensures)
        frame.marks |= summary.marks
        if RANGES in summary.marks:
            frame.judged[id(self._node)] = found_public((v.everything() for v in self._bound.values()), frame.marks)
        if summary.truthy:
            frame.predicates[id(self._node)] = {**self._variables(summary.truthy), **self._checks(summary.truthy)}
        if stored is not None:
            stored.update({name: self.value(value) for name, value in summary.fields.items()})
        if not summary.returns:
            frame.env = None
        return self.value(summary.result)

    def _check_variables(self, proved: Mapping[Label, Safe]) -> None:
        env = self._frame.env
        if env is not None:
            for label, safe in self._variables(proved).items():
                env.check(label, safe)

    def _variables(self, proved: Mapping[Label, Safe]) -> dict[Label, Safe]:
        """A variable that was handed over as it is holds what the callee made sure of."""
        found: dict[Label, Safe] = {}
        for (kind, root, path), safe in proved.items():
            given = self._node.args[int(root)] if kind == "param" and 0 <= int(root) < len(self._node.args) else None
            if path == "" and isinstance(given, ir.Name):
                found["name", given.id, ""] = safe
        return found

    def _source(self, label: Label) -> Taint | None:
        """The caller's taint behind one label of the callee; None when the label stands for itself."""
        kind, root, path = label
        if kind == "param":
            value = self._receiver if root == _RECEIVER else self._bound.get(int(root))
        elif kind == "free":
            id_, _, owner = str(root).partition("@")
            if not self._is_here(owner):
                return None
            value = self._frame.here().names.get(id_)
        else:
            return None
        return fetch(value, path) if value is not None else EMPTY

    def _is_here(self, owner: str) -> bool:
        """Whether the frame is the function that a captured name belongs to, or a cut of it made for one tool."""
        ref = self._frame.ref
        return ref is not None and (ref == owner or ref.startswith(f"{owner}@"))

    def held(self, label: Label) -> Value | None:
        """The caller's value behind an origin of the callee, without its path; None when the caller has none."""
        kind, root, _ = label
        if kind == "param":
            return self._receiver if root == _RECEIVER else self._bound.get(int(root))
        id_, _, owner = str(root).partition("@")
        if self._is_here(owner):
            return self._frame.here().names.get(id_)
        return Value({(kind, root, ""): (Safe.FRESH, ())})

    def _back(self, taint: Taint, *, step: bool = False) -> Taint:
        parts: list[Taint] = []
        for label, (safe, steps) in taint.items():
            source = self._source(label)
            if source is None:
                parts.append({label: (safe, steps)})
            else:
                own = (self._step,) if step else ()
                parts.append(
                    {
                        inner: (compose(mask, safe), (*before, *own, *steps)[:MAX_STEPS])
                        for inner, (mask, before) in source.items()
                        if _stays(inner, safe)
                    }
                )
        return union(parts)

    def _hit(self, hit: Hit) -> None:
        source = self._source(hit.label)
        if source is None:
            self._frame.hit(hit)
            return
        for label, (safe, steps) in self._frame.here().apply(source).items():
            both = compose(safe, hit.safe)
            if not _stays(label, hit.safe) or both & hit.needs == hit.needs or self._frame.has(hit, label):
                continue
            whole = (*steps, self._step, *hit.steps)
            if len(whole) > MAX_STEPS:
                whole = (*whole[: MAX_STEPS // 2], *whole[-(MAX_STEPS // 2) :])
            # What the callee was given in one piece may have been built from pieces before.
            arbitrary = hit.arbitrary and bool(safe & Safe.WHOLE)
            bound = replace(hit, label=label, safe=both, steps=whole, arbitrary=arbitrary)
            if hit.check == "order" and follows_links(self._frame):
                # Links are followed here, only too late: this is where the order is to be mended.
                bound = replace(bound, path=self._frame.module.path, line=self._node.line, check="placed")
            self._frame.hit(bound)

    def _checks(self, proved: Mapping[Label, Safe]) -> dict[Label, Safe]:
        result: dict[Label, Safe] = {}
        for label, safe in proved.items():
            source = self._source(label)
            for inner, (mask, _) in ({label: (Safe.FRESH, ())} if source is None else source).items():
                if mask & Safe.FAITHFUL:
                    result[inner] = result.get(inner, Safe.NONE) | settled(mask, safe)
                elif safe & Safe.INSIDE and worth(mask):
                    # Of a path only the place matters that it was found to lead to.
                    result[inner] = result.get(inner, Safe.NONE) | worth(mask)
        return result

    def value(self, value: Value, depth: int = 3) -> Value:
        """A value of the callee in the terms of the caller."""
        same = self._same(value)
        if same is not None:
            return same
        items = fields = None
        if depth and value.items is not None:
            items = tuple(self.value(v, depth - 1) for v in value.items)
        if depth and value.fields is not None:
            fields = {k: self.value(v, depth - 1) for k, v in value.fields.items()}
        taint = self._back(value.taint, step=True) if value.taint else EMPTY
        return Value(taint, value.ref, value.const, items, fields, value.private)

    def _same(self, value: Value) -> Value | None:
        """What the callee was given and hands on as it is keeps what the caller knows about its parts."""
        if value.fields is not None or value.items is not None or len(value.taint) != 1:
            return None
        ((label, (safe, _)),) = value.taint.items()
        if label[0] not in ("param", "free") or safe & Safe.FRESH != Safe.FRESH:
            return None
        held = self.held(label)
        for name in filter(None, label[2].split(".")):
            held = held.fields.get(name) if held is not None and held.fields is not None else None
        if held is None or (held.fields is None and held.items is None and held.ref is None):
            return None
        taint = self._back(value.taint, step=True)
        ref = value.ref if value.ref is not None and not value.ref.startswith("$") else held.ref
        whole = held.taint and {label: mark for label, mark in taint.items() if label in held.taint}
        return Value(whole or EMPTY, ref, value.const, held.items, held.fields, held.private, held.others)


def _stays(label: Label, safe: Safe) -> bool:
    """What is made of a secret is no secret: an answer that was asked for with it, a part of it."""
    return label[0] not in ("secret", "environ") or bool(safe & Safe.FAITHFUL)


def fetch(value: Value, path: str) -> Taint:
    """The taint of a field of a value, by path (`.a.b`)."""
    for name in filter(None, path.split(".")):
        if value.fields is not None and name in value.fields:
            value = value.fields[name]
        else:
            loose = value.everything() if value.fields is None else value.taint
            value = Value(project(loose, name))
    return value.everything()


@lru_cache(maxsize=1 << 14)
def compose(outer: Safe, inner: Safe) -> Safe:
    """Bits after both: a way that was already partial or built stays so, and a protection stays won."""
    history = outer & inner & Safe.FRESH
    return ((outer | inner) & ~Safe.FRESH) | history
