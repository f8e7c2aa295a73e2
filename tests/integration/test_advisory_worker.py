"""Real workers, really killed, and two imports at once: no release is forgotten and none is assessed twice."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from registry.advisories.models import Advisory, Import, Notification, Reassessment
from registry.models import AssessmentRecord, Scan, SearchEntry
from registry.tasks import reassess, ring_for_reassessments, sweep_reassessments
from tests.integration.advisory_mirror import WEATHER, filling, imported, recent, records_of, release_with
from tests.integration.catalog import person, upload
from tests.live import ROOT, clean_environment
from tests.processes import wait_until
from tests.servers import TEST_DATABASE, Servers, Worker
from tests.unit.advisory_records import CRITICAL, export
from tests.unit.bundle_builder import BundleBuilder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(180)]

LEASE = 3
QUICK = {"ASSAY_SCAN_LEASE_SECONDS": str(LEASE), "ASSAY_SWEEP_SECONDS": "1"}
RELEASES = 40

Start = Callable[..., Worker]


def waiting() -> int:
    return Reassessment.objects.count()


def swept_until_nothing_waits() -> None:
    def sweep() -> bool:
        sweep_reassessments.delay()
        return waiting() == 0

    wait_until(sweep, 90, lambda: str(list(Reassessment.objects.values())))


def many(tmp_path: Path) -> list[UUID]:
    """Releases with one component, and an advisory against it that nobody has acted upon."""
    imported(tmp_path)
    scans = [release_with(WEATHER, name=f"server-{n}") for n in range(RELEASES)]
    assert imported(tmp_path, recent("PYSEC-1", severity=[CRITICAL])).bundles == RELEASES
    return scans


def assert_assessed_again_once(scans: list[UUID]) -> None:
    for scan_id in scans:
        assert [r.revision for r in records_of(scan_id)] == [0, 1]
    assert Notification.objects.count() == len(scans)
    scores = set(SearchEntry.objects.values_list("score", flat=True))
    assert all(score is not None and score <= 39 for score in scores), "the catalog follows"


def bundle_with_lock() -> bytes:
    """One whose lock file names a package with an advisory in the mirror."""
    builder = BundleBuilder({"name": "locked"})
    builder.file("requirements.txt", b"weather==1.0 --hash=sha256:" + b"0" * 64 + b"\n")
    return builder.build()


def test_a_scan_looks_its_components_up_in_the_mirror_and_a_later_advisory_reaches_it(
    worker: Start, tmp_path: Path
) -> None:
    imported(tmp_path)
    worker()
    answer = upload(person("acme"), bundle_with_lock())
    scan_id = UUID(answer.json()["scan"]["id"])
    wait_until(lambda: Scan.objects.get(pk=scan_id).state == "done", 60, lambda: str(Scan.objects.values().get()))
    scan = Scan.objects.get(pk=scan_id)
    assert scan.progress[-1] == ["advisories", "done", ""]
    imported(tmp_path, recent("PYSEC-1", severity=[CRITICAL]))
    ring_for_reassessments()
    wait_until(lambda: waiting() == 0, 30, lambda: str(list(Reassessment.objects.values())))
    before, after = records_of(scan_id)
    assert after.score <= 39
    assert after.reason == "The advisory data changed. Newly known: PYSEC-1 in weather 1.0."
    assert (Scan.objects.count(), Scan.objects.get().attempts) == (1, 1), "nothing was scanned again"
    shown = Client().get("/api/v1/servers/acme/locked").json()
    assert shown["score"] == after.score
    assert before.pk < after.pk


def test_a_worker_killed_in_the_middle_loses_nothing_and_does_nothing_twice(worker: Start, tmp_path: Path) -> None:
    scans = many(tmp_path)
    first = worker(2, **QUICK)
    ring_for_reassessments()
    wait_until(lambda: 0 < waiting() < RELEASES - 3, 60, lambda: first.output[-2000:])
    first.kill_all()
    left = waiting()
    assert left > 0, "it was killed in the middle"
    worker(2, **QUICK)
    swept_until_nothing_waits()
    assert_assessed_again_once(scans)


def test_many_messages_and_many_workers_do_nothing_twice(worker: Start, tmp_path: Path) -> None:
    scans = many(tmp_path)
    for _ in range(12):
        reassess.delay()
    worker(3, **QUICK)
    wait_until(lambda: waiting() == 0, 60, lambda: str(list(Reassessment.objects.values())))
    assert_assessed_again_once(scans)


def test_two_imports_at_once(servers: Servers, tmp_path: Path) -> None:
    """Two processes, one mirror: one waits for the other, both changes are there, each bundle waits once."""
    imported(tmp_path)
    release_with(WEATHER)
    first = export(tmp_path / "first.zip", *filling(1500), recent("PYSEC-1"))
    second = export(tmp_path / "second.zip", recent("PYSEC-2"), *filling(1500))
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "manage.py", "import_advisories", str(path)],
            cwd=ROOT,
            env={**clean_environment(), **servers.environment(TEST_DATABASE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for path in (first, second)
    ]
    said = [process.communicate(timeout=90)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    assert Advisory.objects.filter(pk__in=["PYSEC-1", "PYSEC-2"]).count() == 2
    assert Advisory.objects.count() == 1502
    assert Import.objects.count() == 3
    assert waiting() == 1
    assert AssessmentRecord.objects.count() == 1
    reassess()
    assert AssessmentRecord.objects.count() == 2


def test_an_import_killed_in_the_middle_leaves_the_mirror_as_it_was(servers: Servers, tmp_path: Path) -> None:
    imported(tmp_path)
    release_with(WEATHER)
    path = export(tmp_path / "large.zip", *filling(12000), recent("PYSEC-1"))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "import_advisories", str(path)],
        cwd=ROOT,
        env={**clean_environment(), **servers.environment(TEST_DATABASE)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: holds_the_mirror() or process.poll() is not None, 30, "the import began")
    process.kill()
    process.wait()
    wait_until(lambda: not holds_the_mirror(), 30, "the database noticed")
    assert Import.objects.count() == 1, "it was killed too late to tell anything"
    assert (Advisory.objects.count(), waiting()) == (1000, 0)
    assert imported(tmp_path, recent("PYSEC-1")).bundles == 1


def holds_the_mirror() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'")
        return bool((cursor.fetchone() or (0,))[0])
