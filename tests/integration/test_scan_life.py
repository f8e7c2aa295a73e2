"""The life of a scan in its row: claimed once, leased, given back, given up, recorded once."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from registry import scans
from registry.advisories import mirror
from registry.models import AssessmentRecord, FactSet, Release, Scan, SearchEntry
from registry.store import store
from scanner.context import Context, Progress
from scanner.errors import BundleError
from scanner.isolate import ScanError
from tests.integration.catalog import assessed, person, published, release, upload
from tests.unit.builders import facts
from trust.codec import digest
from trust.facts import Facts, Publisher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

NOT_LOOKED_UP = ["advisories", "gap", mirror.EMPTY.reason]
Report = Callable[[Progress], None]


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path, Context, Report], Facts]], None]:
    """Puts a function in the place of the scanner's process."""
    return lambda stand_in: monkeypatch.setattr(scans, "scan_isolated", stand_in)


def clean(path: Path, context: Context, report: Report) -> Facts:
    report(Progress("archive", "done"))
    return facts()


def row(scan_id: UUID) -> Scan:
    return Scan.objects.get(pk=scan_id)


def counts() -> tuple[int, int]:
    return FactSet.objects.count(), AssessmentRecord.objects.count()


def test_a_scan_is_carried_out_and_recorded(scanner: Any) -> None:
    told: list[Context] = []

    def look(path: Path, context: Context, report: Report) -> Facts:
        told.append(context)
        assert path.read_bytes()[:2] == b"PK"
        report(Progress("archive", "running"))
        assert row(scan_id).state == "running"
        assert Client().get("/api/v1/servers/acme/weather").json()["status"] == "scanning"
        report(Progress("archive", "done"))
        report(Progress("code", "gap", "It took too long."))
        return facts()

    scan_id = published()
    scanner(look)
    assert scans.run(scan_id) is None
    scan = row(scan_id)
    assert (scan.state, scan.attempts, scan.lease_token, scan.error) == ("done", 1, None, "")
    assert scan.started_at is not None
    assert scan.finished_at is not None
    assert scan.progress == [["archive", "done", ""], ["code", "gap", "It took too long."], NOT_LOOKED_UP]
    assert isinstance(told[0].publisher, Publisher)
    assert told[0].publisher.namespace == "acme"
    assert counts() == (1, 1)
    entry = SearchEntry.objects.get()
    record = AssessmentRecord.objects.get()
    assert (entry.status, entry.score) == ("scored", record.score)
    assert entry.runtime == record.runtime


def test_what_is_stored_can_be_checked(scanner: Any) -> None:
    scan_id = published()
    scanner(clean)
    scans.run(scan_id)
    kept, record = FactSet.objects.get(), AssessmentRecord.objects.get()
    document = json.loads(bytes(record.body))
    assert kept.sha256 == digest(replace(facts(), vulnerabilities=mirror.EMPTY)) == document["facts_sha256"]
    assert document["subject"]["name"] == "acme/weather"
    assert document["score"] == record.score


def test_a_second_message_does_nothing_twice(scanner: Any) -> None:
    scan_id = published()
    scanner(clean)
    scans.run(scan_id)
    before = row(scan_id)
    assert scans.run(scan_id) is None
    assert counts() == (1, 1)
    assert row(scan_id).attempts == 1
    assert row(scan_id).finished_at == before.finished_at


def test_while_somebody_works_others_are_sent_away(scanner: Any) -> None:
    scan_id = published()
    met: list[Any] = []

    def look(path: Path, context: Context, report: Report) -> Facts:
        met.append(scans.run(scan_id))
        return facts()

    scanner(look)
    scans.run(scan_id)
    assert len(met) == 1
    assert 0 < met[0].seconds <= 31
    assert row(scan_id).attempts == 1
    assert counts() == (1, 1)


def test_a_lapsed_lease_is_taken_over_and_the_old_holder_changes_nothing(scanner: Any) -> None:
    scan_id = published()

    def look(path: Path, context: Context, report: Report) -> Facts:
        """The first holder sleeps through its lease; meanwhile another one does the work."""
        Scan.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        scanner(clean)
        scans.run(scan_id)
        report(Progress("archive", "running", "from the dead"))
        return facts(scanner="stale")

    scanner(look)
    scans.run(scan_id)
    scan = row(scan_id)
    assert (scan.state, scan.attempts, scan.scanner_version) == ("done", 2, "0")
    assert scan.progress == [["archive", "done", ""], NOT_LOOKED_UP]
    assert counts() == (1, 1)


def test_a_crash_is_tried_again_and_given_up_after_the_third(scanner: Any, caplog: pytest.LogCaptureFixture) -> None:
    def crash(path: Path, context: Context, report: Report) -> Facts:
        raise ZeroDivisionError

    scan_id = published()
    scanner(crash)
    caplog.set_level(logging.CRITICAL, "registry.scans")
    for attempt in (1, 2):
        again = scans.run(scan_id)
        assert again is not None
        assert again.seconds > 0
        assert (row(scan_id).state, row(scan_id).attempts) == ("queued", attempt)
    assert scans.run(scan_id) is None
    scan = row(scan_id)
    assert (scan.state, scan.attempts) == ("failed", 3)
    assert "ZeroDivisionError" in scan.error
    assert scan.error.endswith(".")
    assert Client().get("/api/v1/servers/acme/weather").json()["status"] == "failed"
    assert scans.run(scan_id) is None
    assert counts() == (0, 0)


def test_a_failure_that_passes_leaves_a_whole_scan(scanner: Any) -> None:
    failures = [ScanError("The scanner process ended with status 1.")]

    def look(path: Path, context: Context, report: Report) -> Facts:
        if failures:
            raise failures.pop()
        return facts()

    scan_id = published()
    scanner(look)
    assert scans.run(scan_id) is not None
    assert "ended with status 1" in row(scan_id).error
    assert scans.run(scan_id) is None
    assert (row(scan_id).state, row(scan_id).error) == ("done", "")


def test_a_bundle_that_the_scanner_refuses_fails_at_once(scanner: Any) -> None:
    def refuse(path: Path, context: Context, report: Report) -> Facts:
        raise BundleError("archive.changed", "The file changed while it was read.")

    scan_id = published()
    scanner(refuse)
    assert scans.run(scan_id) is None
    assert row(scan_id).state == "failed"
    assert "changed while it was read" in row(scan_id).error


def test_bytes_that_have_gone_are_a_failure_and_not_a_score(scanner: Any) -> None:
    scan_id = published()
    scanner(clean)
    with store().local(Scan.objects.get().bundle.sha256) as path:
        path.unlink()
    for _ in range(3):
        scans.run(scan_id)
    assert row(scan_id).state == "failed"
    assert "not in the store" in row(scan_id).error
    assert counts() == (0, 0)


def test_the_sweep_rings_for_the_left_behind_only(scanner: Any) -> None:
    ago = timezone.now() - timedelta(minutes=5)
    fresh, forgotten, lapsed, working, over = (published(version=f"{n}.0.0") for n in range(5))
    Scan.objects.filter(pk=forgotten).update(rung_at=ago)
    Scan.objects.filter(pk=lapsed).update(state="running", lease_until=ago, attempts=1)
    Scan.objects.filter(pk=working).update(state="running", lease_until=timezone.now() + timedelta(minutes=1))
    Scan.objects.filter(pk=over).update(state="done", rung_at=ago)
    assert set(scans.sweep()) == {forgotten, lapsed}
    assert row(fresh).state == "queued"
    scanner(clean)
    assert scans.run(lapsed) is None
    assert (row(lapsed).state, row(lapsed).attempts) == ("done", 2)


def test_a_forgotten_scan_is_not_rung_for_at_every_sweep() -> None:
    scan_id = published()
    Scan.objects.update(rung_at=timezone.now() - timedelta(minutes=5))
    assert scans.sweep() == (scan_id,)
    assert scans.sweep() == ()


def test_a_scan_whose_workers_keep_dying_is_given_up() -> None:
    """A bundle that kills its worker each time must not do so for ever."""
    scan_id = published()
    Scan.objects.update(state="running", attempts=3, lease_until=timezone.now() - timedelta(seconds=1))
    assert scans.run(scan_id) is None
    assert scans.sweep() == ()
    assert row(scan_id).state == "failed"
    assert "3 times" in row(scan_id).error


def test_a_blocking_finding_puts_the_release_into_quarantine(blocked_facts: Facts) -> None:
    release(version="1.0.0")
    scan_id = published(version="1.1.0")
    assessed(scan_id, blocked_facts)
    client = Client()
    assert Release.objects.get(version="1.1.0").state == "quarantined"
    assert client.get("/api/v1/servers/acme/weather").json()["latest_version"] == "1.0.0"
    for path in ("", "/trust", "/facts", "/report.sarif", "/download"):
        answer = client.get(f"/api/v1/servers/acme/weather/versions/1.1.0{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "release.quarantined")
    versions = client.get("/api/v1/servers/acme/weather/versions").json()["items"]
    assert [v["version"] for v in versions] == ["1.0.0"]
    told = client.get(f"/api/v1/scans/{scan_id}").json()
    assert told["release"]["state"] == "quarantined"
    assert told["quarantined_because"]


def test_a_server_with_nothing_but_quarantine_is_not_found(blocked_facts: Facts) -> None:
    assessed(published(), blocked_facts)
    client = Client()
    assert client.get("/api/v1/servers").json()["items"] == []
    for path in ("", "/versions/latest"):
        answer = client.get(f"/api/v1/servers/acme/weather{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "server.quarantined")
    assert upload(person("acme"), b"").status_code == 422


def test_releases_are_scanned_in_their_order_so_that_each_knows_the_one_before(scanner: Any) -> None:
    told: list[Context] = []

    def look(path: Path, context: Context, report: Report) -> Facts:
        told.append(context)
        return clean(path, context, report)

    scanner(look)
    first, second = published(version="1.0.0"), published(version="1.1.0")
    assert scans.run(second) == scans.Again(scans.TURN_SECONDS)
    assert row(second).state == "queued"
    assert told == []
    assert scans.run(first) is None
    assert scans.run(second) is None
    assert told[0].previous is None
    assert isinstance(told[1].previous, Facts)


def test_a_release_does_not_wait_for_ever_for_the_one_before(scanner: Any) -> None:
    scanner(clean)
    published(version="1.0.0")
    second = published(version="1.1.0")
    Scan.objects.filter(pk=second).update(queued_at=timezone.now() - scans.TURN_LIMIT - timedelta(seconds=1))
    assert scans.run(second) is None
    assert row(second).state == "done"
