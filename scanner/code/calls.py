"""Calls to values: functions of the project by their summaries, outside functions by the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from scanner.code import ir
from scanner.code.applying import Binding
from scanner.code.credentials import masking, replaced
from scanner.code.dangers import judge
from scanner.code.evaluate import Evaluator
from scanner.code.growing import grow
from scanner.code.handing import called_with, known, leave, resolved
from scanner.code.project import Routine
from scanner.code.rules import Safe, Sink, Transform
from scanner.code.state import JOINED, MAX_VARIANTS, Event, Hint, Hints
from scanner.code.values import (
    EMPTY,
    NOTHING,
    UNKNOWN,
    Taint,
    Value,
    adjust,
    along,
    project,
    sequence,
    union,
    without,
)

_GROWS: Final = ("append", "add", "appendleft", "push", "insert", "extend", "update", "unshift")
_OPENERS: Final = ("path", "url", "open-url", "sql", "argv", "program", "options", "shell")
_DISTINCTIVE: Final = 7
"""Shorter method names (`get`, `query`, `handle`) are too common to say whose they are."""


@dataclass(slots=True)
class Arguments:
    """The arguments of one call, evaluated."""

    args: tuple[Value, ...]
    keywords: dict[str, Value]
    rest: Taint
    receiver: Value | None

    def all(self) -> tuple[Value, ...]:
        return (*self.args, *self.keywords.values())


def call(evaluator: Evaluator, node: ir.Call) -> Value:
    """The value of a call; records what it does in the evaluator's frame."""
    receiver: Value | None = None
    if isinstance(node.callee, ir.Attribute):
        receiver = evaluator.value(node.callee.base)
        spelled = getattr(node.callee.base, "id", None) or getattr(node.callee.base, "name", None)
        named = spelled if isinstance(spelled, str) else None
        callee = evaluator.attribute(receiver, node.callee.name, named, called=True)
    else:
        callee = evaluator.value(node.callee)
    arguments = _arguments(evaluator, node, receiver)
    if receiver is not None and receiver.fields and arguments.args and getattr(node.callee, "name", "") == "get":
        entry = receiver.fields.get(arguments.args[0].text() or "")
        if entry is not None:
            return entry
    known = receiver is not None and receiver.ref not in evaluator.rules.whole_environment
    if receiver is not None and known and receiver.taint and getattr(node.callee, "name", "") in ("get", "pop"):
        key = arguments.args[0].text() if arguments.args else None
        if key is not None:
            return Value(union([project(receiver.taint, key), *(v.everything() for v in arguments.args[1:])]))
    if isinstance(node.callee, ir.Attribute) and node.callee.name in _GROWS:
        grow(evaluator, node.callee, arguments.all())
    return invoke(evaluator, node, callee, arguments)


def invoke(evaluator: Evaluator, node: ir.Call, callee: Value, arguments: Arguments) -> Value:
    ref = callee.ref or "$"
    if ":" in ref:
        own = _own(evaluator, node, ref, arguments)
        if own is not None:
            return own
    rules = evaluator.rules
    at = rules.callers.get(ref)
    if at is not None and len(arguments.args) > at:
        target = arguments.args[at]
        inner = Arguments(arguments.args[at + 1 :], arguments.keywords, arguments.rest, None)
        if target.ref is not None:
            if target.ref.endswith("partial"):
                return target
            answer = invoke(evaluator, node, target, inner)
            return _promised(evaluator, node, target) or answer if ref == "Promise" else answer
    guessed = _by_method_name(evaluator, node, ref)
    if guessed is not None:
        return _apply(evaluator, node, guessed, arguments, _instance(arguments.receiver))
    answers = _callbacks(evaluator, node, arguments)
    leave(evaluator.frame, node, callee, arguments.args)
    result = _outside(evaluator, node, ref, callee, arguments)
    if not answers:
        return result
    if isinstance(node.callee, ir.Attribute) and node.callee.name == "then":
        return answers[0]
    # Whoever is given a function to call mostly hands back what it answers.
    return replace(
        result, taint=union([result.taint, *(without(a.everything(), "secret", "environ") for a in answers)])
    )


def _arguments(evaluator: Evaluator, node: ir.Call, receiver: Value | None) -> Arguments:
    env = evaluator.frame.here()
    args: list[Value] = []
    rest: list[Taint] = []
    for arg in node.args:
        value = env.seen(evaluator.value(arg))
        if isinstance(arg, ir.Spread):
            if value.items is not None:
                args.extend(value.items)
            else:
                rest.append(value.everything())
        else:
            args.append(value)
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = env.seen(evaluator.value(keyword.value))
        if keyword.name is not None:
            keywords[keyword.name] = value
        elif value.fields is not None:
            keywords.update(value.fields)
        if keyword.name is None:
            rest.append(value.taint)
    return Arguments(tuple(args), keywords, union(rest), receiver)


# --- outside functions ------------------------------------------------------------------------------------------


def _outside(evaluator: Evaluator, node: ir.Call, ref: str, callee: Value, arguments: Arguments) -> Value:
    frame, rules = evaluator.frame, evaluator.rules
    sink = rules.sinks.get(ref)
    if sink is not None:
        event = Event(
            "sink", ref, frame.module, node.line, node, frame.ref, arguments.args, arguments.keywords,
            arguments.receiver, sink.signal,
        )  # fmt: skip
        frame.events.add(evaluator.analysis.event(event))
        judged: Sink | None = sink
        while judged is not None:
            for hit in judge(
                frame, node.line, ref, judged, arguments.args, arguments.keywords, arguments.rest, arguments.receiver
            ):
                frame.hit(hit)
            judged = judged.also
    watched = rules.watched.get(ref)
    if watched is not None:
        event = Event(
            watched, ref, frame.module, node.line, node, frame.ref, arguments.args, arguments.keywords,
            arguments.receiver,
        )  # fmt: skip
        frame.events.add(evaluator.analysis.event(event))
    if ref in rules.stops:
        frame.env = None
    if rules.environment.get(ref) is not None:
        found = evaluator.environment(node, arguments.args[0] if arguments.args else NOTHING)
        default = arguments.args[1] if len(arguments.args) > 1 else arguments.keywords.get("default")
        return found if default is None else replace(found, fields={"default": default})
    if rules.secrets.get(ref) is not None:
        return Value({("secret", ref, ""): (Safe.FRESH, (frame.step(node.line, f"reads a credential ({ref})"),))})
    if rules.network.get(ref) is not None:
        # What comes back is the remote host's text; the caller's input only chose which.
        received_from = frame.step(node.line, f"receives data from the network ({ref.replace('$', '')})")
        return Value({("network", ref, ""): (Safe.FRESH, (received_from,))}, f"{ref}()")
    transform = rules.transforms.get(ref)
    if transform is not None:
        return _transformed(evaluator, node.line, ref, transform, arguments)
    if sink is not None and sink.style in _OPENERS and rules.network.get(ref) is None:
        # What a file, a program or a database answers is not the input that chose it.
        return Value(ref=f"{ref}()")
    received = arguments.receiver.everything() if arguments.receiver is not None else EMPTY
    own = callee.taint if arguments.receiver is None else EMPTY
    parts = [received, own, arguments.rest, *(v.everything() for v in arguments.all())]
    # What a library makes of a secret is no secret: a client, an answer, a page.
    loose = without(adjust(union(parts), drops=Safe.FRESH), "secret", "environ")
    if arguments.keywords and ref.rpartition(".")[2][:1].isupper():
        # A record of an outside library keeps what it was made of.
        parts = [received, own, arguments.rest, *(v.everything() for v in arguments.args)]
        taint = without(adjust(union(parts), drops=Safe.FRESH), "secret", "environ")
        return Value(taint, f"{ref}()", fields=dict(arguments.keywords))
    # A logger is known by its name.
    named = {"name": arguments.args[0]} if ref.endswith(("getLogger", "get_logger")) and arguments.args else None
    return Value(loose, f"{ref}()", fields=named)


def _transformed(evaluator: Evaluator, line: int, ref: str, transform: Transform, arguments: Arguments) -> Value:
    receiver = arguments.receiver
    method = receiver is not None and (ref.startswith(("$", "?")) or "()" in ref or receiver.const is not UNKNOWN)
    received = receiver.everything() if receiver is not None and (method or receiver.taint) else EMPTY
    if transform.raises:
        subject = received if method and received else arguments.args[0].everything() if arguments.args else EMPTY
        env = evaluator.frame.env
        if env is not None:
            for label, (mask, _) in subject.items():
                if mask & transform.needs == transform.needs:
                    env.check(label, transform.raises)
    if transform.clean:
        return Value(ref=transform.result)
    result = transform.result or f"{ref}()"
    if transform.adds == Safe.NONE and transform.drops == Safe.NONE and len(arguments.args) == 1 and not method:
        # A mere change of container (`list(x)`, `dict(x)`): the parts stay known.
        return replace(arguments.args[0], ref=transform.result or arguments.args[0].ref)
    if ref == "re.compile" and arguments.args:
        return Value(ref=result, fields={"pattern": arguments.args[0]})
    taint = union([received, arguments.rest, *(v.everything() for v in arguments.all())])
    if transform.drops & Safe.FAITHFUL:
        taint = without(taint, "secret")
    if transform.drops & Safe.RESOLVED and taint:
        taint = along(taint, evaluator.frame.step(line, JOINED))
    return Value(adjust(taint, transform.adds | replaced(ref, arguments.args), transform.drops), result)


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
    class_ref = owner.removesuffix("()")
    if dot and class_ref in analysis.project.classes:
        method = analysis.project.method(class_ref, name)
        if method is not None:
            return _apply(evaluator, node, method, arguments, _instance(arguments.receiver))
    return None


def _by_method_name(evaluator: Evaluator, node: ir.Call, ref: str) -> Routine | None:
    """JavaScript passes instances without saying their type; a long method name that one class has is that method."""
    if (
        not ref.startswith("$")
        or evaluator.frame.module.language != "javascript"
        or not isinstance(node.callee, ir.Attribute)
    ):
        return None
    name = node.callee.name
    if (
        len(name) < _DISTINCTIVE
        or evaluator.rules.sinks.get(ref) is not None
        or evaluator.rules.transforms.get(ref) is not None
    ):
        return None
    return evaluator.analysis.project.only_method(name)


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


def _hints(routine: Routine, bound: Mapping[int, Value]) -> Hints:
    """What the summary may depend on: constants, and types that the function does not declare itself."""
    hints: list[Hint | None] = []
    for at, param in enumerate(routine.function.params):
        value = bound.get(at)
        if value is None:
            default = param.default
            hints.append(
                ("const", default.value)
                if isinstance(default, ir.Const) and not isinstance(default.value, bytes)
                else None
            )
        elif isinstance(value.const, (bool, str, type(None))) and not (
            isinstance(value.const, str) and len(value.const) > 40
        ):
            hints.append(("const", value.const))
        elif value.ref is not None and not value.ref.startswith("$") and (param.annotation is None or ":" in value.ref):
            hints.append(("ref", value.ref))
        else:
            hints.append(None)
    return tuple(hints) if any(h is not None for h in hints) else ()


def _bind(routine: Routine, arguments: Arguments) -> dict[int, Value]:
    params = routine.function.params
    bound: dict[int, Value] = {}
    left = list(arguments.args)
    keywords = dict(arguments.keywords)
    for at, param in enumerate(params):
        if param.kind == "rest":
            if left:
                bound[at] = sequence(left)
                left = []
        elif param.kind == "rest-keyword":
            if keywords:
                bound[at] = Value(fields=dict(keywords))
        elif param.kind == "plain" and left:
            bound[at] = left.pop(0)
        elif param.name in keywords:
            bound[at] = keywords.pop(param.name)
        elif arguments.rest:
            bound[at] = Value(project(arguments.rest, param.name))
    return bound


def _apply(
    evaluator: Evaluator,
    node: ir.Call,
    routine: Routine,
    arguments: Arguments,
    receiver: Value,
    stored: dict[str, Value] | None = None,
) -> Value:
    analysis = evaluator.analysis
    bound = _bind(routine, arguments)
    hints = _hints(routine, bound)
    if hints and (routine.ref, hints) not in analysis.summaries:
        used = analysis.variants.get(routine.ref, 0)
        analysis.variants[routine.ref] = used + 1
        named = any(h is not None and h[1] in analysis.words for h in hints)
        if used >= MAX_VARIANTS and not named:
            hints = ()
    summary = analysis.summarise(analysis, routine, hints)
    if summary is None:
        return Value(adjust(union([v.everything() for v in arguments.all()]), drops=Safe.FRESH))
    binding = Binding(evaluator.frame, node, routine, bound, receiver)
    result = masking(routine.function.name, binding.use(summary, stored))
    for left in summary.calls if evaluator.frame.env is not None else ():
        found = known(evaluator, binding, left)
        if found is not None:
            _make(evaluator, node, *found)
    return result


def _make(evaluator: Evaluator, node: ir.Call, callee: Value, receiver: Value, args: tuple[Value, ...]) -> None:
    """A call that a callee left to this function."""
    ref = callee.ref or "$"
    arguments = Arguments(args, {}, EMPTY, receiver)
    if ":" in ref and _own(evaluator, node, ref, arguments) is not None:
        return
    if evaluator.rules.sinks.get(ref) is not None:
        _outside(evaluator, node, ref, callee, arguments)
    else:
        leave(evaluator.frame, node, callee, args)


def _promised(evaluator: Evaluator, node: ir.Call, executor: Value) -> Value | None:
    """What `new Promise(executor)` comes to."""
    routine = evaluator.analysis.project.routines.get(executor.ref or "")
    summary = evaluator.analysis.summarise(evaluator.analysis, routine, ()) if routine is not None else None
    if routine is None or summary is None:
        return None
    return resolved(Binding(evaluator.frame, node, routine, {}, NOTHING), summary)
