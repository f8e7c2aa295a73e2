"""OSV records, components and exports made up for tests."""

import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from scanner.advisories.records import Advisory, Package, from_document
from scanner.advisories.snapshot import Feed, Snapshot
from trust.facts import Component, Dependencies

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FRESH = {"pypi": Feed("pypi", 7000, 1), "npm": Feed("npm", 5000, 1)}
CRITICAL = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
MEDIUM = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"}

Events = list[dict[str, str]]


def events(*boundaries: str) -> Events:
    """`events("introduced 0", "fixed 2.0")`."""
    return [dict([boundary.split(" ", 1)]) for boundary in boundaries]


def affected(
    name: str = "weather",
    *ranges: Events,
    ecosystem: str = "PyPI",
    kind: str = "ECOSYSTEM",
    versions: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    entry: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}, **more}
    if ranges:
        entry["ranges"] = [{"type": kind, "events": boundaries} for boundaries in ranges]
    return entry if versions is None else {**entry, "versions": versions}


def record(id: str = "PYSEC-2026-1", *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A record; without entries it affects every version of weather before 2.0."""
    return {
        "id": id,
        "modified": "2026-11-19T10:00:00Z",
        "affected": list(entries) or [affected("weather", events("introduced 0", "fixed 2.0"))],
        **more,
    }


def advisory(id: str = "PYSEC-2026-1", *entries: dict[str, Any], **more: Any) -> Advisory:
    return from_document(record(id, *entries, **more))


def snapshot(*advisories: Advisory, feeds: Mapping[Any, Feed] = FRESH, **more: Any) -> Snapshot:
    by_package: dict[Package, tuple[Advisory, ...]] = {}
    for one in advisories:
        for package in dict.fromkeys(a.package for a in one.affected):
            by_package[package] = (*by_package.get(package, ()), one)
    return Snapshot("0" * 16, feeds, len(advisories), by_package, **more)


def component(
    name: str = "weather",
    version: str | None = "1.0",
    *,
    ecosystem: Literal["pypi", "npm"] = "pypi",
    **more: Any,
) -> Component:
    purl = f"pkg:{ecosystem}/{name}" + (f"@{version}" if version else "")
    return Component(ecosystem, name, version, purl, more.pop("declared_in", "uv.lock"), **more)


def locked(*components: Component, **more: Any) -> Dependencies:
    return Dependencies(components, ("uv.lock",), **{"locked": True, **more})


def export(path: Path, *records: dict[str, Any] | bytes) -> Path:
    """A zip export as osv.dev makes them: one file a record, named by its id."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, one in enumerate(records):
            name = f"BAD-{number}" if isinstance(one, bytes) else one["id"]
            archive.writestr(f"{name}.json", one if isinstance(one, bytes) else json.dumps(one))
    return path
