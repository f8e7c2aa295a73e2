"""The code collector: which files it reads, what it says about the ones it cannot read, and container files."""

# ruff: noqa: E501 -- a case is read best on one line

import time

import pytest

from scanner.collect.code import MAX_FILE, collect_code
from tests.unit.collect_members import Box, box, declaration
from trust.facts import Code, File, Inventory
from trust.finding import Gap
from trust.vocabulary import Severity, Weakness

GOOD = "import os\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef act(a: str):\n    os.system('ls ' + a)\nmcp.run()\n"
KINDS = {".py": "python", ".js": "javascript", ".rs": "text", ".go": "text", ".pyc": "bytecode"}


def listed(bundle: Box, role: str = "own") -> Inventory:
    return Inventory(
        tuple(
            File(p, len(d), "", KINDS.get("." + p.rpartition(".")[2], "text"), role)  # type: ignore[arg-type]
            for p, d in bundle.content.items()
        )
    )


def collect(files: dict[str, str], role: str = "own", *, entry: str = "server/main.py", kind: str = "python") -> Code:
    bundle = box(files)
    return collect_code(bundle, listed(bundle, role), declaration(entry, kind))  # type: ignore[arg-type]


def test_own_code_is_read_and_counted() -> None:
    code = collect({"server/main.py": GOOD, "server/bad.py": "def f(:\n"})
    (language,) = code.languages
    assert (language.name, language.files, language.parsed) == ("python", 2, 1)
    assert [t.name for t in code.tools] == ["act"]
    assert [f.weakness for f in code.findings] == [Weakness.COMMAND_INJECTION]
    assert [g.path for g in code.gaps] == ["server/bad.py"]


def test_vendored_code_is_not_judged() -> None:
    code = collect({"lib/x.py": GOOD}, role="vendored")
    assert code.findings == ()
    assert code.languages == ()


@pytest.mark.parametrize(("path", "word"), [("src/main.rs", "Rust"), ("main.go", "Go"), ("a.pyc", "compiled Python")])
def test_what_no_reader_exists_for_is_a_gap(path: str, word: str) -> None:
    assert any(word in g.reason for g in collect({path: "x"}).gaps)


def test_a_compiled_server_is_a_gap() -> None:
    assert any("compiled program" in g.reason for g in collect({}, entry="server/bin", kind="binary").gaps)


def test_a_large_file_is_a_gap_and_is_never_read() -> None:
    bundle = box({"server/main.py": GOOD})
    inventory = Inventory((*listed(bundle).files, File("big.py", MAX_FILE + 1, "", "python", "own")))
    code = collect_code(bundle, inventory, declaration("server/main.py", "python"))
    assert [g.path for g in code.gaps] == ["big.py"]
    assert code.tools


def test_without_time_everything_is_a_gap_and_nothing_is_raised() -> None:
    bundle = box({"server/main.py": GOOD})
    code = collect_code(
        bundle, listed(bundle), declaration("server/main.py", "python"), deadline=time.thread_time() - 1
    )
    assert code.gaps
    assert code.findings == ()


def test_time_that_ends_while_flows_are_followed_is_a_gap() -> None:
    functions = "".join(f"def f{i}(x):\n" + "    y = x\n" * 200 + f"    return f{i + 1}(y)\n" for i in range(200))
    bundle = box({"server/main.py": GOOD + functions})
    started = time.thread_time()
    code = collect_code(bundle, listed(bundle), declaration("server/main.py", "python"), deadline=started + 0.35)
    assert any("ime" in g.reason for g in code.gaps)
    assert time.thread_time() - started < 5


def test_a_manifest_that_cannot_be_read_makes_every_file_count() -> None:
    bundle = box({"anywhere.py": GOOD})
    assert collect_code(bundle, listed(bundle), Gap("unreadable")).findings


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM python:3.12\nCMD x\n", 1),
        ("FROM python:3.12\nUSER app\nUSER root\n", 3),
        ("FROM python:3.12\nUSER 0:0\n", 2),
        ("FROM node:22 AS build\nUSER node\nFROM python:3.12\nCMD x\n", 3),
        ("# USER app\nFROM python:3.12\nRUN echo \\\n  USER app\n", 2),
        ("FROM python:3.12\nUSER app\n", None),
        ("FROM python:3.12 AS base\nUSER app\nFROM base\nCMD x\n", None),
        ("FROM gcr.io/distroless/python3:nonroot\nCMD x\n", None),
        ("", None),
    ],
)
def test_containers(text: str, line: int | None) -> None:
    found = [f for f in collect({"Dockerfile": text}).findings if f.weakness is Weakness.ROOT_CONTAINER]
    assert [f.line for f in found] == ([] if line is None else [line])
    assert all(f.severity is Severity.MEDIUM for f in found)


@pytest.mark.parametrize("text", ["services:\n  a:\n    privileged: true\n", "volumes:\n  - /var/run/docker.sock:/x\n"])
def test_compose_files_that_give_the_machine_away(text: str) -> None:
    assert collect({"docker-compose.yml": text}).found(Weakness.ROOT_CONTAINER)
