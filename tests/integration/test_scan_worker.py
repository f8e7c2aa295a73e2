"""Real workers, really killed: a scan that was begun is ended, and no message makes anything happen twice."""

import time
from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client

from registry.models import AssessmentRecord, FactSet, Scan, SearchEntry
from registry.tasks import run_scan, sweep_scans
from tests.integration.catalog import person, published, upload
from tests.processes import descendants, running, wait_until
from tests.servers import Servers, Worker
from tests.unit.bundle_builder import BundleBuilder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(180)]

LEASE = 4
QUICK = {"ASSAY_SCAN_LEASE_SECONDS": str(LEASE), "ASSAY_SWEEP_SECONDS": "1"}

Start = Callable[..., Worker]


def large_bundle() -> bytes:
    """One whose scan takes seconds: enough code of the server's own to be followed for a while."""
    server = {
        "type": "python",
        "entry_point": "server/main.py",
        "mcp_config": {"command": "python", "args": ["${__dirname}/server/main.py"]},
    }
    builder = BundleBuilder({"name": "large", "server": server})
    imports = "\n".join(f"import part_{n}" for n in range(40))
    builder.file("server/main.py", f"{imports}\npart_0.step_0('x')\n".encode())
    for n in range(40):
        steps = "\n".join(
            f"def step_{i}(value):\n    taken = {{'n': {i}, 'value': value}}\n    return step_{i + 1}(taken['value'])\n"
            for i in range(120)
        )
        builder.file(f"server/part_{n}.py", f"{steps}\ndef step_120(value):\n    return open(value).read()\n".encode())
    return builder.build()


def begun(scan_id: UUID) -> bool:
    """In the middle: claimed, and past its first step."""
    scan = Scan.objects.get(pk=scan_id)
    return scan.state == "running" and len(scan.progress) >= 3


def state(scan_id: UUID) -> str:
    return Scan.objects.get(pk=scan_id).state


def swept_until_done(scan_id: UUID, within: float) -> None:
    """Send what the beat sends, until the scan is over."""
    deadline = time.monotonic() + within
    while state(scan_id) != "done":
        assert time.monotonic() < deadline, Scan.objects.values().get(pk=scan_id)
        sweep_scans.delay()
        time.sleep(0.5)


def assert_recorded_once(scan_id: UUID, *, attempts: int) -> None:
    scan = Scan.objects.get(pk=scan_id)
    assert (scan.state, scan.attempts, scan.error) == ("done", attempts, "")
    assert (FactSet.objects.count(), AssessmentRecord.objects.count()) == (1, 1)
    entry = SearchEntry.objects.get()
    assert entry.status in ("scored", "provisional")
    assert entry.score == AssessmentRecord.objects.get().score


def upload_large() -> UUID:
    answer = upload(person("acme"), large_bundle())
    assert answer.status_code == 201, answer.content
    return UUID(answer.json()["scan"]["id"])


def test_an_upload_is_scanned_by_a_worker(worker: Start) -> None:
    worker()
    scan_id = published()
    wait_until(lambda: state(scan_id) == "done", 60, lambda: str(Scan.objects.values().get()))
    assert_recorded_once(scan_id, attempts=1)
    told = Client().get(f"/api/v1/scans/{scan_id}").json()
    assert [step["collector"] for step in told["progress"]][:3] == ["archive", "manifest", "inventory"]
    assert all(step["state"] in ("done", "gap") for step in told["progress"])
    document = Client().get("/api/v1/servers/acme/weather/versions/latest/trust").json()
    assert document["subject"]["name"] == "acme/weather"
    assert not [c for c in document["controls"] if "collector failed" in c["summary"]]


def test_a_message_delivered_many_times_does_nothing_twice(worker: Start) -> None:
    worker(2, **QUICK)
    scan_id = upload_large()
    for _ in range(5):
        run_scan.delay(str(scan_id))
    wait_until(lambda: state(scan_id) == "done", 90, lambda: str(Scan.objects.values().get()))
    for _ in range(3):
        run_scan.delay(str(scan_id))
    marker = published(namespace="marker")
    wait_until(lambda: state(marker) == "done", 60, "the worker went on to the next scan")
    assert Scan.objects.get(pk=scan_id).attempts == 1
    assert FactSet.objects.filter(scan=scan_id).count() == 1
    assert AssessmentRecord.objects.filter(fact_set__scan=scan_id).count() == 1


def test_a_worker_killed_in_the_middle_is_replaced(worker: Start) -> None:
    """SIGKILL for the worker and its pool, as a power cut; the sweep finds the lapsed lease."""
    first = worker(1, **QUICK)
    scan_id = upload_large()
    wait_until(lambda: begun(scan_id), 30, lambda: str(Scan.objects.values().get()))
    family = descendants(first.pid)
    killed = time.monotonic()
    first.kill_all()
    wait_until(lambda: not running(family), 10, "the scanner's process died with its worker")
    assert state(scan_id) == "running", "nobody has noticed yet"
    worker(1, **QUICK)
    swept_until_done(scan_id, within=90)
    print(f"recovered {time.monotonic() - killed:.1f} s after the kill, lease {LEASE} s")  # noqa: T201 -- with pytest -s
    assert_recorded_once(scan_id, attempts=2)


def test_a_killed_pool_process_costs_one_attempt(worker: Start) -> None:
    """The worker lives and puts the message back; it finds a lease that is still held, and waits for it."""
    mine = worker(1, **QUICK)
    scan_id = upload_large()
    wait_until(lambda: begun(scan_id), 30, lambda: str(Scan.objects.values().get()))
    mine.kill_pool()
    wait_until(lambda: state(scan_id) == "done", 90, lambda: str(Scan.objects.values().get()) + mine.output[-3000:])
    assert_recorded_once(scan_id, attempts=2)


def test_a_scan_whose_message_was_lost_is_found(worker: Start, servers: Servers) -> None:
    """The row was committed, the broker lost the message: the sweep rings again."""
    scan_id = published()
    with servers.broker() as broker:
        broker.flushall()
    worker(1, **QUICK)
    Scan.objects.update(rung_at="2026-01-01T00:00:00Z")
    swept_until_done(scan_id, within=60)
    assert_recorded_once(scan_id, attempts=1)


def test_a_long_scan_keeps_its_lease(worker: Start) -> None:
    """It takes longer than the lease; renewing it keeps everybody else away."""
    worker(2, ASSAY_SCAN_LEASE_SECONDS="2", ASSAY_SWEEP_SECONDS="1")
    scan_id = upload_large()
    swept_until_done(scan_id, within=90)
    scan = Scan.objects.get(pk=scan_id)
    assert scan.started_at is not None
    assert scan.finished_at is not None
    assert (scan.finished_at - scan.started_at).total_seconds() > 2, "the bundle is too small for this test"
    assert_recorded_once(scan_id, attempts=1)
