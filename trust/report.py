"""The assessment as the JSON document that the API serves and `assay scan --format json` prints.

One shape, one place: pages, badge, SARIF and gate read this document or the assessment it was made from.
"""

from typing import Any

from trust.assessment import Answer, Assessment
from trust.codec import digest
from trust.drift import Change
from trust.facts import Code, Declaration, Facts, Probe, Tool, Vulnerabilities
from trust.finding import Finding, Gap, Notice
from trust.permissions import permissions
from trust.vocabulary import Signal


def assessment_document(assessment: Assessment, facts: Facts, *, scanned_at: str, duration_ms: int) -> dict[str, Any]:
    """The document of docs/API.md, "assessment". `scanned_at` is RFC 3339; scores are whole points, points lost and
    gains are points with two decimals.
    """
    return {
        "subject": {
            "name": facts.subject.name,
            "version": facts.subject.version,
            "sha256": facts.subject.sha256,
            "platform": facts.subject.platform,
            "bytes": facts.subject.bytes,
        },
        "scanner": {"version": facts.scanner, "tools": dict(facts.tools)},
        "rubric": assessment.rubric,
        "advisories": _advisories(facts),
        "facts_sha256": digest(facts),
        "scanned_at": scanned_at,
        "duration_ms": duration_ms,
        "score": assessment.score,
        "potential": assessment.potential,
        "coverage": assessment.coverage,
        "provisional": assessment.provisional,
        "blocked": assessment.blocked,
        "level": assessment.level,
        "level_name": assessment.level_name,
        "levels": [
            {"level": s.number, "name": s.name, "reached": s.reached, "blockers": list(s.blockers)}
            for s in assessment.levels
        ],
        "probe": _probe(facts),
        "uncapped": assessment.uncapped / 100,
        "caps": [{"id": cap.id, "limit": cap.limit, "because": cap.because} for cap in assessment.caps],
        "domains": [
            {"id": d.domain.value, "score": d.score, "potential": d.potential, "coverage": d.coverage}
            for d in assessment.domains
        ],
        "controls": [_control(answer) for answer in assessment.answers],
        "raise": [{"control": r.control.id, "gain": r.gain / 100, "do": r.control.fix} for r in assessment.raises],
        "permissions": list(permissions(facts)),
        "contacts": _contacts(facts),
        "changes": _changes(facts),
        "tools": [_tool(tool) for tool in tools_of(facts)],
        "warnings": [_notice(n) for n in _notices(facts)],
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "path": finding.path,
        "line": finding.line,
        "snippet": finding.snippet,
        "message": finding.message,
        "cwe": finding.cwe,
        "owasp": finding.owasp,
        "aliases": list(finding.aliases),
        "steps": [{"path": s.path, "line": s.line, "note": s.note} for s in finding.steps],
        "fingerprint": finding.fingerprint,
    }


def tools_of(facts: Facts) -> tuple[Tool, ...]:
    """Every tool by name, from the strongest origin that knows it: served, then code, then the manifest."""
    known: dict[str, Tool] = {}
    for origin in (facts.probe, facts.code, facts.declaration):
        if isinstance(origin, Probe | Code | Declaration):
            for tool in origin.tools:
                known.setdefault(tool.name, tool)
    return tuple(known.values())


def _control(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.control.id,
        "domain": answer.control.domain.value,
        "title": answer.control.title,
        "weight": answer.weight,
        "mtf": list(answer.control.mtf),
        "outcome": answer.verdict.outcome.value,
        "evidence": answer.verdict.evidence.value,
        "summary": answer.verdict.summary,
        "points_lost": answer.points_lost / 100,
        "fix": answer.control.fix,
        "why": answer.control.why,
        "findings": [finding_document(f) for f in answer.verdict.findings],
    }


def _advisories(facts: Facts) -> dict[str, Any]:
    if isinstance(facts.vulnerabilities, Vulnerabilities):
        return {"snapshot": facts.vulnerabilities.snapshot, "age_days": facts.vulnerabilities.age_days}
    return {"snapshot": None, "age_days": None, "reason": facts.vulnerabilities.reason}


def _probe(facts: Facts) -> dict[str, Any]:
    probe = facts.probe
    if isinstance(probe, Gap):
        return {"ran": False, "backend": None, "tools": None, "seconds": None, "reason": probe.reason}
    return {
        "ran": True,
        "backend": probe.backend,
        "tools": len(probe.tools),
        "seconds": probe.seconds,
        "reason": None,
    }


def _contacts(facts: Facts) -> dict[str, list[str]] | None:
    """The remote parties and environment variables that the code names; None where it could not be read."""
    if isinstance(facts.code, Gap):
        return None
    named = {
        "hosts": (Signal.HOST,),
        "recipients": (Signal.RECIPIENT,),
        "environment": (Signal.ENV_READ, Signal.CREDENTIAL_FROM_ENV),
    }
    return {key: sorted({o.detail for o in facts.code.saw(*signals)} - {""}) for key, signals in named.items()}


def _changes(facts: Facts) -> dict[str, Any] | None:
    """What differs from the release before; None where there is none or it is not known (control SC-18 says which)."""
    changes = facts.changes
    if isinstance(changes, Gap) or not changes.since_sha256:
        return None
    return {"since": changes.since, "items": [change_document(c) for c in changes.items]}


def change_document(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "subject": change.subject,
        "detail": change.detail,
        "path": change.path,
        "line": change.line,
    }


def _tool(tool: Tool) -> dict[str, Any]:
    hints = tool.annotations
    return {
        "name": tool.name,
        "origin": tool.origin,
        "description": tool.description,
        "path": tool.path,
        "line": tool.line,
        "params": None
        if tool.params is None
        else [
            {
                "name": p.name,
                "type": p.type,
                "description": p.description,
                "required": p.required,
                "bounded": p.bounded,
                "enum": list(p.enum),
            }
            for p in tool.params
        ],
        "annotations": None
        if hints is None
        else {
            "readOnlyHint": hints.read_only,
            "destructiveHint": hints.destructive,
            "idempotentHint": hints.idempotent,
            "openWorldHint": hints.open_world,
        },
        "reaches": [signal.value for signal in tool.reaches],
    }


def _notices(facts: Facts) -> tuple[Notice, ...]:
    archive = () if isinstance(facts.archive, Gap) else facts.archive.notices
    declared = () if isinstance(facts.declaration, Gap) else facts.declaration.notices
    return tuple(dict.fromkeys((*archive, *declared)))


def _notice(notice: Notice) -> dict[str, Any]:
    return {"code": notice.code, "detail": notice.detail, "tier": notice.tier, "path": notice.path}
