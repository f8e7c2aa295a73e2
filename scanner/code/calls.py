"""Calls to values: functions of the project by their summaries, outside functions by the tables."""

from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.applying import Binding
from scanner.code.arguments import Arguments, arguments_of, bind, hints_of
from scanner.code.credentials import masking
from scanner.code.dispatch import below, by_name, contained, inherited, member, members
from scanner.code.evaluate import Evaluator
from scanner.code.growing import grow
from scanner.code.handing import called_with, known, leave, resolved
from scanner.code.lookups import chosen, listed
from scanner.code.outside import outside
from scanner.code.project import Routine, is_of_class
from scanner.code.safety import Safe
from scanner.code.state import MAX_OWN_VARIANTS, MAX_VARIANTS, Pending
from scanner.code.storing import put, remember
from scanner.code.values import (
    EMPTY,
    NOTHING,
    UNKNOWN,
    Env,
    Value,
    adjust,
    join,
    join_envs,
    project,
    union,
    without,
)

_GROWS: Final = (
    "append", "add", "appendleft", "push", "insert", "extend", "update", "unshift", "setdefault", "put", "put_nowait",
    "write", "writelines",
)  # fmt: skip
_MAPS: Final = frozenset({"Map()", "WeakMap()"})
"""What is found under a key is what was stored there, and not the key."""
_SHORT: Final = 12
"""Lines of a function that is followed for every kind of call: constructors of handlers, small helpers."""
MAX_SHORT_VARIANTS: Final = 40
_MEMBERS: Final = {"getattr": member, "inspect.getmembers": members, "vars": members}
BOUND: Final = "$bound()"
"""What a call that binds arguments to a function gives (`functools.partial`)."""


def call(evaluator: Evaluator, node: ir.Call) -> Value:
    """The value of a call; records what it does in the evaluator's frame."""
    receiver: Value | None = None
    if isinstance(node.callee, ir.Attribute):
        receiver = evaluator.value(node.callee.base)
        spelled = getattr(node.callee.base, "id", None) or getattr(node.callee.base, "name", None)
        named = spelled if isinstance(spelled, str) else None
        above = inherited(evaluator, node)
        if above is not None:
            receiver, callee = above
        else:
            callee = evaluator.attribute(receiver, node.callee.name, named, called=True)
    else:
        callee = evaluator.value(node.callee)
    arguments = arguments_of(evaluator, node, receiver)
    entry = _of_table(node, receiver, arguments) if receiver is not None else None
    if entry is not None:
        return entry
    known = receiver is not None and receiver.ref not in evaluator.rules.whole_environment
    if receiver is not None and known and receiver.taint and getattr(node.callee, "name", "") in ("get", "pop"):
        key = arguments.args[0].text() if arguments.args else None
        if key is not None:
            return Value(union([project(receiver.taint, key), *(v.everything() for v in arguments.args[1:])]))
    if receiver is not None and receiver.ref in _MAPS and getattr(node.callee, "name", "") == "get":
        return Value(receiver.everything())
    if isinstance(node.callee, ir.Attribute) and node.callee.name in _GROWS:
        grow(evaluator, node.callee, arguments.all())
    return invoke(evaluator, node, callee, arguments)


def invoke(evaluator: Evaluator, node: ir.Call, callee: Value, arguments: Arguments) -> Value:
    if callee.others:
        return _any_of(evaluator, node, callee, arguments)
    ref = callee.ref or "$"
    if callee.fields is not None and "__self__" in callee.fields:
        arguments = replace(arguments, receiver=callee.fields["__self__"])
    if ":" in ref:
        own = _own(evaluator, node, ref, arguments)
        if own is not None:
            return own
    rules = evaluator.rules
    special = _special(evaluator, node, callee, arguments)
    at = rules.callers.get(ref) if special is None else None
    if at is not None and len(arguments.args) > at:
        target = arguments.args[at]
        inner = Arguments(arguments.args[at + 1 :], arguments.keywords, arguments.rest, None)
        if target.ref is not None:
            if target.ref.endswith("partial"):
                return target
            answer = invoke(evaluator, node, target, inner)
            return _promised(evaluator, node, target) or answer if ref == "Promise" else answer
    guessed = by_name(evaluator, node, ref) if special is None else None
    if guessed is not None:
        method, sure = guessed
        evaluator.frame.doubt += not sure
        special = invoke(evaluator, node, method, arguments)
        evaluator.frame.doubt -= not sure
    if special is not None:
        return special
    answers = _callbacks(evaluator, node, arguments)
    leave(evaluator.frame, node, callee, arguments)
    result = outside(evaluator, node, ref, callee, arguments)
    if not answers:
        return result
    if isinstance(node.callee, ir.Attribute) and node.callee.name == "then":
        return answers[0]
    # Whoever is given a function to call mostly hands back what it answers.
    return replace(
        result, taint=union([result.taint, *(without(a.everything(), "secret", "environ") for a in answers)])
    )


def _callbacks(evaluator: Evaluator, node: ir.Call, arguments: Arguments) -> list[Value]:
    """A function handed to an outside function, or in an object, will be called by it; gives what it answers."""
    answers: list[Value] = []
    for value in arguments.all():
        for handed in (value, *(value.fields or {}).values()):
            if handed.ref is not None and ":" in handed.ref:
                routine = evaluator.analysis.project.routines.get(handed.ref)
                if routine is not None:
                    given = Arguments(called_with(evaluator, node, arguments.receiver, arguments.args), {}, EMPTY, None)
                    answer = _apply(evaluator, node, routine, given, _instance(handed))
                    answers.append(answer)
    return answers


# --- functions of the project -----------------------------------------------------------------------------------


def _own(evaluator: Evaluator, node: ir.Call, ref: str, arguments: Arguments) -> Value | None:
    analysis = evaluator.analysis
    routine = analysis.project.routines.get(ref)
    if routine is not None:
        return _apply(evaluator, node, routine, arguments, _instance(arguments.receiver))
    if ref in analysis.project.classes:
        return _construct(evaluator, node, ref, arguments)
    owner, dot, name = ref.rpartition(".")
    if ref.endswith("()") and ref[:-2] in analysis.project.classes:
        owner, dot, name = ref, ".", "__call__"
        arguments = replace(arguments, receiver=Value(ref=ref))
    class_ref = owner.removesuffix("()")
    if dot and class_ref in analysis.project.classes:
        method = analysis.project.method(class_ref, name)
        instead = below(evaluator, class_ref, name, method)
        if instead is not None:
            return invoke(evaluator, node, instead, arguments)
        if method is not None:
            return _apply(evaluator, node, method, *_received(method, class_ref, arguments))
    return None


def _received(method: Routine, class_ref: str, arguments: Arguments) -> tuple[Arguments, Value]:
    """The arguments and the receiver of a method; `Class.method(instance, ...)` names the receiver first."""
    receiver = _instance(arguments.receiver)
    function = method.function
    unbound = receiver.ref == class_ref and method.module.language == "python" and not is_of_class(function)
    if unbound and function.receiver is not None and arguments.args:
        return replace(arguments, args=arguments.args[1:]), arguments.args[0]
    if receiver.others:
        receiver = replace(receiver, ref=f"{class_ref}()", others=(), fields=None)
    return arguments, receiver


def _any_of(evaluator: Evaluator, node: ir.Call, callee: Value, arguments: Arguments) -> Value:
    """A call of one of several functions: each is followed from here, and what comes out may be of any."""
    frame = evaluator.frame
    before = frame.here()
    ends: list[Env | None] = []
    result: Value | None = None
    for ref in (callee.ref, *callee.others):
        frame.env = before.copy()
        value = invoke(evaluator, node, replace(callee, ref=ref, others=()), arguments)
        ends.append(frame.env)
        result = value if result is None else join(result, value)
    frame.env = join_envs(ends)
    return result or NOTHING


def _of_table(node: ir.Call, receiver: Value, arguments: Arguments) -> Value | None:
    """What the lookups of a table with known entries give."""
    method = node.callee.name if isinstance(node.callee, ir.Attribute) else ""
    if not arguments.args:
        return listed(receiver, method)
    if method not in ("get", "pop") or not receiver.fields:
        return None
    entry = receiver.fields.get(arguments.args[0].text() or "")
    if entry is None and method == "get":
        entry = chosen(receiver, arguments.args[0])
        for default in arguments.args[1:] if entry is not None else ():
            entry = join(entry, default) if entry is not None else default
    return entry


def _special(evaluator: Evaluator, node: ir.Call, callee: Value, arguments: Arguments) -> Value | None:
    """Calls that stand for another call: bound functions, threads, members by name."""
    ref, rules = callee.ref or "$", evaluator.rules
    if ref == "dict" and arguments.keywords and not arguments.args:
        return Value(arguments.rest, fields=dict(arguments.keywords))
    if ref in _MEMBERS and arguments.args:
        return _MEMBERS[ref](evaluator, node, arguments.args)
    if ref == "setattr" and len(arguments.args) == 3:
        put(evaluator, node.args[0], arguments.args[1].text(), arguments.args[2])
        return None
    if ref in rules.binders and arguments.args:
        target, *given = arguments.args
        invoke(evaluator, node, target, replace(arguments, args=tuple(given), receiver=None))
        return Value(ref=BOUND, items=arguments.args, fields=dict(arguments.keywords))
    if ref == BOUND and callee.items:
        target, *given = callee.items
        both = Arguments((*given, *arguments.args), {**(callee.fields or {}), **arguments.keywords}, EMPTY, None)
        return invoke(evaluator, node, target, both)
    starter = rules.starters.get(ref)
    if starter is None:
        return contained(evaluator, node, arguments.args)
    started = starter.split(arguments.args, arguments.keywords)
    if started is not None and (started[0].ref or "").partition("()")[0] != "":
        target, positional, named = started
        if starter.each:
            positional = tuple(evaluator.element(v) for v in positional)
        return invoke(evaluator, node, target, Arguments(positional, dict(named), EMPTY, None))
    return None


def _instance(receiver: Value | None) -> Value:
    return receiver if receiver is not None else NOTHING


def _construct(evaluator: Evaluator, node: ir.Call, ref: str, arguments: Arguments) -> Value:
    """A new instance: fields as the constructor leaves them; for data classes and models, the keyword arguments."""
    project_ = evaluator.analysis.project
    constructor = project_.method(ref, "__init__") or project_.method(ref, "constructor")
    loose = arguments.rest
    if constructor is None:
        fields = dict(arguments.keywords)
        taint = union([loose, *(v.everything() for v in arguments.args)])
        for name, value in fields.items():
            fields[name] = evaluator.frame.here().seen(value)
        return Value(taint, f"{ref}()", fields=fields)
    instance = Value(EMPTY, f"{ref}()")
    stored: dict[str, Value] = {}
    _apply(evaluator, node, constructor, arguments, instance, stored)
    if not stored:
        return Value(loose, f"{ref}()")
    known = {k: v for k, v in stored.items() if v.everything() or v.const is not UNKNOWN or v.items is not None}
    return Value(loose, f"{ref}()", fields=known)


def _apply(
    evaluator: Evaluator,
    node: ir.Call,
    routine: Routine,
    arguments: Arguments,
    receiver: Value,
    stored: dict[str, Value] | None = None,
) -> Value:
    analysis = evaluator.analysis
    bound = bind(routine, arguments)
    hints = hints_of(analysis.project, routine, bound, receiver, evaluator.frame.own)
    if hints and (routine.ref, hints) not in analysis.summaries:
        used = analysis.variants.get(routine.ref, 0)
        analysis.variants[routine.ref] = used + 1
        named = any(h is not None and h[1] in analysis.words for h in hints)
        short = routine.function.end - routine.function.line < _SHORT
        if used >= (MAX_SHORT_VARIANTS if short else MAX_VARIANTS) and not named:
            # What no caller chose is few combinations, and decides whether a check is made.
            own = tuple(h if h is not None and h[0] == "own" else None for h in hints)
            hints = own if any(own) and used < MAX_OWN_VARIANTS else ()
    summary = analysis.summarise(analysis, routine, hints)
    if summary is None:
        return Value(adjust(union([v.everything() for v in arguments.all()]), drops=Safe.FRESH))
    binding = Binding(evaluator.frame, node, routine, bound, receiver)
    tells = summary.fields if stored is None and receiver is not NOTHING else {}
    left_in = {n: binding.value(v) for n, v in tells.items() if v.const is not UNKNOWN or v.everything()}
    result = masking(routine.function.name, binding.use(summary, stored))
    if left_in and isinstance(node.callee, ir.Attribute) and routine.function.receiver is not None:
        remember(evaluator, _called_on(evaluator, node.callee), left_in)
    for left in summary.calls if evaluator.frame.env is not None else ():
        found = known(evaluator, binding, left)
        if found is not None:
            _make(evaluator, node, left, *found)
    return result


def _called_on(evaluator: Evaluator, callee: ir.Attribute) -> ir.Expr:
    """Where the receiver of a method lies; `super()` is the receiver of the method around it."""
    base, around = callee.base, evaluator.frame.routine
    if isinstance(base, ir.Call) and isinstance(base.callee, ir.Name) and base.callee.id == "super":
        own = around.function.receiver if around is not None else None
        return ir.Name(callee.line, own) if own is not None else base
    return base


def _make(evaluator: Evaluator, node: ir.Call, left: Pending, callee: Value, arguments: Arguments) -> None:
    """A call that a callee left to this function; what it does outside is done where the call stands."""
    ref, frame = callee.ref or "$", evaluator.frame
    if ":" in ref and _own(evaluator, node, ref, arguments) is not None:
        return
    if evaluator.rules.sinks.get(ref) is not None:
        here, frame.module = frame.module, left.module
        outside(evaluator, left.node, ref, callee, arguments)
        frame.module = here
    else:
        leave(frame, node, callee, arguments, left)


def _promised(evaluator: Evaluator, node: ir.Call, executor: Value) -> Value | None:
    """What `new Promise(executor)` comes to."""
    routine = evaluator.analysis.project.routines.get(executor.ref or "")
    summary = evaluator.analysis.summarise(evaluator.analysis, routine, ()) if routine is not None else None
    if routine is None or summary is None:
        return None
    return resolved(Binding(evaluator.frame, node, routine, {}, NOTHING), summary)
