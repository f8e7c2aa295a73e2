"""Checks that stand beside a handler and not in it: validators of pydantic models, and decorators that look at the
inputs before they call the function they wrap.

Sources: docs.pydantic.dev, Validators (2.11); the data model of functions in the language reference.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.entries import Entry
from scanner.code.project import Routine
from scanner.code.safety import Safe
from scanner.code.state import Analysis, Pending, Summary
from scanner.code.values import Label, Value

_FIELD: Final = ("field_validator", "validator")
_ANNOTATED: Final = ("AfterValidator", "BeforeValidator")
_HISTORY: Final = Safe.FRESH | Safe.RESOLVED | Safe.REAL
Vouched = dict[tuple[int, str], Safe]


def vouched(analysis: Analysis, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries with what is made sure of about their inputs before they begin."""
    return tuple(_vouched(analysis, entry) for entry in entries)


def _vouched(analysis: Analysis, entry: Entry) -> Entry:
    if entry.routine is None:
        return entry
    found: Vouched = {}
    for at, param in enumerate(entry.routine.function.params):
        for key, safe in _declared(analysis, entry.routine.module, at, param.annotation):
            found[key] = found.get(key, Safe.NONE) | safe
    for key, safe in _wrapped(analysis, entry.routine).items():
        found[key] = found.get(key, Safe.NONE) | safe
    if not found:
        return entry
    typed = {key: entry.typed.get(key, Safe.NONE) | found.get(key, Safe.NONE) for key in {*entry.typed, *found}}
    return replace(entry, typed=typed)


def _declared(
    analysis: Analysis, module: ir.Module, at: int, annotation: ir.Expr | None
) -> Iterator[tuple[tuple[int, str], Safe]]:
    """What the validators in a declared type make sure of."""
    while isinstance(annotation, ir.Binary):
        annotation = annotation.left
    if isinstance(annotation, ir.Subscript):
        index = annotation.index
        for part in index.items if isinstance(index, ir.Collection) else (index,):
            if isinstance(part, ir.Call) and getattr(part.callee, "id", "") in _ANNOTATED and part.args:
                routine = analysis.project.routines.get(analysis.project.dotted(module, part.args[0]) or "")
                yield (at, ""), _made_sure(analysis, routine)
            elif isinstance(part, ir.Name):
                yield from _of_model(analysis, module, at, part)
    elif annotation is not None:
        yield from _of_model(analysis, module, at, annotation)


def _of_model(
    analysis: Analysis, module: ir.Module, at: int, declared: ir.Expr
) -> Iterator[tuple[tuple[int, str], Safe]]:
    ref = analysis.project.dotted(module, declared) or ""
    known = analysis.project.classes.get(ref)
    for statement in known[1].body if known is not None else ():
        if not isinstance(statement, ir.Define) or not isinstance(statement.what, ir.Function):
            continue
        for decorator in statement.what.decorators:
            if isinstance(decorator, ir.Call) and getattr(decorator.callee, "id", "") in _FIELD:
                safe = _made_sure(analysis, analysis.project.routines.get(f"{ref}.{statement.what.name}"))
                for name in decorator.args:
                    if isinstance(name, ir.Const) and isinstance(name.value, str):
                        yield (at, f".{name.value}"), safe


def _made_sure(analysis: Analysis, routine: Routine | None) -> Safe:
    """What a validator that came back proves about the value it was given."""
    summary = analysis.summarise(analysis, routine, ()) if routine is not None else None
    if routine is None or summary is None:
        return Safe.NONE
    first = 1 if routine.function.params and routine.function.params[0].name == "cls" else 0
    return summary.ensures.get(("param", first, ""), Safe.NONE)


def _wrapped(analysis: Analysis, routine: Routine) -> Vouched:
    """What the project's own decorators make sure of before they call the function."""
    found: Vouched = {}
    for decorator in routine.function.decorators:
        named = decorator.callee if isinstance(decorator, ir.Call) else decorator
        ref = analysis.project.dotted(routine.module, named) or ""
        outer = analysis.project.routines.get(ref)
        if outer is None or not outer.function.params:
            continue
        for inner in _inner(analysis, ref):
            summary = analysis.summarise(analysis, inner, ())
            if summary is None:
                continue
            for key, safe in _handed(routine, inner, summary).items():
                found[key] = found.get(key, Safe.NONE) | safe
    return found


def _inner(analysis: Analysis, ref: str) -> Iterator[Routine]:
    prefix = f"{ref}.<locals>."
    for other, routine in analysis.project.routines.items():
        if other.startswith(prefix):
            yield routine


def _handed(routine: Routine, inner: Routine, summary: Summary) -> Vouched:
    """What is known of each input wherever the wrapper calls what it wraps."""
    calls = [c for c in summary.calls if c.label[0] == "free" and not c.label[2]]
    ways = [_of_call(routine, inner, call) for call in calls]
    if not ways:
        return {}
    return {key: safe for key in ways[0] if (safe := _least(w.get(key, Safe.NONE) for w in ways))}


def _of_call(routine: Routine, inner: Routine, call: Pending) -> Vouched:
    found: Vouched = {}
    for at, param in enumerate(routine.function.params):
        value = call.args[at] if at < len(call.args) else call.keywords.get(param.name)
        safe = _known_of(value, inner.function.params, param.name) if value is not None else None
        if safe is not None:
            found[(at, "")] = safe & ~_HISTORY
    return found


def _known_of(value: Value, params: tuple[ir.Param, ...], name: str) -> Safe | None:
    """What is known of the part of a value that is the input of this name."""

    def is_input(label: Label) -> bool:
        if label[0] != "param" or not isinstance(label[1], int) or not 0 <= label[1] < len(params):
            return False
        given = params[label[1]]
        return (given.name == name and not label[2]) or (given.kind == "rest-keyword" and label[2] == f".{name}")

    masks: Mapping[Label, Safe] = {label: mask for label, (mask, _) in value.everything().items()}
    return _least(mask for label, mask in masks.items() if is_input(label)) if any(map(is_input, masks)) else None


def _least(masks: Iterable[Safe]) -> Safe:
    result: Safe | None = None
    for mask in masks:
        result = mask if result is None else result & mask
    return result or Safe.NONE
