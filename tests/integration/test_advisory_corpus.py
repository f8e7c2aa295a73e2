"""The advisory data beside the repository, through the mirror: it says of every component what the export says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from registry.advisories import affected, mirror
from registry.advisories.importing import import_from
from registry.advisories.models import Advisory, Component, Feed, QuarantinedRecord
from scanner.advisories.collect import collect_vulnerabilities, package_of
from scanner.advisories.matching import match
from scanner.advisories.ordering import spelling
from scanner.advisories.snapshot import load_snapshot
from tests.unit.advisory_records import NOW, component, locked
from tests.unit.corpus import corpus
from tests.unit.test_advisories_corpus import everything, npm
from trust.facts import Component as Part
from trust.facts import Vulnerabilities

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(300)]

ADVISORIES = corpus("advisories")
NPM = [file.stem for file in sorted((ADVISORIES / "npm").iterdir())]


@pytest.fixture(scope="module")
def whole(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """Imported once; taken back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        report = import_from(str(ADVISORIES), NOW)
        assert report.counts["osv"]["new"] == 7096
        yield ADVISORIES
        transaction.set_rollback(True)


def boundaries() -> list[Part]:
    """Packages at versions that an event or a list names, and oddly written ones: all of npm, a part of PyPI."""
    records = [*list(everything().values())[::6], *map(npm, NPM)]
    parts: dict[tuple[str, str], Part] = {}
    for advisory in records:
        for entry in advisory.affected:
            ecosystem, name = entry.package
            ends = [e.version for span in entry.ranges if span.type != "GIT" for e in span.events[-3:]]
            listed = sorted(entry.versions)
            for version in (*ends, *listed[:2], *listed[-2:], "v1.0", "1.0+local", "nightly"):
                parts[name, version] = component(name, version, ecosystem=ecosystem)
    return list(parts.values())


def test_the_mirror_and_the_export_say_the_same_of_every_boundary(whole: Path) -> None:
    parts = boundaries()
    assert len(parts) > 3000
    snapshot = load_snapshot(whole, {package_of(p) for p in parts}, NOW)
    for chunk in (parts[n : n + 500] for n in range(0, len(parts), 500)):
        here = mirror.look_up(locked(*chunk), NOW)
        there = collect_vulnerabilities(locked(*chunk), snapshot)
        assert isinstance(here, Vulnerabilities)
        assert isinstance(there, Vulnerabilities)
        assert here.findings == there.findings
        assert here.gaps == there.gaps
        assert (here.age_days, here.assessed) == (there.age_days, there.assessed)
    assert QuarantinedRecord.objects.count() == 0
    assert {f.ecosystem: (f.records, f.standing) for f in Feed.objects.all()} == {
        "pypi": (7080, "stale"),
        "npm": (16, "sample"),
    }


def test_the_whole_data_again_changes_nothing(whole: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(xmin::text || id, ',' ORDER BY id)) FROM advisories_advisory")
        before = cursor.fetchone()
        again = import_from(str(whole), NOW)
        assert {k: v for k, v in again.counts["osv"].items() if v} == {"read": 7412, "unchanged": 7412}
        cursor.execute("SELECT md5(string_agg(xmin::text || id, ',' ORDER BY id)) FROM advisories_advisory")
        assert cursor.fetchone() == before


def test_what_a_record_accuses_is_found_from_the_record(whole: Path) -> None:
    """For a hundred records: the reverse look-up against asking every record about every component."""
    del whole
    parts = boundaries()[::4]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO advisories_component (ecosystem, package, version) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(*package_of(p), p.version) for p in parts],
        )
    records = [*list(everything().values())[::90], *map(npm, NPM)]
    rows = list(Component.objects.values_list("id", "ecosystem", "package", "version"))
    for record in records:
        group = affected.related([record.id])
        texts = [a for id in group if (a := everything().get(id) or npm(id)).withdrawn is None]
        expected = {
            id
            for id, ecosystem, package, version in rows
            for text in texts
            if match(text, (ecosystem, package), version).answer != "not affected"  # type: ignore[arg-type]
        }
        assert set(affected.affected_components([record.id])) == expected, record.id


def test_withdrawn_records_are_kept_and_accuse_nobody(whole: Path) -> None:
    assert Advisory.objects.filter(withdrawn__isnull=False).count() == 269
    gone = [a for a in everything().values() if a.withdrawn]
    parts = [component(e.package[1], v) for a in gone for e in a.affected for v in sorted(e.versions)[:1]]
    known = mirror.look_up(locked(*parts), NOW)
    assert isinstance(known, Vulnerabilities)
    accused = {alias for f in known.findings for alias in f.aliases}
    live = {name for a in everything().values() if not a.withdrawn for name in a.names}
    assert accused <= live
    snapshot = load_snapshot(whole, {package_of(p) for p in parts}, NOW)
    assert collect_vulnerabilities(locked(*parts), replace(snapshot, id=known.snapshot)) == known


def test_versions_in_rows_are_in_the_one_spelling(whole: Path) -> None:
    """What the database compares as text is what the matching compares as versions."""
    del whole
    entry = Advisory.objects.get(pk="PYSEC-2023-61").affected.filter(package="django")[0]
    assert entry.versions
    assert entry.versions == sorted({spelling("pypi", v) for v in entry.versions})
