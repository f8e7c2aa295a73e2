"""Every real bundle that is at hand goes through the whole scan: nothing fails, and nobody is accused without cause."""

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.context import Context
from scanner.isolate import scan_isolated
from tests.unit.corpus import CORPUS
from trust.control import is_serious
from trust.facts import Facts
from trust.finding import Gap
from trust.rubric import rubric
from trust.scoring import assess

INDEX = CORPUS / "bundles" / "index.json"
BUNDLES: list[dict[str, Any]] = json.loads(INDEX.read_text("utf-8")) if INDEX.is_file() else []

# Serious findings on real servers, each read by a person in the bundle's own source and found to be true.
TRUE = {
    ("@modelcontextprotocol/server-everything", "DH-10"): "the get-env tool returns the whole environment, by design",
    ("@modelcontextprotocol/server-filesystem", "AZ-04"): "2025.3.28 compares paths by prefix: CVE-2025-53110, -53109",
    ("postgres-mcp", "AZ-05"): "a COMMIT in the query ends its read-only transaction, as in server-postgres 0.6.2",
    ("mcp-server-sqlite", "RT-04"): "describe_table formats the table's name into the statement",
}

pytestmark = pytest.mark.skipif(not BUNDLES, reason="the corpus of real bundles is not here")


def scanned(entry: dict[str, Any]) -> Facts:
    return scan_isolated(CORPUS / "bundles" / Path(entry["file"]), Context())


@pytest.mark.parametrize("entry", BUNDLES, ids=lambda entry: entry["file"])
def test_a_real_bundle_is_scanned_without_failure_or_false_accusation(entry: dict[str, Any]) -> None:
    facts = scanned(entry)
    kinds = ("archive", "declaration", "inventory", "malice", "secrets", "texts", "dependencies")
    assert not [kind for kind in kinds if isinstance(getattr(facts, kind), Gap)]
    failed = [
        g.reason for g in (getattr(facts, k) for k in (*kinds, "code")) if isinstance(g, Gap) and "failed" in g.reason
    ]
    assert not failed
    assessment = assess(facts, rubric())
    accused = {
        (entry["name"], answer.control.id)
        for answer in assessment.answers
        for finding in answer.verdict.findings
        if is_serious(finding)
    }
    assert accused <= TRUE.keys()
    assert 0 <= assessment.score <= assessment.potential
