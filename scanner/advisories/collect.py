"""The known vulnerabilities of a bundle's components, as facts; and where a component could not be looked up, why.

Every component gets exactly one answer: a look-up that ended, or a reason why it did not. Reasons become gaps, one for
all components that share it, so that a clean result is only ever claimed where everything was looked up.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scanner.advisories.feeds import SnapshotError
from scanner.advisories.matching import Match, match
from scanner.advisories.ordering import place
from scanner.advisories.records import LABELS, Advisory, Package
from scanner.advisories.severity import Rating
from scanner.advisories.snapshot import STALE_AFTER_DAYS, Quarantined, Snapshot, load_snapshot
from scanner.collect.dependencies.reading import canonical
from scanner.collect.members import shown
from trust.facts import Component, Dependencies, Vulnerabilities
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

logger = logging.getLogger(__name__)

WITNESS = "osv"
EVALUATIONS_LIMIT = 100_000
"""Questions asked for one bundle (one record about one component), some seconds' worth. A lock of 300 packages asks
1,500; a list that is made up of thousands of versions of much-mended packages would ask millions.
"""
_TOO_MANY = "are beyond what is looked up for one bundle"
NAMED_IN_A_GAP = 5
ALIASES_LISTED = 40


@dataclass(frozen=True, slots=True)
class Hit:
    """One flaw of one component: the records about it that match, all live ones of its group and the group's name."""

    component: Component
    matched: tuple[tuple[Advisory, Match], ...]
    group: tuple[Advisory, ...]
    name: str
    exploited: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about one component. `unsure`: reasons why more may be known than was found; with reasons and no
    hits it counts as not assessed.
    """

    component: Component
    hits: tuple[Hit, ...] = ()
    unsure: tuple[str, ...] = ()


def look_up(dependencies: Dependencies | Gap, path: Path, now: datetime) -> Vulnerabilities | Gap:
    """The vulnerabilities of these components by the export at `path` (see `scanner.advisories.snapshot`).

    `now` has a zone; the age of the data counts from it. A Gap where there are no components or no data.
    """
    if isinstance(dependencies, Gap):
        return dependencies
    wanted = {package_of(c) for c in dependencies.components}
    try:
        snapshot = load_snapshot(path, wanted, now)
    except SnapshotError as error:
        # The place is the operator's own matter: it goes into the log, not into facts that are published.
        logger.error("advisory data at %s: %s", path, error)  # noqa: TRY400  # the sentence says it all
        return Gap(f"The advisory data could not be used ({error}), so known vulnerabilities were not assessed.")
    return collect_vulnerabilities(dependencies, snapshot)


def collect_vulnerabilities(dependencies: Dependencies | Gap, snapshot: Snapshot) -> Vulnerabilities | Gap:
    """Findings and gaps of all components, against a snapshot that was loaded for them."""
    if isinstance(dependencies, Gap):
        return dependencies
    answers = _answers(dependencies.components, snapshot)
    gaps = [
        *_gaps_by_reason(answers),
        *_gaps_of_the_list(dependencies),
        *_gaps_of_quarantine(snapshot.quarantined),
        *_gaps_of_the_witness(answers, snapshot),
    ]
    findings = sorted((_finding(hit) for a in answers for hit in a.hits), key=_worst_first)
    asked = {c.ecosystem for c in dependencies.components}
    ages = [f.age_days for f in snapshot.feeds.values() if f.ecosystem in asked or not asked]
    return Vulnerabilities(
        snapshot=snapshot.id,
        age_days=max(ages, default=0),
        assessed=sum(1 for a in answers if a.hits or not a.unsure),
        findings=tuple(findings),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _answers(components: Iterable[Component], snapshot: Snapshot) -> list[Answer]:
    """One answer for each component, in order."""
    answers, asked = [], 0
    for component in components:
        asked += len(snapshot.advisories.get(package_of(component), ()))
        enough = asked > EVALUATIONS_LIMIT
        answers.append(Answer(component, unsure=(_TOO_MANY,)) if enough else answer(component, snapshot))
    return answers


def package_of(component: Component) -> Package:
    """The key under which a snapshot holds what is known about a component."""
    return component.ecosystem, canonical(component.ecosystem, component.name)


def answer(component: Component, snapshot: Snapshot) -> Answer:
    """Look one component up."""
    label = LABELS[component.ecosystem]
    feed = snapshot.feeds.get(component.ecosystem)
    if component.version is None:
        return Answer(component, unsure=("have no exact version, so nobody can tell which one will run",))
    package = package_of(component)
    found = [(a, match(a, package, component.version)) for a in snapshot.advisories.get(package, ())]
    unsure: list[str] = []
    if feed is None:
        unsure.append(f"belong to {label}, for which no advisory data is loaded")
    if any(m.answer == "not evaluable" for _, m in found):
        unsure.append(
            f"have an advisory that cannot be applied to a version by {label}'s rules"
            if place(component.ecosystem, component.version) is not None
            else f"have advisories and a version that is none by {label}'s rules"
        )
    if component.source in ("git", "url", "file"):
        unsure.append(f"come from elsewhere than {label}, and advisories are about what {label} serves")
    if feed is not None and feed.standing == "sample":
        unsure.append(f"were looked up in only {feed.records} {label} records, which cannot be all there are")
    elif feed is not None and feed.standing == "stale":
        unsure.append(
            f"were looked up in {label} data that is {feed.age_days} days old, where newer advisories are missing "
            f"(at most {STALE_AFTER_DAYS} days are accepted)"
        )
    return Answer(component, _hits(component, found, snapshot), tuple(unsure))


def ships(component: Component) -> bool:
    """Whether a user of the bundle gets this component: it lies in the bundle, or is installed without being asked for.

    npm installs optional dependencies by default; extras of a Python package are installed only on request.
    """
    return (
        component.vendored
        or component.scope == "runtime"
        or (component.scope, component.ecosystem)
        == (
            "optional",
            "npm",
        )
    )


# --- findings -----------------------------------------------------------------


def _hits(component: Component, found: Sequence[tuple[Advisory, Match]], snapshot: Snapshot) -> tuple[Hit, ...]:
    """The matching records, those about one flaw together."""
    if not any(result.answer == "affected" for _, result in found):
        return ()
    groups = snapshot.groups(package_of(component))
    by_group: dict[str, list[tuple[Advisory, Match]]] = {}
    for one in found:
        by_group.setdefault(groups[one[0].id], []).append(one)
    hits = []
    for group, about in by_group.items():
        matched = tuple(one for one in about if one[1].answer == "affected")
        if matched:
            records = tuple(advisory for advisory, _ in about)
            exploited = any(not snapshot.exploited.isdisjoint(a.names) for a in records)
            hits.append(Hit(component, matched, records, group, exploited))
    return tuple(hits)


def _finding(hit: Hit) -> Finding:
    component = hit.component
    rated = [a.rating for a in hit.group if a.rating.severity is not None]
    rating = max(rated, key=_rank, default=None)
    first = min(hit.matched, key=lambda m: (-_rank(m[0].rating), not m[0].summary, m[0].id))[0]
    severity = Severity.MEDIUM if rating is None or rating.severity is None else rating.severity
    said = "its severity is not known and counts as medium" if rating is None else rating.basis
    name = f"{shown(component.name, 100)} {shown(component.version or '', 60)}"
    parts = [f"{name}: {shown(first.summary, 200) or 'known vulnerability'} ({first.id})", _remedy(hit), said]
    if hit.exploited:
        severity = Severity.CRITICAL
        parts.append("known to be exploited, which counts as critical")
    if not ships(component):
        severity = Severity.INFO
        parts.append(
            "used in development only, not by those who run the server"
            if component.scope == "dev"
            else "an optional extra, installed only on request"
        )
    return Finding(
        WITNESS,
        Weakness.KNOWN_VULNERABILITY,
        severity,
        Confidence.CONFIRMED,
        "; ".join(parts),
        component.declared_in,
        snippet=name,
        aliases=tuple(sorted({name for a in hit.group for name in a.names})[:ALIASES_LISTED]),
    )


def _rank(rating: Rating) -> int:
    return -1 if rating.severity is None else rating.severity.rank


def _remedy(hit: Hit) -> str:
    """The version that ends all records about the flaw: the highest of their first fixes."""
    ecosystem = hit.component.ecosystem
    fixes = [(where, m.fixed) for _, m in hit.matched if (where := place(ecosystem, m.fixed)) is not None]
    if not fixes:
        return "no fixed version is known"
    best = fixes[0]
    for fix in fixes[1:]:
        best = fix if best[0] < fix[0] else best
    return f"fixed in {shown(best[1], 60)}"


def _worst_first(finding: Finding) -> tuple[int, str]:
    return -finding.severity.rank, finding.message


# --- gaps ---------------------------------------------------------------------


def _gaps_by_reason(answers: Iterable[Answer]) -> Iterable[Gap]:
    """One gap a reason. What no user of the bundle gets is left out: its findings would not count either."""
    by_reason: dict[str, list[Component]] = {}
    for one in answers:
        for reason in one.unsure if ships(one.component) else ():
            by_reason.setdefault(reason, []).append(one.component)
    for reason, components in by_reason.items():
        names = sorted({f"{shown(c.name, 60)} {shown(c.version or '', 30)}".strip() for c in components})
        more = f" and {len(names) - NAMED_IN_A_GAP} more" if len(names) > NAMED_IN_A_GAP else ""
        yield Gap(
            f"{len(components)} component(s) {reason}: {', '.join(names[:NAMED_IN_A_GAP])}{more}. What may be known "
            "against them was not assessed."
        )


def _gaps_of_the_list(dependencies: Dependencies) -> Iterable[Gap]:
    """A component that is not on the list cannot be looked up."""
    if dependencies.gaps:
        first = dependencies.gaps[0]
        where = f"{shown(first.path)}: " if first.path else ""
        more = f" (and {len(dependencies.gaps) - 1} more)" if len(dependencies.gaps) > 1 else ""
        yield Gap(
            f"The list of components is not complete, so those missing were not assessed. {where}{first.reason}{more}"
        )
    if not dependencies.locked and any(c.scope == "runtime" and not c.vendored for c in dependencies.components):
        yield Gap("No lock file names the dependencies of the dependencies, so those were not assessed.")


def _gaps_of_the_witness(answers: Iterable[Answer], snapshot: Snapshot) -> Iterable[Gap]:
    """Where pip-audit does not say the same about the PyPI components."""
    ours = [
        (a.component, frozenset(hit.name for hit in a.hits))
        for a in answers
        if a.component.ecosystem == "pypi" and a.component.version is not None and _TOO_MANY not in a.unsure
    ]
    if not ours or "pypi" not in snapshot.feeds:
        return ()
    # Importing pip-audit takes a quarter of a second; only a bundle with PyPI components waits for it.
    from scanner.advisories.second import differences  # noqa: PLC0415

    return differences(ours, snapshot)


def _gaps_of_quarantine(quarantined: Iterable[Quarantined]) -> Iterable[Gap]:
    """Records that could not be read and may be about this bundle."""
    blind = [q for q in quarantined if q.concerns is None or q.concerns]
    if blind:
        first = blind[0]
        yield Gap(
            f"{len(blind)} advisory record(s) that may concern this bundle could not be read; first: "
            f"{shown(first.where)}: {first.reason}."
        )
