"""The labelled Python pairs: the flaw is found where it is, and its fix is not accused of it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from scanner.code.python.lower import lower
from scanner.code.python.server import examine
from scanner.collect.containers import container_findings
from tests.unit.collect_members import Box
from trust.facts import Code, File, Inventory
from trust.finding import Finding, Gap
from trust.vocabulary import Signal, Weakness

PAIRS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "labelled"
NEAR = 3
CLASSES = {
    "annotation-mismatch": Weakness.ANNOTATION_MISMATCH,
    "credential-param": Weakness.CREDENTIAL_PARAM,
    "dos": Weakness.NO_TIMEOUT,
    "insecure-storage": Weakness.INSECURE_STORAGE,
    "no-tls": Weakness.PLAIN_HTTP,
    "open-bind": Weakness.OPEN_BIND,
    "remote-code-load": Weakness.REMOTE_CODE,
    "root-container": Weakness.ROOT_CONTAINER,
    "secret-logging": Weakness.SECRET_LOGGING,
    "session-isolation": Weakness.SESSION_ISOLATION,
    "stdout-pollution": Weakness.STDOUT_POLLUTION,
    "timing-compare": Weakness.TIMING_COMPARE,
    "token-validation": Weakness.TOKEN_VALIDATION,
}
ABSENT = {"no-audit-log": Signal.AUDIT_TOOL_CALL}
"""Classes that are the lack of something: its presence is what the fixed side shows."""
ELSEWHERE = {"unpinned-deps"}


def pairs() -> list[Any]:
    labels = PAIRS / "labels.json"
    if not labels.exists():
        return []
    return [p for p in json.loads(labels.read_text()) if p["language"] == "python" and p["cls"] not in ELSEWHERE]


def code(folder: Path) -> Code:
    files = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    modules = [lower(path, data) for path, data in files.items() if path.endswith(".py")]
    read = [m for m in modules if not isinstance(m, Gap)]
    assert len(read) == len(modules)
    found = examine(read, ["server.py"], time.thread_time() + 60)
    listed = tuple(File(p, len(d), "", "text", "own") for p, d in files.items())
    containers, _ = container_findings(Box(files), Inventory(listed))
    return Code((), found.tools, found.listeners, found.observations, (*found.findings, *containers))


def near(finding: Finding, flaws: list[dict[str, Any]]) -> bool:
    return any(
        finding.path == flaw["file"] and finding.line is not None and abs(finding.line - flaw["line"]) <= NEAR
        for flaw in flaws
    )


@pytest.mark.skipif(not pairs(), reason="not here")
@pytest.mark.parametrize("pair", pairs() or [None], ids=lambda p: p["id"] if p else "none")
def test_a_flaw_is_told_from_its_fix(pair: dict[str, Any]) -> None:
    vulnerable, fixed = (code(PAIRS / pair[side]["path"]) for side in ("vulnerable", "fixed"))
    if pair["cls"] in ABSENT:
        signal = ABSENT[pair["cls"]]
        assert not vulnerable.saw(signal)
        assert fixed.saw(signal)
        return
    weakness = CLASSES[pair["cls"]]
    assert any(near(f, pair["vulnerable"]["flaws"]) for f in vulnerable.found(weakness))
    assert not fixed.found(weakness)


@pytest.mark.skipif(not pairs(), reason="not here")
def test_the_fixed_sides_carry_no_serious_finding() -> None:
    for pair in pairs():
        serious = [f for f in code(PAIRS / pair["fixed"]["path"]).findings if f.severity in ("critical", "high")]
        assert serious == [], pair["id"]
