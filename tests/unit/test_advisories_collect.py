"""Components in, findings and gaps out: every component gets an answer, and only a whole look-up clears anybody."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.advisories import collect as collecting
from scanner.advisories.collect import collect_vulnerabilities, look_up, ships
from scanner.advisories.second import SnapshotService
from scanner.advisories.snapshot import Feed, Quarantined, Snapshot
from tests.unit.advisory_records import (
    CRITICAL,
    FRESH,
    MEDIUM,
    NOW,
    advisory,
    affected,
    component,
    events,
    export,
    locked,
    record,
    snapshot,
)
from tests.unit.builders import facts
from trust.control import Outcome
from trust.controls.supply_chain import no_known_vulnerabilities
from trust.facts import Component, Dependencies, Vulnerabilities
from trust.finding import Gap
from trust.vocabulary import Confidence, Severity

BEFORE_2 = affected("weather", events("introduced 0", "fixed 2.0"))
COMMITS = affected("weather", events("introduced 0"), kind="GIT")


def collect(dependencies: Dependencies, known: Snapshot) -> Vulnerabilities:
    found = collect_vulnerabilities(dependencies, known)
    assert isinstance(found, Vulnerabilities)
    return found


def test_a_finding_says_what_where_and_what_to_do() -> None:
    known = advisory("PYSEC-2026-1", BEFORE_2, aliases=["CVE-2026-1"], summary="It leaks", severity=[CRITICAL])
    found = collect(locked(component(declared_in="server/uv.lock")), snapshot(known))
    (finding,) = found.findings
    assert finding.message == "weather 1.0: It leaks (PYSEC-2026-1); fixed in 2.0; CVSS 9.8"
    assert (finding.rule, finding.path) == ("osv.known-vulnerability", "server/uv.lock")
    assert (finding.severity, finding.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert finding.aliases == ("CVE-2026-1", "PYSEC-2026-1")
    assert (found.assessed, found.gaps, found.snapshot, found.age_days) == (1, (), "0" * 16, 1)


@pytest.mark.parametrize(
    ("more", "severity", "words"),
    [
        ({}, Severity.MEDIUM, "its severity is not known and counts as medium"),
        ({"database_specific": {"severity": "LOW"}}, Severity.LOW, "rated low by its database"),
    ],
)
def test_the_basis_of_a_severity_is_told(more: dict[str, Any], severity: Severity, words: str) -> None:
    (finding,) = collect(locked(component()), snapshot(advisory("X-1", BEFORE_2, **more))).findings
    assert finding.severity is severity
    assert words in finding.message


def test_records_about_one_flaw_are_one_finding() -> None:
    known = snapshot(
        advisory("PYSEC-2026-1", BEFORE_2, aliases=["CVE-2026-1"]),
        advisory("PYSEC-2026-2", affected("weather", events("introduced 0", "fixed 2.1")), aliases=["CVE-2026-1"]),
        advisory("GHSA-1", BEFORE_2, aliases=["CVE-2026-1"], severity=[MEDIUM], summary="It stops"),
        advisory("PYSEC-2026-9", BEFORE_2, aliases=["CVE-2026-9"], severity=[CRITICAL]),
    )
    worst, other = collect(locked(component()), known).findings
    assert worst.aliases == ("CVE-2026-9", "PYSEC-2026-9")
    assert other.aliases == ("CVE-2026-1", "GHSA-1", "PYSEC-2026-1", "PYSEC-2026-2")
    # the one that knows its severity speaks, and the remedy ends them all
    assert other.message == "weather 1.0: It stops (GHSA-1); fixed in 2.1; CVSS 5.3"
    assert other.severity is Severity.MEDIUM


def test_a_twin_that_does_not_match_still_lends_its_severity() -> None:
    known = snapshot(
        advisory("PYSEC-1", BEFORE_2, aliases=["CVE-1"]),
        advisory("GHSA-1", affected("weather", events("introduced 1.5")), aliases=["CVE-1"], severity=[CRITICAL]),
    )
    (finding,) = collect(locked(component()), known).findings
    assert finding.severity is Severity.CRITICAL
    assert "(PYSEC-1)" in finding.message


def test_two_versions_of_one_package_are_two_findings() -> None:
    found = collect(locked(component(version="1.0"), component(version="1.1")), snapshot(advisory("X-1", BEFORE_2)))
    assert len({f.fingerprint for f in found.findings}) == 2


def test_no_fix_is_said() -> None:
    known = snapshot(advisory("X-1", affected("weather", events("introduced 0", "last_affected 1.0"))))
    (finding,) = collect(locked(component()), known).findings
    assert "no fixed version is known" in finding.message


@pytest.mark.parametrize(
    ("parts", "known", "reason"),
    [
        ([component(version=None)], snapshot(), "have no exact version"),
        ([component()], snapshot(feeds={"npm": FRESH["npm"]}), "belong to PyPI, for which no advisory data is loaded"),
        ([component(ecosystem="npm", version="1.0.0")], snapshot(feeds={"pypi": FRESH["pypi"]}), "belong to npm"),
        ([component()], snapshot(advisory("X-1", COMMITS)), "cannot be applied"),
        ([component(version="nightly")], snapshot(advisory("X-1", BEFORE_2)), "a version that is none by PyPI's rules"),
        ([component(source="git")], snapshot(), "come from elsewhere than PyPI"),
        ([component(source="url")], snapshot(), "come from elsewhere than PyPI"),
        ([component(source="file")], snapshot(), "come from elsewhere than PyPI"),
        ([component()], snapshot(feeds={"pypi": Feed("pypi", 7000, 31)}), "data that is 31 days old"),
        ([component()], snapshot(feeds={"pypi": Feed("pypi", 16, 1)}), "only 16 PyPI records"),
        ([component()], snapshot(quarantined=(Quarantined("X.json", "not JSON", None),)), "X.json: not JSON"),
        (
            [component()],
            snapshot(quarantined=(Quarantined("X.json", "modified is missing", frozenset({("pypi", "weather")})),)),
            "1 advisory record(s) that may concern this bundle",
        ),
    ],
)  # fmt: skip
def test_what_was_not_looked_up_is_never_clean(parts: list[Component], known: Snapshot, reason: str) -> None:
    found = collect(locked(*parts), known)
    assert found.findings == ()
    (gap,) = found.gaps
    assert reason in gap.reason
    assert outcome(found) is Outcome.NOT_ASSESSED


@pytest.mark.parametrize(
    ("dependencies", "reason"),
    [
        (Dependencies((component(),), locked=False), "No lock file names the dependencies of the dependencies"),
        (locked(component(), gaps=(Gap("Not read.", "pnpm-lock.yaml"),)), "pnpm-lock.yaml: Not read."),
        (locked(gaps=(Gap("One."), Gap("Two."))), "(and 1 more)"),
    ],
)  # fmt: skip
def test_an_incomplete_list_of_components_is_never_clean(dependencies: Dependencies, reason: str) -> None:
    found = collect(dependencies, snapshot())
    (gap,) = found.gaps
    assert reason in gap.reason
    assert outcome(found) is Outcome.NOT_ASSESSED


def test_a_fresh_and_whole_look_up_clears() -> None:
    parts = (component(version="2.0"), component("other", "9"), component("axios", "1.0.0", ecosystem="npm"))
    found = collect(locked(*parts), snapshot(advisory("X-1", BEFORE_2)))
    assert (found.assessed, found.findings, found.gaps) == (3, (), ())
    assert outcome(found) is Outcome.PASS


def test_vendored_components_need_no_lock() -> None:
    found = collect(Dependencies((component(vendored=True, source="bundle"),), locked=False), snapshot())
    assert (found.gaps, found.assessed) == ((), 1)


def test_a_reason_is_one_gap_however_many_share_it() -> None:
    parts = [component(f"part-{n:03}", None) for n in range(300)]
    found = collect(locked(*parts, component()), snapshot())
    (gap,) = found.gaps
    assert gap.reason.startswith("300 component(s) have no exact version")
    assert "part-000, part-001, part-002, part-003, part-004 and 295 more" in gap.reason
    assert found.assessed == 1


def test_old_data_and_samples_still_accuse() -> None:
    for feed in (Feed("pypi", 7000, 400), Feed("pypi", 16, 1)):
        found = collect(locked(component()), snapshot(advisory("X-1", BEFORE_2), feeds={"pypi": feed}))
        assert (len(found.findings), found.assessed, len(found.gaps)) == (1, 1, 1)
        assert outcome(found) is Outcome.FAIL


@pytest.mark.parametrize(
    ("part", "counts", "words"),
    [
        (component(scope="dev"), False, "used in development only"),
        (component(scope="dev", vendored=True), True, ""),  # it lies in the bundle: the user has it
        (component(scope="optional"), False, "an optional extra"),
        (component(scope="optional", vendored=True), True, ""),
        (component(version="1.0.0", ecosystem="npm", scope="optional"), True, ""),  # npm installs those
        (component(version="1.0.0", ecosystem="npm", scope="dev"), False, "used in development only"),
    ],
)
def test_what_no_user_gets_is_shown_and_does_not_count(part: Component, counts: bool, words: str) -> None:
    assert ships(part) is counts
    entries = [affected("weather", events("introduced 0", "fixed 2.0.0"), ecosystem=e) for e in ("PyPI", "npm")]
    found = collect(locked(part), snapshot(advisory("X-1", *entries, severity=[CRITICAL])))
    (finding,) = found.findings
    assert finding.severity is (Severity.CRITICAL if counts else Severity.INFO)
    assert words in finding.message
    assert outcome(found) is (Outcome.FAIL if counts else Outcome.PASS)


def test_a_development_tool_without_a_version_is_no_gap() -> None:
    assert collect(locked(component(version=None, scope="dev")), snapshot()).gaps == ()


def test_a_witness_that_disagrees_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SnapshotService, "query", lambda _, spec: (spec, []))
    found = collect(locked(component()), snapshot(advisory("X-1", BEFORE_2)))
    assert len(found.findings) == 1
    (gap,) = found.gaps
    assert "disagree about 1 component(s), first: weather 1.0" in gap.reason


def test_texts_of_others_are_made_safe_to_print() -> None:
    known = advisory("X-1", affected("a\u202eb", events("introduced 0")), summary="red \x1b[31m \ud800 text")
    (finding,) = collect(locked(component("a\u202eb")), snapshot(known)).findings
    assert finding.message.isprintable()
    finding.message.encode()


def test_no_dependencies_no_vulnerabilities() -> None:
    gap = Gap("The list could not be read.")
    assert collect_vulnerabilities(gap, snapshot()) == gap
    assert look_up(gap, Path("nowhere"), NOW) == gap


def test_no_data_is_a_gap_that_does_not_tell_the_operators_paths(tmp_path: Path) -> None:
    found = look_up(locked(component()), tmp_path / "missing", NOW)
    assert isinstance(found, Gap)
    assert "there is no such file or folder" in found.reason
    assert str(tmp_path) not in found.reason


def test_from_an_export_to_findings(tmp_path: Path) -> None:
    path = export(
        tmp_path / "all.zip", record("PYSEC-1"), record("PYSEC-2", affected("Other.Part", events("introduced 0")))
    )
    found = look_up(locked(component(), component("other_part", "3")), path, NOW)
    assert isinstance(found, Vulnerabilities)
    assert [f.snippet for f in found.findings] == ["other_part 3", "weather 1.0"]


PARTS = st.builds(
    component,
    st.sampled_from(["weather", "other", "git-only"]),
    st.sampled_from([None, "1.0", "2.0", "3.0.0", "nightly"]),
    ecosystem=st.sampled_from(["pypi", "npm"]),
    scope=st.sampled_from(["runtime", "dev", "optional"]),
    source=st.sampled_from(["registry", "git", "bundle"]),
    vendored=st.booleans(),
)


@given(st.lists(PARTS, max_size=8), st.sampled_from([FRESH, {"pypi": Feed("pypi", 9000, 90)}, {}]))
def test_components_in_are_answers_out(parts: list[Component], feeds: dict[Any, Feed]) -> None:
    git_only = affected("git-only", events("introduced 0"), kind="GIT")
    known = snapshot(advisory("X-1", BEFORE_2), advisory("X-2", git_only), feeds=feeds)
    found = collect(locked(*parts), known)
    assert bool(found.gaps) is any(ships(p) and doubtful(p, feeds) for p in parts)
    hits = [p for p in parts if (p.ecosystem, p.name, p.version) == ("pypi", "weather", "1.0")]
    assert len(found.findings) == len(hits)
    assert found.assessed == len(hits) + sum(1 for p in parts if p not in hits and not doubtful(p, feeds))


def doubtful(part: Component, feeds: dict[Any, Feed]) -> bool:
    """Whether the look-up of one of PARTS leaves something open."""
    feed = feeds.get(part.ecosystem)
    if part.version is None or feed is None or feed.age_days > 30 or part.source == "git":
        return True
    untold = part.name == "git-only" or (part.name == "weather" and part.version == "nightly")
    return part.ecosystem == "pypi" and untold


def outcome(found: Vulnerabilities) -> Outcome:
    """What the control says of these facts, gaps included."""
    return no_known_vulnerabilities.ask(facts(vulnerabilities=found)).outcome


def test_a_flaw_that_is_known_to_be_exploited_is_critical_for_those_who_run_it() -> None:
    twin = advisory("GHSA-1", affected("weather", events("introduced 7")), aliases=["PYSEC-1", "CVE-1"])
    known = snapshot(advisory("PYSEC-1", BEFORE_2, severity=[MEDIUM]), twin, exploited=frozenset({"CVE-1"}))
    (found,) = collect(locked(component()), known).findings
    assert found.severity is Severity.CRITICAL
    assert "known to be exploited" in found.message
    (in_tests,) = collect(locked(component(scope="dev")), known).findings
    assert in_tests.severity is Severity.INFO
    (other,) = collect(locked(component()), snapshot(advisory("PYSEC-1", BEFORE_2, severity=[MEDIUM]))).findings
    assert other.severity is Severity.MEDIUM


def test_a_record_accuses_also_where_its_feed_is_missing() -> None:
    known = snapshot(advisory("MAL-1", BEFORE_2), feeds={})
    found = collect(locked(component(), component(version="2.0")), known)
    assert [f.severity for f in found.findings] == [Severity.CRITICAL]
    assert found.assessed == 1
    assert "no advisory data is loaded: weather 1.0, weather 2.0" in found.gaps[0].reason


def test_what_one_bundle_may_ask_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list made up of many versions of a much-mended package; what is not asked is not clean."""
    monkeypatch.setattr(collecting, "EVALUATIONS_LIMIT", 6)
    known = snapshot(advisory("PYSEC-1", BEFORE_2), advisory("PYSEC-2", BEFORE_2))
    parts = [component(version=f"1.{n}") for n in range(5)]
    found = collect(locked(*parts), known)
    assert (len(found.findings), found.assessed) == (6, 3)
    assert [g.reason.split(":")[0] for g in found.gaps] == [
        "2 component(s) are beyond what is looked up for one bundle"
    ]
    monkeypatch.setattr(collecting, "EVALUATIONS_LIMIT", 10)
    assert collect(locked(*parts), known).gaps == ()
