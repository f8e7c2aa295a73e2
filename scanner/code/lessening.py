"""Half a protection: what it leaves open, and how much a finding weighs then.

A guard with a hole is neither none nor enough. What reaches a dangerous place past one is told with the hole named, as
medium and tentative at most: whether the rest matters depends on what lies in the folder, who runs the server or which
hosts redirect.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from scanner.code.folders import is_fault
from scanner.code.safety import Safe
from scanner.code.state import Hit
from trust.vocabulary import Confidence, Severity, Weakness

_HALVES: Final = (
    (Weakness.PATH_TRAVERSAL, Safe.LEXICAL, "it is held in a folder by its spelling only, and a link there leads out"),
    (Weakness.PATH_TRAVERSAL, Safe.KIND, "only names with a certain ending pass"),
    (Weakness.SSRF, Safe.PUBLIC, "the address is checked, the ones it redirects to are not"),
    (Weakness.SSRF, Safe.NAMED, "the name is looked at, not the addresses it stands for"),
)  # fmt: skip
_PLACES: Final = (Weakness.PATH_TRAVERSAL, Weakness.SSRF)
_OPTIONAL: Final = "it is checked only where the operator asks for it"
_LIMITED: Final = "only what already exists as the right kind of folder is opened"
_VALUE: Final = "it stands where an option's value is read, as an argument of its own"
UNDECLARED: Final = "the tool does not offer this input to its callers"
_BEFORE: Final = "The path is compared with a folder before its links are followed, so a link in that folder leads out"
_FAULTS: Final = {
    "unclosed": "The path is compared with a folder without a closing separator, so a neighbour folder with the same beginning passes",  # noqa: E501
    "order": _BEFORE,
    "placed": _BEFORE,
}
_UNRESOLVED: Final = "The path is compared with a folder before it is resolved, so .. leads out"


def remains(hit: Hit, *more: str) -> tuple[str, ...]:
    """What the guards on the way leave open, in words; nothing when there was no half guard."""
    found = [text for weakness, bit, text in _HALVES if weakness is hit.weakness and hit.safe & bit]
    if hit.safe & Safe.OPTIONAL and hit.weakness in _PLACES:
        found.append(_OPTIONAL)
    if hit.limited:
        found.append(_VALUE if hit.weakness is Weakness.ARGUMENT_INJECTION else _LIMITED)
    return (*found, *more)


def weighed(severity: Severity, confidence: Confidence, left: tuple[str, ...]) -> tuple[Severity, Confidence]:
    """How much a finding weighs when only this is left of it."""
    if not left:
        return severity, confidence
    most = Severity.MEDIUM if len(left) == 1 and _VALUE not in left else Severity.LOW
    return min(severity, most, key=lambda s: s.rank), Confidence.TENTATIVE


def told(message: str, left: tuple[str, ...]) -> str:
    """The finding's sentence with what is left of it."""
    return f"{message.rstrip('.')}: {'; '.join(left)}." if left else message


def split(hits: Iterable[Hit]) -> tuple[list[Hit], list[Hit]]:
    """Hits at dangerous places, and remembered comparisons that leave something open."""
    opened: list[Hit] = []
    faults: list[Hit] = []
    sound: list[Hit] = []
    for hit in hits:
        if not hit.check:
            opened.append(hit)
        elif is_fault(hit.check, hit.safe):
            faults.append(hit)
        else:
            sound.append(hit)
    # Where the real path is compared as well, an earlier comparison of its spelling is one more, not one instead.
    faults = [f for f in faults if f.check != "placed" or not any(s.path == f.path and _same(s, f) for s in sound)]
    return opened, faults


def places(faults: Iterable[Hit], opened: Iterable[Hit]) -> Iterator[tuple[Hit, Hit, str]]:
    """Each comparison whose path is opened past it, with one of the hits there and what is wrong with it in words."""
    reached = [h for h in opened if h.weakness is Weakness.PATH_TRAVERSAL]
    for fault in faults:
        past = [h for h in reached if _same(fault, h)]
        worst = next((h for h in past if not h.safe & Safe.LEXICAL), past[0] if past else None)
        if worst is None and fault.check == "placed":
            # Nobody compares and follows links but to open what comes out, though the way there was lost.
            worst = replace(fault, safe=fault.safe | Safe.LEXICAL)
        closed = fault.check != "unclosed" and fault.safe & Safe.RESOLVED
        if worst is None or (closed and not worst.safe & Safe.LEXICAL):
            continue
        text = _FAULTS[fault.check]
        if fault.check != "unclosed" and not fault.safe & Safe.RESOLVED:
            text = _UNRESOLVED
        yield replace(fault, limited=worst.limited, arbitrary=worst.arbitrary, weak=worst.weak), worst, f"{text}."


def is_told_there(hit: Hit, faults: Iterable[Hit]) -> bool:
    """Whether what is left of a hit is told where the path was compared."""
    if hit.weakness is not Weakness.PATH_TRAVERSAL or not hit.safe & Safe.LEXICAL:
        return False
    return any(f.check != "unclosed" and f.safe & Safe.RESOLVED and _same(f, hit) for f in faults)


def _same(one: Hit, two: Hit) -> bool:
    """Whether two hits have the same input as their origin, or one a part of the other's."""
    if one.label[:2] != two.label[:2]:
        return False
    a, b = one.label[2], two.label[2]
    return a == b or not a or not b or a.startswith(f"{b}.") or b.startswith(f"{a}.")
