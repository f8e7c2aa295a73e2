"""Where a tool's words and its code part ways: claims that the code contradicts, and inputs asked for and never read.

Both are facts about two sides of one tool and say nothing about intent, so no finding here is more than medium, and
none more than tentative: a library call may be counted as a reach that never happens, an unread input may be left over.
"""

# ruff: noqa: E501 - the patterns read best on few lines

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code.unread import Unread
from scanner.collect.members import shown
from scanner.collect.texts.concepts import concepts
from trust.facts import Param, Tool
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

WITNESS: Final = "text"
_NETWORK: Final = (Signal.HTTP, Signal.MESSAGE, Signal.OPEN_URL)
_CHANGES: Final = (Signal.FILE_WRITE, Signal.FILE_DELETE)
_RUNS: Final = (Signal.PROCESS,)
_NO: Final = (
    r"(?:does not|doesn't|do not|will not|won't|cannot|can't|never|makes? no|has no|with no|without(?: any)?|no)\s+"
)
_CLAIMS: Final[tuple[tuple[str, re.Pattern[str], tuple[Signal, ...]], ...]] = tuple(
    (claim, re.compile(pattern, re.IGNORECASE), against)
    for claim, pattern, against in (
        (
            "stays off the network",
            _NO + r"(?:\w+ ){0,3}?(?:network|internet|external|remote|outside|outbound|online)\b|\b(?:fully|completely|entirely|purely|works?|runs?) (?:local(?:ly)?|offline)\b",
            _NETWORK,
        ),
        (
            "changes nothing",
            r"\bread[- ]only\b(?! (?:mode|file|replica|user|access|token|flag|paths?))|\bno side[- ]effects\b|\bside[- ]effect[- ]free\b|"
            + _NO
            + r"(?:modif(?:y|ies)|(?:change|alter|write|delete|touch)(?:e?s)?)(?: to)? (?:any |the )?(?:files?|data|anything|disk)\b",
            _CHANGES,
        ),
        ("runs nothing", _NO + r"(?:execute|run|start|spawn)s? (?:any |the )?(?:commands?|code|process(?:es)?|programs?|anything)\b", _RUNS),
        ("opens no file", _NO + r"(?:read|open|access)(?:s|es)? (?:any |local |the )?(?:files?|disk|file ?system)\b", (Signal.FILE_READ, *_CHANGES)),
    )
)  # fmt: skip
# What can be worked out from the inputs alone; the arithmetic tools of demonstrations and of attacks on them.
_PURE: Final = re.compile(
    r"^\W*(?:this tool |a tool (?:to|that) |tool (?:to|for) )?(?:add|sum|subtract|multipl|divid|comput|calculat|convert|revers|count|"
    r"capitali[sz]|upper|lower|round|format|roll|flip|generat)\w*\s+(?:\w+\s+){0,3}?(?:numbers?|integers?|values?|words?|characters?|"
    r"letters?|text|strings?|sum|product|average|mean|median|units?|temperatures?|dice|coin|uuids?|factorial|powers?)\b",
    re.IGNORECASE,
)
_ACTS: Final = {
    Signal.PROCESS: "starts a process", Signal.HTTP: "makes network requests", Signal.MESSAGE: "sends messages",
    Signal.OPEN_URL: "opens addresses", Signal.FILE_READ: "reads files", Signal.FILE_WRITE: "writes files",
    Signal.FILE_DELETE: "deletes files",
}  # fmt: skip
_TELLS: Final = re.compile(
    r"file|path|url|http|api|fetch|download|save|cache|log(?:s|ged|ging)?\b|record|audit|server|online|service|command|process|database|store|import|export|web",
    re.IGNORECASE,
)
_INVITES: Final = re.compile(
    r"side_?note|context|conversation|chat|history|transcript|summary|reason|thought|background|memory|notes?$|remark|comment|feedback|details?$|"
    r"metadata|debug|diagnostic|extra|misc|trace|payload|proof|evidence|prompt|secret|token|passw|credential|key$",
    re.IGNORECASE,
)
_PRIVATE: Final = frozenset({"credential", "conversation", "content"})


def contradictions(tools: Iterable[Tool]) -> Iterator[Finding]:
    """Tools in code whose description denies what their handler reaches, or promises arithmetic and does more."""
    for tool in tools:
        if tool.origin != "code" or not tool.reaches or not tool.description:
            continue
        denied = [
            (claim, signal)
            for claim, pattern, against in _CLAIMS
            if pattern.search(tool.description)
            for signal in against
            if signal in tool.reaches
        ]
        claim, did = denied[0] if denied else ("only computes", _beyond(tool))
        if did is None:
            continue
        yield Finding(
            WITNESS,
            Weakness.DESCRIPTION_MISMATCH,
            Severity.LOW if did is Signal.FILE_WRITE else Severity.MEDIUM,
            Confidence.TENTATIVE,
            f"By its description the tool {shown(tool.name, 60)} {claim}, but its code {_ACTS[did]}.",
            tool.path,
            tool.line,
            shown(tool.description, 180),
        )


def _beyond(tool: Tool) -> Signal | None:
    """What a tool does that calls itself a computation, when neither description nor inputs account for it."""
    words = " ".join((tool.description, *(f"{p.name} {p.description}" for p in tool.params or ())))
    if not _PURE.search(tool.description) or _TELLS.search(words):
        return None
    return next((signal for signal in _ACTS if signal in tool.reaches), None)


def unread_inputs(found: Iterable[Unread], tools: Iterable[Tool]) -> Iterator[Finding]:
    """Inputs that no code reads and that invite what should not be passed around; plain left-overs are none."""
    known = {(t.name, p.name): p for t in tools for p in t.params or ()}
    for one in found:
        param = known.get((one.tool, one.name)) or Param(one.name)
        if param.type in ("integer", "number", "boolean") or param.enum:
            continue
        asks = {notion for _, notion in concepts(param.description)} & _PRIVATE
        if _INVITES.search(one.name) or asks:
            yield Finding(
                WITNESS,
                Weakness.UNREAD_PARAMETER,
                Severity.MEDIUM if asks else Severity.LOW,
                Confidence.TENTATIVE,
                f"The tool {shown(one.tool, 60)} asks for {shown(one.name, 60)}, but no code reads it; "
                "remove the parameter, or use it for what its description says.",
                one.path,
                one.line,
                shown(f"{param.name}: {param.description}", 180),
            )
