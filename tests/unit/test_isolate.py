"""The scan's own process: what it may not see, and what happens when it dies."""

import os
from pathlib import Path

import psutil
import pytest

from scanner.context import STEPS, Context, Progress
from scanner.errors import BundleError
from scanner.isolate import Bounds, ScanError, scan_isolated
from tests.unit.bundle_builder import BundleBuilder
from trust.facts import Code, Publisher
from trust.finding import Gap

SERVER = b"""
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("weather")

@mcp.tool()
def look(city: str) -> str:
    '''Look something up.'''
    return city

mcp.run()
"""

WORDS = b"aGVsbG8gd29ybGQ aGVsbG8gd29ybGQx\n" * 120_000
"""Enough to search that the secrets step can be met while it runs."""


def builder() -> BundleBuilder:
    command = {"command": "python", "args": ["${__dirname}/server/main.py"]}
    server = {"type": "python", "entry_point": "server/main.py", "mcp_config": command}
    plain = BundleBuilder({"server": server}).remove("server/index.js").file("server/main.py", SERVER)
    return plain.file("data/words.txt", WORDS)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "weather.mcpb"
    path.write_bytes(builder().build())
    return path


def children() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]


def test_a_scan_reports_every_step_and_leaves_no_process(bundle: Path) -> None:
    seen: list[Progress] = []
    publisher = Publisher("acme", "alice", 3)
    facts = scan_isolated(bundle, Context(publisher=publisher), seen.append)
    assert [p.step for p in seen if p.state == "running"] == list(STEPS)
    assert [p.step for p in seen if p.state == "gap"] == ["advisories", "provenance"]  # none were given
    assert isinstance(facts.code, Code)
    assert [t.name for t in facts.code.tools] == ["look"]
    assert facts.publisher == publisher
    assert children() == []


def test_the_same_bundle_gives_the_same_facts(bundle: Path) -> None:
    assert scan_isolated(bundle, Context()) == scan_isolated(bundle, Context())


def test_a_killed_step_is_a_gap_and_everything_else_is_still_found(bundle: Path) -> None:
    def kill_in_secrets(progress: Progress) -> None:
        if progress == Progress("secrets", "running"):
            for child in psutil.Process().children():
                child.kill()

    facts = scan_isolated(bundle, Context(), kill_in_secrets)
    assert isinstance(facts.secrets, Gap)
    assert "was killed" in facts.secrets.reason
    assert isinstance(facts.code, Code)
    assert children() == []


def test_a_step_that_takes_too_long_is_left_out(bundle: Path) -> None:
    def stop_in_secrets(progress: Progress) -> None:
        if progress == Progress("secrets", "running"):
            for child in psutil.Process().children():
                child.suspend()

    facts = scan_isolated(bundle, Context(), stop_in_secrets, Bounds(step_seconds=3))
    assert isinstance(facts.secrets, Gap)
    assert "took longer than 3 s" in facts.secrets.reason
    assert children() == []


def test_a_step_left_out_on_request_says_why(bundle: Path) -> None:
    facts = scan_isolated(bundle, Context(skip={"secrets": "left out by the operator"}))
    assert facts.secrets == Gap("left out by the operator")


def test_no_room_at_all_is_an_error_not_an_empty_result(tmp_path: Path) -> None:
    crowded = builder()
    for number in range(9000):  # more names than fit into what the interpreter had taken before the limit
        crowded = crowded.file(f"data/{number}-{'x' * 100}.txt", b"x")
    path = tmp_path / "crowded.mcpb"
    path.write_bytes(crowded.build())
    with pytest.raises(ScanError, match="ran out of memory"):
        scan_isolated(path, Context(), bounds=Bounds(memory_bytes=40 << 20))


def test_a_refused_bundle_keeps_its_code_and_sentence(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mcpb"
    junk.write_bytes(b"<html>404</html>")
    with pytest.raises(BundleError) as refusal:
        scan_isolated(junk, Context())
    assert refusal.value.code == "archive.not_zip"
    assert refusal.value.detail


def test_the_child_sees_neither_environment_nor_open_files(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://registry:hunter2@db/assay")
    secret = os.open(bundle.parent / "private", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(secret, True)
    seen: list[tuple[bytes, list[str]]] = []

    def look(progress: Progress) -> None:
        if progress == Progress("secrets", "running"):
            for child in psutil.Process().children():
                proc = Path(f"/proc/{child.pid}")
                open_files = [str(fd.readlink()) for fd in (proc / "fd").iterdir()]
                seen.append(((proc / "environ").read_bytes(), open_files))

    scan_isolated(bundle, Context(), look)
    os.close(secret)
    ((environment, files),) = seen
    assert b"hunter2" not in environment
    assert b"DATABASE_URL" not in environment
    assert not any(name.endswith("/private") for name in files)
