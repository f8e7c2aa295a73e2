"""What is noted where code reads the environment, compares a credential, shows part of one or raises it."""

import re
from collections.abc import Sequence
from typing import Final

from scanner.code import ir
from scanner.code.safety import Safe
from scanner.code.state import Event, Frame, Hit
from scanner.code.values import UNKNOWN, Label, Taint, Value, adjust, only, union, without
from scanner.code.walking import walk
from trust.vocabulary import Signal, Weakness

MASKS: Final = re.compile(
    r"mask|redact|sanitiz|sanitis|scrub|censor|obfuscat|anonymi|hide_|hideS|strip_?secret|safe_?(?:headers|config|for_?log)",
    re.IGNORECASE,
)
_WANTED: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CRED|AUTH|AWS|API", re.IGNORECASE)
"""What somebody looks for who looks for secrets among the names of variables."""
_STILL_WHOLE: Final = frozenset(
    {"data", "value", "env", "environ", "environment", "variables", "vars", "output", "result", "parsed", "all"}
)  # fmt: skip
"""Members under which the environment lies as a whole."""
_SHOWN: Final = 8
"""So many characters of a secret may be shown: enough to tell two apart, too few to guess the rest."""
_TOKEN: Final = 64
"""Who keeps more than this shortens a text, not a credential."""


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


def named_variable(frame: Frame, taint: Taint, name: str) -> Taint:
    """The taint of one entry of the environment after it went through a schema or a copy: one variable."""
    if not any(label[0] == "environ" for label in taint) or name in _STILL_WHOLE:
        return taint
    kept = without(taint, "environ")
    if frame.analysis.rules.is_secret(name):
        marks = [mark for label, mark in taint.items() if label[0] == "environ"]
        secret: Label = ("secret", name, "")
        return union([kept, *[{secret: mark} for mark in marks]])
    return kept


def compared(frame: Frame, node: ir.Compare, left: Value, right: Value) -> None:
    """Notes that a credential was compared, unless with a fixed text or with itself."""
    for one, two in ((left, right), (right, left)):
        secret = any(not mark[0] & Safe.LOG for mark in only(one.taint, "secret").values())
        if secret and two.const is UNKNOWN and not only(two.taint, "secret"):
            event = Event("compare-secret", "", frame.module, node.line, node, frame.ref, (one, two))
            frame.events.add(frame.analysis.event(event))
            return


def masking(function: str, value: Value) -> Value:
    """What a function of this name hands back: one that is called for masking is believed to mask."""
    if not MASKS.search(function):
        return value
    taint = adjust(without(value.everything(), "secret", "environ"), Safe.LOG)
    return Value(taint, value.ref)


def replaced(ref: str, args: Sequence[Value]) -> Safe:
    """`JSON.stringify(value, replacer)`: a replacer, or a list of the keys to show, is there to leave things out; and
    joining the environment joins the names of its variables.
    """
    chosen = ref == "JSON.stringify" and len(args) > 1 and args[1].const is UNKNOWN
    names = ref.endswith(".join") and len(args) == 1 and args[0].ref in ("os.environ", "process.env")
    return Safe.LOG if chosen or names else Safe.NONE


def picked(node: ir.Comprehension, taint: Taint) -> Taint:
    """The taint of entries that were picked out of a record, or masked one by one."""
    masked = any(isinstance(n, ir.Conditional) for n in walk(node.element))
    if not masked and (not node.conditions or leaves_secrets(node.conditions)):
        return taint
    kept = adjust(only(taint, "secret", "environ"), Safe.LOG)
    return {**taint, **kept}


def leaves_secrets(conditions: Sequence[ir.Expr]) -> bool:
    """Whether conditions on entries leave nothing out, or only what is no secret."""
    nodes = [n for c in conditions for n in walk(c)]
    refused = any(
        isinstance(n, ir.Not)
        or (isinstance(n, ir.Compare) and n.op in ("not-in", "!=", "is-not"))
        or (isinstance(n, ir.Call) and getattr(n.callee, "name", "") in ("startswith", "startsWith"))
        for n in nodes
    )
    told = [n.value for n in nodes if isinstance(n, ir.Const) and isinstance(n.value, str)]
    return not conditions or (bool(told) and all(_WANTED.search(t) for t in told) and not refused)


def sliced(bounds: ir.Opaque, taint: Taint) -> Taint:
    """The taint of a piece of a value: a few characters of a secret give nothing away."""
    numbers = [p.value for p in bounds.parts if isinstance(p, ir.Const) and isinstance(p.value, int)]
    if numbers and _SHOWN < max(abs(n) for n in numbers) <= _TOKEN:
        return taint
    return adjust(without(taint, "secret"), Safe.LOG)


def raised(frame: Frame, line: int, said: Sequence[Value]) -> None:
    """A secret in an error: it ends in the log of whoever catches it, or in the answer."""
    for label, (safe, steps) in frame.here().apply(union(v.everything() for v in said)).items():
        if label[0] == "secret" or (label[0] == "param" and _is_named_secret(frame, label[1], label[2])):
            note = frame.step(line, "becomes part of an error")
            where = (frame.module.path, line)
            frame.hit(
                Hit(Weakness.SECRET_LOGGING, Signal.LOG_CALL, label, safe, Safe.LOG, (*steps, note), *where, "raise")
            )


def _is_named_secret(frame: Frame, at: int | str, path: str) -> bool:
    """Whether a parameter, or the field of one, says by its name that it is a credential."""
    params = frame.routine.function.params if frame.routine is not None else ()
    name = params[at].name if isinstance(at, int) and 0 <= at < len(params) else ""
    return frame.analysis.rules.is_secret(path.rpartition(".")[2] or name)
