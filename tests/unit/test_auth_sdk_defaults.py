"""What the version of the MCP SDK decides, where the bundle fixes one; and nothing where it does not."""

from dataclasses import replace
from typing import Any

import pytest

from scanner.collect.sdk_defaults import with_sdk_defaults
from trust.facts import Code, Component, Dependencies, Language, Listener
from trust.finding import Gap
from trust.vocabulary import Weakness

AT = Listener("server.py", 9, "streamable-http", None, sdk="mcp")


def code(at: Listener = AT) -> Code:
    return Code((Language("python", 1, 1, 100),), listeners=(at,))


def fixed(version: str | None, requirement: str = "", **more: Any) -> Dependencies:
    name = more.pop("name", "mcp")
    return Dependencies((Component("pypi", name, version, "pkg:pypi/mcp", "uv.lock", requirement, **more),))


def settled(dependencies: Dependencies, at: Listener = AT) -> Listener:
    found = with_sdk_defaults(code(at), dependencies)
    assert isinstance(found, Code)
    return found.listeners[0]


def found(dependencies: Dependencies, at: Listener = AT) -> set[Weakness]:
    result = with_sdk_defaults(code(at), dependencies)
    assert isinstance(result, Code)
    return {f.weakness for f in result.findings}


@pytest.mark.parametrize(
    ("version", "checked"), [("1.8.0", False), ("1.22.0", False), ("1.23.0", True), ("1.27.2", True), ("2.3.0", True)]
)
def test_the_host_check_of_fastmcp_came_with_a_version(version: str, checked: bool) -> None:
    assert settled(fixed(version)).host_check is checked


@pytest.mark.parametrize(("version", "host"), [("1.8.0", "0.0.0.0"), ("1.9.0", "0.0.0.0"), ("1.9.1", "127.0.0.1")])
def test_the_default_host_of_fastmcp_changed_with_a_version(version: str, host: str) -> None:
    assert settled(fixed(version)).host == host
    assert (Weakness.OPEN_BIND in found(fixed(version))) is (host != "127.0.0.1")


@pytest.mark.parametrize(
    ("requirement", "checked"),
    [(">=1.23", True), (">=1.26,<2", True), ("~=1.25.0", True), (">=1.9", None), ("", None), ("<2", None), ("?", None)],
)  # fmt: skip
def test_a_range_decides_only_where_every_version_in_it_agrees(requirement: str, checked: bool | None) -> None:
    assert settled(fixed(None, requirement)).host_check is checked


def test_without_a_version_nothing_is_known() -> None:
    assert settled(Dependencies(())) == AT
    assert settled(fixed("1.26.0", name="other")) == AT
    assert settled(fixed("1.26.0", scope="dev")) == AT
    two = Dependencies((*fixed("1.22.0").components, *fixed("1.23.0").components))
    assert settled(two).host_check is None
    assert settled(fixed("not a version")).host_check is None


def test_what_the_code_says_itself_is_left_alone() -> None:
    for said in (True, False):
        assert settled(fixed("1.26.0"), replace(AT, host_check=said)).host_check is said
    assert settled(fixed("1.8.0"), replace(AT, host="10.0.0.5")).host == "10.0.0.5"
    assert settled(fixed("1.26.0"), replace(AT, sdk="fastmcp")) == replace(AT, sdk="fastmcp")


@pytest.mark.parametrize(
    ("version", "at", "accused"),
    [
        ("1.27.1", replace(AT, auth="oauth"), True),
        ("1.27.1", replace(AT, auth="jwt", sdk="fastmcp"), True),
        ("1.27.2", replace(AT, auth="oauth"), False),
        ("1.27.1", replace(AT, auth="none"), False),
        ("1.27.1", replace(AT, auth="shared-secret"), False),
        ("1.27.1", replace(AT, auth="oauth", stateless=True), False),
        ("1.27.1", replace(AT, auth="oauth", sdk=""), False),
        (None, replace(AT, auth="oauth"), False),
    ],
)  # fmt: skip
def test_sessions_are_bound_to_their_callers_since_a_version(version: str | None, at: Listener, accused: bool) -> None:
    assert (Weakness.SESSION_BINDING in found(fixed(version), at)) is accused


def test_gaps_stay_gaps() -> None:
    gap = Gap("not read")
    assert with_sdk_defaults(gap, fixed("1.26.0")) == gap
    assert with_sdk_defaults(code(), gap) == code()
