"""The scheduler of beat: Celery's own, kept in memory, leaving a trace that it still ticks."""

from pathlib import Path

from celery.beat import Scheduler
from django.conf import settings

TRACE = "beat-ticked"


def trace() -> Path:
    """The file whose age says how long ago beat last looked at its schedule."""
    return Path(settings.ASSAY_VAR) / TRACE


class TickingScheduler(Scheduler):
    """In memory, because a schedule kept in a file is one more thing a kill can break.

    Everything in the schedule is an interval or a clock time whose miss the next round makes good.
    """

    def tick(self) -> float:  # type: ignore[override]
        """Send what is due. Returns the seconds until the next look."""
        seconds: float = super().tick()
        trace().touch()
        return seconds
