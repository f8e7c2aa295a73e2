"""pip-audit as second witness: what is used of its private modules, and what happens where it disagrees."""

import inspect

import pytest
from packaging.version import Version
from pip_audit import __version__
from pip_audit._audit import Auditor
from pip_audit._dependency_source import DependencyFixError, DependencySource
from pip_audit._fix import ResolvedFixVersion
from pip_audit._service import ResolvedDependency, VulnerabilityService

from scanner.advisories.second import Components, SnapshotService, differences, second_opinion
from tests.unit.advisory_records import advisory, affected, component, events, snapshot

BEFORE_2 = affected("weather", events("introduced 0", "fixed 2.0"))


def test_the_contract_with_pip_audit() -> None:
    """When this fails after an update, read the new modules before changing a number here."""
    assert __version__.startswith("2.10.")
    assert Auditor.__init__.__annotations__["service"] == "VulnerabilityService"
    assert list(inspect.signature(Auditor.audit).parameters) == ["self", "source"]
    assert VulnerabilityService.__abstractmethods__ == {"query"}
    assert DependencySource.__abstractmethods__ == {"collect", "fix"}


def test_every_dependency_in_comes_out_in_order() -> None:
    parts = [component("b", "1.0"), component("weather", "1.0"), component("c", "nightly"), component("weather", "2.0")]
    known = snapshot(advisory("PYSEC-1", BEFORE_2, aliases=["CVE-1"]))
    assert second_opinion(parts, known) == [
        frozenset(),
        {known.groups(("pypi", "weather"))["PYSEC-1"]},
        None,
        frozenset(),
    ]


def test_a_version_that_is_none_is_skipped_with_a_reason() -> None:
    (dependency,) = Components([component(version="nightly")]).collect()
    assert dependency.is_skipped()
    assert "PEP 440" in dependency.skip_reason


def test_markers_are_not_evaluated() -> None:
    (dependency,) = Components([component(marker='sys_platform == "win32"')]).collect()
    assert not dependency.is_skipped()


def test_records_that_share_an_alias_are_one_for_pip_audit_too() -> None:
    known = snapshot(
        advisory("PYSEC-1", BEFORE_2, aliases=["CVE-1"]), advisory("GHSA-1", BEFORE_2, aliases=["CVE-1", "GHSA-2"])
    )
    ((_, results),) = Auditor(SnapshotService(known)).audit(Components([component()]))
    assert [(r.id, r.aliases) for r in results] == [("PYSEC-1", {"CVE-1", "GHSA-2"})]  # it drops the other's own id


def test_nothing_is_ever_fixed() -> None:
    fix = ResolvedFixVersion(ResolvedDependency("weather", Version("1.0")), Version("2.0"))
    with pytest.raises(DependencyFixError):
        Components([]).fix(fix)


def test_agreement_is_silent_and_difference_a_gap() -> None:
    known = snapshot(advisory("PYSEC-1", BEFORE_2))
    group = frozenset({known.groups(("pypi", "weather"))["PYSEC-1"]})
    assert list(differences([(component(), group), (component(version="2.0"), frozenset())], known)) == []
    (gap,) = differences([(component(), frozenset()), (component(version="2.0"), group)], known)
    assert gap.reason == "Our matching and pip-audit disagree about 2 component(s), first: weather 1.0."


def test_a_lost_answer_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Components, "collect", lambda _: iter(()))
    (gap,) = differences([(component(), frozenset())], snapshot())
    assert "was asked about 1 components and answered for 0" in gap.reason
