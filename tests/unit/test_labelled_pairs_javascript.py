"""The labelled JavaScript pairs: the flaw is pointed at on the vulnerable side and gone on the fixed one."""

import json
import time
from pathlib import Path

import pytest

from scanner.code import ir
from scanner.code.javascript.examine import examine
from scanner.code.javascript.lower import front_end
from scanner.code.javascript.syntax import is_javascript
from scanner.code.part import Part
from trust.vocabulary import Signal, Weakness

LABELLED = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "labelled"
CLASSES = {
    "no-tls": Weakness.PLAIN_HTTP, "secret-logging": Weakness.SECRET_LOGGING,
    "insecure-storage": Weakness.INSECURE_STORAGE,
    "stdout-pollution": Weakness.STDOUT_POLLUTION, "dos": Weakness.NO_TIMEOUT,
    "token-validation": Weakness.TOKEN_VALIDATION,
    "timing-compare": Weakness.TIMING_COMPARE, "open-bind": Weakness.OPEN_BIND,
    "credential-param": Weakness.CREDENTIAL_PARAM,
    "remote-code-load": Weakness.REMOTE_CODE, "annotation-mismatch": Weakness.ANNOTATION_MISMATCH,
}  # fmt: skip
NEAR = 3


def pairs() -> list[dict[str, object]]:
    if not LABELLED.is_dir():
        return []
    entries = json.loads((LABELLED / "labels.json").read_text())
    return [entry for entry in entries if entry["language"] == "javascript"]


def side(entry: dict[str, object], name: str) -> Part:
    root = LABELLED / entry[name]["path"]  # type: ignore[index]
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file() and is_javascript(p.name)}
    lower = front_end(files)
    modules = [lower(path, data) for path, data in files.items()]
    return examine([m for m in modules if isinstance(m, ir.Module)], ["server.js"], time.thread_time() + 30)


@pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled pairs are not here")
@pytest.mark.parametrize("entry", [e for e in pairs() if e["cls"] in CLASSES], ids=lambda e: str(e["id"]))
def test_the_flaw_is_found_and_the_fix_is_clean(entry: dict[str, object]) -> None:
    weakness = CLASSES[str(entry["cls"])]
    lines = [flaw["line"] for flaw in entry["vulnerable"]["flaws"]]  # type: ignore[index]
    hits = [f for f in side(entry, "vulnerable").findings if f.weakness is weakness]
    assert any(abs((f.line or 0) - line) <= NEAR for f in hits for line in lines)
    assert not [f for f in side(entry, "fixed").findings if f.weakness is weakness]


@pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled pairs are not here")
def test_missing_authentication_and_missing_audit_log_show_in_the_facts() -> None:
    by_class = {str(entry["cls"]): entry for entry in pairs()}
    auth = by_class["missing-auth"]
    assert [at.auth for at in side(auth, "vulnerable").listeners] == ["none"]
    assert [at.auth for at in side(auth, "fixed").listeners] == ["bearer"]
    audit = by_class["no-audit-log"]
    assert not [o for o in side(audit, "vulnerable").observations if o.signal is Signal.AUDIT_TOOL_CALL]
    assert {o.tool for o in side(audit, "fixed").observations if o.signal is Signal.AUDIT_TOOL_CALL} == {"get_forecast"}
