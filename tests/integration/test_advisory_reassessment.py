"""A change in the mirror finds the releases it concerns and assesses them again from stored facts, once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from registry import scans
from registry.advisories import feeds, mirror, reassess
from registry.advisories.affected import affected_components
from registry.advisories.components import catch_up
from registry.advisories.importing import import_from
from registry.advisories.models import BundleComponent, Component, Notification, Reassessment
from registry.models import AssessmentRecord, FactSet, Release, Scan, SearchEntry
from scanner.isolate import ScanError
from tests.integration.advisory_mirror import (
    FIXED,
    WEATHER,
    imported,
    recent,
    records_of,
    release_with,
    worked_off,
)
from tests.integration.test_advisory_exploited import catalog
from tests.integration.test_advisory_import import LATER
from tests.unit.advisory_records import CRITICAL, affected, component, events, export
from trust.codec import digest, facts_from_json
from trust.rubric import rubric
from trust.scoring import assess

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

WIDE = affected("weather", events("introduced 0"))


def waiting() -> set[str]:
    """The servers whose bundles wait."""
    rows = Reassessment.objects.select_related("bundle__release__server")
    return {row.bundle.release.server.name for row in rows}


def trust(name: str = "weather") -> dict[str, Any]:
    document: dict[str, Any] = Client().get(f"/api/v1/servers/acme/{name}/versions/latest/trust").json()
    return document


def supply_chain_findings(document: dict[str, Any]) -> list[str]:
    (control,) = [c for c in document["controls"] if c["id"] == "SC-03"]
    return [f["message"] for f in control["findings"]]


def test_a_new_advisory_changes_the_release_that_has_the_component_and_no_other(tmp_path: Path) -> None:
    imported(tmp_path)
    hit = release_with(WEATHER, name="weather")
    release_with(FIXED, name="mended")
    release_with(component("other"), name="other")
    scanned = records_of(hit)[0]
    report = imported(tmp_path, recent("PYSEC-1", aliases=["CVE-2026-0001"], severity=[CRITICAL]))
    assert (report.bundles, waiting()) == (1, {"weather"})
    assert worked_off() == 1
    assert waiting() == set()
    before, after = records_of(hit)
    assert before.pk == scanned.pk, "what was is kept"
    assert after.reason == "The advisory data changed. Newly known: CVE-2026-0001 in weather 1.0."
    assert (before.revision, after.revision) == (0, 1)
    assert after.score <= 39 < before.score
    assert SearchEntry.objects.get(name="weather").score == after.score
    assert after.scanned_at == before.scanned_at, "nothing was scanned again"
    assert FactSet.objects.count() == Scan.objects.count() == 3
    document = trust()
    assert document["score"] == after.score
    assert document["reason"] == after.reason
    assert document["scanned_at"] == json.loads(bytes(before.body))["scanned_at"]
    assert document["assessed_at"] >= document["scanned_at"]
    assert document["subject"]["name"] == "acme/weather"
    assert "PYSEC-1" in supply_chain_findings(document)[0]


def test_the_new_score_can_be_computed_from_the_facts_that_are_served(tmp_path: Path) -> None:
    imported(tmp_path)
    release_with(WEATHER)
    imported(tmp_path, recent("PYSEC-1"))
    worked_off()
    served = Client().get("/api/v1/servers/acme/weather/facts")
    document = trust()
    facts = facts_from_json(json.loads(served.content))
    assert digest(facts) == document["facts_sha256"] == served.headers["ETag"].strip('"')
    assert assess(facts, rubric()).score == document["score"]
    assert FactSet.objects.get().sha256 != document["facts_sha256"], "the scanned ones stay as they were"


def test_the_publisher_is_to_be_told(tmp_path: Path) -> None:
    imported(tmp_path)
    scan_id = release_with(WEATHER)
    imported(tmp_path, recent("PYSEC-1", severity=[CRITICAL]))
    worked_off()
    before, after = records_of(scan_id)
    told = Notification.objects.select_related("account", "release__server").get()
    assert (told.account.username, str(told.release), told.sent_at) == ("acme", "acme/weather@1.4.0", None)
    assert told.body["score"] == {"before": before.score, "after": after.score}
    assert "weather 1.0" in told.body["reason"]


def test_a_withdrawn_advisory_gives_the_score_back(tmp_path: Path) -> None:
    imported(tmp_path)
    scan_id = release_with(WEATHER)
    imported(tmp_path, recent("PYSEC-1", severity=[CRITICAL]))
    worked_off()
    imported(tmp_path, recent("PYSEC-1", modified=LATER, withdrawn=LATER))
    assert worked_off() == 1
    first, second, third = records_of(scan_id)
    assert first.score == third.score > second.score
    assert third.reason == "The advisory data changed. No longer known: PYSEC-1 in weather 1.0 (withdrawn)."
    assert [r.revision for r in (first, second, third)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("old", "new", "begins"),
    [
        (recent("PYSEC-1"), recent("PYSEC-1", WIDE, modified=LATER), "Newly known: PYSEC-1 in weather 2.0."),
        (recent("PYSEC-1", WIDE), recent("PYSEC-1", modified=LATER), "No longer known: PYSEC-1 in weather 2.0."),
        (
            recent("PYSEC-1", WIDE),
            recent("PYSEC-1", WIDE, modified=LATER, severity=[CRITICAL]),
            "Rated anew: PYSEC-1 in weather 2.0 from medium to critical.",
        ),
        (
            recent("PYSEC-1", WIDE),
            recent("PYSEC-1", affected("other", events("introduced 0")), modified=LATER),
            "No longer known: PYSEC-1 in weather 2.0.",
        ),
        (
            recent("PYSEC-1", WIDE),
            recent("PYSEC-1", WIDE, modified=LATER, summary="Another sentence"),
            "The texts about known vulnerabilities are new.",
        ),
        (
            recent("PYSEC-1"),
            recent("PYSEC-1", affected("weather", events("introduced 0"), kind="GIT"), modified=LATER),
            "What could and could not be looked up has changed.",
        ),
    ],
)
def test_why_a_changed_advisory_changed_an_assessment(
    tmp_path: Path, old: dict[str, Any], new: dict[str, Any], begins: str
) -> None:
    imported(tmp_path, old)
    scan_id = release_with(FIXED)
    imported(tmp_path, new)
    assert worked_off() == 1
    assert records_of(scan_id)[-1].reason == f"The advisory data changed. {begins}"


@pytest.mark.parametrize(
    "new",
    [
        recent("PYSEC-1", modified=LATER, details="More words."),
        recent("PYSEC-1", modified=LATER, references=[{"type": "WEB", "url": "https://example.org"}]),
        recent("PYSEC-1", affected("weather", events("introduced 0", "fixed 1.9")), modified=LATER),
    ],
)
def test_a_change_that_makes_no_difference_writes_nothing(tmp_path: Path, new: dict[str, Any]) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    scan_id = release_with(FIXED)
    imported(tmp_path, new)
    assert worked_off() == 0
    assert len(records_of(scan_id)) == 1
    assert Notification.objects.count() == 0


def test_a_new_alias_that_joins_two_flaws_concerns_those_who_have_either(tmp_path: Path) -> None:
    """The joining record calls no version of ours affected; it makes one flaw of two."""
    imported(tmp_path, recent("PYSEC-1", aliases=["CVE-2026-0001"]), recent("GHSA-1", aliases=["CVE-2026-0002"]))
    scan_id = release_with(WEATHER)
    joining = affected("weather", events("introduced 7"))
    imported(tmp_path, recent("GHSA-2", joining, aliases=["CVE-2026-0001", "CVE-2026-0002"]))
    assert worked_off() == 1
    first, second = (len(supply_chain_findings(json.loads(bytes(r.body)))) for r in records_of(scan_id))
    assert (first, second) == (2, 1)


def test_a_flaw_that_is_exploited_now(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1", aliases=["CVE-2026-0001"]))
    scan_id = release_with(WEATHER)
    release_with(FIXED, name="mended")
    report = import_from(catalog(tmp_path, "CVE-2026-0001", "CVE-2020-0001"))
    assert (report.bundles, waiting()) == (1, {"weather"})
    worked_off()
    last = records_of(scan_id)[-1]
    assert last.reason == "The advisory data changed. Rated anew: CVE-2026-0001 in weather 1.0 from medium to critical."
    assert last.score <= 39


def test_a_feed_that_arrives_is_a_change_for_everybody_who_needs_it(tmp_path: Path) -> None:
    scan_id = release_with(WEATHER)
    npm_only = release_with(component("axios", ecosystem="npm"), name="javascript")
    imported(tmp_path, recent("PYSEC-1"))
    assert waiting() == {"weather"}
    assert worked_off() == 1
    assert "Newly known: PYSEC-1 in weather 1.0." in records_of(scan_id)[-1].reason
    assert len(records_of(npm_only)) == 1


def test_a_feed_that_turns_old_is_noticed(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    release_with(FIXED)
    assert feeds.watch() == 0
    assert feeds.watch(datetime.now(UTC) + timedelta(days=35)) == 1
    assert feeds.watch(datetime.now(UTC) + timedelta(days=35)) == 0, "once"
    assert waiting() == {"weather"}


def test_an_import_between_look_up_and_record_is_not_missed(tmp_path: Path) -> None:
    """The scan looked the component up, then the advisory came, then the facts were stored."""
    imported(tmp_path)
    stale = mirror.state()
    imported(tmp_path, recent("PYSEC-1"))
    assert mirror.state() != stale
    scan_id = release_with(WEATHER)
    record = records_of(scan_id)[0]
    assert waiting() == set()
    claimed = Scan.objects.get(pk=scan_id)
    AssessmentRecord.objects.all().delete()
    FactSet.objects.all().delete()
    Scan.objects.filter(pk=scan_id).update(state="queued", attempts=0)
    claim = scans._claim(claimed.pk)
    assert claim is not None
    document = json.loads(bytes(record.fact_set.body))
    document["vulnerabilities"] = {"snapshot": stale, "age_days": 1, "assessed": 1}
    late = facts_from_json(document)
    scans._record(claim, late, assess(late, rubric()), duration_ms=1)
    assert waiting() == {"weather"}
    assert worked_off() == 1
    assert "PYSEC-1" in records_of(scan_id)[-1].reason


# --- the job --------------------------------------------------------------------


def due(tmp_path: Path) -> Any:
    """A release with one advisory against it that nobody has acted upon."""
    imported(tmp_path)
    scan_id = release_with(WEATHER)
    imported(tmp_path, recent("PYSEC-1"))
    return scan_id


def test_a_job_that_fails_is_tried_again_and_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan_id = due(tmp_path)
    monkeypatch.setattr(reassess, "assess", lambda *_: 1 / 0)
    for attempt in range(1, reassess.MAX_ATTEMPTS + 1):
        assert reassess.run().written == 0
        row = Reassessment.objects.get()
        assert (row.attempts, row.error) == (attempt, "ZeroDivisionError: division by zero")
        assert reassess.run().looked_at == 0, "not at once"
        Reassessment.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert reassess.run().looked_at == 0
    assert reassess.given_up().count() == 1
    assert len(records_of(scan_id)) == 1
    monkeypatch.undo()
    imported(tmp_path, recent("PYSEC-2"))
    assert worked_off() == 1, "whoever is concerned again is begun with anew"


def test_one_that_fails_does_not_keep_the_others_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(tmp_path)
    bad, good = release_with(WEATHER, name="bad"), release_with(WEATHER, name="good")
    imported(tmp_path, recent("PYSEC-1"))
    real = reassess._renew
    poisoned = records_of(bad)[0].bundle_id

    def renew(record: AssessmentRecord) -> bool:
        if record.bundle_id == poisoned:
            raise RuntimeError("no")
        return real(record)

    monkeypatch.setattr(reassess, "_renew", renew)
    done = reassess.run()
    assert (done.looked_at, done.written, done.more) == (2, 1, False)
    assert len(records_of(good)) == 2
    assert waiting() == {"bad"}


def test_a_long_list_is_worked_off_in_chunks(tmp_path: Path) -> None:
    imported(tmp_path)
    for n in range(5):
        release_with(WEATHER, name=f"server-{n}")
    imported(tmp_path, recent("PYSEC-1"))
    assert reassess.run(2) == reassess.Done(2, 2, more=True)
    assert reassess.run(2).more
    assert reassess.run(2) == reassess.Done(1, 1, more=False)


def test_facts_in_a_form_that_is_no_longer_read_are_scanned_again(tmp_path: Path) -> None:
    scan_id = due(tmp_path)
    FactSet.objects.update(body=b'{"subject": {"gone": 1}, "vulnerabilities": {}}')
    assert worked_off() == 0
    assert waiting() == set()
    assert Scan.objects.filter(bundle=Scan.objects.get(pk=scan_id).bundle_id, state="queued").count() == 1


def test_a_release_that_was_scanned_again_rests_on_its_newest_facts(tmp_path: Path) -> None:
    imported(tmp_path)
    scan_id = release_with(WEATHER)
    bundle = Scan.objects.get(pk=scan_id).bundle
    second = Scan.objects.create(bundle=bundle)
    record = records_of(scan_id)[0]
    document = json.loads(bytes(record.fact_set.body))
    document["dependencies"]["components"][0].update(version="2.0", purl="pkg:pypi/weather@2.0")
    newer = facts_from_json(document)
    claim = scans._claim(second.pk)
    assert claim is not None
    scans._record(claim, newer, assess(newer, rubric()), duration_ms=1)
    assert list(
        Component.objects.filter(pk__in=BundleComponent.objects.values("component")).values_list("version")
    ) == [("2.0",)]
    assert imported(tmp_path, recent("PYSEC-1")).bundles == 0


def test_facts_that_were_stored_before_there_was_a_mirror_are_caught_up_with(tmp_path: Path) -> None:
    release_with(WEATHER)
    BundleComponent.objects.all().delete()
    FactSet.objects.update(components_listed=False)
    assert imported(tmp_path, recent("PYSEC-1")).bundles == 1
    assert catch_up() == 0
    assert worked_off() == 1


def test_a_blocked_release_is_blocked_again_and_not_freed(tmp_path: Path, blocked_facts: Any) -> None:
    """A new assessment never opens a quarantine."""
    imported(tmp_path)
    release_with(WEATHER)
    Release.objects.update(state="quarantined")
    imported(tmp_path, recent("PYSEC-1"))
    worked_off()
    assert Release.objects.get().state == "quarantined"


def test_hostile_names_and_versions_reach_the_database_as_data(tmp_path: Path) -> None:
    parts = [
        component("we'ather\"); DROP TABLE x; --", "1.0"),
        component("nul\x00name", "1.0"),
        component("weather", "1\x00"),
        component("weather", "9" * 300),
        component("a\x1fb", "1\x1f2"),
        component("weather", "{1,2}"),
        component("weather", None),
    ]
    imported(tmp_path, recent("PYSEC-1"))
    release_with(*parts)
    assert Component.objects.filter(package__contains="drop table").exists()
    assert not Component.objects.filter(package__startswith="nul").exists()
    imported(tmp_path, recent("PYSEC-1", WIDE, modified=LATER))
    worked_off()
    assert Reassessment.objects.count() == 0


def test_the_reverse_look_up_and_the_look_up_agree(tmp_path: Path) -> None:
    """Every component that a record accuses is found from the record, and no clear one is."""
    parts = [component(version=v) for v in ("0.1", "1.0", "1.9.9", "2.0rc1", "2.0", "3.0", "nightly")]
    imported(tmp_path)
    release_with(*parts)
    imported(tmp_path, recent("PYSEC-1"), full=False)
    found = Component.objects.filter(pk__in=affected_components({"PYSEC-1"})).values_list("version", flat=True)
    assert sorted(found) == ["0.1", "1.0", "1.9.9", "2.0rc1", "nightly"], "what cannot be told counts too"


def test_a_scan_that_fails_has_nothing_to_assess_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan_id = due(tmp_path)
    bundle = Scan.objects.get(pk=scan_id).bundle
    fresh = Scan.objects.create(bundle=bundle)

    def broken(*_: Any) -> None:
        raise ScanError("The scanner process ended.")

    monkeypatch.setattr(scans, "scan_isolated", broken)
    scans.run(fresh.pk)
    assert worked_off() == 1
    assert len(records_of(scan_id)) == 2


def test_two_exports_with_npm_and_pypi(tmp_path: Path) -> None:
    imported(tmp_path)
    release_with(component("axios", "1.0.0", ecosystem="npm"), WEATHER)
    axios = recent("GHSA-1", affected("Axios", events("introduced 1.0", "fixed 1.6.0"), ecosystem="npm", kind="SEMVER"))
    report = import_from(str(export(tmp_path / "npm.zip", axios)))
    assert report.turned == ["npm"]
    assert worked_off() == 1
    document = trust()
    assert "axios 1.0.0" in supply_chain_findings(document)[0]
    (control,) = [c for c in document["controls"] if c["id"] == "SC-03"]
    assert control["outcome"] in ("fail", "partial", "not_assessed")
