"""What a release changed since the one before: in its facts, in its assessment, and through the API."""

from typing import Any

import pytest
from django.test import Client

from registry.earlier import facts_before
from registry.models import Bundle
from tests.integration.catalog import published, release, withdrawn
from tests.unit.builders import code, facts, saw, tool
from trust.facts import Facts
from trust.finding import Gap
from trust.vocabulary import Signal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

BASE = "/api/v1/servers/acme/weather"
COPYING = facts(code=code(observations=saw(Signal.RECIPIENT, detail="copy@collector.club"), tools=(tool(), tool("b"))))


def get(path: str, **parameters: Any) -> Any:
    return Client().get(path, parameters)


def test_a_release_is_compared_with_the_one_before() -> None:
    release(version="1.0.0")
    release(version="1.0.1", facts=COPYING)
    found = get(f"{BASE}/versions/1.0.1/diff").json()
    assert found["from"]["version"] == "1.0.0"
    assert found["to"]["version"] == "1.0.1"
    assert {(c["kind"], c["subject"]) for c in found["changes"]} == {
        ("recipient-added", "copy@collector.club"),
        ("tool-added", "b"),
    }
    assert found["gaps"] == []
    assert get(f"{BASE}/diff").json() == found


def test_any_two_releases_can_be_compared() -> None:
    release(version="1.0.0", facts=COPYING)
    release(version="1.1.0")
    release(version="1.2.0", facts=COPYING)
    assert get(f"{BASE}/versions/1.2.0/diff", **{"from": "1.0.0"}).json()["changes"] == []
    assert [c["kind"] for c in get(f"{BASE}/versions/1.1.0/diff").json()["changes"]] == ["tool-removed"]


@pytest.mark.parametrize(
    ("path", "parameters", "status", "says"),
    [
        ("/versions/1.0.0/diff", {}, 404, "no release before"),
        ("/versions/2.0.0/diff", {}, 404, "no facts"),
        ("/versions/1.0.0/diff", {"from": "9.9.9"}, 404, "no version"),
        ("/versions/1.0.0/diff", {"since": "1.0.0"}, 400, "no parameter"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(path: str, parameters: Any, status: int, says: str) -> None:
    release(version="1.0.0")
    published(version="2.0.0")
    answer = get(f"{BASE}{path}", **parameters)
    assert answer.status_code == status
    assert says in answer.json()["detail"]


def bundle(version: str, platform: str = "any") -> Bundle:
    return Bundle.objects.get(release__version=version, platform=platform)


def test_a_scan_is_told_of_the_release_before() -> None:
    release(version="1.0.0", facts=COPYING)
    release(version="1.2.0")
    published(version="1.3.0")
    assert facts_before(bundle("1.0.0")) is None
    before = facts_before(bundle("1.2.0"))
    assert isinstance(before, Facts)
    assert before.subject.sha256 == bundle("1.0.0").sha256
    newest = facts_before(bundle("1.3.0"))
    assert isinstance(newest, Facts)
    assert newest.subject.sha256 == bundle("1.2.0").sha256
    withdrawn("quarantined", version="1.2.0")
    newest = facts_before(bundle("1.3.0"))
    assert isinstance(newest, Facts)
    assert newest.subject.sha256 == bundle("1.0.0").sha256


def test_a_release_before_that_was_never_scanned_is_a_gap() -> None:
    published(version="1.0.0")
    published(version="1.1.0")
    before = facts_before(bundle("1.1.0"))
    assert isinstance(before, Gap)
    assert "1.0.0" in before.reason
