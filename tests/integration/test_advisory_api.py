"""What the API says about the mirror, one advisory, and the assessments of a release over time."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from registry.advisories.importing import import_from
from registry.models import AssessmentRecord
from tests.integration.advisory_mirror import FIXED, WEATHER, imported, recent, release_with, worked_off
from tests.integration.catalog import published, withdrawn
from tests.integration.test_advisory_exploited import catalog, forecast
from tests.integration.test_advisory_import import LATER
from tests.unit.advisory_records import CRITICAL

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]


def body(path: str, status: int = 200) -> Any:
    answer = Client().get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def valid(template: str, document: Any) -> None:
    described = body("openapi.json")
    schema = described["paths"][f"/api/v1/{template}"]["get"]["responses"]["200"]["content"]["application/json"]
    Draft202012Validator(schema["schema"] | {"components": described["components"]}).validate(document)


def test_an_empty_mirror_says_so() -> None:
    document = body("advisories")
    valid("advisories", document)
    assert document["snapshot"] is None
    assert [(f["ecosystem"], f["standing"]) for f in document["feeds"]] == [("pypi", "missing"), ("npm", "missing")]


def test_a_filled_mirror(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"), recent("MAL-1"), b"bad")
    import_from(catalog(tmp_path, "CVE-2026-0001"))
    document = body("advisories")
    valid("advisories", document)
    assert document["feeds"][0] | {"newest": None, "imported_at": None} == {
        "ecosystem": "pypi",
        "standing": "ok",
        "records": 1001,
        "malicious": 1,
        "newest": None,
        "age_days": 2,
        "imported_at": None,
    }
    assert (document["quarantined"], document["known_exploited"]["records"]) == (1, 1)
    assert document["stale_after_days"] == 30


def test_one_advisory_and_the_releases_it_concerns(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1", aliases=["CVE-2026-0001"]), recent("GHSA-1", aliases=["CVE-2026-0001"]))
    import_from(catalog(tmp_path, "CVE-2026-0001"))
    import_from(forecast(tmp_path, "CVE-2026-0001,0.97,0.99"))
    release_with(WEATHER, name="hit")
    release_with(FIXED, name="mended")
    release_with(WEATHER, name="gone")
    withdrawn("yanked", server__name="gone")
    for name in ("PYSEC-1", "CVE-2026-0001"):
        document = body(f"advisories/{name}")
        valid("advisories/{id}", document)
    document = body("advisories/PYSEC-1")
    assert document["aliases"] == ["CVE-2026-0001", "GHSA-1"]
    assert (document["known_exploited"], document["epss"], document["packages"]) == (True, 0.97, ["PyPI: weather"])
    assert [(r["name"], r["version"], r["component"]) for r in document["releases"]] == [
        ("acme/hit", "1.4.0", "weather 1.0")
    ]
    assert Client().get(document["releases"][0]["url"]).status_code == 200


@pytest.mark.parametrize("id", ["PYSEC-404", "x" * 3000, "%00", "%F0%9F%92%A9", "';--"])
def test_an_unknown_advisory(id: str) -> None:
    assert body(f"advisories/{id}", 404)["error"]["code"] == "advisory.not_found"


def test_the_history_says_why_a_score_changed(tmp_path: Path) -> None:
    imported(tmp_path)
    release_with(WEATHER)
    imported(tmp_path, recent("PYSEC-1", severity=[CRITICAL]))
    worked_off()
    imported(tmp_path, recent("PYSEC-1", modified=LATER, withdrawn=LATER))
    worked_off()
    path = "servers/acme/weather/versions/1.4.0/history"
    document = body(path)
    valid("servers/{namespace}/{name}/versions/{version}/history", document)
    third, second, first = document["items"]
    assert first["reason"] == "The bundle was scanned."
    assert second["reason"].endswith("Newly known: PYSEC-1 in weather 1.0.")
    assert third["reason"].endswith("No longer known: PYSEC-1 in weather 1.0 (withdrawn).")
    assert first["score"] == third["score"] > second["score"]
    assert first["scanned_at"] == second["scanned_at"] == third["scanned_at"]
    assert body("servers/acme/weather/history") == document


def test_the_history_of_what_was_never_assessed_is_empty_and_an_old_one_has_a_reason() -> None:
    published(name="queued")
    assert body("servers/acme/queued/versions/1.4.0/history")["items"] == []
    release_with(WEATHER)
    AssessmentRecord.objects.update(reason="")
    assert body("servers/acme/weather/history")["items"][0]["reason"] == "The bundle was scanned."
    body("servers/acme/nobody/history", 404)
    body("servers/acme/weather/history?platform=amiga", 400)
