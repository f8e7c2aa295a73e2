"""Doorbells: each task takes an id or nothing, and hands it to the room that does the work."""

from uuid import UUID

from celery import Task, shared_task

from registry import cleanup, scans
from registry.advisories import feeds, importing
from registry.advisories import reassess as reassessing

_RINGS = 8
"""Chunks of new assessments at work at once, at most, however many workers there are; scans need them too."""


@shared_task(bind=True, name="registry.tasks.run_scan", acks_late=True, ignore_result=True)
def run_scan(self: "Task[[str], None]", scan_id: str) -> None:
    """A second ring is harmless. While somebody else holds the scan the message comes back later, because to
    acknowledge it now would lose the scan if that somebody has just died.
    """
    again = scans.run(UUID(scan_id))
    if again is not None:
        raise self.retry(countdown=again.seconds, max_retries=None)


@shared_task(name="registry.tasks.sweep_scans", ignore_result=True)
def sweep_scans() -> None:
    for scan_id in scans.sweep():
        run_scan.delay(str(scan_id))


@shared_task(name="registry.tasks.sweep_store", ignore_result=True)
def sweep_store() -> None:
    cleanup.sweep()


@shared_task(name="registry.tasks.reassess", ignore_result=True)
def reassess() -> None:
    """One chunk of the bundles that wait for a new assessment; the next message takes the next chunk."""
    if reassessing.run().more:
        reassess.delay()


def ring_for_reassessments() -> None:
    """Send as many messages as help: each takes a chunk and then rings for the next one itself."""
    chunks = -(-reassessing.waiting().count() // reassessing.CHUNK)
    for _ in range(min(chunks, _RINGS)):
        reassess.delay()


@shared_task(name="registry.tasks.sweep_reassessments", ignore_result=True)
def sweep_reassessments() -> None:
    if reassessing.idle():
        ring_for_reassessments()


@shared_task(name="registry.tasks.watch_advisories", ignore_result=True)
def watch_advisories() -> None:
    """Renew the mirror where that is due, and notice a feed that has turned old. The sweep rings for what follows."""
    importing.renew_due()
    feeds.watch()
