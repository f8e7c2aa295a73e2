"""Every control as a table: what passes, what does not, what does not apply, and what a gap does to it."""

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.unit.builders import (
    code,
    component,
    facts,
    finding,
    inventory,
    listener,
)
from tests.unit.control_cases import CASES
from tests.unit.control_facts import FAIL, NA, PARTIAL, PASS, W
from trust.control import FIELD_OF, Control, Outcome
from trust.controls import CATALOG
from trust.facts import (
    Dependencies,
    Malice,
    Secrets,
    Texts,
    Vulnerabilities,
)
from trust.finding import Gap
from trust.rubric import rubric
from trust.vocabulary import Severity, Weakness

ROWS = [(id, label, changes, outcome) for id, rows in CASES.items() for label, changes, outcome in rows]
BY_ID = {control.id: control for control in CATALOG}


@pytest.mark.parametrize(("id", "label", "changes", "outcome"), ROWS, ids=[f"{r[0]} {r[1]}" for r in ROWS])
def test_control(id: str, label: str, changes: dict[str, Any], outcome: Outcome) -> None:
    verdict = BY_ID[id].ask(facts(**changes))
    assert verdict.outcome is outcome, f"{label}: {verdict}"
    assert verdict.summary
    if outcome is FAIL:
        assert verdict.share == 0


@pytest.mark.parametrize("control", CATALOG, ids=lambda control: control.id)
def test_a_gap_in_any_fact_it_reads_is_never_good(control: Control) -> None:
    for kind in control.reads:
        verdict = control.ask(facts(**{FIELD_OF[kind]: Gap("the tool is missing")}))
        assert verdict.outcome is Outcome.NOT_ASSESSED
        assert "the tool is missing" in verdict.summary


@pytest.mark.parametrize("control", CATALOG, ids=lambda control: control.id)
def test_a_part_that_was_not_looked_at_takes_every_good_answer_back(control: Control) -> None:
    for kind in control.reads:
        if "gaps" in {f.name for f in fields(kind)}:
            whole = facts()
            holed = replace(getattr(whole, FIELD_OF[kind]), gaps=(Gap("too large", "server/big.js"),))
            verdict = control.ask(replace(whole, **{FIELD_OF[kind]: holed}))
            assert verdict.outcome not in (PASS, NA)
            if verdict.outcome is Outcome.NOT_ASSESSED:
                assert "server/big.js: too large" in verdict.summary


def test_a_part_that_was_not_looked_at_takes_back_what_only_seems_missing() -> None:
    blind = code(tools=(), observations=(), gaps=(Gap("written in another language"),))
    for id in ("AZ-01", "RT-06", "RT-09"):
        assert BY_ID[id].ask(facts(code=code(tools=(), observations=()))).outcome is FAIL
        assert BY_ID[id].ask(facts(code=blind)).outcome is Outcome.NOT_ASSESSED


def test_a_part_that_was_not_looked_at_lets_what_was_found_stand() -> None:
    holed = code(findings=(finding(W.COMMAND_INJECTION, Severity.CRITICAL),), gaps=(Gap("too large"),))
    assert BY_ID["RT-01"].ask(facts(code=holed)).outcome is FAIL


def test_every_control_has_rows_for_good_and_bad() -> None:
    assert CASES.keys() == BY_ID.keys()
    for id, rows in CASES.items():
        outcomes = {outcome for _, _, outcome in rows}
        assert PASS in outcomes, id
        assert outcomes & {FAIL, PARTIAL}, id


def test_every_domain_has_at_least_five_controls_and_every_control_a_weight() -> None:
    weights = rubric().controls
    assert weights.keys() == BY_ID.keys()
    counted: dict[str, int] = {}
    for control in CATALOG:
        counted[control.domain] = counted.get(control.domain, 0) + 1
        assert control.title
        assert control.why.endswith(".")
        assert control.fix.endswith(".")
    assert len(counted) == 5
    assert min(counted.values()) >= 5


@pytest.mark.parametrize("control", [c for c in CATALOG if c.seeks], ids=lambda control: control.id)
def test_nobody_passes_a_control_that_nobody_looked_for(control: Control) -> None:
    asked = control.ask(facts(code=code(sought=())))
    elsewhere = set(control.seeks) <= set(Malice(1).sought) and Malice in control.reads
    assert asked.outcome is not PASS or elsewhere


TEXTUAL = {W.TOOL_POISONING, W.HIDDEN_TEXT, W.DESCRIPTION_MISMATCH, W.UNREAD_PARAMETER}
MADE_BY_CONTROLS = {W.NO_CONFIRMATION, W.UNDECLARED_CAPABILITY, W.MISSING_AUTH, W.RELEASE_DRIFT}


@pytest.mark.parametrize("weakness", sorted(set(Weakness) - MADE_BY_CONTROLS))
def test_every_weakness_a_collector_can_report_is_asked_about(weakness: Weakness) -> None:
    """A finding that no control reads would cost nothing."""
    found = (finding(weakness, Severity.CRITICAL),)
    tainted = facts(
        code=code(listeners=(listener(),), findings=found),
        malice=Malice(1, found),
        inventory=inventory(findings=found),
        secrets=Secrets(1, 1, found),
        dependencies=Dependencies((component(),), findings=found),
    )
    if weakness in TEXTUAL:
        tainted = facts(texts=Texts(1, found))
    if weakness is W.KNOWN_VULNERABILITY:
        tainted = facts(vulnerabilities=Vulnerabilities("s", 1, 1, found))
    assert any(f.weakness is weakness for x in CATALOG for f in x.ask(tainted).findings)
