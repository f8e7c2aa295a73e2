"""The advisory data and the bundles beside the repository: every record is read, both witnesses agree, old is worse."""

import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from scanner.advisories.collect import collect_vulnerabilities, package_of
from scanner.advisories.matching import match
from scanner.advisories.records import Advisory, parse_record
from scanner.advisories.second import second_opinion
from scanner.advisories.snapshot import Snapshot, load_snapshot
from scanner.bundle import open_bundle
from scanner.collect.declaration import declare
from scanner.collect.dependencies import collect_dependencies
from scanner.collect.inventory import collect_inventory
from tests.unit.advisory_records import NOW, component, locked
from tests.unit.corpus import corpus
from trust.facts import Component, Dependencies, Vulnerabilities
from trust.finding import Finding
from trust.vocabulary import Severity

ADVISORIES = corpus("advisories")
BUNDLES = corpus("bundles")
FILESYSTEM = "@modelcontextprotocol/server-filesystem"


@cache
def everything() -> Mapping[str, Advisory]:
    """All PyPI records by id."""
    with zipfile.ZipFile(ADVISORIES / "PyPI-all.zip") as archive:
        read = [parse_record(archive.read(name)) for name in archive.namelist()]
    return {a.id: a for a in read}


def npm(id: str) -> Advisory:
    return parse_record((ADVISORIES / "npm" / f"{id}.json").read_bytes())


def test_every_record_is_read() -> None:
    found = everything()
    assert len(found) == 7080
    assert sum(1 for a in found.values() if a.withdrawn) == 269
    for file in (ADVISORIES / "npm").iterdir():
        assert parse_record(file.read_bytes()).affected


@pytest.mark.parametrize(
    ("id", "package", "answers"),
    [  # the quirks that the notice beside the data lists
        ("PYSEC-2026-686", "neutron", {"7.1.0": "not affected", "10.0.5": "affected"}),  # fixed in "7.2.0-12.1"
        ("PYSEC-2026-1194", "assemblyline-service-client", {"4.6.1.dev10": "affected", "4.6.1.dev138": "not affected"}),
        ("PYSEC-2024-264", "apache-airflow", {"2.9.0": "not evaluable", "2.10.0": "not evaluable"}),
        ("PYSEC-2025-93", "chuanhuchatgpt", {"1.0": "not evaluable"}),
        ("PYSEC-2024-258", "scrapy", {"1.8.0": "affected", "2.0.0": "affected", "2.11.2": "not affected"}),
        ("PYSEC-2023-61", "django", {"4.2a1": "affected", "4.2.1": "not affected", "3.2.18": "affected"}),
    ],
)
def test_the_quirks_of_pypi(id: str, package: str, answers: dict[str, str]) -> None:
    assert {v: match(everything()[id], ("pypi", package), v).answer for v in answers} == answers


@pytest.mark.parametrize(
    ("id", "package", "yes", "no"),
    [
        ("GHSA-r683-j2x4-v87g", "node-fetch", ["1.0.0", "2.6.6", "3.1.0", "v2.6.1", "2.6.9"], ["3.1.1"]),
        ("GHSA-8hc4-vh64-cxmj", "axios", ["1.3.2", "1.7.3"], ["1.3.1", "1.7.4"]),
        ("GHSA-hc55-p739-j48w", FILESYSTEM, ["0.6.2", "2025.7.0"], ["0.6.3", "2025.7.1"]),
        ("GHSA-rv95-896h-c2vc", "express", ["4.19.1", "4.19.2-rc.1", "5.0.0-beta.2"], ["4.19.2", "5.0.0-beta.3"]),
        ("GHSA-3h5v-q93c-6h6q", "ws", ["2.1.0", "6.2.2", "7.5.9", "8.17.0"], ["2.0.0", "5.2.4", "8.17.1"]),
        ("GHSA-9wv6-86v2-598j", "path-to-regexp", ["0.1.9", "1.8.0", "6.2.9", "7.1.0"], ["0.1.10", "6.3.0", "8.0.0"]),
        ("GHSA-c2qf-rxjj-qqgw", "semver", ["5.7.1", "6.3.0", "7.5.1"], ["5.7.2", "6.3.1", "7.5.2"]),
        ("GHSA-35jh-r3h4-6jhm", "lodash-es", ["4.17.20"], ["4.17.21"]),
        ("GHSA-6xpm-ggf7-wc3p", "mcp-remote", ["0.0.5", "0.1.15"], ["0.0.4", "0.1.16"]),
    ],
)  # fmt: skip
def test_the_quirks_of_npm(id: str, package: str, yes: list[str], no: list[str]) -> None:
    found = {v: match(npm(id), ("npm", package), v).answer for v in (*yes, *no)}
    assert found == {**dict.fromkeys(yes, "affected"), **dict.fromkeys(no, "not affected")}


@pytest.mark.parametrize(
    ("id", "severity", "basis"),
    [
        ("GHSA-8hc4-vh64-cxmj", Severity.HIGH, "rated high by its database"),  # no vector at all
        ("GHSA-qwcr-r2fm-qrc7", Severity.HIGH, "CVSS 8.7"),  # version 3 says 7.5, version 4 says 8.7
        ("GHSA-xvch-5gv4-984h", Severity.CRITICAL, "CVSS 9.8"),
    ],
)
def test_severities_of_npm(id: str, severity: Severity, basis: str) -> None:
    assert (npm(id).rating.severity, npm(id).rating.basis) == (severity, basis)


def test_the_whole_export_and_its_sample_beside_it_are_one_snapshot() -> None:
    found = load_snapshot(ADVISORIES, {("pypi", "mcp"), ("npm", "axios")}, NOW)
    assert (found.loaded, found.quarantined) == (7096, ())
    assert {f.ecosystem: f.records for f in found.feeds.values()} == {"pypi": 7080, "npm": 16}
    assert len(found.advisories["pypi", "mcp"]) == 6
    assert found.feeds["pypi"].age_days == 119  # one record is dated in the year after


def test_pip_audit_agrees_on_every_boundary_of_the_data() -> None:
    """Packages at versions that an event or a list names, a few of every third record."""
    parts: dict[tuple[str, str], Component] = {}
    for advisory in list(everything().values())[::3]:
        for entry in advisory.affected:
            ends = [e.version for span in entry.ranges if span.type != "GIT" for e in span.events[-3:]]
            for version in (*ends, *sorted(entry.versions)[:2], *sorted(entry.versions)[-2:]):
                parts[entry.package[1], version] = component(entry.package[1], version)
    known = load_snapshot(ADVISORIES / "PyPI-all.zip", {package_of(p) for p in parts.values()}, NOW)
    ours = [groups(p, known) for p in parts.values()]
    theirs = second_opinion(parts.values(), known)
    assert len(ours) == len(theirs) > 3_000
    apart = [p.purl for p, a, b in zip(parts.values(), ours, theirs, strict=True) if b is not None and a != b]
    assert apart == []
    assert sum(map(bool, ours)) > 2_000


def groups(part: Component, known: Snapshot) -> frozenset[str]:
    package, version = package_of(part), part.version or ""
    return frozenset(
        known.groups(package)[a.id]
        for a in known.advisories.get(package, ())
        if match(a, package, version).answer == "affected"
    )


# --- real bundles -------------------------------------------------------------


@cache
def dependencies(bundle: Path) -> Dependencies:
    with open_bundle(bundle) as opened:
        declaration = declare(opened)
        return collect_dependencies(opened, collect_inventory(opened, declaration), declaration)


@cache
def findings(name: str) -> tuple[Finding, ...]:
    parts = dependencies(BUNDLES / f"{name}.mcpb")
    known = load_snapshot(ADVISORIES / "PyPI-all.zip", {package_of(c) for c in parts.components}, NOW)
    found = collect_vulnerabilities(parts, known)
    assert isinstance(found, Vulnerabilities)
    assert not [g for g in found.gaps if "disagree" in g.reason]
    return found.findings


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pypi-mcp-server-git-2025.7.1", "pypi-mcp-server-git-2026.10.19"),
        ("pypi-mcp-server-git-2025.12.18", "pypi-mcp-server-git-2026.10.19"),
        ("pypi-mcp-server-fetch-2025.4.7", "pypi-mcp-server-fetch-2026.10.24"),
        ("pypi-mcp-server-sqlite-2025.4.25", "pypi-mcp-server-time-2026.10.19"),  # sqlite has no later one
    ],
)
def test_old_releases_carry_more_known_vulnerabilities_than_new_ones(old: str, new: str) -> None:
    assert len(findings(old)) > 15
    assert len(findings(new)) < len(findings(old))


def test_the_vulnerable_dependency_of_an_old_release_is_named() -> None:
    named = [f for f in findings("pypi-mcp-server-git-2025.7.1") if "CVE-2026-42284" in f.aliases]
    (finding,) = named
    assert finding.severity is Severity.CRITICAL
    assert finding.message.startswith("gitpython 3.1.44: ")
    assert "fixed in 3.1.47" in finding.message


def test_an_npm_sample_accuses_and_does_not_clear() -> None:
    parts = dependencies(BUNDLES / "modelcontextprotocol-server-filesystem-2025.3.28.mcpb")
    known = load_snapshot(ADVISORIES / "npm", {package_of(c) for c in parts.components}, NOW)
    found = collect_vulnerabilities(parts, known)
    assert isinstance(found, Vulnerabilities)
    assert found.findings
    assert any("only 16 npm records" in gap.reason for gap in found.gaps)


def test_a_withdrawn_record_of_the_export_is_not_reported() -> None:
    advisory = next(
        a for a in everything().values() if a.withdrawn and a.affected[0].versions and len(a.affected[0].versions) > 3
    )
    ((_, name), version) = advisory.affected[0].package, min(advisory.affected[0].versions)
    part = component(name, version)
    assert match(advisory, package_of(part), version).answer == "affected"
    known = load_snapshot(ADVISORIES / "PyPI-all.zip", {package_of(part)}, NOW)
    found = collect_vulnerabilities(locked(part), known)
    assert isinstance(found, Vulnerabilities)
    assert not [f for f in found.findings if advisory.id in f.message]
