"""What is noted where code reads the environment or compares a credential."""

from scanner.code import ir
from scanner.code.rules import Safe
from scanner.code.state import Event, Frame, Hit
from scanner.code.values import UNKNOWN, Value, only
from trust.vocabulary import Signal, Weakness


def environment(frame: Frame, node: ir.Call | ir.Subscript, name: Value) -> Value:
    """The value of one environment variable: a secret when its name says so, the operator's choice otherwise."""
    variable = name.text() or ""
    secret = frame.analysis.rules.is_secret(variable)
    kind = "environment-secret" if secret else "environment"
    event = Event(kind, variable, frame.module, node.line, node, frame.ref)
    frame.events.add(frame.analysis.event(event))
    for label, (safe, steps) in name.everything().items():
        note = frame.step(node.line, "names the environment variable")
        where = (frame.module.path, node.line)
        hit = Hit(Weakness.ENV_DUMP, Signal.ENV_READ, label, safe, Safe.WORDS, (*steps, note), *where, "environment")
        frame.hit(hit)
    if not secret:
        return Value(ref="$environment")
    step = frame.step(node.line, f"reads the credential {variable}")
    return Value({("secret", variable, ""): (Safe.FRESH, (step,))}, "$secret")


def compared(frame: Frame, node: ir.Compare, left: Value, right: Value) -> None:
    """Notes that a credential was compared, unless with a fixed text or with itself."""
    for one, two in ((left, right), (right, left)):
        secret = any(not mark[0] & Safe.LOG for mark in only(one.taint, "secret").values())
        if secret and two.const is UNKNOWN and not only(two.taint, "secret"):
            event = Event("compare-secret", "", frame.module, node.line, node, frame.ref, (one, two))
            frame.events.add(frame.analysis.event(event))
            return
