"""What reaches dangerous places from resources, prompts, unnamed tools, wrappers of tools and remote servers."""

from collections.abc import Collection, Iterator

from scanner.code.javascript.flows import ARBITRARY, _harmless, _reported
from scanner.code.javascript.running import Run
from trust.finding import Finding, Step
from trust.vocabulary import Signal


def entrance_findings(
    run: Run, opened: Collection[tuple[str | None, int | None]], *, networked: bool
) -> Iterator[Finding]:
    """The flows from every way in that is no tool of a known name. `networked`: strangers can call the server;
    `opened`: the places where an address of a remote server is opened unseen.
    """
    for entrance in run.entrances:
        summary = run.summary(run.routine(entrance.scope))
        for hit in summary.hits if summary is not None else ():
            kind, root, where = hit.label
            if kind != "param" or not isinstance(root, int) or not entrance.takes(root, where) or _harmless(run, hit):
                continue
            if entrance.remote and hit.weakness not in ARBITRARY:
                continue
            if entrance.remote and hit.signal is Signal.OPEN_URL and (hit.path, hit.line) not in opened:
                continue
            source = Step(entrance.path, entrance.line, entrance.subject[:1].lower() + entrance.subject[1:])
            reached = networked or entrance.remote or entrance.networked
            yield from _reported(run, hit, entrance.subject, source, None, networked=reached)
