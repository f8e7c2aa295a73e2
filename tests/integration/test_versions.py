"""How versions sort, and which one is the latest."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from registry import entries
from registry.models import Server
from registry.versions import MAX_LENGTH, VersionError, latest, parse, sort_key
from tests.integration.catalog import published

# Semantic Versioning 2.0.0, section 11, and the corners around it.
RISING = (
    "0.0.0",
    "0.0.1-0",
    "0.0.1-0.0",
    "0.0.1-2",
    "0.0.1-10",
    "0.0.1--",
    "0.0.1-A",
    "0.0.1-a",
    "0.0.1-a.1",
    "0.0.1-a-",
    "0.0.1-a-.b",
    "0.0.1",
    "0.9.0",
    "0.10.0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "2.0.0",
    "2.1.0",
    "2.1.1",
    "10.0.0",
    "2026.10.19",
    "99999999999999999999.0.0",
)

number = st.one_of(st.integers(0, 30), st.integers(0, 10**20))
identifier = st.one_of(
    number.map(str),
    st.from_regex(r"[0-9A-Za-z-]{0,4}[A-Za-z-][0-9A-Za-z-]{0,4}", fullmatch=True),
)
version = st.builds(
    lambda core, pre: ".".join(map(str, core)) + ("-" + ".".join(pre) if pre else ""),
    st.tuples(number, number, number),
    st.lists(identifier, max_size=4),
)


@dataclass(frozen=True)
class Release:
    version: str

    @property
    def version_key(self) -> str:
        return sort_key(parse(self.version))

    @property
    def prerelease(self) -> bool:
        return parse(self.version).prerelease is not None


@pytest.mark.django_db
@pytest.mark.usefixtures("store_path")
@pytest.mark.parametrize("there", [("1.2.0", "1.10.0", "2.0.0-rc.1"), ("2.0.0-rc.2", "2.0.0-rc.10", "1.0.0-x")])
def test_the_database_agrees_about_the_latest(there: tuple[str, ...]) -> None:
    for text in there:
        published(version=text)
    server = Server.objects.get()
    assert entries.shown_release(server) == latest(server.releases.all())
    assert [r.version for r in server.releases.order_by("version_key")] == sorted(there, key=Version.parse)


def test_keys_rise_with_precedence() -> None:
    keys = [sort_key(parse(text)) for text in RISING]
    assert keys == sorted(set(keys))


@given(version, version)
def test_keys_compare_as_the_specification_does(one: str, other: str) -> None:
    key, other_key = sort_key(parse(one)), sort_key(parse(other))
    expected = Version.parse(one).compare(other)
    assert (key > other_key) - (key < other_key) == expected


def test_build_metadata_does_not_count() -> None:
    assert sort_key(parse("1.0.0+b1")) == sort_key(parse("1.0.0+b2")) == sort_key(parse("1.0.0"))


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0 ", "latest"]
)
def test_what_is_no_semantic_version(text: str) -> None:
    with pytest.raises(VersionError, match="semantic version"):
        parse(text)


def test_a_version_has_a_longest_length() -> None:
    with pytest.raises(VersionError, match=f"at most {MAX_LENGTH}"):
        parse("1.0.0-" + "a" * MAX_LENGTH)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([], None),
        (["1.0.0"], "1.0.0"),
        (["1.9.0", "1.10.0", "1.2.0"], "1.10.0"),
        (["1.0.0", "2.0.0-rc.1"], "1.0.0"),
        (["2.0.0-rc.1", "2.0.0-rc.2", "2.0.0-beta"], "2.0.0-rc.2"),
        (["2.0.0-rc.1", "2.0.0", "2.0.1-0"], "2.0.0"),
    ],
)
def test_latest_is_the_highest_that_is_no_prerelease(there: list[str], expected: str | None) -> None:
    found = latest(Release(text) for text in there)
    assert (found.version if found else None) == expected
