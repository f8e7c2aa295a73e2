"""Manifests as their publishers wrote them get the verdict of the official schemas, in three tiers."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from scanner.bundle import BundleError, Limits
from scanner.manifest import parse_manifest
from tests.unit.corpus import corpus

MANIFESTS = corpus("manifests")
INDEX: list[Mapping[str, Any]] = json.loads((MANIFESTS / "index.json").read_text("utf-8"))

# What the official schemas accept and we refuse, and why.
STRICTER = {
    "BentleySystems__openstaad-mcp__mcpb__manifest.json": "manifest.version_not_semver",  # <AUTO_GENERATED>
    "domdomegg__airtable-mcp-server__manifest.json": "manifest.version_not_semver",  # {{VERSION}}
    "domdomegg__airtable-mcp-server__manifest__first.json": "manifest.version_not_semver",  # {{VERSION}}
    # `prompts` twice with different content: Node takes the last one, others the first.
    "sandraschi__virtualization-mcp__mcpb__manifest.json": "manifest.duplicate_key",
}
FIRST_WORDS = {
    "Flux159__mcp-server-kubernetes__manifest.json": "`privacy_policies` needs manifest_version 0.2 or later",
    "360solutionsbe__bc-mcp-proxy__dxt__manifest__first.json": "name the allowed values in `description`",
    "brightlikethelight__music21-mcp-server__dxt__manifest.json": "a tool has only `name` and `description`",
    "neo4j-contrib__mcp-neo4j__servers__mcp-neo4j-cypher__manifest.json": "list them in `keywords`",
    "sandraschi__gimp-mcp__dxt__manifest.json": "write it as `compatibility.runtimes.python`",
    "Taxuspt__garmin_mcp__dxt__manifest.json": 'type `uv` needs "manifest_version": "0.4"',
    "Vvkmnn__claude-historian__manifest.json": 'write "0.1"',
}


def verdict(file: str) -> tuple[str, str]:
    """The tier of a manifest and everything that is said about it."""
    try:
        _, notices = parse_manifest((MANIFESTS / file).read_bytes(), Limits())
    except BundleError as error:
        return error.code, error.detail
    said = " ".join(notice.detail for notice in notices)
    return ("strict" if any(n.tier == "strict_client" for n in notices) else "accepted"), said


@pytest.mark.parametrize("entry", INDEX, ids=[entry["file"] for entry in INDEX])
def test_official_verdict(entry: Mapping[str, Any]) -> None:
    official = entry["official"]
    found, said = verdict(entry["file"])
    if entry["file"] in STRICTER:
        assert found == STRICTER[entry["file"]]
    elif official["strict_ok"] or official.get("upstream_main_0_4_ok"):
        assert found == "accepted", said
    elif official["loose_ok"]:
        assert found == "strict"
    else:
        assert found in {"manifest.schema", "manifest.version_unsupported"}


@pytest.mark.parametrize(("file", "words"), FIRST_WORDS.items())
def test_the_frequent_mistakes_get_their_own_sentence(file: str, words: str) -> None:
    assert words in verdict(file)[1]
