"""`assay check`: what it asks, what it prints where, and the exit code a CI job acts on."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.__main__ import main
from tests.unit.stand_in_registry import StandInRegistry, Told, decision

ROOT = Path(__file__).resolve().parents[2]
GATE = "/api/v1/servers/acme/weather/versions/latest/gate"
TOO_LOW = ("score", "LT", "80", "72")


@pytest.fixture
def registry() -> Iterator[StandInRegistry]:
    with StandInRegistry() as stand_in:
        yield stand_in


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, noted instead of waited for."""
    noted: list[float] = []
    monkeypatch.setattr("client.api.time.sleep", noted.append)
    return noted


def closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("word", "expected"), [("pass", 0), ("fail", 1), ("pending", 3), ("not_assessed", 3), ("unknown", 3)]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_one_server_decides_the_exit_code(registry: StandInRegistry, word: str, expected: int, form: str) -> None:
    registry.tell("GET", GATE, Told(document=decision(word)))
    assert main(["check", "acme/weather", "--registry", registry.url, "--format", form]) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pass", "pass"], 0),
        (["pass", "fail"], 1),
        (["pending", "fail"], 1),
        (["fail", "unknown"], 1),
        (["pass", "pending"], 3),
        (["pass", "not_assessed"], 3),
        (["unknown", "pass"], 3),
    ],
)
def test_several_servers_are_asked_for_in_one_call_and_the_worst_counts(
    registry: StandInRegistry, words: list[str], expected: int
) -> None:
    registry.tell("POST", "/api/v1/gate", Told(document={"items": [decision(word) for word in words]}))
    assert main(["check", "a/one@1.0.0", "b/two", "--registry", registry.url, "--min-score", "80"]) == expected
    assert registry.paths() == ["POST /api/v1/gate"]
    assert registry.asked[0].json == {
        "items": [{"name": "a/one", "version": "1.0.0"}, {"name": "b/two", "version": "latest"}],
        "policy": {"min_score": 80},
    }


def test_requirements_travel_as_query_parameters(registry: StandInRegistry) -> None:
    path = "/api/v1/servers/acme/weather/versions/1.4.0-rc.1/gate"
    registry.tell("GET", path, Told(document=decision("pass")))
    options = "--min-score 80 --min-domain supply_chain=70 --min-domain runtime=60 --min-level 2 --max-severity medium"
    more = f"--min-coverage 60 --max-age-days 30 --allow-pending --registry {registry.url}/"
    assert main(["check", "acme/weather@1.4.0-rc.1", *options.split(), *more.split()]) == 0
    assert dict(registry.asked[0].query) == {
        "min_score": "80",
        "min_domain.supply_chain": "70",
        "min_domain.runtime": "60",
        "min_level": "2",
        "max_severity": "medium",
        "min_coverage": "60",
        "max_age_days": "30",
        "allow_pending": "1",
    }


def test_options_may_stand_before_the_command(registry: StandInRegistry) -> None:
    registry.tell("GET", GATE, Told(document=decision("pass")))
    assert main(["--registry", registry.url, "--min-score", "10", "check", "acme/weather"]) == 0
    assert registry.asked[0].query == (("min_score", "10"),)


def test_the_registry_comes_from_the_environment(registry: StandInRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_REGISTRY", registry.url)
    registry.tell("GET", GATE, Told(document=decision("pass")))
    assert main(["check", "acme/weather"]) == 0


def test_a_server_the_registry_does_not_know_is_unknown(
    registry: StandInRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "acme/weather", "--registry", registry.url]) == 3
    out = capsys.readouterr().out
    assert "unknown" in out
    assert "knows no such server" in out


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Told(body=b"<html>Welcome</html>"), "not a JSON object"),
        (Told(document=["pass"]), "not a JSON object"),
        (Told(document={"decision": "PASS", "conditions": []}), "not a gate decision"),
        (Told(document={"decision": "pass"}), "not a gate decision"),
        (Told(document={"conditions": []}), "not a gate decision"),
        (
            Told(document={"decision": "pass", "conditions": [{"status": "?", "metric": "score"}]}),
            "not a gate decision",
        ),
        (Told(404, body=b"nginx"), "refused (404)"),
        (Told(302, headers={"Location": "https://elsewhere.example/"}), "redirects to https://elsewhere.example/"),
        (Told(400, {"detail": "min_score: give a whole number"}), "min_score: give a whole number"),
        (Told(500, body=b"oops"), "refused (500)"),
    ],
)
def test_an_answer_that_is_no_decision_never_passes(
    registry: StandInRegistry, capsys: pytest.CaptureFixture[str], told: Told, why: str
) -> None:
    registry.tell("GET", GATE, told)
    assert main(["check", "acme/weather", "--registry", registry.url]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert why in captured.err


def test_too_few_decisions_for_several_servers_never_pass(registry: StandInRegistry) -> None:
    registry.tell("POST", "/api/v1/gate", Told(document={"decision": "pass", "items": [decision("pass")]}))
    assert main(["check", "a/one", "b/two", "--registry", registry.url]) == 2


def test_a_registry_that_is_down_is_an_error_and_not_a_pass(
    pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "acme/weather", "--registry", closed_port(), "--format", "json"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["code"] == "registry.unreachable"
    assert "after 4 tries" in captured.err
    assert len(pauses) == 3
    assert pauses == sorted(pauses)


@pytest.mark.parametrize("trouble", [Told(503), Told(502), Told(429, headers={"Retry-After": "7"}), Told(drop=True)])
def test_a_passing_trouble_is_waited_out(registry: StandInRegistry, pauses: list[float], trouble: Told) -> None:
    registry.tell("GET", GATE, trouble, trouble, Told(document=decision("pass")))
    assert main(["check", "acme/weather", "--registry", registry.url]) == 0
    assert len(registry.asked) == 3
    if trouble.headers:
        assert pauses == [7.0, 7.0]


@pytest.mark.parametrize("wait", ["3600", "9999999"])
def test_a_registry_that_asks_for_a_long_wait_is_given_up(
    registry: StandInRegistry, pauses: list[float], capsys: pytest.CaptureFixture[str], wait: str
) -> None:
    registry.tell("GET", GATE, Told(429, headers={"Retry-After": wait}))
    assert main(["check", "acme/weather", "--registry", registry.url]) == 2
    assert pauses == []
    assert f"asks to wait {wait} seconds" in capsys.readouterr().err


def test_tries_are_bounded(registry: StandInRegistry, pauses: list[float]) -> None:
    registry.tell("GET", GATE, Told(503))
    assert main(["check", "acme/weather", "--registry", registry.url]) == 2
    assert len(registry.asked) == 4
    assert sum(pauses) < 10


def test_an_error_of_the_request_is_not_tried_again(registry: StandInRegistry, pauses: list[float]) -> None:
    registry.tell("GET", GATE, Told(400, {"detail": "no"}))
    assert main(["check", "acme/weather", "--registry", registry.url]) == 2
    assert len(registry.asked) == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "Nothing to check"),
        (["weather"], "not a server name"),
        (["@acme/weather"], "not a server name"),
        (["acme/../weather"], "not a server name"),
        (["acme/weather@"], "no usable version"),
        (["acme/weather@1.0/../../x"], "no usable version"),
        (["acme/weather", "--min-score", "101"], "--min-score"),
        (["acme/weather", "--min-domain", "runtime"], "--min-domain"),
        (["acme/weather", "--min-domain", "speed=3"], "--min-domain"),
        (["acme/weather", "--max-severity", "bad"], "--max-severity"),
        (["acme/weather", "--min-level", "5"], "--min-level"),
        (["acme/weather", "--registry", "registry.example"], "not a registry's address"),
        (["acme/weather", "--registry", "ftp://registry.example"], "not a registry's address"),
        (["acme/weather", "--registry", "http://"], "not a registry's address"),
        (["acme/weather", "--registry", "http://[::1"], "not a registry's address"),
        (["acme/weather", "--registry", "http://h:99999"], "not a registry's address"),
        (["acme/weather", "--registry", "https://me:secret@registry.example"], "user name or password"),
        (["--config", "no-such-file.json"], "cannot be read"),
    ],
)
def test_usage_errors_name_what_is_wrong(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert word in captured.err
    assert "secret" not in captured.err


@pytest.mark.parametrize(
    "arguments", [["check", "a/b", "--min-scor", "1"], ["check", "a/b", "--format", "xml"], [], ["x"]]
)
def test_misspelt_options_end_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_json_of_one_server_is_its_decision(registry: StandInRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    registry.tell("GET", GATE, Told(document=decision("fail", TOO_LOW)))
    assert main(["check", "acme/weather", "--registry", registry.url, "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["decision"] == "fail"
    assert document["score"] == 72
    assert document["conditions"][0]["threshold"] == "80"
    assert document["registry"] == registry.url
    assert [item["asked"] for item in document["items"]] == ["acme/weather"]


def test_json_of_several_servers_has_the_overall_decision(
    registry: StandInRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [decision("pass"), decision("pending")]
    registry.tell("POST", "/api/v1/gate", Told(document={"decision": "pending", "items": answers}))
    assert main(["check", "a/one", "b/two", "--registry", registry.url, "--format", "json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["decision"] == "pending"
    assert "score" not in document
    assert [(item["asked"], item["decision"]) for item in document["items"]] == [
        ("a/one", "pass"),
        ("b/two", "pending"),
    ]


def test_more_than_two_hundred_servers_are_asked_for_in_groups(registry: StandInRegistry) -> None:
    groups = [Told(document={"items": [decision("pass")] * count}) for count in (200, 50)]
    registry.tell("POST", "/api/v1/gate", *groups)
    names = [f"acme/server-{number}" for number in range(250)]
    assert main(["check", *names, "--registry", registry.url]) == 0
    asked = [item["name"] for request in registry.asked for item in request.json["items"]]
    assert asked == names


def test_the_table_fits_eighty_columns_and_says_why(
    registry: StandInRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    long_name = "io.github.someone-with-a-long-name/a-server-with-an-even-longer-name"
    answers = [
        decision("pass"),
        decision("fail", TOO_LOW, ("domain.supply_chain", "LT", "70", "41"), ("severity", "GT", "medium", "critical")),
        decision("unknown"),
    ]
    registry.tell("POST", "/api/v1/gate", Told(document={"items": answers}))
    assert main(["check", "acme/weather", long_name, "c/three", "--registry", registry.url]) == 1
    out = capsys.readouterr().out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "score is 72, required is at least 80" in out
    assert "supply chain is 41, required is at least 70" in out
    assert "severity is critical, accepted is at most medium" in out
    assert long_name in out
    assert "1 of 3 pass: the gate fails." in out
    assert "\x1b" not in out


def test_text_from_a_registry_cannot_steer_the_terminal(
    registry: StandInRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = decision("fail", ("score\x1b[2J", "LT", "\x1b]0;owned\x07", "\u202e72"), version="1.0\x1b[31m")
    registry.tell("GET", GATE, Told(document=hostile))
    assert main(["check", "acme/weather", "--registry", registry.url]) == 1
    out = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


SARIF = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Assay"}}, "results": [{"ruleId": "RT-01"}]}]}


def test_sarif_merges_reports_and_marks_what_was_not_assessed(
    registry: StandInRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.tell("POST", "/api/v1/gate", Told(document={"items": [decision("pass"), decision("unknown")]}))
    registry.tell("GET", "/api/v1/servers/acme/weather/versions/1.4.0/report.sarif", Told(document=SARIF))
    assert main(["check", "acme/weather", "x/gone", "--registry", registry.url, "--format", "sarif"]) == 3
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    assert log["runs"][0]["results"] == [{"ruleId": "RT-01"}]
    invocation = log["runs"][1]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "x/gone" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_config_files_are_checked_and_what_cannot_be_mapped_does_not_pass(
    registry: StandInRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / ".mcp.json"
    servers = {
        "acme/weather": {"command": "weather"},
        "files\x1b[2J": {"command": "npx", "args": ["-y", "some-package\x1b[2J"]},
    }
    config.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    registry.tell("GET", GATE, Told(document=decision("pass")))
    assert main(["check", "--config", str(config), "--registry", registry.url]) == 3
    captured = capsys.readouterr()
    assert "npm" in captured.out
    assert "\x1b" not in captured.out
    assert "1 of 2 pass: the gate cannot be decided." in captured.out
    assert "2 servers" in captured.err


def test_a_config_without_servers_does_not_pass(tmp_path: Path) -> None:
    config = tmp_path / ".mcp.json"
    config.write_text('{"mcpServers": {}}', encoding="utf-8")
    assert main(["check", "--config", str(config), "--registry", closed_port()]) == 3


def test_json_stands_alone_on_standard_output_of_the_real_program(registry: StandInRegistry) -> None:
    registry.tell("GET", GATE, Told(503), Told(document=decision("pass")))
    run = subprocess.run(
        [sys.executable, "-m", "client", "check", "acme/weather", "--registry", registry.url, "--format", "json"],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["decision"] == "pass"
    assert b"trying again" in run.stderr


def test_a_reader_who_leaves_early_does_not_turn_into_a_pass(registry: StandInRegistry) -> None:
    registry.tell("GET", GATE, Told(document=decision("pass")))
    command = [sys.executable, "-m", "client", "check", "acme/weather", "--registry", registry.url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.close()
        assert program.stderr is not None
        errors = program.stderr.read()
        assert program.wait(timeout=60) == 2
    assert b"Traceback" not in errors
