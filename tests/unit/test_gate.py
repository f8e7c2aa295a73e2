from typing import Any

import pytest

from tests.unit.builders import code, facts, finding
from trust.facts import Facts
from trust.finding import Gap
from trust.gate import DecisionWord, Policy, PolicyError, Standing, decide, decision_document, parse_policy
from trust.report import assessment_document
from trust.rubric import rubric
from trust.scoring import assess
from trust.vocabulary import Confidence, Domain, Severity, Weakness


def document(of: Facts | None = None) -> dict[str, Any]:
    of = of or facts()
    return assessment_document(assess(of, rubric()), of, scanned_at="2026-01-01T00:00:00+00:00", duration_ms=1)


GOOD = document()
SSRF = document(facts(code=code(findings=(finding(Weakness.SSRF),))))
GUESS = document(facts(code=code(findings=(finding(Weakness.SSRF, confidence=Confidence.TENTATIVE),))))
UNREAD = document(facts(code=Gap("binary"), probe=Gap("no sandbox"), texts=Gap("none")))

STATES = [
    ("unknown release", None, Policy(), DecisionWord.UNKNOWN),
    ("nothing asked", Standing("active", "done", GOOD), Policy(), DecisionWord.PASS),
    ("quarantined", Standing("quarantined", "done", GOOD), Policy(), DecisionWord.FAIL),
    ("yanked", Standing("yanked", "done", GOOD), Policy(), DecisionWord.FAIL),
    ("queued", Standing("active", "queued"), Policy(), DecisionWord.PENDING),
    ("running", Standing("active", "running"), Policy(min_score=10), DecisionWord.PENDING),
    ("running, allowed", Standing("active", "running"), Policy(allow_pending=True), DecisionWord.PASS),
    ("failed scan", Standing("active", "failed"), Policy(), DecisionWord.NOT_ASSESSED),
    ("failed scan is not pending", Standing("active", "failed"), Policy(allow_pending=True), DecisionWord.NOT_ASSESSED),
    ("never scanned", Standing("active", "none"), Policy(), DecisionWord.NOT_ASSESSED),
]


@pytest.mark.parametrize(("label", "standing", "policy", "word"), STATES, ids=[s[0] for s in STATES])
def test_state_decides_before_any_condition(
    label: str, standing: Standing | None, policy: Policy, word: DecisionWord
) -> None:
    decision = decide(standing, policy)
    assert decision.word is word, label
    assert decision_document(decision, standing)["decision"] == word.value


CONDITIONS = [
    ("score met", GOOD, Policy(min_score=GOOD["score"]), True),
    ("score one short", GOOD, Policy(min_score=GOOD["score"] + 1), False),
    ("domain met", GOOD, Policy(min_domains={Domain.SUPPLY_CHAIN: 50}), True),
    ("domain short", GOOD, Policy(min_domains={Domain.RUNTIME: 100}), False),
    ("level short", SSRF, Policy(min_level=3), False),
    ("severity accepted", SSRF, Policy(max_severity=Severity.HIGH), True),
    ("severity too bad", SSRF, Policy(max_severity=Severity.MEDIUM), False),
    ("a guess does not break a build", GUESS, Policy(max_severity=Severity.INFO), True),
    ("hardly looked at", UNREAD, Policy(max_severity=Severity.CRITICAL), False),
    ("coverage met", GOOD, Policy(min_coverage=100), True),
    ("coverage short", UNREAD, Policy(min_coverage=60), False),
]


@pytest.mark.parametrize(("label", "assessment", "policy", "ok"), CONDITIONS, ids=[c[0] for c in CONDITIONS])
def test_each_requirement_is_one_condition(label: str, assessment: dict[str, Any], policy: Policy, ok: bool) -> None:
    decision = decide(Standing("active", "done", assessment), policy)
    assert decision.passes is ok, label
    assert len(decision.conditions) == 1
    assert decision.conditions[0].ok is ok


@pytest.mark.parametrize(("age", "ok"), [(0, True), (30, True), (31, False)])
def test_a_stale_scan_fails_with_its_own_condition(age: int, ok: bool) -> None:
    decision = decide(Standing("active", "done", GOOD, age), Policy(max_age_days=30))
    assert decision.passes is ok
    assert decision.conditions[0].metric == "age_days"


def test_all_conditions_are_reported_not_only_the_first_that_fails() -> None:
    policy = parse_policy([("min_score", "100"), ("min_domain.runtime", "0"), ("min_level", "4")])
    answer = decision_document(decide(Standing("active", "done", SSRF), policy), Standing("active", "done", SSRF))
    assert [c["status"] for c in answer["conditions"]] == ["ERROR", "OK", "ERROR"]
    assert answer["conditions"][0] == {
        "status": "ERROR",
        "metric": "score",
        "comparator": "LT",
        "threshold": "100",
        "actual": str(SSRF["score"]),
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("min_score", "101"),
        ("min_score", "-1"),
        ("min_score", "8O"),
        ("min_score", "٣"),
        ("min_score", ""),
        ("min_score", "9" * 5000),
        ("min_level", "0"),
        ("min_level", "5"),
        ("min_domain.speed", "50"),
        ("min_domain.", "50"),
        ("max_severity", "awful"),
        ("allow_pending", "maybe"),
        ("minimum", "50"),
    ],
)
def test_a_requirement_nobody_understands_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(PolicyError) as refusal:
        parse_policy([(name, text)])
    assert refusal.value.field == name
