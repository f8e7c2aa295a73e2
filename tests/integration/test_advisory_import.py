"""Exports into the mirror: everything or nothing, once, and what becomes of records that are bad, older or gone."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from registry.advisories import feeds, mirror
from registry.advisories.importing import AdvisoryImportError, import_from, renew_due
from registry.advisories.models import Advisory, AffectedPackage, Feed, Import, QuarantinedRecord, Reassessment
from scanner.advisories.snapshot import load_snapshot
from tests.integration.advisory_mirror import FIXED, RECENT, WEATHER, found, imported, looked_up, reasons, recent
from tests.unit.advisory_records import affected, component, events, export
from trust.facts import Vulnerabilities
from trust.finding import Gap

pytestmark = [pytest.mark.django_db]

LATER = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds")
EARLIER = (datetime.now(UTC) - timedelta(days=20)).isoformat(timespec="seconds")


def osv(report: Any) -> dict[str, int]:
    return {name: count for name, count in report.counts["osv"].items() if count}


def rows() -> list[tuple[Any, ...]]:
    """Everything that an import writes, but for the log of imports; `xmin` changes when a row is written again."""
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for table in ("advisory", "affectedpackage", "component", "exploitedflaw", "exploitlikelihood"):
            cursor.execute(f"SELECT '{table}', xmin::text, t::text FROM advisories_{table} t ORDER BY 3")  # noqa: S608
            found += cursor.fetchall()
    return found


def test_an_export(tmp_path: Path) -> None:
    report = imported(tmp_path, recent("PYSEC-1", aliases=["CVE-2026-1"]), recent("PYSEC-2", withdrawn=RECENT))
    assert osv(report) == {"read": 1002, "new": 1002}
    assert found(WEATHER) == [("weather 1.0", "medium")]
    assert found(FIXED) == []
    assert reasons(WEATHER, FIXED) == ""
    assert Feed.objects.get().standing == "ok"
    assert (
        bytes(Advisory.objects.get(pk="PYSEC-1").raw) == json.dumps(recent("PYSEC-1", aliases=["CVE-2026-1"])).encode()
    )


def test_the_same_data_again_changes_nothing(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    before = rows()
    state = mirror.state()
    report = imported(tmp_path, recent("PYSEC-1"))
    assert osv(report) == {"read": 1001, "unchanged": 1001}
    assert rows() == before
    assert mirror.state() == state
    assert Import.objects.count() == 2, "that it was looked at is kept"


def test_the_state_has_the_name_that_the_export_has(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    known = looked_up(WEATHER)
    assert isinstance(known, Vulnerabilities)
    assert known.snapshot == load_snapshot(tmp_path / "all.zip", [], datetime.now(UTC)).id
    assert known.age_days == 2


def test_a_newer_text_replaces_an_older_one_and_not_the_other_way_round(tmp_path: Path) -> None:
    wide = affected("weather", events("introduced 0"))
    imported(tmp_path, recent("PYSEC-1"))
    assert osv(imported(tmp_path, recent("PYSEC-1", wide, modified=LATER)))["changed"] == 1
    assert found(FIXED) == [("weather 2.0", "medium")]
    again = imported(tmp_path, recent("PYSEC-1"))
    assert osv(again) == {"read": 1001, "unchanged": 1000, "older": 1}
    assert found(FIXED) == [("weather 2.0", "medium")]
    assert AffectedPackage.objects.filter(advisory="PYSEC-1").count() == 1


def test_the_newer_of_two_texts_in_one_source_counts_and_an_import_again_changes_nothing(tmp_path: Path) -> None:
    wide = affected("weather", events("introduced 0"))
    export(tmp_path / "a.zip", recent("PYSEC-1"), recent("PYSEC-2"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "PYSEC-1.json").write_text(json.dumps(recent("PYSEC-1", wide, modified=LATER)))
    (tmp_path / "b" / "PYSEC-2.json").write_text(json.dumps(recent("PYSEC-2"), indent=1))
    for expected in ("new", "unchanged"):
        assert osv(import_from(str(tmp_path)))[expected] >= 2
        assert Advisory.objects.get(pk="PYSEC-1").modified == datetime.fromisoformat(LATER)
    before = rows()
    import_from(str(tmp_path))
    assert rows() == before


def test_a_smaller_export_deletes_nothing_and_says_so(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    report = imported(tmp_path, recent("PYSEC-9"), full=False)
    assert osv(report) == {"read": 1, "new": 1, "vanished": 1001}
    assert found(WEATHER) == [("weather 1.0", "medium")] * 2
    assert Feed.objects.get().records == 1002


def test_an_older_export_does_not_make_the_feed_older(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1", modified=LATER))
    imported(tmp_path, recent("PYSEC-2", modified="2020-01-01T00:00:00Z"), full=False)
    assert Feed.objects.get().newest == datetime.fromisoformat(LATER)


def test_a_withdrawn_record_accuses_nobody_any_more(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    report = imported(tmp_path, recent("PYSEC-1", modified=LATER, withdrawn=LATER))
    assert (osv(report)["changed"], osv(report)["withdrawn"]) == (1, 1)
    assert found(WEATHER) == []
    assert reasons(WEATHER) == ""


def test_records_of_other_ecosystems_are_left_out(tmp_path: Path) -> None:
    cargo = recent("RUSTSEC-1", affected("weather", events("introduced 0"), ecosystem="crates.io"))
    assert osv(imported(tmp_path, cargo))["elsewhere"] == 1
    assert found(WEATHER) == []


BAD = [
    (b'{"id": "X", "aff', "not JSON", True),
    (json.dumps(recent("X", modified="soon")).encode(), "modified", True),
    (json.dumps(recent("X", affected("other", events("introduced 0")), modified="soon")).encode(), "modified", False),
    (json.dumps(recent("X", affected("weather", events("introduced 0"), versions=["1\x00"]))).encode(), "NUL", True),
    (json.dumps(recent("X", affected("weather", events("introduced 0")), summary="\ud800")).encode(), "NUL", True),
    (json.dumps(recent("X", affected("weather", [{"fixed": "1"}]))).encode(), "nowhere", True),
]


@pytest.mark.parametrize(("bad", "reason", "concerns_weather"), BAD)
def test_a_bad_record_is_put_aside_and_the_rest_is_imported(
    tmp_path: Path, bad: bytes, reason: str, concerns_weather: bool
) -> None:
    report = imported(tmp_path, recent("PYSEC-1"), bad)
    assert osv(report) == {"read": 1002, "new": 1001, "quarantined": 1}
    aside = QuarantinedRecord.objects.get()
    assert reason in aside.reason
    assert aside.where == "all.zip/BAD-1001.json"
    assert found(WEATHER) == [("weather 1.0", "medium")]
    assert ("could not be read" in reasons(FIXED)) is concerns_weather, "not clean, because the record may concern it"


def test_quarantine_ends_when_the_record_can_be_read(tmp_path: Path) -> None:
    bad = json.dumps(recent("PYSEC-7", modified="soon")).encode()
    (tmp_path / "PYSEC-7.json").write_bytes(bad)
    import_from(str(tmp_path / "PYSEC-7.json"))
    assert QuarantinedRecord.objects.count() == 1
    imported(tmp_path, recent("PYSEC-7"))
    assert QuarantinedRecord.objects.count() == 0


def test_a_damaged_export_among_others_is_told_until_it_is_whole(tmp_path: Path) -> None:
    export(tmp_path / "PyPI.zip", recent("PYSEC-1"))
    (tmp_path / "npm.zip").write_bytes(b"<html>404</html>")
    import_from(str(tmp_path))
    assert "could not be read" in reasons(FIXED)
    export(tmp_path / "npm.zip", recent("GHSA-1", affected("axios", events("introduced 0"), ecosystem="npm")))
    import_from(str(tmp_path))
    assert "could not be read" not in reasons(FIXED)


@pytest.mark.parametrize("content", [None, b"", b"hello", b"PK\x05\x06" + b"\0" * 18])
def test_a_place_without_advisories_changes_nothing(tmp_path: Path, content: bytes | None) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    before = rows()
    path = tmp_path / "other"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AdvisoryImportError, match=r"/other: "):
        import_from(str(path))
    assert rows() == before
    assert Import.objects.count() == 1


def test_an_import_that_breaks_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    before = rows()

    def out_of_memory(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(feeds, "renew", out_of_memory)
    with pytest.raises(MemoryError):
        imported(tmp_path, recent("PYSEC-2"))
    assert rows() == before
    assert Reassessment.objects.count() == 0


# --- freshness ------------------------------------------------------------------


def test_without_an_import_nothing_is_assessed() -> None:
    assert looked_up(WEATHER) == mirror.EMPTY
    assert isinstance(mirror.look_up(Gap("No list.")), Gap)
    assert [f.standing for f in feeds.overview().feeds] == ["missing", "missing"]


def test_a_missing_feed_makes_its_components_not_assessed_and_no_others(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    assert reasons(WEATHER) == ""
    assert "belong to npm, for which no advisory data is loaded: axios 1.0" in reasons(
        WEATHER, component("axios", ecosystem="npm")
    )


def test_an_old_feed_accuses_and_does_not_clear(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"))
    known = looked_up(WEATHER, FIXED, now=datetime.now(UTC) + timedelta(days=40))
    assert isinstance(known, Vulnerabilities)
    assert (len(known.findings), known.assessed, known.age_days) == (1, 1, 42)
    assert "PyPI data that is 42 days old" in known.gaps[0].reason


def test_a_sample_accuses_and_does_not_clear(tmp_path: Path) -> None:
    imported(tmp_path, recent("PYSEC-1"), full=False)
    assert found(WEATHER) == [("weather 1.0", "medium")]
    assert "only 1 PyPI records" in reasons(FIXED)


def test_malicious_packages_are_critical_and_no_feed_of_vulnerabilities(tmp_path: Path) -> None:
    evil = [recent(f"MAL-2026-{n}", affected(f"evil-{n}", ecosystem="npm", versions=["1.0.0"])) for n in range(1200)]
    imported(tmp_path, *evil, full=False)
    part = component("evil-7", "1.0.0", ecosystem="npm")
    assert found(part) == [("evil-7 1.0.0", "critical")]
    assert "no advisory data is loaded" in reasons(component("axios", ecosystem="npm"))
    (state,) = [f for f in feeds.overview().feeds if f.ecosystem == "npm"]
    assert (state.standing, state.records, state.malicious) == ("missing", 0, 1200)


# --- the command ----------------------------------------------------------------


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_advisories", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_tells_what_it_did_and_how_the_mirror_stands(tmp_path: Path) -> None:
    assert "pypi  not loaded" in run()
    imported(tmp_path, recent("PYSEC-1"))
    export(tmp_path / "next.zip", recent("PYSEC-2"), b"no record")
    said = run(str(tmp_path / "next.zip"))
    assert "1  new" in said
    assert "1,001  here but not in this source, kept" in said
    assert "pypi  1,002 records, newest 2 days old" in said
    assert "npm   not loaded" in said
    assert "next.zip/BAD-1.json" in said
    assert "not JSON" in said
    assert str(tmp_path) not in said


def test_the_command_refuses_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Nothing was imported from .*missing: there is no such file or folder"):
        run(str(tmp_path / "missing"))


def test_a_long_quarantine_is_cut_unless_asked_for(tmp_path: Path) -> None:
    export(tmp_path / "bad.zip", recent("PYSEC-1"), *[b"%d" % n for n in range(30)])
    assert "and 10 more: add --quarantine" in run(str(tmp_path / "bad.zip"))
    assert run("--quarantine").count("bad.zip/BAD-") == 30


def test_what_the_settings_name_is_renewed_when_it_is_due(tmp_path: Path, settings: Any) -> None:
    settings.ASSAY_ADVISORIES = [str(tmp_path / "missing.zip"), str(export(tmp_path / "all.zip", recent("PYSEC-1")))]
    renew_due()
    renew_due()
    assert Import.objects.count() == 1
    renew_due(datetime.now(UTC) + timedelta(seconds=settings.ASSAY_ADVISORIES_SECONDS + 1))
    assert Import.objects.count() == 2
