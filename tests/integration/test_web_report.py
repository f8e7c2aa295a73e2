"""The report: an assessment arranged for a reader, nothing lost and nothing added."""

from typing import Any

from registry.web.report import FINDINGS_ON_PAGE, FINDINGS_SHOWN, report
from trust.control import failed, not_assessed, partial, passed
from trust.controls import CATALOG
from trust.facts import Facts, Subject
from trust.finding import Finding, Gap
from trust.report import assessment_document
from trust.rubric import rubric
from trust.scoring import score
from trust.vocabulary import Confidence, Severity, Weakness


def document(findings: int = 1) -> dict[str, Any]:
    """Something of every outcome: one failure with findings, one partial, two gaps, the rest passed."""
    flaws = tuple(
        Finding("py", Weakness.COMMAND_INJECTION, Severity.HIGH, Confidence.FIRM, "A flow.", "a.py", n, f"line {n}")
        for n in range(1, findings + 1)
    )
    special = {
        "RT-01": failed("Flows.", *flaws),
        "RT-02": partial("Half.", 50),
        "SC-03": not_assessed("No advisory data."),
        "SC-02": not_assessed("No lock file could be read."),
        "DH-01": not_assessed("No advisory data."),
    }
    verdicts = [(c, special.get(c.id, passed("Fine.", evidence=c.best))) for c in CATALOG]
    gap = Gap("not part of this test")
    fields: dict[str, Any] = {
        name: gap for name in Facts.__dataclass_fields__ if name not in ("subject", "scanner", "tools")
    }
    subject = Subject(name="a/b", version="1.0.0", sha256="0" * 64, platform="any", bytes=1)
    facts = Facts(subject=subject, scanner="0", tools=(), **fields)
    return assessment_document(score(verdicts, rubric()), facts, scanned_at="2026-01-01T00:00:00Z", duration_ms=1)


def test_every_control_is_shown_once_in_its_domain() -> None:
    made = document()
    groups = report(made).groups
    assert [g.id for g in groups] == [d["id"] for d in made["domains"]]
    shown = [a.control["id"] for g in groups for a in g.answers]
    assert sorted(shown) == sorted(c["id"] for c in made["controls"])
    assert all(a.control["domain"] == g.id for g in groups for a in g.answers)


def test_failures_come_before_gaps_and_gaps_before_passes() -> None:
    runtime = next(g for g in report(document()).groups if g.id == "runtime")
    assert [a.control["id"] for a in runtime.answers[:2]] == ["RT-01", "RT-02"]
    assert dict(runtime.tally)["fail"] == 1


def test_gaps_are_grouped_by_their_reason_and_none_is_lost() -> None:
    arranged = report(document())
    assert [(u.reason, len(u.controls)) for u in arranged.unknown] == [
        ("No advisory data.", 2),
        ("No lock file could be read.", 1),
    ]
    assert arranged.unknown_count == 3


def test_a_long_list_of_findings_is_cut_and_says_by_how_much() -> None:
    arranged = report(document(findings=FINDINGS_SHOWN + 5))
    answer = next(a for g in arranged.groups for a in g.answers if a.control["id"] == "RT-01")
    assert (len(answer.findings), answer.more) == (FINDINGS_SHOWN, 5)


def test_a_page_of_findings_stays_a_page_and_hides_no_control() -> None:
    made = document()
    flaw = next(c for c in made["controls"] if c["id"] == "RT-01")["findings"][0]
    for control in made["controls"]:
        control["findings"] = [flaw] * 30
    answers = [a for g in report(made).groups for a in g.answers]
    assert all(a.findings and len(a.findings) + a.more == 30 for a in answers)
    assert sum(len(a.findings) for a in answers) <= FINDINGS_ON_PAGE + len(answers)


def test_steps_end_where_the_gains_add_up() -> None:
    made = document()
    steps = report(made).steps
    assert [s.control for s in steps] == [r["control"] for r in made["raise"]]
    assert steps[-1].after == int(made["score"] + sum(r["gain"] for r in made["raise"]))


def test_only_a_cap_below_the_uncapped_score_is_said_to_bind() -> None:
    made = document()
    assert made["uncapped"] > made["caps"][0]["limit"]
    assert report(made).cap == made["caps"][0]
    assert report({**made, "uncapped": float(made["caps"][0]["limit"])}).cap is None
