"""`assay scan` is the scanner's own scan: same options, same document, same exit codes, and no registry."""

import json
import zipfile
from pathlib import Path

import pytest

from client.__main__ import main
from scanner.__main__ import main as scanner_main

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "text-ruler"
NOWHERE = "http://127.0.0.1:1"
CHANGING = ("scanned_at", "duration_ms", "probe")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "text-ruler.mcpb"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(SAMPLE.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(SAMPLE).as_posix())
    return path


def test_the_document_is_the_scanners_and_no_registry_is_needed(
    bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_REGISTRY", NOWHERE)
    options = ["scan", str(bundle), "--no-probe", "--format", "json"]
    assert main([*options, "--registry", NOWHERE]) == 0
    ours = json.loads(capsys.readouterr().out)
    assert scanner_main(options) == 0
    theirs = json.loads(capsys.readouterr().out)
    assert {k: v for k, v in ours.items() if k not in CHANGING} == {
        k: v for k, v in theirs.items() if k not in CHANGING
    }
    assert ours["subject"]["name"] == "text-ruler"


def test_a_gate_that_is_not_met_fails(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--min-score", "100", "scan", str(bundle), "--no-probe", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["gate"]["decision"] == "fail"


def test_a_file_that_is_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.mcpb"
    path.write_bytes(b"<html>not found</html>")
    assert main(["scan", str(path), "--format", "json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "archive.not_zip"


@pytest.mark.parametrize("more", [["--min-score", "101"], ["--min-domain", "speed=1"], ["--context", "missing.json"]])
def test_usage_errors(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["scan", str(bundle), *more]) == 2


def test_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    assert main(["scan", str(tmp_path / "missing.mcpb")]) == 2


def test_a_local_scan_takes_statements_and_the_release_before(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = tmp_path / "x.sigstore.json"
    statement.write_text("{}")
    context = tmp_path / "context.json"
    context.write_text(json.dumps({"previous": None}))
    words = ["scan", str(bundle), "--format", "json", "--provenance", str(statement), "--context", str(context)]
    assert main(words) == 0
    controls = {c["id"]: c for c in json.loads(capsys.readouterr().out)["controls"]}
    assert controls["SC-07"]["outcome"] == "fail"
    assert "not a Sigstore bundle" in controls["SC-07"]["summary"]
    assert controls["SC-18"]["outcome"] == "not_applicable"
