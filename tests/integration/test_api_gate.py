"""The gate: one decision, many decisions, and what is said about what was not assessed."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.models import AssessmentRecord, Bundle, Scan
from tests.integration.catalog import assessed, published, release, withdrawn
from tests.unit.builders import code, facts, finding
from trust.facts import Facts
from trust.vocabulary import Severity, Weakness

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

GATE = "/api/v1/servers/acme/weather/versions/{}/gate"
FLAWED = facts(code=code(findings=(finding(Weakness.COMMAND_INJECTION, Severity.HIGH),)))


def ask(version: str = "latest", status: int = 200, /, **policy: Any) -> Any:
    answer = Client().get(GATE.format(version), policy)
    assert answer.status_code == status, answer.content
    return answer.json()


def batch(items: list[Any], policy: Any = None, status: int = 200, query: str = "") -> Any:
    body = {"items": items} | ({} if policy is None else {"policy": policy})
    answer = Client().post(f"/api/v1/gate{query}", json.dumps(body), "application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_decision_shows_every_condition() -> None:
    release(facts=FLAWED)
    score = AssessmentRecord.objects.get().score
    found = ask(**{"min_score": score + 1, "min_domain.supply_chain": 0, "max_severity": "medium", "max_age_days": 1})
    assert found["decision"] == "fail"
    assert found["score"] == score
    assert found["subject"] == {
        "name": "acme/weather",
        "version": "1.4.0",
        "sha256": Bundle.objects.get().sha256,
        "platform": "any",
    }
    assert found["report"].endswith("/servers/acme/weather/1.4.0")
    assert [(c["metric"], c["status"]) for c in found["conditions"]] == [
        ("score", "ERROR"),
        ("domain.supply_chain", "OK"),
        ("severity", "ERROR"),
        ("age_days", "OK"),
    ]
    assert found["conditions"][0] == {
        "status": "ERROR",
        "metric": "score",
        "comparator": "LT",
        "threshold": str(score + 1),
        "actual": str(score),
    }


def test_what_meets_the_policy_passes() -> None:
    release()
    score = AssessmentRecord.objects.get().score
    assert ask(min_score=score)["decision"] == "pass"
    assert ask()["decision"] == "pass"


def test_enforcing_turns_anything_but_a_pass_into_422() -> None:
    published(version="3.0.0")
    release(version="1.0.0", facts=FLAWED)
    assert ask("1.0.0", min_score=0, enforce=1)["decision"] == "pass"
    assert ask("1.0.0", 422, max_severity="low", enforce=1)["decision"] == "fail"
    assert ask("3.0.0", 422, enforce=1)["decision"] == "pending"
    assert ask("9.0.0", 422, enforce=1)["decision"] == "unknown"


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_scan_that_is_not_done_is_pending_and_passes_only_when_allowed(state: str) -> None:
    published()
    Scan.objects.update(state=state)
    assert ask(min_score=1)["decision"] == "pending"
    assert ask(min_score=1, allow_pending=1)["decision"] == "pass"


def test_a_failed_scan_is_not_assessed_and_never_passes() -> None:
    published()
    Scan.objects.update(state="failed")
    assert ask()["decision"] == "not_assessed"
    assert ask(allow_pending=1)["decision"] == "not_assessed"


@pytest.mark.parametrize("state", ["quarantined", "yanked"])
def test_a_release_that_was_withdrawn_fails(state: str) -> None:
    release()
    withdrawn(state)
    for version in ("1.4.0", "latest"):
        found = ask(version)
        assert found["decision"] == "fail"
        assert [(c["metric"], c["actual"]) for c in found["conditions"]] == [("status", state)]


def test_quarantine_by_a_scan_fails(blocked_facts: Facts) -> None:
    assessed(published(), blocked_facts)
    assert ask()["decision"] == "fail"


@pytest.mark.parametrize("path", ["nobody/weather", "acme/nothing", "ACME/Weather", "a%00/b", "x/y"])
def test_what_nobody_knows_is_unknown(path: str) -> None:
    answer = Client().get(f"/api/v1/servers/{path}/versions/latest/gate")
    assert (answer.status_code, answer.json()["decision"]) == (200, "unknown")
    assert answer.json()["report"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_score", "101"),
        ("min_score", ""),
        ("min_scor", "80"),
        ("min_level", "5"),
        ("min_domain.cooking", "5"),
        ("max_severity", "awful"),
        ("max_age_days", "-1"),
        ("allow_pending", "perhaps"),
        ("enforce", "yes"),
        ("platform", "amiga"),
        ("min_score", "a\x00"),
    ],
)
def test_a_requirement_that_cannot_be_understood_is_named(field: str, value: str) -> None:
    answer = Client().get(GATE.format("latest"), {field: value})
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == field


def test_a_batch_decides_about_each_and_about_all() -> None:
    release("acme", name="good")
    release("acme", FLAWED, name="flawed")
    published("acme", name="new")
    good = {"name": "acme/good", "version": "1.4.0"}
    digest = Bundle.objects.get(release__server__name="flawed").sha256
    policy = {"max_severity": "medium", "min_domain": {"runtime": 1}, "min_score": 1}
    found = batch([good, {"sha256": digest.upper()}, {"name": "acme/new"}, {"name": "acme/gone"}], policy)
    assert [item["decision"] for item in found["items"]] == ["pass", "fail", "pending", "unknown"]
    assert found["decision"] == "fail"
    assert found["items"][1]["subject"]["name"] == "acme/flawed"
    assert found["items"][3]["subject"]["name"] == "acme/gone"
    assert batch([good], policy)["decision"] == "pass"
    assert batch([good, {"name": "acme/new"}], policy)["decision"] == "pending"
    assert batch([good, {"name": "acme/new"}], policy | {"allow_pending": True})["decision"] == "pass"
    assert batch([good, {"name": "acme/new"}], policy, 422, "?enforce=1")["decision"] == "pending"


def test_a_batch_and_single_calls_agree() -> None:
    release("acme", FLAWED, name="weather", version="1.0.0")
    release("acme", name="weather", version="2.0.0")
    for version in ("1.0.0", "2.0.0", "latest", "7.7.7"):
        for policy in ({}, {"min_score": 60}, {"max_severity": "low", "min_domain.runtime": 50}):
            (item,) = batch([{"name": "acme/weather", "version": version}], policy)["items"]
            assert item == ask(version, **policy)


def test_the_same_bytes_in_two_places_count_as_the_worse() -> None:
    first, second = published("acme"), published("other")
    assessed(first)
    assessed(second, FLAWED)
    (item,) = batch([{"sha256": Bundle.objects.all()[0].sha256}])["items"]
    assert item["subject"]["name"] == "other/weather"


def test_a_batch_of_many_costs_as_many_queries_as_one() -> None:
    for n in range(5):
        release("acme", name=f"s{n}")
    items = [{"name": f"acme/s{n % 5}", "version": v} for n in range(100) for v in ("latest", "1.4.0")]
    with CaptureQueriesContext(connection) as asked:
        found = batch(items, {"max_severity": "low"})
    assert len(found["items"]) == 200
    assert len(asked) <= 6


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("[]", "body"),
        ("{", "body"),
        ('"x"', "body"),
        ("{}", "items"),
        ('{"items": []}', "items"),
        ('{"items": "x"}', "items"),
        (json.dumps({"items": [{"name": "a/b"}] * 201}), "items"),
        ('{"items": [5]}', "items[0]"),
        ('{"items": [{}]}', "items[0]"),
        ('{"items": [{"name": "a/b", "sha256": "' + "0" * 64 + '"}]}', "items[0]"),
        ('{"items": [{"sha256": "xyz"}]}', "items[0].sha256"),
        ('{"items": [{"name": 5}]}', "items[0].name"),
        ('{"items": [{"name": "a/b", "colour": "red"}]}', "items[0].colour"),
        ('{"items": [{"name": "a/b"}], "policy": []}', "policy"),
        ('{"items": [{"name": "a/b"}], "policy": {"min_score": 101}}', "policy.min_score"),
        ('{"items": [{"name": "a/b"}], "policy": {"min_score": 1.5}}', "policy.min_score"),
        ('{"items": [{"name": "a/b"}], "policy": {"min_domain": {"x": 1}}}', "policy.min_domain.x"),
        ('{"items": [{"name": "a/b"}], "polcy": {}}', "polcy"),
        ("[" * 50_000, "body"),
    ],
)
def test_a_batch_that_cannot_be_understood_names_the_member(body: str, field: str) -> None:
    answer = Client().post("/api/v1/gate", body, "application/json")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field


def test_a_batch_that_is_too_large_or_no_json() -> None:
    client = Client()
    assert client.post("/api/v1/gate", "x" * 300_000, "application/json").status_code == 413
    assert client.post("/api/v1/gate", {"items": "x"}).status_code == 415


@pytest.mark.parametrize("name", ["", "/", "a", "a/", "/b", "a/b/c", "A/b", "a/b\x00", "🐘/x", "a" * 299])
def test_odd_names_are_unknown(name: str) -> None:
    answer = Client().post("/api/v1/gate", json.dumps({"items": [{"name": name}]}), "application/json")
    assert answer.status_code == (400 if not name else 200)
    if name:
        assert answer.json()["decision"] == "unknown"
