"""Is this version affected? Tables of OSV's rules, of the odd records the world has, and of the order beneath."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.advisories.matching import alias_groups, match
from scanner.advisories.ordering import place, spelling
from scanner.collect.dependencies.reading import Ecosystem
from tests.unit.advisory_records import Events, advisory, affected, events

YES, NO, CANNOT_TELL = "affected", "not affected", "not evaluable"


def ask(entry: dict[str, Any], version: str) -> tuple[str, str]:
    one = advisory("X-1", entry)
    found = match(one, one.affected[0].package, version)
    return found.answer, found.fixed


@pytest.mark.parametrize(
    ("boundaries", "version", "answer", "fixed"),
    [
        (events("introduced 0", "fixed 2.0"), "1.9", YES, "2.0"),
        (events("introduced 0", "fixed 2.0"), "2.0", NO, ""),
        (events("introduced 0", "fixed 2.0"), "2.0rc1", YES, "2.0"),
        (events("introduced 0", "fixed 2.0"), "0.dev1", YES, "2.0"),  # before 0 itself
        (events("introduced 0", "fixed 2.0"), "2.0.post1", NO, ""),
        (events("introduced 1.0", "fixed 2.0"), "1.0", YES, "2.0"),
        (events("introduced 1.0", "fixed 2.0"), "1.0.0", YES, "2.0"),
        (events("introduced 1.0", "fixed 2.0"), "1.0rc1", NO, ""),
        (events("introduced 1.0", "fixed 2.0"), "0.9", NO, ""),
        (events("introduced 1.0"), "99", YES, ""),
        (events("introduced 0", "last_affected 2.0"), "2.0", YES, ""),
        (events("introduced 0", "last_affected 2.0"), "2.0.1", NO, ""),
        (events("introduced 0", "last_affected 2.0"), "2.0+cu118", YES, ""),  # a build of 2.0
        (events("introduced 1.0", "last_affected 1.0"), "1.0", YES, ""),
        (events("introduced 1.0", "last_affected 1.0"), "1.1", NO, ""),
        # several stretches in one range, in any order
        (events("introduced 0", "fixed 1.5", "introduced 2.0", "fixed 2.3"), "1.6", NO, ""),
        (events("introduced 0", "fixed 1.5", "introduced 2.0", "fixed 2.3"), "2.1", YES, "2.3"),
        (events("introduced 0", "fixed 1.5", "introduced 2.0", "fixed 2.3"), "1.2", YES, "1.5"),
        (events("fixed 2.3", "introduced 2.0", "introduced 0", "fixed 1.5"), "1.6", NO, ""),
        (events("fixed 2.3", "introduced 2.0", "introduced 0", "fixed 1.5"), "2.2", YES, "2.3"),
        # fixed and introduced again at once (scrapy, PYSEC-2024-258); and an empty stretch
        (events("introduced 0", "fixed 2.0", "introduced 2.0", "fixed 2.11.2"), "2.0", YES, "2.11.2"),
        (events("introduced 1.0", "fixed 1.0"), "1.0", NO, ""),
        (events("introduced 1.0", "fixed 1.0"), "5.0", NO, ""),
        # limits
        (events("introduced 0", "limit 3.0"), "2.9", YES, ""),
        (events("introduced 0", "limit 3.0"), "3.0", NO, ""),
        (events("introduced 0", "limit *"), "3.0", YES, ""),
        (events("introduced 0", "limit 3.0", "limit 5.0"), "4.0", YES, ""),
        # epochs count
        (events("introduced 0", "fixed 2.0"), "1!0.1", NO, ""),
    ],
)
def test_ranges_of_pypi(boundaries: Events, version: str, answer: str, fixed: str) -> None:
    assert ask(affected("weather", boundaries), version) == (answer, fixed)


@pytest.mark.parametrize("kind", ["SEMVER", "ECOSYSTEM"])  # osv.dev writes the one, GitHub the other
@pytest.mark.parametrize(
    ("boundaries", "version", "answer", "fixed"),
    [
        (events("introduced 0", "fixed 4.19.2"), "4.19.1", YES, "4.19.2"),
        (events("introduced 0", "fixed 4.19.2"), "4.19.2-rc.1", YES, "4.19.2"),
        (events("introduced 0", "fixed 4.19.2"), "4.19.2", NO, ""),
        (events("introduced 5.0.0-alpha.1", "fixed 5.0.0-beta.3"), "5.0.0-beta.2", YES, "5.0.0-beta.3"),
        (events("introduced 5.0.0-alpha.1", "fixed 5.0.0-beta.3"), "5.0.0-beta.3", NO, ""),
        (events("introduced 5.0.0-alpha.1", "fixed 5.0.0-beta.3"), "5.0.0-beta.10", NO, ""),
        (events("introduced 5.0.0-alpha.1", "fixed 5.0.0-beta.3"), "5.0.0", NO, ""),
        (events("introduced 1.0", "fixed 3.1.1"), "1.0.0", YES, "3.1.1"),  # GHSA-r683-j2x4-v87g
        (events("introduced 1.0", "fixed 3.1.1"), "0.9.9", NO, ""),
        (events("introduced 1.0", "fixed 3.1.1"), "v2.6.7", YES, "3.1.1"),
        (events("introduced 0", "last_affected 0.6.2"), "0.6.2", YES, ""),
        (events("introduced 0", "last_affected 0.6.2"), "0.6.3", NO, ""),
        (events("introduced 0", "last_affected 0.6.2"), "0.6.2+build.7", YES, ""),
        (events("introduced 2025.1.14", "fixed 2025.7.1"), "2025.3.28", YES, "2025.7.1"),
        (events("introduced 2025.1.14", "fixed 2025.7.1"), "2025.7.1", NO, ""),
        (events("introduced 0", "fixed 2.0.0"), "1.2.3.4", CANNOT_TELL, ""),
        (events("introduced 0", "fixed 2.0.0"), "latest", CANNOT_TELL, ""),
    ],
)
def test_ranges_of_npm(kind: str, boundaries: Events, version: str, answer: str, fixed: str) -> None:
    assert ask(affected("weather", boundaries, ecosystem="npm", kind=kind), version) == (answer, fixed)


OPEN = events("introduced 0")


def last_known(text: str) -> dict[str, str]:
    return {"last_known_affected_version_range": text}


@pytest.mark.parametrize(
    ("entry", "version", "answer", "fixed"),
    [
        # listed versions outside the ranges count (PYSEC-2023-61 lists 4.2a1)
        (affected("a", events("introduced 4.2", "fixed 4.2.1"), versions=["4.2a1"]), "4.2a1", YES, "4.2.1"),
        (affected("a", events("introduced 4.2", "fixed 4.2.1"), versions=["4.2a1"]), "4.2.0", YES, "4.2.1"),
        (affected("a", events("introduced 4.2", "fixed 4.2.1"), versions=["4.2a1"]), "4.1", NO, ""),
        (affected("a", versions=["1.0", "1.1"]), "1.0.0", YES, ""),
        (affected("a", versions=["1.0", "1.1"]), "1.0+local", YES, ""),
        (affected("a", versions=["1.0", "1.1"]), "1.2", NO, ""),
        (affected("a", versions=["2024-09-25"]), "2024-09-25", YES, ""),  # a listed text needs no place in an order
        (affected("a", versions=["1.0"]), "2024-09-25", CANNOT_TELL, ""),
        # events that are no versions: the list decides (PYSEC-2026-686), without one nobody can
        (affected("a", events("introduced 0", "fixed 7.2.0-12.1"), versions=["7.1"]), "7.1", YES, ""),
        (affected("a", events("introduced 0", "fixed 7.2.0-12.1"), versions=["7.1"]), "9.0", NO, ""),
        (affected("a", events("introduced 0", "last_affected 2.9.0-NA")), "2.9.0", CANNOT_TELL, ""),  # PYSEC-2024-264
        (affected("a", events("introduced 0", "last_affected 2024-09-25"), versions=[]), "1.0", CANNOT_TELL, ""),
        # one range that can be read beside one that cannot
        (affected("a", events("introduced 0", "fixed 1.x"), events("introduced 3", "fixed 4")), "3.1", YES, "4"),
        (affected("a", events("introduced 0", "fixed 1.x"), events("introduced 3", "fixed 4")), "4.1", CANNOT_TELL, ""),
        # commits only
        (affected("a", events("introduced 0", "fixed 1d0502f2"), kind="GIT"), "1.0", CANNOT_TELL, ""),
        (affected("a", events("introduced 0", "fixed 1d0502f2"), kind="GIT", versions=["1.0"]), "1.0", YES, ""),
        (affected("a", events("introduced 0", "fixed 1d0502f2"), kind="GIT", versions=["1.0"]), "1.1", NO, ""),
        (affected("a", events("introduced 0"), kind="CALENDAR"), "1.0", CANNOT_TELL, ""),
        # nothing at all
        (affected("a"), "1.0", CANNOT_TELL, ""),
        (affected("a", events("introduced 0", "fixed 2.0")), "not a version", CANNOT_TELL, ""),
        # GitHub's last known range bounds what names no fix, and only that
        (affected("a", OPEN, database_specific=last_known("<= 1.7.3")), "1.7.3", YES, ""),
        (affected("a", OPEN, database_specific=last_known("<= 1.7.3")), "1.8", CANNOT_TELL, ""),
        (affected("a", OPEN, database_specific=last_known("< 2.0")), "2.0", CANNOT_TELL, ""),
        (affected("a", OPEN, database_specific=last_known("< 2.0")), "1.9", YES, ""),
        (affected("a", OPEN, database_specific=last_known("who knows")), "9", YES, ""),
        (
            affected("a", events("introduced 1.3.2", "fixed 1.7.4"), database_specific=last_known("<= 1.5")),
            "1.7", YES, "1.7.4",
        ),
    ],
)  # fmt: skip
def test_lists_odd_events_and_hints(entry: dict[str, Any], version: str, answer: str, fixed: str) -> None:
    assert ask(entry, version) == (answer, fixed)


def test_all_entries_for_one_package_count() -> None:
    one = advisory(
        "GHSA-3h5v-q93c-6h6q",
        affected("ws", events("introduced 2.1.0", "fixed 5.2.4"), ecosystem="npm"),
        affected("ws", events("introduced 8.0.0", "fixed 8.17.1"), ecosystem="npm"),
        affected("other", events("introduced 0"), ecosystem="npm"),
    )
    answers = {v: match(one, ("npm", "ws"), v).answer for v in ("2.0.9", "5.2.3", "5.2.4", "8.17.0", "8.17.1")}
    assert answers == {"2.0.9": NO, "5.2.3": YES, "5.2.4": NO, "8.17.0": YES, "8.17.1": NO}
    assert match(one, ("pypi", "ws"), "5.2.3").answer == NO


def test_an_entry_that_cannot_be_told_is_not_outvoted() -> None:
    one = advisory("X-1", affected("a", events("introduced 0", "fixed 1.0")), affected("a", OPEN, kind="GIT"))
    assert match(one, ("pypi", "a"), "2.0").answer == CANNOT_TELL
    assert match(one, ("pypi", "a"), "0.5").answer == YES


# --- order --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ecosystem", "ascending"),
    [
        ("pypi", ["0.1.dev1", "0.1a1", "0.1rc1", "0.1", "0.1.post1", "0.2", "0.10", "1!0.1"]),
        ("npm", ["0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1", "1.0.1", "1.10.0"]),
    ],
)  # fmt: skip
def test_order(ecosystem: Ecosystem, ascending: list[str]) -> None:
    for lower, higher in pairwise(ascending):
        one, other = place(ecosystem, lower), place(ecosystem, higher)
        assert one is not None
        assert other is not None
        assert one < other
        assert not other <= one


@pytest.mark.parametrize(
    ("ecosystem", "texts", "meant"),
    [
        ("pypi", ["1.0", "1.0.0", "v1", "1.0+cu118", " 1.0 "], "1"),
        ("pypi", ["2.0RC1", "2.0-rc.1", "2.0.0rc1"], "2rc1"),
        ("npm", ["1.2.0", "1.2", "v1.2.0", "= 1.2.0", "1.2.0+build"], "1.2.0"),
        ("npm", ["1.0.0-rc.1", "1.0-rc.1"], "1.0.0-rc.1"),
        ("npm", ["1.2.3.4"], "1.2.3.4"),
        ("pypi", ["2024-09-25"], "2024-09-25"),
    ],
)
def test_one_spelling_for_one_version(ecosystem: Ecosystem, texts: list[str], meant: str) -> None:
    assert {spelling(ecosystem, text) for text in texts} == {meant}


@pytest.mark.parametrize("text", ["", "latest", "1.x", "01.2.3", "1.2.3.4", "^1.0.0", "1.0.0-", "9" * 400, "1.2.3-\n"])
def test_texts_without_a_place_in_npms_order(text: str) -> None:
    assert place("npm", text) is None


@given(st.sampled_from(["pypi", "npm"]), st.text(max_size=40) | st.text("0123456789.v-+abrc!", max_size=20))
def test_any_text_has_a_place_or_none(ecosystem: Ecosystem, text: str) -> None:
    found = place(ecosystem, text)
    assert found is None or found <= found  # noqa: PLR0124
    assert spelling(ecosystem, spelling(ecosystem, text)) == spelling(ecosystem, text)


# --- one flaw, many names -----------------------------------------------------


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        ({"A": ["CVE-1"], "B": ["CVE-1"]}, [{"A", "B"}]),
        ({"A": ["B"], "B": []}, [{"A", "B"}]),
        ({"A": ["CVE-1"], "B": ["CVE-1", "CVE-2"], "C": ["CVE-2"]}, [{"A", "B", "C"}]),  # through each other
        ({"A": ["CVE-1"], "B": ["CVE-2"], "C": []}, [{"A"}, {"B"}, {"C"}]),
        ({"Z": ["M"], "M": ["Y"], "Y": ["N"], "N": ["Z"]}, [{"Z", "M", "Y", "N"}]),
    ],
)
def test_alias_groups(names: dict[str, list[str]], groups: list[set[str]]) -> None:
    for order in (list(names), list(reversed(names))):
        found = alias_groups(advisory(name, aliases=names[name]) for name in order)
        by_group: dict[str, set[str]] = {}
        for name, group in found.items():
            by_group.setdefault(group, set()).add(name)
        assert sorted(by_group.values(), key=sorted) == sorted(groups, key=sorted)
