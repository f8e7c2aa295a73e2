"""An export given on the command line or by the registry reaches the scan's own process, and its answer the report."""

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.__main__ import main
from scanner.context import Context, Progress
from scanner.isolate import scan_isolated
from tests.unit.advisory_records import CRITICAL, affected, events, export, record
from tests.unit.bundle_builder import BundleBuilder
from trust.facts import Vulnerabilities
from trust.finding import Gap

LOCK = """version = 1
[[package]]
name = "weather"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.pythonhosted.org/packages/w.whl", hash = "sha256:%s", size = 1 }]
""" % ("a" * 64)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    command = {"command": "python", "args": ["${__dirname}/server/main.py"]}
    server = {"type": "python", "entry_point": "server/main.py", "mcp_config": command}
    builder = BundleBuilder({"server": server}).remove("server/index.js").file("server/main.py", b"import weather\n")
    path = tmp_path / "weather.mcpb"
    path.write_bytes(builder.file("uv.lock", LOCK.encode()).build())
    return path


@pytest.fixture
def advisories(tmp_path: Path) -> Path:
    known = affected("weather", events("introduced 0", "fixed 2.0"))
    return export(tmp_path / "all.zip", record("PYSEC-2026-1", known, severity=[CRITICAL], summary="It leaks"))


def scan(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert main(["scan", "--format", "json", *options]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def sc03(document: dict[str, Any]) -> dict[str, Any]:
    control: dict[str, Any] = next(c for c in document["controls"] if c["id"] == "SC-03")
    return control


def test_an_export_makes_the_control_answer(
    bundle: Path, advisories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(advisories.parent)  # the scan's process runs elsewhere: a relative path must still be found
    document = scan(capsys, str(bundle), "--advisories", advisories.name)
    control = sc03(document)
    assert control["outcome"] == "fail"
    (finding,) = control["findings"]
    assert finding["rule"] == "osv.known-vulnerability"
    assert finding["message"].startswith("weather 1.0: It leaks (PYSEC-2026-1); fixed in 2.0")
    assert finding["path"] == "uv.lock"
    assert len(document["advisories"]["snapshot"]) == 16
    assert document["advisories"]["age_days"] >= 0


def test_without_one_the_control_is_not_assessed(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = scan(capsys, str(bundle))
    assert sc03(document)["outcome"] == "not_assessed"
    assert document["advisories"]["snapshot"] is None


def test_an_export_that_is_not_there_is_a_usage_error(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(bundle), "--advisories", str(bundle.parent / "missing")]) == 2
    assert "--advisories" in capsys.readouterr().err


def test_an_export_that_is_none_is_a_gap(bundle: Path) -> None:
    seen: list[Progress] = []
    facts = scan_isolated(bundle, Context(advisories=bundle.parent), seen.append)
    assert isinstance(facts.vulnerabilities, Gap)
    assert "holds no advisory record" in facts.vulnerabilities.reason
    assert Progress("advisories", "gap", facts.vulnerabilities.reason) in seen


def test_facts_with_vulnerabilities_survive_the_way_out_of_the_process(bundle: Path, advisories: Path) -> None:
    facts = scan_isolated(bundle, Context(advisories=advisories))
    assert isinstance(facts.vulnerabilities, Vulnerabilities)
    assert facts.vulnerabilities.assessed == 1
    assert facts.vulnerabilities.findings[0].aliases == ("PYSEC-2026-1",)
