"""Reads every text that a model will see and looks for instructions planted in it.

`collect_texts` takes the open bundle (its manifest and README), the declaration, the tools found in code, and the other
texts in code (`scanner.code.prose`). A tool text is judged as a whole; long prose for people (README, long description)
paragraph by paragraph and more cautiously, because an ordinary manual also says what one must run first; what a tool
answers only counts when it can be nothing but an order to the model.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final, Protocol

from scanner.code.prose import Prose
from scanner.code.unread import Unread
from scanner.collect.members import Members, shown
from scanner.collect.texts.classifier import shipped
from scanner.collect.texts.features import evidence
from scanner.collect.texts.gathering import Text, from_code, from_manifest, from_readme, from_tools
from scanner.collect.texts.honesty import contradictions, unread_inputs
from scanner.collect.texts.reading import LIMIT, Read, read
from scanner.collect.texts.siblings import without_guidance
from scanner.collect.texts.verdict import BOAST, Verdict, judge
from scanner.manifest.view import Manifest
from trust.facts import Code, Declaration, Texts
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

WITNESS: Final = "text"
_MOST: Final = 5000
_SURE_IN_PROSE: Final = frozenset({"secrecy", "ignore", "stealth"})
_SURE_IN_ANSWERS: Final = frozenset({"secrecy", "ignore", "tag", "stealth", "authority", "hand-over"})
_STRONG: Final = 0.85
_SIGNED: Final = 3
_WELL_SIGNED: Final = 5
_TRICKS: Final = {
    "invisible tag characters": Severity.HIGH,
    "invisible variation selectors": Severity.HIGH,
    "characters that reverse the order of the text": Severity.HIGH,
    "terminal escape sequences": Severity.HIGH,
}


class WithManifest(Members, Protocol):
    """A bundle whose manifest has been read."""

    @property
    def manifest(self) -> Manifest: ...


def collect_texts(
    bundle: WithManifest,
    declaration: Declaration | Gap,
    code: Code | Gap,
    prose: Iterable[Prose] = (),
    unread: Iterable[Unread] = (),
) -> Texts:
    """Every text examined, with findings; texts in code that nobody read are a Gap."""
    gaps: list[Gap] = []
    if isinstance(code, Gap):
        gaps.append(Gap(f"Tool texts in the code were not read: {code.reason}"))
    declared = () if isinstance(declaration, Gap) else declaration.tools
    tools = () if isinstance(code, Gap) else code.tools
    found = (
        *from_tools(declared),
        *from_manifest(bundle.manifest),
        *from_tools(tools),
        *from_code(prose, tools),
        *from_readme(bundle, gaps),
    )
    texts = [t for t in found if t.text.strip()]
    unique = list({(t.what, t.text, t.path): t for t in texts}.values())
    if len(unique) > _MOST:
        gaps.append(Gap(f"Only the first {_MOST} of {len(unique)} texts were examined."))
    gaps.extend(
        Gap(f"Only the first {LIMIT} characters of {t.what} were read.", t.path) for t in unique if len(t.text) > LIMIT
    )
    own = frozenset(t.name for t in (*declared, *tools))
    findings = [f for t in unique[:_MOST] for f in _examine(t, own)]
    findings += (*contradictions(tools), *unread_inputs(unread, tools))
    return Texts(min(len(unique), _MOST), tuple(findings), tuple(gaps))


def _examine(text: Text, own: Collection[str]) -> Iterator[Finding]:
    whole = read(text.text)
    whole = replace(whole, plain=without_guidance(whole.plain, own))
    if text.weight != "answered":  # what a tool answers may well be coloured for a terminal
        yield from _tricks(text, whole)
    if text.weight == "prose":
        yield from _in_prose(text, whole)
        return
    verdict = judge(whole, shipped())
    if text.weight == "answered" and not (verdict.level == "clear" and _SURE_IN_ANSWERS & set(verdict.signs)):
        return
    if text.weight == "described" and not verdict.hidden and verdict.points < _SIGNED:
        return  # an ordinary program describes much that is no tool; wording alone is too little there
    yield from _poisoned(text, whole, verdict, 0)


def _tricks(text: Text, whole: Read) -> Iterator[Finding]:
    for trick in whole.tricks:
        yield Finding(
            WITNESS,
            Weakness.HIDDEN_TEXT,
            _TRICKS.get(trick, Severity.MEDIUM),
            Confidence.FIRM,
            f"There are {trick} in {text.what}; write it in plain characters.",
            text.path or None,
            text.line,
            shown(text.text, 180),
        )


def _in_prose(text: Text, whole: Read) -> Iterator[Finding]:
    if whole.hidden.strip():
        hidden = judge(Read("", whole.hidden, ()), shipped())
        if hidden.level == "clear" and _SURE_IN_PROSE & set(hidden.signs):
            yield from _poisoned(text, whole, hidden, 0)
    start = 1
    for paragraph in text.text[:LIMIT].split("\n\n"):
        verdict = judge(Read(read(paragraph).plain, "", ()), shipped())
        if verdict.level == "clear" and _SURE_IN_PROSE & set(verdict.signs):
            yield from _poisoned(text, read(paragraph), verdict, start)
        start += paragraph.count("\n") + 2


def _poisoned(text: Text, whole: Read, verdict: Verdict, line: int) -> Iterator[Finding]:
    if verdict.level == "none":
        return
    severity, confidence = _weight(text, verdict)
    source = whole.hidden if verdict.hidden or not whole.plain else whole.plain
    where = "hidden in " if verdict.hidden else "in "
    why = ", ".join(verdict.signs) or "by its wording as a whole"
    yield Finding(
        WITNESS,
        Weakness.TOOL_POISONING,
        severity,
        confidence,
        f"Words addressed to the model stand {where}{text.what} ({why}); "
        "a description should only say what the tool does.",
        text.path or None,
        text.line or (line or None),
        shown(evidence(source), 180),
    )


def _weight(text: Text, verdict: Verdict) -> tuple[Severity, Confidence]:
    """Critical only where signs and classifier both are sure and the text is a tool's; else a reader decides."""
    if text.weight == "answered":
        return Severity.MEDIUM, Confidence.TENTATIVE
    if BOAST in verdict.signs and verdict.level != "clear":
        return Severity.MEDIUM, Confidence.FIRM
    sure = text.weight == "tool" or (text.weight == "described" and verdict.points >= _WELL_SIGNED)
    if verdict.level == "clear" and sure:
        return Severity.CRITICAL, Confidence.FIRM
    if verdict.level == "clear" or verdict.hidden or (verdict.signs and verdict.score >= _STRONG):
        return Severity.HIGH, Confidence.TENTATIVE
    return Severity.MEDIUM, Confidence.TENTATIVE
