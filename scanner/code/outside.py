"""Calls of functions that are not the project's: by the tables of the language."""

from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.arguments import Arguments
from scanner.code.credentials import replaced
from scanner.code.dangers import judge
from scanner.code.evaluate import Evaluator
from scanner.code.folders import held, note
from scanner.code.hooks import settings_of
from scanner.code.matching import escapes, leaves_only, matched, quotes_escaped
from scanner.code.rules import Sink, Transform
from scanner.code.safety import Safe
from scanner.code.state import JOINED, Event
from scanner.code.values import EMPTY, NOTHING, UNKNOWN, Taint, Value, adjust, along, joined, union, without

_OPENERS: Final = ("path", "url", "open-url", "sql", "argv", "program", "options", "shell")


def outside(evaluator: Evaluator, node: ir.Call, ref: str, callee: Value, arguments: Arguments) -> Value:
    """What a function of a library gives, and what is noted about calling it."""
    frame, rules = evaluator.frame, evaluator.rules
    sink = rules.sinks.get(ref)
    _note(evaluator, node, ref, sink, arguments)
    if ref in rules.stops:
        frame.env = None
    if rules.environment.get(ref) is not None:
        found = evaluator.environment(node, arguments.args[0] if arguments.args else NOTHING)
        default = arguments.args[1] if len(arguments.args) > 1 else arguments.keywords.get("default")
        return found if default is None else replace(found, fields={"default": default})
    source = _source(evaluator, node, ref)
    if source is not None:
        return source
    if rules.network.get(ref) is not None:
        # What comes back is the remote host's text; the caller's input only chose which.
        received_from = frame.step(node.line, f"receives data from the network ({ref.replace('$', '')})")
        return Value({("network", ref, ""): (Safe.FRESH, (received_from,))}, f"{ref}()")
    transform = rules.transforms.get(ref)
    if transform is not None:
        changed = _transformed(evaluator, node.line, ref, transform, arguments)
        return replace(changed, taint=adjust(changed.taint, Safe.CODE)) if quotes_escaped(node) else changed
    if sink is not None and sink.style in _OPENERS and rules.network.get(ref) is None:
        # What a file, a program or a database answers is not the input that chose it.
        made = ref.rpartition(".")[2][:1].isupper()
        return Value(ref=f"{ref}()", fields=dict(arguments.keywords) if made and arguments.keywords else None)
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
    if ref.rpartition(".")[2][:1].isupper() and settings_of(arguments.args) is not None:
        return Value(loose, f"{ref}()", fields=settings_of(arguments.args))
    # A logger is known by its name.
    named = {"name": arguments.args[0]} if ref.endswith(("getLogger", "get_logger")) and arguments.args else None
    return Value(loose, f"{ref}()", fields=named)


def _note(evaluator: Evaluator, node: ir.Call, ref: str, sink: Sink | None, arguments: Arguments) -> None:
    """What the call reaches, and that it was made."""
    frame, rules = evaluator.frame, evaluator.rules
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
    matching = rules.matching.get(ref)
    if matching is not None:
        for hit in matched(frame, node, ref, matching, arguments):
            frame.hit(hit)
    watched = rules.watched.get(ref)
    if watched is not None:
        event = Event(
            watched, ref, frame.module, node.line, node, frame.ref, arguments.args, arguments.keywords,
            arguments.receiver,
        )  # fmt: skip
        frame.events.add(evaluator.analysis.event(event))


def _source(evaluator: Evaluator, node: ir.Call, ref: str) -> Value | None:
    """What a call reads that nobody in the code wrote: a credential, the request."""
    frame, rules = evaluator.frame, evaluator.rules
    if rules.secrets.get(ref) is not None:
        return Value({("secret", ref, ""): (Safe.FRESH, (frame.step(node.line, f"reads a credential ({ref})"),))})
    if ref in rules.requests:
        return Value({("request", ref, ""): (Safe.FRESH, (frame.step(node.line, "reads the request"),))}, f"{ref}()")
    return None


def _transformed(evaluator: Evaluator, line: int, ref: str, transform: Transform, arguments: Arguments) -> Value:
    receiver = arguments.receiver
    method = receiver is not None and (ref.startswith(("$", "?")) or "()" in ref or receiver.const is not UNKNOWN)
    received = receiver.everything() if receiver is not None and (method or receiver.taint) else EMPTY
    if transform.raises:
        _returned(evaluator, line, transform, received if method and received else None, arguments)
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
    drops = transform.drops
    if drops & Safe.REAL and taint:
        taint = joined([received, arguments.rest, *(v.everything() for v in arguments.all())])
        if drops & Safe.RESOLVED:
            taint = along(taint, evaluator.frame.step(line, JOINED))
        drops &= ~(Safe.RESOLVED | Safe.REAL)
        if arguments.args and not arguments.args[0].everything() and not method:
            taint = adjust(taint, Safe.OPTION)
    adds = transform.adds | leaves_only(ref, arguments)
    adds = adds | Safe.PATTERN if escapes(ref, arguments) else adds
    return Value(adjust(taint, adds | replaced(ref, arguments.args), drops), result)


def _returned(
    evaluator: Evaluator, line: int, transform: Transform, received: Taint | None, arguments: Arguments
) -> None:
    """A call that raises for what is bad came back."""
    subject = received or (arguments.args[0].everything() if arguments.args else EMPTY)
    env = evaluator.frame.env
    if env is not None and transform.raises & Safe.INSIDE:
        note(evaluator.frame, line, subject, "order")
        for label, safe in held(subject).items():
            env.check(label, safe)
    elif env is not None:
        for label, (mask, _) in subject.items():
            if mask & transform.needs == transform.needs:
                env.check(label, transform.raises)
