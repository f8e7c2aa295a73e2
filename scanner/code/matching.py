"""Regular expressions at work: a pattern that a caller wrote, and a pattern that backtracks on what a caller wrote."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.arguments import Arguments
from scanner.code.backtracking import backtracks
from scanner.code.patterns import pattern_proves
from scanner.code.rules import RECEIVER, Matching
from scanner.code.safety import Safe
from scanner.code.state import Frame, Hit
from scanner.code.values import Taint, Value
from trust.finding import Step
from trust.vocabulary import Signal, Weakness

_OTHERS: Final = re.compile(r"\[\^(?:\\.|[^\]\\])+\]\+?")
_PUT: Final = ("", "_", " ")
_QUOTES: Final = frozenset({('"', '\\"'), ("'", "\\'"), ('"', "\\$&"), ("'", "\\$&")})
_BACKSLASHES: Final = frozenset({("\\", "\\\\"), ("\\\\", "\\\\"), ("\\\\", "\\$&")})
"""A backslash, as a text or as a pattern, and two of them."""


def matched(frame: Frame, node: ir.Call, ref: str, rule: Matching, arguments: Arguments) -> Iterator[Hit]:
    """The hits of one call that compiles or applies a pattern. A call with a time limit of its own does no harm."""
    if "timeout" in arguments.keywords:
        return
    pattern = _at(rule.pattern, arguments)
    if pattern is None:
        return
    if pattern.fields is not None and "pattern" in pattern.fields:
        pattern = pattern.fields["pattern"]
    elif rule.given and pattern.everything():
        yield from _hits(frame, node, pattern.everything(), ref)
    text = pattern.text()
    subject = _at(rule.subject, arguments)
    if text is not None and subject is not None and subject.everything() and backtracks(text):
        yield from _hits(frame, node, subject.everything(), ref, "with a pattern that backtracks")


def _at(place: int | None, arguments: Arguments) -> Value | None:
    if place is None:
        return None
    if place == RECEIVER:
        return arguments.receiver
    return arguments.args[place] if place < len(arguments.args) else None


def _hits(frame: Frame, node: ir.Call, taint: Taint, ref: str, how: str = "") -> Iterator[Hit]:
    sink = f"{ref} {how}".strip()
    for label, (safe, steps) in frame.here().apply(taint).items():
        final = Step(frame.module.path, node.line, f"reaches {sink.replace('$', '').replace('()', '')}")
        whole = safe & Safe.FRESH == Safe.FRESH
        # A piece of a pattern, or something read out of the input, can do less than a pattern of one's own.
        weak = not safe & Safe.WHOLE and sink == ref
        yield Hit(
            Weakness.REDOS, Signal.TIMEOUT, label, safe, Safe.PATTERN, (*steps, final), frame.module.path, node.line,
            sink, whole, weak,
        )  # fmt: skip


def escapes(ref: str, arguments: Arguments) -> bool:
    """Whether a replacement puts a backslash before every character that means something in a pattern."""
    if not ref.endswith((".replace", ".replaceAll")) or len(arguments.args) < 2:
        return False
    wanted, put = arguments.args[0].text() or "", arguments.args[1].text() or ""
    return wanted.startswith("[") and all(c in wanted for c in "()+") and put in ("\\$&", "\\\\$&")


def quotes_escaped(node: ir.Call) -> bool:
    """Whether a replacement of quotation marks by escaped ones follows one of backslashes: what comes out ends no text
    in quotation marks of the languages that escape with a backslash.
    """
    before = node.callee.base if isinstance(node.callee, ir.Attribute) else None
    if not isinstance(before, ir.Call):
        return False
    return _puts(node) in _QUOTES and _puts(before) in _BACKSLASHES


def _puts(node: ir.Call) -> tuple[str, str] | None:
    """What a replacement takes and puts, where both are fixed."""
    texts = [a.value for a in node.args[:2] if isinstance(a, ir.Const) and isinstance(a.value, str)]
    replaces = isinstance(node.callee, ir.Attribute) and node.callee.name in ("replace", "replaceAll")
    return (texts[0], texts[1]) if replaces and len(texts) == 2 else None


def leaves_only(ref: str, arguments: Arguments) -> Safe:
    """What a replacement of everything but some characters excludes: `re.sub("[^a-z]", "", x)`. JavaScript's `replace`
    is left out, since only its first match may be meant.
    """
    if ref.endswith(".lstrip"):
        return Safe.OPTION if arguments.args and "-" in (arguments.args[0].text() or "") else Safe.NONE
    if ref not in ("re.sub", "regex.sub") and not ref.endswith(".replaceAll"):
        return Safe.NONE
    texts = [a.text() for a in arguments.args[:2]]
    if len(texts) < 2 or texts[0] is None or texts[1] not in _PUT or not _OTHERS.fullmatch(texts[0]):
        return Safe.NONE
    kept = texts[0].removesuffix("+").removeprefix("[^").removesuffix("]")
    return pattern_proves(f"^[{kept}{texts[1]}]+$")
