"""Reading one OSV record: what its writers really write, and what is put aside with which reason."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.advisories.records import (
    LIST_LIMIT,
    RECORD_LIMIT,
    Advisory,
    RecordError,
    from_document,
    parse_record,
)
from scanner.advisories.severity import band, rate
from tests.unit.advisory_records import CRITICAL, MEDIUM, advisory, affected, events, record
from trust.vocabulary import Severity


def test_a_record_as_pypi_writes_it() -> None:
    found = advisory(
        "PYSEC-2026-7",
        affected("Weather.Kit", events("introduced 0", "fixed 2.0"), versions=["1.0", "1.0.0", "1.1"]),
        aliases=["CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "CVE-2026-1"],
        summary="It \n  leaks",
        severity=[CRITICAL],
    )
    (entry,) = found.affected
    assert entry.package == ("pypi", "weather-kit")
    assert entry.versions == {"1", "1.1"}  # 1.0 and 1.0.0 are one version
    assert [(e.kind, e.version) for e in entry.ranges[0].events] == [("introduced", "0"), ("fixed", "2.0")]
    assert found.names == {"PYSEC-2026-7", "CVE-2026-1", "GHSA-aaaa-bbbb-cccc"}
    assert found.summary == "It leaks"
    assert found.withdrawn is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-09-10T03:50:33.823318085Z", datetime(2026, 9, 10, 3, 50, 33, 823318, UTC)),  # npm: nanoseconds
        ("2026-07-21T08:40:34.960792", datetime(2026, 7, 21, 8, 40, 34, 960792, UTC)),  # PYSEC-2026-686: no zone
        ("2026-09-10T05:50:33+02:00", datetime(2026, 9, 10, 3, 50, 33, 0, UTC)),
    ],
)
def test_times(text: str, meant: datetime) -> None:
    assert from_document(record(modified=text)).modified == meant


@pytest.mark.parametrize("schema", [None, "1.0.0", "1.4.0", "1.7.3"])
def test_a_missing_schema_version_means_the_first(schema: str | None) -> None:
    more = {} if schema is None else {"schema_version": schema}
    assert from_document(record(**more)) == from_document(record())


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], "not a JSON object"),
        ({**record(), "schema_version": "2.0.0"}, "schema_version '2.0.0'"),
        ({**record(), "id": None}, "id is missing"),
        ({**record(), "id": "../../etc"}, "id is missing or is no identifier"),
        ({**record(), "id": 5}, "id is not a text"),
        ({**record(), "aliases": ["CVE-1", "a b"]}, "aliases holds"),
        ({**record(), "aliases": ["CVE-1", 7]}, "aliases holds"),
        ({**record(), "aliases": "CVE-1"}, "aliases is not a list"),
        ({**record(), "modified": None}, "modified is missing"),
        ({**record(), "modified": "yesterday"}, "modified is not a time"),
        ({**record(), "withdrawn": True}, "withdrawn is not a text"),
        ({**record(), "affected": {}}, "affected is not a list"),
        ({**record(), "affected": ["weather"]}, "affected holds"),
        (record("X-1", {"package": "weather"}), "affected.package"),
        (record("X-1", {"package": {"ecosystem": "PyPI", "name": " "}}), "name is missing"),
        (record("X-1", affected("a", [{"fixed": "1.0"}])), "introduces the flaw nowhere"),
        (record("X-1", affected("a", [{"introduced": "0", "fixed": "1"}])), "an event is not exactly one"),
        (record("X-1", affected("a", [{"introduced": "0"}, {"repaired": "1"}])), "an event is not exactly one"),
        (record("X-1", affected("a", [{"introduced": 0}])), "introduced is not a text"),  # type: ignore[dict-item]
        (record("X-1", affected("a", versions=["1" * 300])), "a version has 300 characters"),
        (record("X-1", affected("a", versions=["1"] * (LIST_LIMIT + 1))), "versions has 20001 entries"),
        (record("X-1", affected("a", versions="1.0")), "versions is not a list"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(document: Any, why: str) -> None:
    with pytest.raises(RecordError, match=why.replace("(", r"\(")):
        parse_record(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"id": "X-1"' + b" " * RECORD_LIMIT + b"}", "at most"),
    ],
)
def test_bytes_that_are_no_record(raw: bytes, why: str) -> None:
    with pytest.raises(RecordError, match=why):
        parse_record(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["package", "ecosystem", "name", "ranges", "events", "introduced", "type", "score", "versions"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["id", "modified", "withdrawn", "affected", "severity", "aliases", "database_specific"]), JSON)
def test_any_value_anywhere_is_read_or_refused(member: str, value: Any) -> None:
    raw = json.dumps({**record(), member: value}).encode()
    with suppress(RecordError):  # anything else is a defect
        assert isinstance(parse_record(raw), Advisory)


def test_packages_of_other_ecosystems_and_bare_repositories_are_left_out() -> None:
    found = advisory(
        "X-1",
        affected("serde", events("introduced 0"), ecosystem="crates.io"),
        affected("Axios", events("introduced 0"), ecosystem="npm"),
        {"ranges": [{"type": "GIT", "repo": "https://example.org/r", "events": events("introduced 0")}]},
    )
    assert [a.package for a in found.affected] == [("npm", "axios")]


@pytest.mark.parametrize(
    ("details", "summary"),
    [
        ("### Impact\n\nA weather server leaks its key. More follows.", "A weather server leaks its key"),
        ("Weather is a library for weather. Before 2.0 it reads any file.", "Before 2.0 it reads any file"),
        ("Nothing of note", "Nothing of note"),
        ("", ""),
    ],
)
def test_without_a_summary_the_details_tell(details: str, summary: str) -> None:
    assert from_document(record(details=details)).summary == summary


def test_a_long_summary_is_cut() -> None:
    assert len(from_document(record(summary="word " * 200)).summary) <= 160


# --- severity -----------------------------------------------------------------

V4_HIGH = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"}
V3_HIGH = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}
V2_TOP = {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"}


@pytest.mark.parametrize(
    ("members", "severity", "basis"),
    [
        ({"severity": [V3_HIGH]}, Severity.HIGH, "CVSS 7.5"),
        ({"severity": [V3_HIGH, V4_HIGH]}, Severity.HIGH, "CVSS 8.7"),  # body-parser: the higher one
        ({"severity": [V4_HIGH, V3_HIGH]}, Severity.HIGH, "CVSS 8.7"),
        ({"severity": [V4_HIGH, MEDIUM]}, Severity.HIGH, "CVSS 8.7"),
        ({"severity": [V2_TOP, MEDIUM]}, Severity.MEDIUM, "CVSS 5.3"),  # another scale: only where it is alone
        ({"severity": [V2_TOP]}, Severity.CRITICAL, "CVSS 10.0"),
        ({"severity": [CRITICAL], "database_specific": {"severity": "LOW"}}, Severity.CRITICAL, "CVSS 9.8"),
        ({"severity": [], "database_specific": {"severity": "HIGH"}}, Severity.HIGH, "rated high by its database"),
        ({"database_specific": {"severity": "MODERATE"}}, Severity.MEDIUM, "rated moderate by its database"),
        ({"affected": [{"severity": [CRITICAL]}]}, Severity.CRITICAL, "CVSS 9.8"),
        ({"id": "MAL-2026-9", "severity": [MEDIUM]}, Severity.CRITICAL, "a malicious package"),
        ({}, None, ""),
        ({"severity": [{"type": "Ubuntu", "score": "high"}]}, None, ""),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}]}, None, ""),
        ({"severity": [{"type": "CVSS_V4", "score": "9.8"}, {"type": "CVSS_V3", "score": 9.8}]}, None, ""),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/" + "AV:N/" * 100}]}, None, ""),
        ({"database_specific": {"severity": "APOCALYPTIC"}}, None, ""),
    ],
)
def test_severity(members: dict[str, Any], severity: Severity | None, basis: str) -> None:
    rating = rate(members)
    assert (rating.severity, rating.basis) == (severity, basis)


@pytest.mark.parametrize(
    ("vector", "score"),
    [  # base scores as FIRST and NVD publish them
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "CVSS 6.1"),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", "CVSS 8.8"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "CVSS 10.0"),
        ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:N/VI:N/VA:H/SC:H/SI:H/SA:H", "CVSS 7.3"),
    ],
)
def test_published_vectors(vector: str, score: str) -> None:
    kind = "CVSS_V4" if vector.startswith("CVSS:4") else "CVSS_V3"
    assert rate({"severity": [{"type": kind, "score": vector}]}).basis == score


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (10.0, Severity.CRITICAL),
        (9.0, Severity.CRITICAL),
        (8.9, Severity.HIGH),
        (7.0, Severity.HIGH),
        (6.9, Severity.MEDIUM),
        (4.0, Severity.MEDIUM),
        (3.9, Severity.LOW),
        (0.0, Severity.LOW),
    ],
)
def test_bands(score: float, severity: Severity) -> None:
    assert band(score) == severity


@given(st.sampled_from(["CVSS_V2", "CVSS_V3", "CVSS_V4"]), st.text("CVSS:/.0123AVNLPRUHI -", max_size=60))
def test_no_vector_is_too_odd_to_be_passed_over(kind: str, vector: str) -> None:
    prefix = {"CVSS_V2": "", "CVSS_V3": "CVSS:3.1/AV:N/", "CVSS_V4": "CVSS:4.0/AV:N/"}[kind]
    rate({"severity": [{"type": kind, "score": prefix + vector}]})
