"""The flow analysis: walks each function once, in the terms of its parameters, and remembers what it does.

Every function is summarised on demand and once per kind of call (constants and types that the caller knows), so a flow
may pass through any number of functions and files. A function that is being summarised already (recursion) answers
with what its arguments hold. Method: abstract interpretation over structured statements with function summaries.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from scanner.code import ir
from scanner.code.addresses import marks_of
from scanner.code.calls import call
from scanner.code.credentials import raised
from scanner.code.evaluate import Evaluator
from scanner.code.lookups import separately
from scanner.code.project import Routine, is_of_class
from scanner.code.proofs import checks_of, meet
from scanner.code.safety import Safe
from scanner.code.settings import is_asked_for
from scanner.code.state import Analysis, Frame, Hints, Summary, TooDeepError
from scanner.code.strings import behind
from scanner.code.values import EMPTY, UNKNOWN, Env, Label, Value, adjust, join, join_envs, union
from trust.finding import Gap

_SLICE: Final = 4.0
"""Seconds that one function, with everything it calls for the first time, may take."""
_CALL_DEPTH: Final = 12
_SHARE: Final = 0.6
"""The part of the time that following flows may use; the rules that read the code as it is written come after."""
_TESTABLE: Final = (ir.Compare, ir.Call, ir.Not, ir.Logic, ir.Conditional)


def flow_end(deadline: float) -> float:
    """When following flows has to end, so that something of the time until `deadline` is left for the rules."""
    now = time.thread_time()
    return now + _SHARE * (deadline - now)


def summarise(analysis: Analysis, routine: Routine, hints: Hints) -> Summary | None:
    """What the function does; None while it is being summarised further up."""
    key = (routine.ref, hints)
    known = analysis.summaries.get(key)
    if known is not None:
        return known
    if key in analysis.running or len(analysis.running) >= _CALL_DEPTH:
        return None
    if not analysis.running:
        analysis.slice_end = time.thread_time() + _SLICE
    analysis.running.add(key)
    depth = analysis.depth
    try:
        summary = _walk(analysis, routine, hints)
    except (TooDeepError, RecursionError):
        # The bound on nesting comes first; the interpreter's own is the second line for what the bound did not count.
        analysis.depth = depth
        analysis.gaps.setdefault(
            routine.ref,
            Gap(f"The function {routine.function.name} is too deep or too long to follow.", routine.module.path),
        )
        summary = Summary()
    finally:
        analysis.running.discard(key)
    analysis.summaries[key] = summary
    return summary


def module_values(analysis: Analysis, module: ir.Module) -> dict[str, Value]:
    """The global variables of a module, as running its body leaves them."""
    known = analysis.globals.get(module.name)
    if known is not None:
        return known
    frame = Frame(analysis, module, None, Env())
    analysis.globals[module.name] = frame.here().names
    if not analysis.running:
        analysis.slice_end = time.thread_time() + _SLICE
    depth = analysis.depth
    try:
        Walker(frame).block(module.body)
    except (TooDeepError, RecursionError):
        analysis.depth = depth
        analysis.gaps[module.name] = Gap("The module's top level is too deep or too long to follow.", module.path)
    names = analysis.globals[module.name]
    if frame.env is not None and frame.env.names is not names:
        names.update(frame.env.names)
    analysis.module_events[module.name] = frame.events
    return names


def _walk(analysis: Analysis, routine: Routine, hints: Hints) -> Summary:
    function = routine.function
    frame = Frame(analysis, routine.module, routine, Env(), outer=_enclosing(routine), hinted=bool(hints))
    walker = Walker(frame)
    frame.marks |= marks_of(function)
    walker.parameters(function, hints)
    walker.block(function.body)
    returns = frame.env is not None or frame.result is not None or bool(frame.exits) or bool(frame.settled_exits)
    if frame.env is not None:
        frame.exits.append(checks_of(frame.env))
    if not frame.exits:
        frame.exits = frame.settled_exits
    result = _either_way(frame.result, frame.by_setting)
    return Summary(
        result,
        tuple(frame.hits.values()),
        frozenset(frame.events),
        meet(frame.exits),
        meet(frame.truths),
        frame.fields,
        returns,
        tuple(frame.calls.values()),
        frozenset(frame.marks),
    )


def _either_way(strict: Value | None, by_setting: Value | None) -> Value:
    """The result, where some ways out are open only by the operator's settings: they add origins, and take no
    protection away that the other ways give.
    """
    if strict is None or by_setting is None:
        return strict or by_setting or Value()
    joined = join(strict, by_setting)
    kept = strict.everything()
    return replace(joined, taint={label: kept.get(label, mark) for label, mark in joined.taint.items()})


def _enclosing(routine: Routine) -> tuple[str, ...]:
    """The function and the ones around it, innermost first: each has captured the names of the next."""
    refs = []
    qualname = routine.function.qualname
    while True:
        refs.append(f"{routine.module.name}:{qualname}")
        outer, found, _ = qualname.rpartition(".<locals>.")
        if not found:
            return tuple(refs)
        qualname = outer


class Walker:
    """Walks the statements of one frame."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._evaluator = Evaluator(frame, call)
        self._table: dict[type, Callable[[Any], None]] = {
            ir.Assign: self._assign,
            ir.Do: self._do,
            ir.If: self._if,
            ir.Loop: self._loop,
            ir.Try: self._try,
            ir.With: self._with,
            ir.Return: self._return,
            ir.Raise: self._raise,
            ir.Jump: self._jump,
            ir.Delete: lambda _: None,
            ir.Define: self._define,
        }

    def parameters(self, function: ir.Function, hints: Hints) -> None:
        """Binds the parameters to labels of their own."""
        env = self._frame.here()
        module = self._frame.module
        if function.receiver is not None:
            owner = f"{module.name}:{function.owner}{'' if is_of_class(function) else '()'}" if function.owner else None
            if len(hints) > len(function.params) and (narrower := hints[-1]) is not None:
                owner = str(narrower[1])
            env.names[function.receiver] = Value({("param", -1, ""): (Safe.FRESH, ())}, owner)
        for at, param in enumerate(function.params):
            hint = hints[at] if at < len(hints) else None
            value = Value({("param", at, ""): (Safe.FRESH, ())}, self._evaluator.annotated(module, param.annotation))
            if hint is not None and hint[0] == "own":
                self._frame.own.add(at)
            if hint is not None and hint[0] in ("ref", "own"):
                value = replace(value, ref=value.ref if hint[1] is None else str(hint[1]))
            elif hint is not None:
                value = replace(value, const=hint[1])
            elif param.default is not None and value.ref is None:
                value = replace(value, ref=self._evaluator.value(param.default).ref)
            env.names[param.name] = value
            if param.target is not None:
                self._evaluator.assign(param.target, value)

    def block(self, statements: tuple[ir.Stmt, ...]) -> None:
        analysis = self._frame.analysis
        for statement in statements:
            if self._frame.env is None:
                return
            analysis.tick()
            self._table[type(statement)](statement)

    def _do(self, node: ir.Do) -> None:
        self._evaluator.value(node.value)

    def _assign(self, node: ir.Assign) -> None:
        evaluator, frame = self._evaluator, self._frame
        value = evaluator.value(node.value)
        if frame.env is None:
            return
        value = frame.env.seen(value)
        if node.annotation is not None and value.ref is None:
            value = replace(value, ref=evaluator.annotated(frame.module, node.annotation))
        if node.augmented:
            value = self._grown(node, value)
        for target in node.targets:
            evaluator.assign(target, value)
            if isinstance(target, ir.Name) and isinstance(node.value, _TESTABLE):
                frame.tests[target.id] = node.value

    def _grown(self, node: ir.Assign, value: Value) -> Value:
        before = self._evaluator.value(node.targets[0])
        if before.items is not None and value.items is not None:
            return replace(before, items=(*before.items, *value.items), taint=union([before.taint, value.taint]))
        if isinstance(before.const, str) and isinstance(value.const, str) and len(before.const) < 4096:
            return Value(const=before.const + value.const)
        taint = union([before.everything(), adjust(value.everything(), behind(before))])
        return Value(adjust(taint, drops=Safe.WHOLE), before.ref)

    def _define(self, node: ir.Define) -> None:
        frame = self._frame
        ref = f"{frame.module.name}:{node.what.qualname}"
        frame.here().names[node.what.name] = Value(ref=ref)
        for decorator in node.what.decorators:
            self._evaluator.value(decorator)
        if isinstance(node.what, ir.Function):
            self._evaluator.capture(ref)
            return
        for statement in node.what.body:
            if isinstance(statement, ir.Define) and isinstance(statement.what, ir.Function):
                self._evaluator.capture(f"{frame.module.name}:{statement.what.qualname}")

    # --- ways -------------------------------------------------------------------------------------------------------

    def _if(self, node: ir.If) -> None:
        """Follows both ways of each test of an `elif` chain; a test whose outcome is known has one way."""
        frame = self._frame
        ends: list[Env | None] = []
        while True:
            test = self._evaluator.value(node.test)
            if frame.env is None:
                break
            outcome = test.const if isinstance(test.const, bool) else None
            before = frame.env
            by_operator = not self._evaluator.guards.chosen_by_caller(node.test)
            setting = by_operator and not node.other
            if outcome is not False:
                frame.env = before.copy() if outcome is None else before
                self._evaluator.guards.refine(node.test, truth=True)
                frame.settings += by_operator
                self.block(node.then)
                frame.settings -= by_operator
                ends.append(frame.env)
            if outcome is True:
                frame.env = None
                break
            frame.env = before
            self._evaluator.guards.refine(node.test, truth=False)
            if setting and ends[-1:] and ends[-1] is not None:
                # A check that only the operator can switch off counts as one; one to be switched on is half of one.
                before.take_over(ends[-1], half=is_asked_for(node.test))
            if len(node.other) == 1 and isinstance(node.other[0], ir.If):
                node = node.other[0]
                frame.analysis.tick()
                continue
            self.block(node.other)
            break
        frame.env = join_envs([frame.env, *ends])

    def _loop(self, node: ir.Loop) -> None:
        frame, evaluator = self._frame, self._evaluator
        iterated = evaluator.value(node.iterable) if node.iterable is not None else None
        if node.test is not None:
            evaluator.value(node.test)
        before = frame.here()
        proved: dict[Label, Safe] = {}
        outer_jumps = frame.jumps
        frame.loops += 1
        each = separately(iterated, node.body) if frame.loops == 1 else ()
        for element in each or (None,) * (2 if frame.loops == 1 else 1):
            frame.env = before.copy()
            frame.jumps = []
            if node.target is not None and iterated is not None:
                evaluator.assign(node.target, element or evaluator.element(iterated))
            if node.test is not None:
                evaluator.guards.refine(node.test, truth=True)
            self.block(node.body)
            ways = [*frame.jumps, *self._going_on()]
            proved = meet(checks_of(e) for e in ways)
            before = join_envs([before.copy(), *ways]) or before
        frame.jumps = outer_jumps
        frame.loops -= 1
        if iterated is not None:
            # What the body proves of each element holds for all of them, also when there is none.
            for label in iterated.everything():
                if label in proved:
                    before.check(label, proved[label])
        frame.env = before
        self.block(node.other)

    def _going_on(self) -> tuple[Env, ...]:
        return () if self._frame.env is None else (self._frame.env,)

    def _try(self, node: ir.Try) -> None:
        frame = self._frame
        before = frame.here().copy()
        self.block(node.body)
        inside = frame.env
        ends: list[Env | None] = []
        for handler in node.handlers:
            start = before.copy()
            if inside is not None:
                for name, value in inside.names.items():
                    start.names[name] = join(start.names[name], value) if name in start.names else value
            if handler.name:
                start.names[handler.name] = Value(ref="$error")
            frame.env = start
            self.block(handler.body)
            ends.append(frame.env)
        frame.env = inside
        self.block(node.other)
        frame.env = join_envs([frame.env, *ends])
        if node.final:
            live = frame.env
            frame.env = live if live is not None else before
            self.block(node.final)
            if live is None:
                frame.env = None

    def _with(self, node: ir.With) -> None:
        for value_node, target in node.items:
            value = self._evaluator.value(value_node)
            if target is not None and self._frame.env is not None:
                self._evaluator.assign(target, value)
        self.block(node.body)

    # --- exits ------------------------------------------------------------------------------------------------------

    def _return(self, node: ir.Return) -> None:
        frame = self._frame
        value = self._evaluator.value(node.value) if node.value is not None else Value(const=None)
        if frame.env is None:
            return
        value = _seen_deep(frame.env, value)
        if frame.settings and node.final:
            frame.by_setting = value if frame.by_setting is None else join(frame.by_setting, value)
            frame.settled_exits.append(checks_of(frame.env))
            frame.env = None
            return
        frame.result = value if frame.result is None else join(frame.result, value)
        if not node.final:
            return
        frame.exits.append(checks_of(frame.env))
        if value.const not in (False, None) and node.value is not None:
            truth = checks_of(frame.env)
            if value.const is UNKNOWN:
                for label, safe in self._evaluator.guards.proves(node.value, truth=True).items():
                    if label[0] != "name":
                        truth[label] = truth.get(label, Safe.NONE) | safe
            frame.truths.append(truth)
        frame.env = None

    def _raise(self, node: ir.Raise) -> None:
        if node.value is not None:
            self._evaluator.value(node.value)
            said = node.value.args if isinstance(node.value, ir.Call) else ()
            raised(self._frame, node.line, [self._evaluator.value(arg) for arg in said])
        self._frame.env = None

    def _jump(self, _: ir.Jump) -> None:
        if self._frame.env is not None:
            self._frame.jumps.append(self._frame.env)
        self._frame.env = None


def _seen_deep(env: Env, value: Value, depth: int = 2) -> Value:
    if depth == 0 or (value.items is None and value.fields is None):
        return env.seen(value)
    items = tuple(_seen_deep(env, v, depth - 1) for v in value.items) if value.items is not None else None
    fields = {k: _seen_deep(env, v, depth - 1) for k, v in value.fields.items()} if value.fields is not None else None
    return replace(value, taint=env.apply(value.taint) or EMPTY, items=items, fields=fields)
