"""What reaches dangerous places from resources, prompts, unnamed tools, wrappers of tools and remote servers."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from scanner.code.javascript.flows import ARBITRARY, _harmless, sent_findings
from scanner.code.javascript.running import Run
from trust.finding import Finding, Step
from trust.vocabulary import Severity, Signal


def entrance_findings(
    run: Run, opened: Collection[tuple[str | None, int | None]], *, networked: bool
) -> Iterator[Finding]:
    """The flows from every way in that is no tool of a known name. `networked`: strangers can call the server;
    `opened`: the places where an address of a remote server is opened unseen.
    """
    for entrance in run.entrances:
        summary = run.summary(run.routine(entrance.scope))
        sent = []
        for hit in summary.hits if summary is not None else ():
            kind, root, where = hit.label
            if kind != "param" or not isinstance(root, int) or not entrance.takes(root, where) or _harmless(run, hit):
                continue
            if entrance.remote and hit.weakness not in ARBITRARY:
                continue
            if entrance.remote and hit.signal is Signal.OPEN_URL and (hit.path, hit.line) not in opened:
                continue
            sent.append(hit)
        source = Step(entrance.path, entrance.line, entrance.subject[:1].lower() + entrance.subject[1:])
        reached = networked or entrance.remote or entrance.networked
        for finding in sent_findings(run, sent, entrance.subject, source, networked=reached):
            told = entrance.remote and (finding.path, finding.line) in opened
            # An address that is opened unseen is told as such; that it may be more than an address is told once more.
            yield (
                replace(finding, severity=min(finding.severity, Severity.MEDIUM, key=lambda s: s.rank))
                if told
                else finding
            )
