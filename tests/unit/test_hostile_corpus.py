"""Every case of the hostile corpus: refused with a code of its family, accepted with a notice, or accepted in peace."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from scanner.bundle import BundleError, open_bundle
from tests.unit.corpus import corpus

HOSTILE = corpus("hostile")
CASES: Mapping[str, Mapping[str, Any]] = json.loads((HOSTILE / "expected.json").read_text("utf-8"))


def expecting(verdict: str) -> list[Any]:
    return [pytest.param(case, id=name) for name, case in CASES.items() if case["expect"] == verdict]


def codes(case: Mapping[str, Any]) -> set[str]:
    return {case["code"], *case.get("alt_codes", ())}


def test_the_corpus_holds_cases_of_every_verdict() -> None:
    assert {case["expect"] for case in CASES.values()} == {"accept", "accept_warn", "reject"}


def refusal(file: str) -> BundleError | None:
    try:
        with open_bundle(HOSTILE / file) as bundle:
            assert bundle.notices, "accepted without a word"
    except BundleError as error:
        return error
    return None


@pytest.mark.parametrize("case", expecting("reject"))
def test_refused_with_its_code(case: Mapping[str, Any]) -> None:
    error = refusal(case["file"])
    if error is None:
        assert "or_accept_if" in case, case["why"]
        return
    assert error.code in codes(case), error.detail
    assert error.title
    assert error.detail.isprintable()
    assert error.detail.endswith((".", "?", ")"))


@pytest.mark.parametrize("case", expecting("accept_warn"))
def test_accepted_with_a_notice(case: Mapping[str, Any]) -> None:
    with open_bundle(HOSTILE / case["file"]) as bundle:
        notices = [n for n in bundle.notices if n.code in codes(case) and n.tier != "hint"]
        assert notices, bundle.notices
        assert all(notice.detail.isprintable() for notice in bundle.notices)


@pytest.mark.parametrize("case", expecting("accept"))
def test_accepted_in_peace(case: Mapping[str, Any]) -> None:
    with open_bundle(HOSTILE / case["file"]) as bundle:
        assert [notice for notice in bundle.notices if notice.tier != "hint"] == []
        assert (bundle.signature is not None) == (case.get("signature") == "self-signed")
        for name in bundle.names():
            assert len(bundle.read(name, 1 << 20)) == sum(len(piece) for piece in bundle.stream(name, 1000))
