"""What a team requires, and the decision about one release: pass, fail, pending, not assessed or unknown.

Conditions have the shape that SonarQube's quality gates made familiar (status, metric, comparator, threshold, actual).
A decision never passes by silence: pending and not assessed pass only for a caller who allows exactly that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trust.vocabulary import Domain, Severity


class DecisionWord(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    PENDING = "pending"
    NOT_ASSESSED = "not_assessed"
    UNKNOWN = "unknown"


class PolicyError(ValueError):
    """A requirement that cannot be understood. `field` is the option's name, the text says what is allowed."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Policy:
    """Requirements; None asks for nothing. Scores and coverage are 0..100, levels 1..4, age in whole days.

    `max_severity` is the worst finding that is still accepted.
    """

    min_score: int | None = None
    min_domains: Mapping[Domain, int] = field(default_factory=dict)
    min_level: int | None = None
    max_severity: Severity | None = None
    min_coverage: int | None = None
    max_age_days: int | None = None
    allow_pending: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate knows of a release: its state and, when it was assessed, the assessment document and its age."""

    state: str
    """active, yanked or quarantined"""
    scan: str
    """none, queued, running, done or failed"""
    document: Mapping[str, Any] | None = None
    age_days: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """One requirement held against one value; comparator is the relation that would be an error."""

    ok: bool
    metric: str
    comparator: str
    threshold: str
    actual: str


@dataclass(frozen=True, slots=True)
class Decision:
    word: DecisionWord
    conditions: tuple[Condition, ...] = ()

    @property
    def passes(self) -> bool:
        return self.word is DecisionWord.PASS


def decide(standing: Standing | None, policy: Policy) -> Decision:
    """The decision of a policy about a release; None means that the registry knows no such release."""
    if standing is None:
        return Decision(DecisionWord.UNKNOWN)
    if standing.state != "active":
        return Decision(DecisionWord.FAIL, (Condition(False, "status", "NE", "active", standing.state),))
    if standing.document is None:
        if standing.scan in ("queued", "running"):
            word = DecisionWord.PASS if policy.allow_pending else DecisionWord.PENDING
            return Decision(word, (Condition(policy.allow_pending, "scan", "NE", "done", standing.scan),))
        return Decision(DecisionWord.NOT_ASSESSED, (Condition(False, "scan", "NE", "done", standing.scan),))
    conditions = tuple(_conditions(standing.document, standing.age_days, policy))
    ok = all(c.ok for c in conditions)
    return Decision(DecisionWord.PASS if ok else DecisionWord.FAIL, conditions)


def _conditions(document: Mapping[str, Any], age_days: int, policy: Policy) -> Iterable[Condition]:
    if policy.min_score is not None:
        yield _at_least("score", document["score"], policy.min_score)
    scores = {d["id"]: d["score"] for d in document["domains"]}
    for domain, least in policy.min_domains.items():
        yield _at_least(f"domain.{domain}", scores[domain.value], least)
    if policy.min_level is not None:
        yield _at_least("level", document["level"], policy.min_level)
    if policy.max_severity is not None:
        yield _severity(document, policy.max_severity)
    if policy.min_coverage is not None:
        yield _at_least("coverage", document["coverage"], policy.min_coverage)
    if policy.max_age_days is not None:
        yield Condition(age_days <= policy.max_age_days, "age_days", "GT", str(policy.max_age_days), str(age_days))


def _at_least(metric: str, actual: int, least: int) -> Condition:
    return Condition(actual >= least, metric, "LT", str(least), str(actual))


def _severity(document: Mapping[str, Any], worst_accepted: Severity) -> Condition:
    """The worst counted finding; tentative ones are pattern matches and do not fail a build.

    A provisional assessment has looked at too little to say that nothing worse is there: unknown is not accepted.
    """
    found = [
        Severity(f["severity"])
        for control in document["controls"]
        for f in control["findings"]
        if f["confidence"] != "tentative"
    ]
    worst = max(found, key=lambda s: s.rank, default=None)
    if worst is not None and worst.rank > worst_accepted.rank:
        return Condition(False, "severity", "GT", worst_accepted.value, worst.value)
    if document["provisional"]:
        return Condition(False, "severity", "GT", worst_accepted.value, f"unknown, {document['coverage']} % assessed")
    return Condition(True, "severity", "GT", worst_accepted.value, worst.value if worst else "none")


def parse_policy(options: Iterable[tuple[str, str]]) -> Policy:
    """A policy from query parameters or command-line options, for example `("min_score", "80")`,
    `("min_domain.runtime", "70")`. Raises PolicyError naming the first option that is unknown or out of range.
    """
    values: dict[str, Any] = {}
    domains: dict[Domain, int] = {}
    for name, text in options:
        if name.startswith("min_domain."):
            domains[_domain(name)] = _number(name, text, 0, 100)
        elif name in ("min_score", "min_coverage"):
            values[name] = _number(name, text, 0, 100)
        elif name == "min_level":
            values[name] = _number(name, text, 1, 4)
        elif name == "max_age_days":
            values[name] = _number(name, text, 0, 36_500)
        elif name == "max_severity":
            values[name] = _severity_word(name, text)
        elif name == "allow_pending":
            values[name] = _flag(name, text)
        else:
            raise PolicyError(name, "there is no such requirement")
    return Policy(min_domains=domains, **values)


def decision_document(decision: Decision, standing: Standing | None) -> dict[str, Any]:
    """The part of the gate's answer that follows from the decision alone."""
    document = standing.document if standing else None
    return {
        "decision": decision.word.value,
        "score": document["score"] if document else None,
        "level": document["level"] if document else None,
        "conditions": [
            {
                "status": "OK" if c.ok else "ERROR",
                "metric": c.metric,
                "comparator": c.comparator,
                "threshold": c.threshold,
                "actual": c.actual,
            }
            for c in decision.conditions
        ],
        "rubric": document["rubric"] if document else None,
        "scanned_at": document["scanned_at"] if document else None,
    }


def _domain(name: str) -> Domain:
    word = name.removeprefix("min_domain.")
    try:
        return Domain(word)
    except ValueError:
        raise PolicyError(name, f"the domains are {', '.join(Domain)}") from None


def _number(name: str, text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and low <= int(text) <= high):
        raise PolicyError(name, f"give a whole number from {low} to {high}")
    return int(text)


def _severity_word(name: str, text: str) -> Severity:
    try:
        return Severity(text)
    except ValueError:
        raise PolicyError(name, f"give one of {', '.join(Severity)}") from None


def _flag(name: str, text: str) -> bool:
    if text not in ("0", "1", "true", "false"):
        raise PolicyError(name, "give 1 or 0")
    return text in ("1", "true")
