"""The whole of Assay on one machine: what `manage.py up` does, step by step."""

import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from registry.embedded import accounts, commands, leftovers, postgres, rooms, valkey
from registry.embedded.errors import StackError
from registry.embedded.places import Places
from registry.embedded.processes import Child
from registry.embedded.supervisor import Say, Supervisor

WEB_READY_WITHIN = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, as read from settings and environment by the command."""

    places: Places
    root: Path
    host: str
    port: int
    processes: int
    own_database: bool
    own_broker: bool
    base_url: str


def run(plan: Plan, say: Say) -> None:
    """Start everything and keep it running until SIGINT or SIGTERM, then stop it in order.

    Raises StackError when something cannot be started; what ran by then is stopped first.
    """
    began = time.monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with leftovers.only_one(plan.places.run):
        for name in leftovers.clear(plan.places.run):
            say(name, "left behind by an earlier run; ended")
        refuse_taken_port(plan.host, plan.port)
        supervisor = Supervisor(plan.places, say)
        try:
            _start(plan, supervisor, say)
            say("ready", f"{plan.base_url} after {time.monotonic() - began:.1f} s; logs in {plan.places.logs}")
            _publish_samples(plan, supervisor, say)
            supervisor.watch()
        except KeyboardInterrupt:
            say("stopping", "in order; Ctrl-C again stops at once")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, supervisor.hurry)
            supervisor.stop()


def _start(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    began = time.monotonic()
    broker = None
    if plan.own_broker:
        broker = supervisor.start(valkey.service(plan.places, valkey.find_binary()))
    if plan.own_database:
        start_postgres(plan.places, supervisor, say, {})
    else:
        say("postgres", "yours, from DATABASE_URL")
    if broker is not None:
        valkey.wait_until_ready(plan.places, broker)
        say("valkey", f"embedded, ready after {time.monotonic() - began:.1f} s")
    else:
        say("valkey", "not needed, BROKER_URL names a broker of yours")
    say("database", migrate())
    say("static", collect_static(plan.places))
    connections.close_all()  # the children get none of ours
    web = supervisor.start(commands.web(plan.root, plan.host, plan.port))
    wait_for_answer(plan.host, plan.port, web)
    say("web", f"port {plan.port}, {commands.BLOCKING_THREADS} threads")
    supervisor.start(commands.worker(plan.root, plan.processes))
    say("worker", f"{plan.processes} processes, queues scan and default")
    supervisor.start(commands.beat(plan.root))
    say("beat", "the scheduler")


def start_postgres(places: Places, supervisor: Supervisor, say: Say, settings: dict[str, str]) -> postgres.Server:
    """Start the embedded server, its role and its database. `settings` go on top of the usual ones."""
    began = time.monotonic()
    account = accounts.unprivileged()
    home = rooms.prepare_postgres(places, account)
    server = postgres.Server(places, postgres.find_binaries(account, home), home, account, settings)
    created = server.create()
    if (done := leftovers.clear_postmaster(server.data)) is not None:
        say("postgres", done)
    server.wait_until_ready(supervisor.start(server.service()))
    server.create_database()
    user = "" if account is None else f", as user {account.name}"
    made = ", data directory created" if created else ""
    say(
        "postgres",
        f"{server.binaries.version} {server.binaries.origin}{user}{made}, ready after {time.monotonic() - began:.1f} s",
    )
    if home != places.postgres:
        say("postgres", f"its data is in {home}, because others cannot pass through {places.var}")
    return server


def migrate() -> str:
    """Apply the migrations that are missing. Returns what was done.

    Raises StackError when the database cannot be reached; a migration that fails raises its own error.
    """
    try:
        connections["default"].ensure_connection()
    except OperationalError as error:
        raise StackError(
            f"The database does not answer: {error}".strip() + " Check DATABASE_URL and the server."
        ) from error
    executor = MigrationExecutor(connections["default"])
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing == 0:
        return "up to date"
    call_command("migrate", interactive=False, verbosity=0)
    return f"{missing} migrations applied"


def collect_static(places: Places) -> str:
    """Collect the static files when they differ from those collected last. Returns what was done."""
    listing = json.dumps(sorted(_static_files()))
    record = places.var / "static.json"
    if record.exists() and record.read_text(encoding="utf-8") == listing:
        return "up to date"
    record.unlink(missing_ok=True)  # an interrupted collection is done again
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    record.write_text(listing, encoding="utf-8")
    return f"{listing.count('], [') + 1} files collected"


def _static_files() -> Iterator[tuple[str, int, int]]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            yield name, status.st_size, status.st_mtime_ns


def refuse_taken_port(host: str, port: int) -> None:
    """Raise StackError when something listens there already: the server would share the port silently."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StackError(
                f"Port {port} on {host} cannot be used: {error.strerror}. Choose another: make up PORT={port + 1}"
            ) from error


def wait_for_answer(host: str, port: int, web: Child) -> None:
    """Return when the web process answers; raise StackError with its last words when it does not."""
    deadline = time.monotonic() + WEB_READY_WITHIN
    wildcard = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
    while True:
        status = _status(wildcard.get(host, host), port)
        if status is not None and status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
            return
        if web.ended() is not None or time.monotonic() > deadline:
            raise StackError(
                f"The web process does not answer on port {port} ({status or 'no connection'}):\n"
                f"{web.last_words()}\nThe whole log is {web.log}."
            )
        time.sleep(0.05)


def _status(host: str, port: int) -> int | None:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None  # not listening yet
    finally:
        connection.close()


def _publish_samples(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    """Publish the sample bundles in the background, once in the life of a state directory."""
    marker = plan.places.var / "samples-published"
    if marker.exists():
        return
    if "publish_examples" not in get_commands():
        say("samples", "not published: this version has no publish_examples command")
        return

    def done(code: int, child: Child) -> None:
        if code == 0:
            marker.touch()
            say("samples", "published")
        else:
            say(
                "samples",
                f"not published, tried again on the next start (log: {child.log}):\n{child.last_words()}",
            )

    say("samples", "publishing in the background, for the first run only")
    supervisor.run_once(commands.samples(plan.root), done)


def prepare(places: Places) -> bool:
    """Create directories and secrets. True when secrets were written that this process read as missing."""
    return bool(rooms.prepare(places, accounts.unprivileged()))


def cores() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
