"""Two releases' facts in, their differences out.

Differences are told per tool, host, recipient and class of weakness, never per line, so moving code changes nothing.
Where either side has a gap, the comparison has the same gap; where the two were scanned by different versions of the
scanner, what only a better scanner may have found is not reported as new.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from trust.drift import Change, Changes, by_urgency
from trust.facts import Annotations, Archive, Code, Declaration, Dependencies, Facts, Tool
from trust.finding import Finding, Gap
from trust.permissions import LISTENS, UNKNOWN, permissions
from trust.vocabulary import Confidence, Severity, Signal

GUARDS = (
    Signal.GUARD_PATH,
    Signal.GUARD_COMMAND,
    Signal.GUARD_URL,
    Signal.GUARD_SQL,
    Signal.SCOPE_CHECK,
    Signal.CONFIRMATION,
    Signal.RATE_LIMIT,
    Signal.AUDIT_TOOL_CALL,
)
"""Checks whose loss is told, in the order in which they are."""
AUTH_RANK = ("none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls")
OTHER_SCANNER = Gap(
    "The two releases were scanned by different versions of the scanner; weaknesses and checks were not compared."
)
COMPILED = Gap("The code of one of the two releases could not be read; their behaviour was not compared.")


def compare(before: Facts, after: Facts) -> Changes:
    """What `after` adds to or takes away from `before`. Pure; O(n log n) in tools, observations and findings."""
    items: list[Change] = []
    gaps: list[Gap] = []
    parts: tuple[tuple[object, object, Callable[..., Iterator[Change]]], ...] = (
        (before.archive, after.archive, _signature),
        (before.declaration, after.declaration, _declared),
        (before.dependencies, after.dependencies, _dependencies),
        (before.code, after.code, _code),
    )
    for old, new, differences in parts:
        missing = next((side for side in (old, new) if isinstance(side, Gap)), None)
        if missing is not None:
            gaps.append(missing)
        else:
            items += differences(old, new)
    items += _capabilities(before, after)
    if isinstance(before.code, Code) and isinstance(after.code, Code):
        gaps += (COMPILED,) if before.code.gaps or after.code.gaps else ()
        if before.scanner == after.scanner:
            items += (*_weaknesses(before, after), *_guards(before.code, after.code))
        else:
            gaps.append(OTHER_SCANNER)
    return Changes(before.subject.version, before.subject.sha256, by_urgency(items), tuple(dict.fromkeys(gaps)))


def _signature(before: Archive, after: Archive) -> Iterator[Change]:
    if before.signature is None:
        return
    if after.signature is None:
        yield Change("signature-lost", before.signature.signer, "The release before was signed; this one is not.")
    elif before.signature.fingerprint != after.signature.fingerprint:
        yield Change(
            "signer-changed",
            after.signature.signer,
            f"Signed by {after.signature.signer}; the release before by {before.signature.signer}.",
        )


def _declared(before: Declaration, after: Declaration) -> Iterator[Change]:
    old = {c.platform: c for c in before.commands}
    for command in after.commands:
        known = old.get(command.platform)
        if known is not None and (known.command, known.args) != (command.command, command.args):
            line = " ".join((command.command, *command.args))
            yield Change("command-changed", command.platform, f"A client now starts: {line[:200]}")
    names = {name for c in before.commands for name, _ in c.env}
    for name in sorted({name for c in after.commands for name, _ in c.env} - names):
        yield Change("environment-added", name, f"The environment variable {name} is now set for the server.")


def _dependencies(before: Dependencies, after: Dependencies) -> Iterator[Change]:
    known = {(c.ecosystem, c.name) for c in before.components}
    for component in after.components:
        if component.direct and (component.ecosystem, component.name) not in known:
            yield Change("dependency-added", component.name, f"New dependency {component.name}.", component.declared_in)


def _capabilities(before: Facts, after: Facts) -> Iterator[Change]:
    old, new = permissions(before), permissions(after)
    if UNKNOWN in old:
        return
    for word in new:
        if word not in old and word not in (UNKNOWN, LISTENS):
            yield Change("capability-added", word, f"The code {word}, which the release before did not do.")


def _code(before: Code, after: Code) -> Iterator[Change]:
    yield from _tools({t.name: t for t in before.tools}, {t.name: t for t in after.tools})
    for signal, kind, what in (
        (Signal.HOST, "host-added", "names the host"),
        (Signal.RECIPIENT, "recipient-added", "names the recipient"),
    ):
        known = {o.detail for o in before.saw(signal)}
        for seen in after.saw(signal):
            if seen.detail not in known:
                yield Change(kind, seen.detail, f"The code {what} {seen.detail}.", seen.path, seen.line)  # type: ignore[arg-type]
    old, new = _protection(before), _protection(after)
    if new is not None and (old is None or AUTH_RANK.index(new) < AUTH_RANK.index(old)) and new in ("none", "optional"):
        at = after.listeners[0]
        was = "there was no network endpoint" if old is None else f"it was {old} before"
        detail = f"A network endpoint takes calls with authentication {new}; {was}."
        yield Change("authentication-weakened", at.transport, detail, at.path, at.line)


def _protection(code: Code) -> str | None:
    """The weakest authentication of any network endpoint, None without one."""
    return min((at.auth for at in code.listeners), key=AUTH_RANK.index, default=None)


def _tools(before: dict[str, Tool], after: dict[str, Tool]) -> Iterator[Change]:
    for name, tool in after.items():
        known = before.get(name)
        if known is None:
            yield Change("tool-added", name, f"New tool {name}.", tool.path, tool.line)
            continue
        if known.description != tool.description:
            yield Change("text-changed", name, f"The description of {name} changed.", tool.path, tool.line)
        old, new = ({p.name: p for p in t.params or ()} for t in (known, tool))
        for parameter in new.values():
            if parameter.name not in old and known.params is not None:
                detail = f"Tool {name} now takes {parameter.name}."
                yield Change("parameter-added", f"{name}.{parameter.name}", detail, tool.path, tool.line)
            elif parameter.name in old and parameter.description != old[parameter.name].description:
                detail = f"The description of {name}'s input {parameter.name} changed."
                yield Change("text-changed", f"{name}.{parameter.name}", detail, tool.path, tool.line)
        for hint in _lost_hints(known.annotations, tool.annotations):
            yield Change("annotation-lost", name, f"Tool {name} no longer says {hint}.", tool.path, tool.line)
    for name in before.keys() - after.keys():
        yield Change("tool-removed", name, f"Tool {name} is gone.")


def _lost_hints(before: Annotations | None, after: Annotations | None) -> Iterator[str]:
    """Warnings that a release withdraws: `destructiveHint` true, `openWorldHint` true, `readOnlyHint` false."""
    if before is None:
        return
    now = after or Annotations()
    if before.destructive and not now.destructive:
        yield "that it destroys"
    if before.open_world and not now.open_world:
        yield "that it reaches outside"
    if before.read_only is False and now.read_only is not False:
        yield "that it changes things"


def _guards(before: Code, after: Code) -> Iterator[Change]:
    tools = {t.name: t for t in after.tools}
    kept = {(o.signal, o.tool) for o in after.observations}
    told: set[tuple[Signal, str]] = set()
    for seen in before.observations:
        if seen.signal not in GUARDS or seen.tool not in tools or seen.tool is None:
            continue
        key = (seen.signal, seen.tool)
        if key not in kept and key not in told:
            told.add(key)
            tool = tools[seen.tool]
            check = seen.signal.value.partition(".")[2].replace("-", " ")
            yield Change("guard-lost", tool.name, f"Tool {tool.name} lost its {check} check.", tool.path, tool.line)
    for known in before.tools:
        tool = tools.get(known.name, known)
        if known.confirms and not tool.confirms and (Signal.CONFIRMATION, tool.name) not in told:
            yield Change("guard-lost", tool.name, f"Tool {tool.name} no longer asks first.", tool.path, tool.line)


def _weaknesses(before: Facts, after: Facts) -> Iterator[Change]:
    """Serious findings that are new by their fingerprint, as many of each class as the release has more of."""
    old, new = _serious(before), _serious(after)
    known = {f.fingerprint for f in old}
    more = Counter(f.weakness for f in new)
    more.subtract(f.weakness for f in old)
    for finding in new:
        if more[finding.weakness] > 0 and finding.fingerprint not in known:
            more[finding.weakness] -= 1
            yield Change("weakness-added", finding.rule, finding.message, finding.path, finding.line)


def _serious(facts: Facts) -> tuple[Finding, ...]:
    parts = (facts.code, facts.malice, facts.secrets, facts.texts, facts.inventory)
    every = (f for part in parts if not isinstance(part, Gap) for f in part.findings)
    return tuple(f for f in every if f.severity.rank >= Severity.HIGH.rank and f.confidence is not Confidence.TENTATIVE)
