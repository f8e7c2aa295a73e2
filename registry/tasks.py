"""Doorbells: each task takes an id or nothing, and hands it to the room that does the work."""

from uuid import UUID

from celery import Task, shared_task

from registry import cleanup, scans


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
