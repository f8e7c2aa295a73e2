"""The CycloneDX document: valid by the specification's own schema, complete, the same twice, and honest about gaps."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from scanner.sbom import sbom
from tests.unit.builders import component, facts
from trust.facts import Component, Dependencies, Facts
from trust.finding import Gap

WHEN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def schema(name: str) -> Any:
    return json.loads(files("cyclonedx.schema._res").joinpath(name).read_text("utf-8"))


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    others = ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    known: Registry[Any] = Registry().with_resources([(name, Resource.from_contents(schema(name))) for name in others])
    return Draft7Validator({**schema("bom-1.6.SNAPSHOT.schema.json"), "$id": ""}, registry=known)


def having(*components: Component, gaps: tuple[Gap, ...] = ()) -> Facts:
    return facts(dependencies=Dependencies(components, ("uv.lock",), locked=True, gaps=gaps))


COMPONENTS = (
    component(),
    component("left", version=None, purl="pkg:pypi/left", exact=False, direct=False, requirement=">=1"),
    component("Zope.Thing", purl="pkg:pypi/zope-thing@1.0.0", licence="MIT OR Apache-2.0", scope="dev"),
    component("odd", purl="pkg:pypi/odd@1.0.0", licence="Ask \u202e me <script> \x07 nicely", marker="os_name == 'nt'"),
    Component("npm", "@scope/one", "1.2.3", "pkg:npm/%40scope/one@1.2.3", "yarn.lock", exact=True, licence="ISC"),
    component(),
)


def test_the_document_is_valid_and_lists_every_component(validator: Draft7Validator) -> None:
    document = json.loads(sbom(having(*COMPONENTS), WHEN))
    assert [e.message for e in validator.iter_errors(document)] == []
    assert sorted(c["purl"] for c in document["components"]) == sorted(c.purl for c in COMPONENTS)
    assert document["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert document["metadata"]["timestamp"].startswith("2026-11-20T12:00:00")


def test_what_the_bundle_asks_for_itself_is_told_from_what_that_needs() -> None:
    document = json.loads(sbom(having(*COMPONENTS), WHEN))
    (bundle,) = (d for d in document["dependencies"] if d["ref"] == "bundle")
    assert {ref.partition("@")[0] for ref in bundle["dependsOn"]} == {
        "pkg:pypi/httpx",
        "pkg:pypi/zope-thing",
        "pkg:pypi/odd",
    }
    assert {c["name"]: c.get("scope") for c in document["components"]}["Zope.Thing"] == "excluded"


def test_the_same_facts_give_the_same_bytes() -> None:
    assert sbom(having(*COMPONENTS), WHEN) == sbom(having(*COMPONENTS), WHEN)


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (facts(dependencies=Gap("The files could not be listed.")), "The files could not be listed."),
        (having(gaps=(Gap("binary and not read", "bun.lockb"),)), "bun.lockb: binary and not read"),
    ],
)
def test_a_gap_is_in_the_document(validator: Draft7Validator, one: Facts, says: str) -> None:
    document = json.loads(sbom(one, WHEN))
    assert [e.message for e in validator.iter_errors(document)] == []
    properties = document["metadata"]["component"]["properties"]
    assert {"name": "assay:not-assessed", "value": says} in properties
