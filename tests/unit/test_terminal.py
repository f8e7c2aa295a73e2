import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from scanner.terminal import WIDTH, render_refusal, render_report, safe
from tests.unit.builders import code, facts, finding
from trust.facts import Subject
from trust.finding import Gap
from trust.gate import Standing, decide, parse_policy
from trust.report import assessment_document
from trust.rubric import rubric
from trust.scoring import assess
from trust.vocabulary import Severity, Weakness

HOSTILE = "evil\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u200b\n[FAKE] 100 of 100"


def report(**changes: Any) -> dict[str, Any]:
    of = facts(**changes)
    return assessment_document(assess(of, rubric()), of, scanned_at="2026-01-01T00:00:00+00:00", duration_ms=12)


def test_nothing_a_bundle_says_can_steer_a_terminal() -> None:
    bad = replace(finding(Weakness.SSRF, path=HOSTILE, snippet=HOSTILE), message=HOSTILE)
    document = report(code=code(findings=(bad,)), subject=Subject(HOSTILE, HOSTILE, "ab" * 32, 1))
    text = render_report(document, None, colour=False)
    assert not [c for c in text if unicodedata.category(c)[0] == "C" and c != "\n"]
    assert "\n[FAKE]" not in text
    refusal = {"code": "x.y", "title": HOSTILE, "detail": HOSTILE, "path": HOSTILE}
    shown = render_refusal({"error": refusal, "warnings": [{"code": "x", "detail": HOSTILE}]})
    assert not [c for c in shown if unicodedata.category(c)[0] == "C" and c != "\n"]


@pytest.mark.parametrize(
    ("text", "shown"), [("plain", "plain"), ("a\tb", "a\\tb"), ("\x1b", "\\x1b"), ("né", "né"), ("\u202e", "\\u202e")]
)
def test_control_and_format_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_the_report_leads_with_the_number_and_names_what_was_not_looked_at() -> None:
    bad = finding(Weakness.COMMAND_INJECTION, Severity.CRITICAL, line=42)
    text = render_report(report(code=code(findings=(bad,)), probe=Gap("no sandbox here")), None, colour=False)
    assert "Trust score 39 of 100" in text
    assert "capped at 39" in text
    assert text.index("Failed") < text.index("Not looked at") < text.index("Passed")
    assert "server/main.py:42" in text
    assert "no sandbox here" in text
    assert max(len(line) for line in text.splitlines()) <= WIDTH + 20


def test_colour_is_extra_and_never_the_only_sign() -> None:
    document = report(code=code(findings=(finding(Weakness.SSRF),)))
    plain, painted = (render_report(document, None, colour=on) for on in (False, True))
    assert "\x1b[" not in plain
    assert "\x1b[" in painted
    assert "FAIL  RT-05" in plain


def test_a_gate_shows_every_condition_in_words() -> None:
    document = report()
    decision = decide(
        Standing("active", "done", document), parse_policy([("min_score", "100"), ("min_coverage", "10")])
    )
    text = render_report(document, decision, colour=False)
    assert "Gate: fail" in text
    assert f"FAIL  score is {document['score']}, at least 100" in text
    assert "ok    coverage is 100, at least 10" in text
