"""A mirror for tests: exports made up on the spot, imported by the product's own code."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from registry.advisories import mirror, reassess
from registry.advisories.importing import Report, import_from
from registry.models import AssessmentRecord, Scan
from tests.integration.catalog import assessed, published
from tests.unit.advisory_records import affected, component, events, export, locked, record
from tests.unit.builders import facts
from trust.facts import Component, Facts, Vulnerabilities
from trust.finding import Gap

RECENT = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")
ENOUGH = 1000


def recent(id: str, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A record that was modified two days ago."""
    return record(id, *entries, **{"modified": RECENT, **more})


def filling(count: int = ENOUGH, ecosystem: str = "PyPI") -> list[dict[str, Any]]:
    """Records about packages that nobody has, so that the feed is no sample."""
    short = "PYSEC" if ecosystem == "PyPI" else "GHSA"
    return [
        recent(f"{short}-fill-{n}", affected(f"filling-{n}", events("introduced 0"), ecosystem=ecosystem))
        for n in range(count)
    ]


def imported(path: Path, *records: dict[str, Any] | bytes, name: str = "all.zip", full: bool = True) -> Report:
    """Import these records, with enough others to be a whole feed of PyPI."""
    return import_from(str(export(path / name, *(filling() if full else ()), *records)))


def looked_up(*parts: Component, now: datetime | None = None) -> Vulnerabilities | Gap:
    return mirror.look_up(locked(*parts), now)


def found(*parts: Component) -> list[tuple[str, str]]:
    """(component, severity) of each finding."""
    known = looked_up(*parts)
    assert isinstance(known, Vulnerabilities), known
    return [(f.snippet, f.severity.value) for f in known.findings]


def reasons(*parts: Component) -> str:
    known = looked_up(*parts)
    return known.reason if isinstance(known, Gap) else " ".join(g.reason for g in known.gaps)


def release_with(*parts: Component, namespace: str = "acme", **changes: Any) -> UUID:
    """A published release whose scan found these components and looked them up."""
    scan_id = published(namespace, **changes)
    dependencies = locked(*parts)
    scanned: Facts = facts(dependencies=dependencies)
    assessed(scan_id, replace(scanned, vulnerabilities=mirror.look_up(dependencies)))
    return scan_id


def records_of(scan_id: UUID) -> list[AssessmentRecord]:
    """The assessments of a bundle, the first one first."""
    bundle = Scan.objects.get(pk=scan_id).bundle_id
    return list(AssessmentRecord.objects.select_related("fact_set").filter(bundle=bundle).order_by("id"))


def worked_off() -> int:
    """Do what the workers do. Returns how many assessments were written."""
    return reassess.run(1000).written


WEATHER = component()
FIXED = component(version="2.0")
"""The version that the record of `tests.unit.advisory_records.record` calls fixed."""
