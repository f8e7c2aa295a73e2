"""`manage.py up` as a person meets it: start, look, kill, stop, start again."""

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from registry.embedded.places import Places
from tests.live import LiveStack, free_port, new_state_directory, remove_state_directory
from tests.processes import belongs_to, descendants, running, wait_until

FIRST_PAGE_WITHIN = 5.0  # seconds, on every start after the first


@pytest.fixture(scope="module")
def stack() -> Iterator[LiveStack]:
    """One running stack for the tests of this module that do not end it."""
    stack = LiveStack(new_state_directory())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        remove_state_directory(stack.var)


@pytest.fixture
def var() -> Iterator[Path]:
    """A state directory of the test's own."""
    var = new_state_directory()
    yield var
    remove_state_directory(var)


def pid_of(stack: LiveStack) -> int:
    assert stack.process is not None
    return stack.process.pid


def service(stack: LiveStack, word: str) -> psutil.Process:
    """The direct child whose command line has the word."""
    found = [each for each in psutil.Process(pid_of(stack)).children() if word in " ".join(each.cmdline())]
    assert len(found) == 1, f"{word}: {found}"
    return found[0]


def test_the_first_start_says_calmly_what_runs_and_where(stack: LiveStack) -> None:
    lines = stack.output.splitlines()
    assert lines[0] == f"Assay, state in {stack.var}"
    names = [line.split()[0] for line in lines[1:]]
    order = ["postgres", "valkey", "database", "static", "web", "worker", "beat", "ready"]
    assert [name for name in names if name in order] == order
    assert stack.base_url in stack.output
    assert stack.status("/healthz") == 200


def test_the_samples_are_published_by_the_first_start(stack: LiveStack) -> None:
    stack.wait_for_samples()
    wait_until(lambda: "  samples   published" in stack.output, 5, stack.output)


def test_secrets_and_sockets_are_private(stack: LiveStack) -> None:
    secrets = sorted((stack.var / "secrets").iterdir())
    assert [file.name for file in secrets] == ["postgres_admin_password", "postgres_password", "secret_key"]
    for file in secrets:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(file.read_text().strip()) >= 50
    assert len({file.read_text() for file in secrets}) == 3
    assert stat.S_IMODE((stack.var / "run" / "valkey.sock").stat().st_mode) == 0o700
    assert stat.S_IMODE((stack.var / "run" / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((stack.var / "secrets").stat().st_mode) == 0o700


def test_nobody_gets_into_the_database_without_the_password(stack: LiveStack) -> None:
    places = Places(stack.var)
    with pytest.raises(psycopg.OperationalError, match=r"no password supplied|password authentication failed"):
        psycopg.connect(places.database_url(), passfile="/dev/null")
    password = places.postgres_password.read_text().strip()
    with psycopg.connect(places.database_url(), password=password) as connection:
        row = connection.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = user").fetchone()
    assert row == (False,)


def test_stopped_or_killed_nothing_is_left_and_the_next_start_is_quick(var: Path) -> None:
    """Three lives of one state directory: killed without a word, ended by Ctrl-C, ended by SIGTERM."""
    first = LiveStack(var)
    first.start()
    children = descendants(pid_of(first))
    assert len(children) >= 8  # postgres and its own, valkey, web and its worker, worker and its pool, beat
    os.kill(pid_of(first), signal.SIGKILL)
    first.stop()
    wait_until(lambda: not running(children), 20, f"the end of {running(children)}")
    assert belongs_to(str(var)) == []

    for number in (signal.SIGINT, signal.SIGTERM):
        later = LiveStack(var)
        later.start()
        assert later.seconds_to_first_page <= FIRST_PAGE_WITHIN
        assert "database  up to date" in later.output
        assert "static    up to date" in later.output
        assert "data directory created" not in later.output
        children = descendants(pid_of(later))
        assert later.stop(number) == 0
        assert running(children) == []
        assert belongs_to(str(var)) == []


@pytest.mark.parametrize("word", ["granian", "registry worker", "registry beat", "valkey-server", "bin/postgres"])
def test_what_dies_is_started_again(stack: LiveStack, word: str) -> None:
    before = service(stack, word)
    family = [before, *before.children(recursive=True)]
    before.kill()
    wait_until(
        lambda: any(
            word in " ".join(each.cmdline()) and each.pid != before.pid
            for each in running(psutil.Process(pid_of(stack)).children())
        ),
        15,
        f"a new {word}\n{stack.output}",
    )
    assert "was ended by SIGKILL; starting it again in 0.5 s" in stack.output
    wait_until(lambda: not running(family), 10, f"the end of what the old {word} started")
    wait_until(lambda: stack.status("/healthz") == 200, 15, f"an answer after {word} was killed\n{stack.output}")


def test_a_second_one_on_the_same_state_is_refused(stack: LiveStack) -> None:
    code, said = run_to_the_end(stack.var, free_port())
    assert code == 1
    assert f"Assay already runs on this state directory (process {pid_of(stack)})" in said
    assert stack.status("/healthz") == 200


def test_a_taken_port_is_named_with_what_to_do(stack: LiveStack) -> None:
    other = new_state_directory()
    try:
        code, said = run_to_the_end(other, stack.port)
        assert code == 1
        assert f"Port {stack.port} on 127.0.0.1 cannot be used" in said
        assert f"make up PORT={stack.port + 1}" in said
        assert belongs_to(str(other)) == []
    finally:
        remove_state_directory(other)


def test_a_database_of_yours_that_does_not_answer_is_named(var: Path) -> None:
    code, said = run_to_the_end(var, free_port(), DATABASE_URL="postgresql://assay:hidden@127.0.0.1:9/assay")
    assert code == 1
    assert "The database does not answer" in said
    assert "Check DATABASE_URL" in said
    assert "hidden" not in said
    assert belongs_to(str(var)) == []


def run_to_the_end(var: Path, port: int, **environment: str) -> tuple[int, str]:
    """Run one that should refuse to start. Returns its exit code and what it said."""
    output = var.with_name(f"{var.name}-{time.monotonic_ns()}.out")
    stack = LiveStack(var, port=port, output=output, environment=environment)
    code = stack.spawn().wait(30)
    said = stack.output
    stack.stop()
    return code, said
