"""The supervisor's own promises, with small programs in place of the services."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.embedded import supervisor as module
from registry.embedded.places import Places
from registry.embedded.processes import LOG_LIMIT, Child, Service, keep_short, start
from registry.embedded.supervisor import STOP_ORDER, Supervisor
from tests.live import new_state_directory, remove_state_directory
from tests.processes import wait_until

ENOUGH = 3  # messages after which a watched supervisor is interrupted


@pytest.fixture
def said() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def supervisor(said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(module, "TICK", 0.01)
    monkeypatch.setattr(module, "FIRST_DELAY", 0.05)
    places = Places(new_state_directory())
    places.run.mkdir()
    places.logs.mkdir()

    def say(name: str, event: str) -> None:
        said.append((name, event))
        if len(said) == ENOUGH:
            raise KeyboardInterrupt

    supervisor = Supervisor(places, say)
    yield supervisor
    supervisor.stop()
    remove_state_directory(places.var)


def shell(name: str, script: str, patience: float = 5.0) -> Service:
    return Service(name, ("/bin/sh", "-c", script), stop=((signal.SIGTERM, patience),))


def test_what_keeps_dying_is_tried_less_often_and_its_words_are_shown(
    supervisor: Supervisor, said: list[tuple[str, str]]
) -> None:
    supervisor.start(shell("web", "echo the reason; exit 3"))
    with pytest.raises(KeyboardInterrupt):
        supervisor.watch()
    assert [event.split(" (log")[0] for _, event in said] == [
        "ended with exit code 3; starting it again in 0.05 s",
        "ended with exit code 3; starting it again in 0.1 s",
        "its last words:\nthe reason\nthe reason",
    ]


def test_a_task_that_ends_is_reported_once_and_not_started_again(supervisor: Supervisor) -> None:
    ended: list[tuple[int, str]] = []

    def done(code: int, child: Child) -> None:
        ended.append((code, child.last_words()))

    supervisor.start(shell("web", "sleep 60"))
    supervisor.run_once(shell("samples", "echo ran; exit 7"), done)
    supervisor.start(shell("beat", "sleep 0.5; exit 1"))  # its deaths give the time, then end the watch
    with pytest.raises(KeyboardInterrupt):
        supervisor.watch()
    assert ended == [(7, "ran")]


def test_stopping_follows_who_needs_whom(supervisor: Supervisor) -> None:
    var = supervisor.places.var
    for name in ("postgres", "beat", "valkey", "worker", "web"):
        script = f"trap 'date +%s%N > {var}/{name}; exit 0' TERM; touch {var}/{name}.up; while :; do sleep 0.02; done"
        supervisor.start(shell(name, script))
    wait_until(lambda: len(list(var.glob("*.up"))) == 5, 10, "all five up")
    supervisor.stop()
    ended = {name: int((var / name).read_text()) for name in STOP_ORDER}
    assert sorted(ended, key=ended.__getitem__) == ["web", "worker", "beat", "valkey", "postgres"]


def test_a_second_interrupt_ends_the_patience(supervisor: Supervisor) -> None:
    ready = supervisor.places.var / "ready"
    child = supervisor.start(shell("web", f"trap '' TERM; touch {ready}; while :; do sleep 0.02; done", patience=60))
    wait_until(ready.exists, 10, "the deaf one")
    supervisor.hurry(signal.SIGINT, None)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 5
    assert child.ended() == -signal.SIGKILL


def test_what_a_service_started_ends_with_it(tmp_path: Path) -> None:
    child = start(shell("web", "sleep 61 & echo $!; wait"), tmp_path / "log")
    wait_until(lambda: child.last_words().strip(), 10, "the id of what it started")
    grandchild = int(child.last_words())
    child.stop()
    wait_until(lambda: not Path(f"/proc/{grandchild}").exists() or "Z" in state(grandchild), 5, "the grandchild's end")


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_long_log_is_set_aside_while_it_is_written_to(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.write(b"x" * (LOG_LIMIT + 1))
        writer.flush()
        keep_short(log)
        writer.write(b"next\n")
    assert log.read_bytes() == b"next\n"
    assert (tmp_path / "web.log.1").stat().st_size == LOG_LIMIT + 1
