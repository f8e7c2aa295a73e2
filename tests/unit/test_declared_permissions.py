"""The shapes in which published manifests declare permissions, and what they come to mean."""

from collections.abc import Mapping

import pytest

from scanner.collect.declaration import permissions
from tests.unit.builders import code, declaration, facts, saw
from trust.control import Outcome
from trust.controls.declared import categories, permissions_are_true
from trust.vocabulary import Signal

MTF = "org.mpaktrust"


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({}, {}),
        ({MTF: {"level": 2}}, {}),
        (
            {MTF: {"permissions": {"network": "outbound", "subprocess": "none"}}},
            {"network": {"outbound"}, "subprocess": {"none"}},
        ),
        ({MTF: {"permissions": {"network": {"allowed": False}}}}, {"network": {"allowed: none"}}),
        (
            {MTF: {"permissions": {"network": {"allowed": True, "domains": ["api.a.io"]}}}},
            {"network": {"allowed: yes", "api.a.io"}},
        ),
        (
            {MTF: {"permissions": {"filesystem": {"read": True, "write": False}}}},
            {"filesystem": {"read: yes", "write: none"}},
        ),
        ({"x": {"permissions": {"env": []}}}, {"environment": {"none"}}),
        ({"x": {"permissions": {"telepathy": "full"}}}, {}),
        ({"x": {"permissions": "everything"}}, {}),
    ],
)
def test_published_shapes_are_understood(meta: Mapping[str, object], said: dict[str, set[str]]) -> None:
    assert {c: set(words) for c, words in categories(permissions(meta)).items()} == said


@pytest.mark.parametrize(
    ("declared", "host", "outcome"),
    [
        ("api.a.io", "api.a.io", Outcome.PASS),
        ("*.a.io", "deep.api.a.io", Outcome.PASS),
        ("a.io", "nota.io", Outcome.PARTIAL),
        ("api.a.io", "evil.io", Outcome.PARTIAL),
    ],
)
def test_a_list_of_hosts_is_compared_with_the_hosts_in_the_code(declared: str, host: str, outcome: Outcome) -> None:
    one = facts(
        declaration=declaration(permissions=(f"network.domains: {declared}", "network.allowed: yes")),
        code=code(observations=(*saw(Signal.HTTP), *saw(Signal.HOST, detail=host))),
    )
    verdict = permissions_are_true.ask(one)
    assert verdict.outcome is outcome
    assert bool(verdict.findings) is (outcome is Outcome.PARTIAL)
