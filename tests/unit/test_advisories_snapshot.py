"""Exports: zips, folders, both; what is counted, kept, dated and put aside."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scanner.advisories import feeds
from scanner.advisories.feeds import SnapshotError
from scanner.advisories.records import Package
from scanner.advisories.snapshot import Feed, Snapshot, load_snapshot
from tests.unit.advisory_records import NOW, affected, events, export, record

WEATHER: Package = ("pypi", "weather")
AXIOS: Package = ("npm", "axios")
OPEN = events("introduced 0")


def axios(id: str = "GHSA-8hc4-vh64-cxmj", **more: Any) -> dict[str, Any]:
    return record(id, affected("Axios", OPEN, ecosystem="npm"), **more)


def ids(snapshot: Snapshot, package: Package) -> list[str]:
    return [a.id for a in snapshot.advisories.get(package, ())]


def test_a_zip_export(tmp_path: Path) -> None:
    path = export(tmp_path / "all.zip", record("PYSEC-1"), record("PYSEC-2", affected("other", OPEN)), axios())
    found = load_snapshot(path, [WEATHER, AXIOS], NOW)
    assert found.loaded == 3
    assert {p: ids(found, p) for p in found.advisories} == {WEATHER: ["PYSEC-1"], AXIOS: ["GHSA-8hc4-vh64-cxmj"]}
    assert found.feeds == {"pypi": Feed("pypi", 2, 1), "npm": Feed("npm", 1, 1)}
    assert found.quarantined == ()


def test_a_folder_of_several_of_both(tmp_path: Path) -> None:
    export(tmp_path / "PyPI-all.zip", record("PYSEC-1"), record("PYSEC-2"))
    (tmp_path / "npm").mkdir()
    (tmp_path / "npm" / "GHSA-1.json").write_text(json.dumps(axios("GHSA-1")))
    (tmp_path / "pypi").mkdir()
    newer = record("PYSEC-1", modified="2026-11-20T00:00:00Z", withdrawn="2026-11-20T00:00:00Z")
    (tmp_path / "pypi" / "PYSEC-1.json").write_text(json.dumps(newer))
    (tmp_path / "NOTICE.md").write_text("Licence: CC-BY-4.0")
    found = load_snapshot(tmp_path, [WEATHER, AXIOS], NOW)
    assert found.loaded == 3  # PYSEC-1 lies there twice
    assert ids(found, WEATHER) == ["PYSEC-2"]  # and its newer text says that it was withdrawn
    assert ids(found, AXIOS) == ["GHSA-1"]


def test_the_same_records_have_the_same_id_however_they_are_packed(tmp_path: Path) -> None:
    documents = [record(f"PYSEC-{n}") for n in range(5)]
    zipped = export(tmp_path / "a.zip", *documents)
    backwards = export(tmp_path / "b.zip", *reversed(documents))
    folder = tmp_path / "folder"
    folder.mkdir()
    for document in documents:
        (folder / f"{document['id']}.json").write_text(json.dumps(document))
    assert len({load_snapshot(path, [], NOW).id for path in (zipped, backwards, folder)}) == 1
    other = export(tmp_path / "c.zip", *documents[1:])
    assert load_snapshot(other, [], NOW).id != load_snapshot(zipped, [], NOW).id


def test_withdrawn_records_accuse_nobody(tmp_path: Path) -> None:
    path = export(tmp_path / "all.zip", record("PYSEC-1", withdrawn="2025-01-01T00:00:00Z"), record("PYSEC-2"))
    assert ids(load_snapshot(path, [WEATHER], NOW), WEATHER) == ["PYSEC-2"]


@pytest.mark.parametrize(
    ("times", "days"),
    [
        (["2026-11-10T00:00:00Z", "2026-11-18T00:00:00Z", "2020-01-01T00:00:00Z"], 2),
        (["2027-07-09T15:54:00Z", "2026-10-21T12:00:00Z"], 30),  # one record of the real data lies in the future
        (["2026-11-20T20:00:00Z"], 0),  # clocks differ a little
        (["2027-07-09T15:54:00Z"], 100),  # no usable time: the file's own
    ],
)
def test_the_age_counts_from_the_newest_record_that_is_not_in_the_future(
    tmp_path: Path, times: list[str], days: int
) -> None:
    path = export(tmp_path / "all.zip", *(record(f"PYSEC-{n}", modified=t) for n, t in enumerate(times)))
    written = NOW.timestamp() - 100 * 86400
    os.utime(path, (written, written))
    assert load_snapshot(path, [], NOW).feeds["pypi"].age_days == days


def test_malicious_packages_are_matched_and_are_no_feed_of_vulnerabilities(tmp_path: Path) -> None:
    """Theirs may be new and large where that of vulnerabilities is old or missing."""
    evil = record("MAL-2026-1", affected("evil", versions=["1.0"]), modified="2026-11-20T00:00:00Z")
    alone = load_snapshot(export(tmp_path / "mal.zip", evil), [("pypi", "evil")], NOW)
    assert ids(alone, ("pypi", "evil")) == ["MAL-2026-1"]
    assert alone.feeds == {}
    old = record("PYSEC-1", modified="2026-10-01T12:00:00Z")
    both = load_snapshot(export(tmp_path / "both.zip", evil, old), [("pypi", "evil")], NOW)
    assert both.feeds == {"pypi": Feed("pypi", 1, 50)}


def test_flaws_are_told_apart_by_package(tmp_path: Path) -> None:
    """One identifier for two packages is two flaws to mend; through aliases, two records of one package are one."""
    path = export(
        tmp_path / "all.zip",
        record("PYSEC-1", aliases=["CVE-1"]),
        record("GHSA-1", aliases=["CVE-1"]),
        record("PYSEC-2", affected("other", OPEN), aliases=["CVE-1"]),
    )
    found = load_snapshot(path, [WEATHER, ("pypi", "other")], NOW)
    assert found.groups(WEATHER).keys() == {"PYSEC-1", "GHSA-1"}
    assert len(set(found.groups(WEATHER).values())) == 1
    assert found.groups(("pypi", "other")).keys() == {"PYSEC-2"}
    assert found.groups(("pypi", "nobody")) == {}


def test_a_copy_does_not_make_old_data_new(tmp_path: Path) -> None:
    path = export(tmp_path / "all.zip", record(modified="2024-11-20T12:00:00Z"))
    assert load_snapshot(path, [], NOW).feeds["pypi"].age_days == 730


@pytest.mark.parametrize(
    ("bad", "reason", "concerns"),
    [
        (b'{"id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "weather"}', "not JSON", {WEATHER}),
        (b'{"id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "other"}}], "modif', "not JSON", None),
        (b'{"id": "X", "aff', "not JSON", None),
        (b"\x00\x01", "not JSON", None),
        (json.dumps(record("X", schema_version="9.0")).encode(), "schema_version", {WEATHER}),
        (json.dumps(record("X", modified="soon")).encode(), "modified", {WEATHER}),
        (b'{"name": "not a record at all"}', "id is missing", set()),
    ],
)
def test_bad_records_are_put_aside_and_the_rest_is_loaded(
    tmp_path: Path, bad: bytes, reason: str, concerns: set[Package] | None
) -> None:
    path = export(tmp_path / "all.zip", record("PYSEC-1"), bad, record("PYSEC-2"))
    found = load_snapshot(path, [WEATHER], NOW)
    assert ids(found, WEATHER) == ["PYSEC-1", "PYSEC-2"]
    (aside,) = found.quarantined
    assert aside.where == "all.zip/BAD-1.json"
    assert reason in aside.reason
    assert aside.concerns == concerns


def test_a_bad_record_about_another_package_costs_nothing(tmp_path: Path) -> None:
    bad = record("X", affected("other", OPEN), modified="soon")
    found = load_snapshot(export(tmp_path / "all.zip", record(), bad), [WEATHER], NOW)
    assert found.quarantined == ()


@pytest.mark.parametrize(
    "spelled",
    [
        rb'"name": "we\u0061ther"',
        rb'"name": "weath\u0065r"',
        b'"name" :\n "Weather"',
        b'"name":"WEATHER"',
        rb'"n\u0061me": "weather"',
    ],
)
def test_a_name_is_found_however_json_spells_it(tmp_path: Path, spelled: bytes) -> None:
    raw = json.dumps(record("PYSEC-1")).encode().replace(b'"name": "weather"', spelled)
    assert spelled in raw
    assert ids(load_snapshot(export(tmp_path / "all.zip", raw), [WEATHER], NOW), WEATHER) == ["PYSEC-1"]


def test_a_scoped_name_with_an_escaped_slash(tmp_path: Path) -> None:
    raw = json.dumps(record("GHSA-1", affected("@mcp/sdk", OPEN, ecosystem="npm"))).replace("/", r"\/").encode()
    found = load_snapshot(export(tmp_path / "all.zip", raw), [("npm", "@mcp/sdk")], NOW)
    assert ids(found, ("npm", "@mcp/sdk")) == ["GHSA-1"]


def test_a_second_package_behind_an_escaped_key(tmp_path: Path) -> None:
    both = record("PYSEC-1", affected("other", OPEN), affected("weather", OPEN))
    raw = json.dumps(both).encode().replace(b'"name": "weather"', rb'"n\u0061me": "weather"')
    assert ids(load_snapshot(export(tmp_path / "all.zip", raw), [WEATHER], NOW), WEATHER) == ["PYSEC-1"]


def test_a_text_that_quotes_a_package_is_not_about_it(tmp_path: Path) -> None:
    quoting = record("PYSEC-1", affected("other", OPEN), details='{"package": {"name": "weather"}}')
    assert not load_snapshot(export(tmp_path / "all.zip", quoting), [WEATHER], NOW).advisories


def test_a_record_that_is_too_large_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "RECORD_LIMIT", 2000)
    path = export(tmp_path / "all.zip", record("PYSEC-1"), record("PYSEC-2", details="x" * 3000))
    (tmp_path / "PYSEC-3.json").write_text(json.dumps(record("PYSEC-3", details="x" * 3000)))
    for place, count in ((path, 1), (tmp_path, 2)):
        found = load_snapshot(place, [WEATHER], NOW)
        assert ids(found, WEATHER) == ["PYSEC-1"]
        assert [(q.concerns, "at most 2000" in q.reason) for q in found.quarantined] == [(None, True)] * count


def test_a_damaged_member_is_one_bad_record(tmp_path: Path) -> None:
    path = export(tmp_path / "all.zip", record("PYSEC-1"), record("PYSEC-2"))
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("PYSEC-2.json").header_offset + 60
    content = bytearray(path.read_bytes())
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    found = load_snapshot(path, [WEATHER], NOW)
    assert ids(found, WEATHER) == ["PYSEC-1"]
    assert [(q.where, q.concerns) for q in found.quarantined] == [("all.zip/PYSEC-2.json", None)]


def test_a_damaged_zip_among_others_is_told(tmp_path: Path) -> None:
    export(tmp_path / "PyPI.zip", record("PYSEC-1"))
    (tmp_path / "npm.zip").write_bytes(b"<html>404</html>")
    found = load_snapshot(tmp_path, [WEATHER], NOW)
    assert ids(found, WEATHER) == ["PYSEC-1"]
    assert [(q.where, q.concerns) for q in found.quarantined] == [("npm.zip", None)]


@pytest.mark.parametrize("kind", ["missing", "empty folder", "empty zip", "text", "damaged zip alone in a folder"])
def test_no_data_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "data"
    if kind == "empty folder":
        path.mkdir()
    elif kind == "empty zip":
        export(path)
    elif kind == "text":
        path.write_text("hello")
    elif kind == "damaged zip alone in a folder":
        path.mkdir()
        (path / "all.zip").write_bytes(b"PK")
    with pytest.raises(SnapshotError):
        load_snapshot(path, [WEATHER], NOW)
