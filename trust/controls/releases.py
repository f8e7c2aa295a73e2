"""One control that looks across time: what a release does that the one before did not."""

from trust.control import Verdict, by_findings, control, not_applicable
from trust.drift import Change, ChangeKind, Changes
from trust.facts import Code
from trust.finding import Finding
from trust.vocabulary import Confidence, Evidence, Severity, Signal, Weakness

FIRM, TENTATIVE = Confidence.FIRM, Confidence.TENTATIVE
WEIGHT: dict[ChangeKind, tuple[Severity, Confidence]] = {
    "authentication-weakened": (Severity.HIGH, FIRM),
    "weakness-added": (Severity.MEDIUM, FIRM),
    "guard-lost": (Severity.MEDIUM, FIRM),
    "signature-lost": (Severity.MEDIUM, FIRM),
    "signer-changed": (Severity.MEDIUM, TENTATIVE),
    "recipient-added": (Severity.MEDIUM, TENTATIVE),
    "annotation-lost": (Severity.LOW, FIRM),
    "capability-added": (Severity.LOW, FIRM),
    "host-added": (Severity.LOW, TENTATIVE),
    "command-changed": (Severity.LOW, TENTATIVE),
}
"""How much a change by itself says against a release. Kinds without an entry are news, not warnings."""


@control(
    "SC-18",
    (Changes, Code),
    title="A new release takes no liberties",
    why="Servers are trusted once and updated silently; a release that copies mail elsewhere rides on that trust.",
    fix="Announce new hosts, recipients and capabilities, and keep the checks and warnings that were there.",
    seeks=(Weakness.EXFILTRATION,),
)
def takes_no_liberties(changes: Changes, code: Code) -> Verdict:
    if not changes.since_sha256:
        return not_applicable("This is the server's first release here.")
    sends = bool(code.saw(Signal.MESSAGE)) or any(Signal.MESSAGE in t.reaches for t in code.tools)
    return by_findings(
        [_finding(c, sends=sends) for c in changes.items if c.kind in WEIGHT],
        clean=f"Since {changes.since}: no new host, recipient or capability, and no check was lost.",
        found=f"{{n}} [change|changes] since {changes.since} to look at.",
        evidence=Evidence.STRUCTURAL,
    )


def _finding(change: Change, *, sends: bool) -> Finding:
    severity, confidence = WEIGHT[change.kind]
    if change.kind == "recipient-added" and sends:
        severity, confidence = Severity.HIGH, FIRM
    return Finding(
        "diff", Weakness.RELEASE_DRIFT, severity, confidence, change.detail, change.path, change.line, change.subject
    )
