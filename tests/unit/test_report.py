import hashlib
import json
from importlib.resources import files
from typing import Any

import pytest

from tests.unit.builders import code, facts, finding
from trust.codec import digest
from trust.explain import sentences
from trust.finding import Finding, Gap, Step
from trust.report import assessment_document
from trust.rubric import UnknownRubricError, read, rubric
from trust.sarif import sarif_document
from trust.scoring import assess
from trust.vocabulary import Confidence, Domain, Severity, Weakness
from trust.wording import counted

FLOW = Finding(
    "py",
    Weakness.COMMAND_INJECTION,
    Severity.CRITICAL,
    Confidence.FIRM,
    "host reaches a shell",
    "server/ma in.py",
    42,
    "run(f'ping {host}', shell=True)",
    steps=(Step("server/ma in.py", 40, "tool input host"), Step("server/ma in.py", 42, "shell")),
)


def report(**changes: Any) -> dict[str, Any]:
    of = facts(**changes)
    return assessment_document(assess(of, rubric()), of, scanned_at="2026-01-01T00:00:00+00:00", duration_ms=12)


def test_the_document_has_every_promised_member() -> None:
    document = report(code=code(findings=(FLOW,)), probe=Gap("no sandbox"))
    promised = {
        "subject", "scanner", "rubric", "advisories", "facts_sha256", "scanned_at", "duration_ms", "score",
        "potential", "coverage", "provisional", "level", "level_name", "probe", "caps", "domains", "controls", "raise",
    }  # fmt: skip
    assert promised <= document.keys()
    assert document["facts_sha256"] == digest(facts(code=code(findings=(FLOW,)), probe=Gap("no sandbox")))
    assert [d["id"] for d in document["domains"]] == [d.value for d in Domain]
    assert document["probe"] == {"ran": False, "backend": None, "tools": None, "seconds": None, "reason": "no sandbox"}
    control = next(c for c in document["controls"] if c["id"] == "RT-01")
    assert control["outcome"] == "fail"
    assert control["findings"][0] | {} == {
        "rule": "py.command-injection",
        "severity": "critical",
        "confidence": "firm",
        "path": "server/ma in.py",
        "line": 42,
        "snippet": "run(f'ping {host}', shell=True)",
        "message": "host reaches a shell",
        "cwe": "CWE-78",
        "owasp": "MCP05",
        "aliases": [],
        "steps": [
            {"path": "server/ma in.py", "line": 40, "note": "tool input host"},
            {"path": "server/ma in.py", "line": 42, "note": "shell"},
        ],
        "fingerprint": FLOW.fingerprint,
    }
    json.dumps(document, allow_nan=False)


def test_a_planted_flaw_costs_points_on_its_own_control_only() -> None:
    clean, flawed = report(), report(code=code(findings=(FLOW,)))
    assert flawed["score"] < clean["score"]
    changed = [
        after["id"]
        for before, after in zip(clean["controls"], flawed["controls"], strict=True)
        if before["outcome"] != after["outcome"]
    ]
    assert changed == ["RT-01"]


def test_a_fingerprint_survives_moves_and_indentation_but_not_other_places() -> None:
    def at(line: int, snippet: str, path: str = "a.py") -> str:
        return finding(Weakness.SSRF, line=line, snippet=snippet, path=path).fingerprint

    assert at(1, "get(url)") == at(90, "    get( url )")
    assert at(1, "get(url)") != at(1, "get(host)")
    assert at(1, "get(url)") != at(1, "get(url)", "b.py")


def test_sarif_names_each_control_once_and_each_finding_with_its_flow() -> None:
    sarif = sarif_document(report(code=code(findings=(FLOW,))))
    run = sarif["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({r["id"] for r in rules}) == len(rules) > 60
    result = next(r for r in run["results"] if r["ruleId"] == "RT-01")
    assert rules[result["ruleIndex"]]["id"] == "RT-01"
    assert rules[result["ruleIndex"]]["properties"]["security-severity"] == "9.5"
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "server/ma%20in.py"
    assert where["region"]["startLine"] == 42
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 2


def test_prose_names_the_cap_what_failed_and_what_nobody_looked_at() -> None:
    lines = sentences(report(code=code(findings=(FLOW,)), probe=Gap("no sandbox")))
    assert lines[0].startswith("39 of 100")
    assert lines[1].startswith("Capped at 39: host reaches a shell")
    assert any(line.startswith("RT-01") for line in lines)
    assert "RT-11" in lines[-1]


RUBRIC_1 = "48dc39b5a183480af49ff7dd7af9726e2ae6db667d17ee747832c3411bbd592a"


def test_a_released_rubric_is_never_edited() -> None:
    """A change of any number here is a new rubric with a new file: old scores must stay what they were."""
    text = files("trust").joinpath("rubrics", "1.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() == RUBRIC_1


@pytest.mark.parametrize("number", ["2", "../1", "", "x", "١"])
def test_a_rubric_that_does_not_exist_is_refused(number: str) -> None:
    with pytest.raises(UnknownRubricError):
        rubric(number)


def test_an_incomplete_rubric_is_refused() -> None:
    document = json.loads(files("trust").joinpath("rubrics", "1.json").read_text("utf-8"))
    del document["ceilings"]["structural"]
    with pytest.raises(KeyError):
        read(json.dumps(document))


@pytest.mark.parametrize(("n", "text"), [(0, "0 files are large"), (1, "1 file is large"), (2, "2 files are large")])
def test_sentences_read_right_for_one_and_for_many(n: int, text: str) -> None:
    assert counted("{n} [file is|files are] large", n) == text


def test_no_summary_shows_its_markup() -> None:
    bad = finding(Weakness.SSRF)
    shown = [c["summary"] for c in report(code=code(findings=(bad,)))["controls"]]
    assert not [text for text in shown if any(mark in text for mark in "[|]{}")]
