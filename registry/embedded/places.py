"""Where the embedded services keep things, as a pure function of the state directory.

The supervisor writes to these places and the settings read from them, so any `manage.py` command started
beside a running `make up` finds the same database and broker without being told.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# sun_path holds 108 bytes with its closing zero (unix(7)); the longest name put into a runtime directory is
# "/postgres/.s.PGSQL.5432.lock".
SOCKET_PATH_LIMIT = 107
LONGEST_SOCKET_NAME = len("/postgres/.s.PGSQL.5432.lock")

DATABASE = "assay"
DATABASE_USER = "assay"


@dataclass(frozen=True, slots=True)
class Places:
    """Every path of one state directory. `var` must be absolute; nothing is created here."""

    var: Path

    @property
    def run(self) -> Path:
        """The directory of sockets: `var/run`, or a short one under /tmp when that is too long."""
        inside = self.var / "run"
        if len(os.fsencode(inside)) + LONGEST_SOCKET_NAME <= SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:12]
        return Path("/tmp") / f"assay-{os.getuid()}-{digest}"  # noqa: S108 - its owner and mode are checked before use

    @property
    def postgres_socket(self) -> Path:
        """The directory PostgreSQL puts its socket in; owned by the user PostgreSQL runs as."""
        return self.run / "postgres"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's own directory: data and, where needed, a copy of its binaries. May be a link."""
        return self.var / "postgres"

    @property
    def valkey(self) -> Path:
        return self.var / "valkey"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def store(self) -> Path:
        return self.var / "store"

    @property
    def static(self) -> Path:
        return self.var / "static"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def secret_key(self) -> Path:
        return self.secrets / "secret_key"

    @property
    def postgres_password(self) -> Path:
        """The password of the role the catalog connects with."""
        return self.secrets / "postgres_password"

    @property
    def postgres_admin_password(self) -> Path:
        """The password of the superuser; only the supervisor and the tests use it."""
        return self.secrets / "postgres_admin_password"

    def database_url(self, user: str = DATABASE_USER, database: str = DATABASE) -> str:
        """The URL of a database on the embedded server, without the password."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.postgres_socket))}"

    def broker_url(self) -> str:
        return f"redis+socket://{self.valkey_socket}"
