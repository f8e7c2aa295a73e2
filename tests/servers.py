"""The private PostgreSQL and Valkey of an integration run, and real workers that use them."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import redis
from psycopg import sql

from registry.embedded import accounts, commands, rooms, stack, valkey
from registry.embedded.places import DATABASE_USER, Places
from registry.embedded.processes import Child, start
from registry.embedded.supervisor import Supervisor
from tests.live import ROOT, new_state_directory, remove_state_directory

TEST_DATABASE = "test_assay"  # the name Django's test runner makes of ours
WORKER_READY_WITHIN = 30.0

# Nothing here must survive a power cut.
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Servers:
    """Both embedded servers on a state directory of their own, started when first needed."""

    def __init__(self) -> None:
        self.places = Places(new_state_directory())
        self.supervisor = Supervisor(self.places, lambda _name, _event: None)
        rooms.prepare(self.places, accounts.unprivileged())

    def environment(self, database: str | None = None) -> dict[str, str]:
        """What a process needs to use them; `database` when it is not the catalog's own."""
        url = {"DATABASE_URL": self.places.database_url(database=database)} if database else {}
        password = {"DATABASE_PASSWORD_FILE": str(self.places.postgres_password)} if database else {}
        return {"ASSAY_VAR": str(self.places.var), "ASSAY_LOG": "text", **url, **password}

    def start(self) -> None:
        broker = self.supervisor.start(valkey.service(self.places, valkey.find_binary()))
        server = stack.start_postgres(self.places, self.supervisor, lambda _name, _event: None, UNSAFE_AND_FAST)
        with server.connect("postgres") as admin:  # the test runner creates and drops its own database
            admin.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(DATABASE_USER)))
        valkey.wait_until_ready(self.places, broker)
        stack.collect_static(self.places)

    def broker(self) -> redis.Redis:
        """A client of the broker, to look into its queues or empty them."""
        return redis.Redis(unix_socket_path=str(self.places.valkey_socket))

    def stop(self) -> None:
        self.supervisor.stop()
        remove_state_directory(self.places.var)


class Worker:
    """A real Celery worker on the test database, run by the product's own command line, for tests that kill it."""

    def __init__(self, servers: Servers, processes: int, extra: Mapping[str, str]) -> None:
        self._servers = servers
        self._processes = processes
        self._extra = extra
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        assert self._child is not None, "the worker was not started"
        return self._child

    @property
    def pid(self) -> int:
        """The main process; its pool processes are its children."""
        return self.child.pid

    @property
    def output(self) -> str:
        return self.child.log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it and wait until it takes tasks."""
        log = self._servers.places.logs / f"worker-{time.monotonic_ns()}.log"
        service = commands.worker(ROOT, self._processes)
        environment = {**service.env, **self._servers.environment(TEST_DATABASE), **self._extra}
        self._child = start(replace(service, env=environment), log)
        deadline = time.monotonic() + WORKER_READY_WITHIN
        while " ready." not in self.output:
            if self.child.ended() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the worker did not start:\n{self.output}")
            time.sleep(0.05)

    def kill_all(self) -> None:
        """SIGKILL the worker and its pool at once, as a power cut would."""
        self.child.kill()

    def kill_pool(self) -> list[int]:
        """SIGKILL the pool processes only. Returns their ids."""
        pool = [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        for pid in pool:
            os.kill(pid, signal.SIGKILL)
        return pool

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
