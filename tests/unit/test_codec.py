import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.builders import facts
from trust.codec import CodecError, canonical, digest, facts_from_json, to_json
from trust.facts import Archive, Code, Component, Declaration, Facts, Inventory, Probe
from trust.finding import Finding, Gap
from trust.rubric import rubric
from trust.scoring import assess

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
PARTS = st.one_of(
    *(st.from_type(kind) for kind in (Archive, Code, Component, Declaration, Finding, Inventory, Probe, Gap))
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PARTS)
def test_every_fact_survives_the_way_through_json(part: Any) -> None:
    from_wire = json.loads(canonical(to_json(part)))
    assert to_json(part) == from_wire
    holder = {Archive: "archive", Code: "code", Declaration: "declaration", Inventory: "inventory", Probe: "probe"}
    field = holder.get(type(part))
    if field is not None:
        whole = facts(**{field: part})
        assert facts_from_json(json.loads(canonical(to_json(whole)))) == whole


def test_facts_recompute_to_the_same_score_after_storage() -> None:
    before = facts(code=Gap("not read"))
    after = facts_from_json(json.loads(canonical(to_json(before))))
    assert after == before
    assert digest(after) == digest(before)
    assert assess(after, rubric()) == assess(before, rubric())


def test_the_digest_changes_with_any_fact() -> None:
    seen = {digest(f) for f in (facts(), facts(probe=Gap("a")), facts(probe=Gap("b")), facts(scanner="1"))}
    assert len(seen) == 4


def whole() -> dict[str, Any]:
    document: dict[str, Any] = to_json(facts())
    return document


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in whole().items() if k != key}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "expected an object"),
        (without("subject"), "'subject' is missing"),
        (whole() | {"surplus": 1}, "unknown field 'surplus'"),
        (whole() | {"scanner": 3}, "expected str"),
        (whole() | {"archive": {"members": True, "unpacked_bytes": 1}}, "expected int"),
        (whole() | {"archive": {"members": 1, "unpacked_bytes": 1, "notices": {}}}, "expected a list"),
        (whole() | {"code": {"gap": 3}}, "expected a gap"),
        (whole() | {"code": {"gap": "x", "more": 1}}, "expected a gap"),
        (whole() | {"tools": [["bandit"]]}, "expected 2 items"),
        (whole() | {"declaration": {"server_type": "node"}}, "'manifest_version' is missing"),
    ],
)
def test_a_document_of_another_shape_is_refused_with_its_place(document: Any, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        facts_from_json(document)


def test_a_word_outside_the_vocabulary_is_refused() -> None:
    document = whole()
    document["declaration"]["server_type"] = "perl"
    with pytest.raises(CodecError, match=r"Facts\.declaration\.server_type.*perl"):
        facts_from_json(document)


def test_reading_a_gap_keeps_its_reason_and_place() -> None:
    held = facts(probe=Gap("no sandbox", "worker"))
    read = facts_from_json(to_json(held))
    assert isinstance(read, Facts)
    assert read.probe == Gap("no sandbox", "worker")
