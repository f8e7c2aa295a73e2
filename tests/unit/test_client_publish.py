"""`assay publish`: the upload, the waiting, the report, and the ways it ends."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from client.__main__ import main
from tests.unit.stand_in_registry import Asked, StandInRegistry, Told, decision

TOKEN = "assay_0123456789abcdef"
TRUST = "/api/v1/servers/acme/weather/versions/1.4.0/trust"
SCAN = "/api/v1/scans/5d3c"
CONTROL = {
    "id": "RT-01",
    "domain": "runtime",
    "title": "No command injection",
    "weight": 100,
    "mtf": ["CQ-05"],
    "outcome": "fail",
    "evidence": "structural",
    "summary": "One place runs a shell.",
    "points_lost": 12.5,
    "fix": "Use an argument list.",
    "why": "A shell reads more than one command.",
    "findings": [
        {
            "rule": "py.command-injection",
            "severity": "critical",
            "confidence": "firm",
            "path": "server/main\x1b[2J.py",
            "line": 42,
            "snippet": "run(cmd, shell=True)",
            "message": "A tool's parameter reaches a shell.",
            "cwe": "CWE-78",
            "owasp": "MCP05",
            "aliases": [],
            "steps": [],
            "fingerprint": "f1",
        }
    ],
}
ASSESSMENT: dict[str, Any] = {
    "subject": {"name": "acme/weather", "version": "1.4.0", "sha256": "ab" * 32, "platform": "any", "bytes": 6},
    "scanner": {"version": "0.1.0", "tools": {}},
    "rubric": "1",
    "advisories": {"snapshot": None, "age_days": None},
    "facts_sha256": "cd" * 32,
    "scanned_at": "2026-11-01T10:00:00Z",
    "duration_ms": 1234,
    "score": 58,
    "potential": 88,
    "coverage": 91,
    "provisional": False,
    "blocked": False,
    "level": 1,
    "level_name": "Basic",
    "uncapped": 66.0,
    "probe": {"ran": False, "backend": None, "tools": None, "seconds": None, "reason": "no sandbox here"},
    "caps": [{"id": "high", "limit": 58, "because": "a finding"}],
    "domains": [{"id": "runtime", "score": 40, "potential": 80, "coverage": 90}],
    "controls": [CONTROL],
    "raise": [{"control": "RT-01", "gain": 6.0, "do": "Use an argument list."}],
    "warnings": [],
}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInRegistry]:
    monkeypatch.setenv("ASSAY_TOKEN", TOKEN)
    with StandInRegistry() as stand_in:
        yield stand_in


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits between polls and tries, noted instead of waited for."""
    noted: list[float] = []
    monkeypatch.setattr("client.publish.time.sleep", noted.append)
    return noted


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "weather.mcpb"
    path.write_bytes(b"PK\x03\x04" + b"x" * 200_000)
    return path


def accepts(registry: StandInRegistry, *states: Told, scan_url: str | None = None, status: int = 201) -> None:
    release = {"name": "acme/weather", "version": "1.4.0", "platform": "linux-x64"}
    url = scan_url or f"http://internal.invalid:8000{SCAN}"
    registry.tell("POST", "/api/v1/bundles", Told(status, {"release": release, "scan_url": url}))
    registry.tell("GET", SCAN, *(states or (Told(document={"state": "done"}),)))
    registry.tell("GET", TRUST, Told(document=ASSESSMENT))


def publish(registry: StandInRegistry, bundle: Path, *more: str) -> int:
    return main(["publish", str(bundle), "--namespace", "acme", "--registry", registry.url, *more])


def uploaded(registry: StandInRegistry) -> Asked:
    return next(asked for asked in registry.asked if asked.path == "/api/v1/bundles")


@pytest.mark.parametrize("status", [201, 200])
def test_a_bundle_is_uploaded_scanned_and_reported(
    registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    accepts(registry, status=status)
    assert publish(registry, bundle, "--platform", "linux-x64") == 0
    sent = uploaded(registry)
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert sent.headers["Content-Type"].startswith("multipart/form-data")
    assert bundle.read_bytes() in sent.body
    assert b'name="namespace"\r\n\r\nacme\r\n' in sent.body
    assert b'name="platform"\r\n\r\nlinux-x64\r\n' in sent.body
    assert b'name="file"; filename="weather.mcpb"' in sent.body
    captured = capsys.readouterr()
    assert "acme/weather 1.4.0" in captured.out
    assert "58 of 100" in captured.out
    assert "\x1b" not in captured.out
    assert TOKEN not in captured.out + captured.err


def test_statements_travel_in_the_form_one_on_each_line(
    registry: StandInRegistry, bundle: Path, tmp_path: Path
) -> None:
    accepts(registry)
    words: list[str] = []
    for number in (1, 2):
        path = tmp_path / f"{number}.sigstore.json"
        path.write_text(json.dumps({"mediaType": "x", "number": number}, indent=2))
        words += ["--provenance", str(path)]
    assert publish(registry, bundle, *words) == 0
    body = uploaded(registry).body
    assert b'name="provenance"\r\n\r\n{"mediaType":"x","number":1}\n{"mediaType":"x","number":2}\r\n' in body


@pytest.mark.parametrize("text", [None, "not json", "[]"])
def test_a_statement_that_is_none_sends_nothing(
    registry: StandInRegistry, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    path = tmp_path / "x.json"
    if text is not None:
        path.write_text(text)
    assert publish(registry, bundle, "--provenance", str(path)) == 2
    assert "--provenance" in capsys.readouterr().err
    assert registry.asked == []


def test_the_token_goes_to_the_upload_only(registry: StandInRegistry, bundle: Path) -> None:
    accepts(registry)
    registry.tell("GET", "/api/v1/servers/acme/weather/versions/1.4.0/gate", Told(document=decision("pass")))
    assert publish(registry, bundle, "--min-score", "1") == 0
    with_token = [asked.path for asked in registry.asked if "Authorization" in asked.headers]
    assert with_token == ["/api/v1/bundles"]


def test_progress_is_said_once_per_change_and_json_stands_alone(
    registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = {"state": "running", "progress": [{"collector": "python", "state": "done"}]}
    further = {"state": "running", "progress": [*running["progress"], {"collector": "probe", "state": "running"}]}
    accepts(
        registry,
        Told(document={"state": "queued", "progress": []}),
        Told(document=running),
        Told(document=running),
        Told(document=further),
        Told(document={"state": "done", "progress": {"python": "done", "probe": "gap"}}),
    )
    assert publish(registry, bundle, "--format", "json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == ASSESSMENT
    lines = [line.split() for line in captured.err.splitlines() if line.startswith("  ")]
    assert lines == [
        ["queued", "scan"],
        ["running", "scan"],
        ["done", "python"],
        ["running", "probe"],
        ["done", "scan"],
        ["gap", "probe"],
    ]


@pytest.mark.parametrize(("word", "expected"), [("pass", 0), ("fail", 1), ("not_assessed", 3)])
def test_requirements_decide_the_exit_code(
    registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str], word: str, expected: int
) -> None:
    accepts(registry)
    gate = "/api/v1/servers/acme/weather/versions/1.4.0/gate"
    registry.tell("GET", gate, Told(document=decision(word, ("score", "LT", "80", "58"))))
    assert publish(registry, bundle, "--min-score", "80", "--format", "json") == expected
    document = json.loads(capsys.readouterr().out)
    asked = {asked.path.rpartition("/")[2]: dict(asked.query) for asked in registry.asked}
    assert asked["gate"] == {"min_score": "80", "platform": "linux-x64"}
    assert asked["trust"] == {"platform": "linux-x64"}
    assert document["gate"]["decision"] == word
    assert document["score"] == 58


def test_sarif(registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accepts(registry)
    assert publish(registry, bundle, "--format", "sarif") == 0
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["RT-01"]


REFUSAL = {
    "type": "about:blank",
    "title": "Data after the archive",
    "status": 422,
    "detail": "12 bytes follow the archive: pack it again.",
    "error": {
        "code": "archive.trailing_data",
        "title": "Data after the archive",
        "detail": "12 bytes follow",
        "path": None,
    },
    "warnings": [{"code": "archive.ratio", "detail": "odd"}],
}


def test_a_refused_bundle_is_not_a_bundle(
    registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.tell("POST", "/api/v1/bundles", Told(422, REFUSAL))
    assert publish(registry, bundle, "--format", "json") == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": REFUSAL["error"], "warnings": REFUSAL["warnings"]}
    assert "12 bytes follow" in captured.err


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "ASSAY_TOKEN"),
        (403, "may publish to this namespace"),
        (409, "raise the version"),
        (413, "larger than"),
        (418, "no reason"),
    ],
)
def test_a_refused_request_says_what_to_do(
    registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str], status: int, advice: str
) -> None:
    registry.tell("POST", "/api/v1/bundles", Told(status, body=b"<html>"), Told(status, {"detail": "Do this."}))
    assert publish(registry, bundle) == 2
    assert advice in capsys.readouterr().err
    assert publish(registry, bundle) == 2
    assert f"refused ({status}): Do this.\n" in capsys.readouterr().err


def test_the_same_upload_is_sent_whole_again_after_a_trouble(registry: StandInRegistry, bundle: Path) -> None:
    registry.tell("POST", "/api/v1/bundles", Told(503))
    accepts(registry)
    assert publish(registry, bundle) == 0
    bodies = [asked.body for asked in registry.asked if asked.path == "/api/v1/bundles"]
    assert len(bodies) == 2
    assert all(bundle.read_bytes() in body for body in bodies)


@pytest.mark.parametrize(
    ("scan", "why"),
    [
        ({"state": "failed", "error": "the worker died"}, "the worker died"),
        ({"state": "exploded"}, "ended as exploded"),
        ({}, "ended as None"),
    ],
)
def test_a_scan_that_fails_assessed_nothing(
    registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str], scan: dict[str, str], why: str
) -> None:
    accepts(registry, Told(document=scan))
    assert publish(registry, bundle) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert why in captured.err


def test_waiting_ends(registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accepts(registry, Told(document={"state": "queued"}))
    assert publish(registry, bundle, "--wait", "0") == 3
    assert "still queued" in capsys.readouterr().err


@pytest.mark.parametrize("scan_url", ["https://evil.example/steal", "", "/other/path"])
def test_a_scan_address_outside_the_api_is_refused(registry: StandInRegistry, bundle: Path, scan_url: str) -> None:
    release = {"name": "acme/weather", "version": "1.4.0"}
    registry.tell("POST", "/api/v1/bundles", Told(201, {"release": release, "scan_url": scan_url}))
    assert publish(registry, bundle) == 2


def test_a_report_of_another_shape_is_an_error(
    registry: StandInRegistry, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = {"name": "acme/weather", "version": "1.4.0"}
    registry.tell("POST", "/api/v1/bundles", Told(201, {"release": release, "scan_url": SCAN}))
    registry.tell("GET", SCAN, Told(document={"state": "done"}))
    registry.tell("GET", TRUST, Told(document={"score": 100}))
    assert publish(registry, bundle) == 2
    assert "shape" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("token", "why"), [(None, "No token"), ("", "No token"), ("two words", "spaces"), ("a\nb: c", "line breaks")]
)
def test_a_missing_or_broken_token(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], token: str | None, why: str
) -> None:
    monkeypatch.delenv("ASSAY_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("ASSAY_TOKEN", token)
    assert main(["publish", str(bundle), "--namespace", "acme"]) == 2
    assert why in capsys.readouterr().err


def test_there_is_no_option_for_a_token(bundle: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["publish", str(bundle), "--namespace", "acme", "--token", TOKEN])
    assert ended.value.code == 2


def test_a_token_does_not_travel_over_plain_http_to_another_machine(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSAY_TOKEN", TOKEN)
    assert main(["publish", str(bundle), "--namespace", "acme", "--registry", "http://registry.invalid"]) == 2
    assert "--allow-http" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("make", "namespace", "expected", "why"),
    [
        ("missing", "acme", 2, "cannot be read"),
        ("folder", "acme", 2, "not a file"),
        ("empty", "acme", 3, "is empty"),
        ("good", "a/b", 2, "--namespace"),
        ("good", "", 2, "--namespace"),
    ],
)
def test_nothing_is_sent_for_what_cannot_be_published(
    registry: StandInRegistry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make: str,
    namespace: str,
    expected: int,
    why: str,
) -> None:
    path = tmp_path / "it.mcpb"
    if make == "folder":
        path.mkdir()
    elif make != "missing":
        path.write_bytes(b"" if make == "empty" else b"PK")
    assert main(["publish", str(path), "--namespace", namespace, "--registry", registry.url]) == expected
    assert why in capsys.readouterr().err
    assert registry.asked == []
