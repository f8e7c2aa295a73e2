"""Creates the directories and secrets of one state directory, with the modes they need."""

import os
import secrets
import stat
import tempfile
from pathlib import Path

from registry.embedded.accounts import Account, may_enter
from registry.embedded.errors import StackError
from registry.embedded.places import Places

PRIVATE = 0o700
PASSABLE = 0o711  # others may pass through to a directory they are given, and see nothing on the way

# Where PostgreSQL's files go when root keeps the state below a directory closed to others, such as /root.
ELSEWHERE = Path("/var/lib/assay")


def prepare(places: Places, account: Account | None) -> list[Path]:
    """Create what is missing. Returns the secrets that were written now.

    `account`: the user PostgreSQL will run as, None when it is this one. Raises StackError when a directory
    cannot be used.
    """
    outer = PRIVATE if account is None else PASSABLE
    try:
        places.var.mkdir(mode=outer, parents=True, exist_ok=True)
        if account is not None and not may_enter(account, places.var):
            # Only ever the state directory itself: its parents belong to somebody else.
            places.var.chmod(stat.S_IMODE(places.var.stat().st_mode) | stat.S_IXOTH)
        for directory in (places.logs, places.secrets, places.valkey, places.store):
            directory.mkdir(mode=PRIVATE, exist_ok=True)
        prepare_run(places, outer)
    except OSError as error:
        raise StackError(
            f"The state directory {places.var} cannot be used: {error.strerror} ({error.filename}). "
            "Name one you own with ASSAY_VAR=/path, or change its owner."
        ) from error
    wanted = (places.secret_key, places.postgres_password, places.postgres_admin_password)
    return [file for file in wanted if write_secret(file)]


def prepare_run(places: Places, mode: int) -> None:
    """Create the directory of sockets. Under /tmp anybody could have been there before, so it is checked."""
    places.run.mkdir(mode=mode, exist_ok=True)
    status = places.run.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise StackError(
            f"{places.run} belongs to somebody else or is writable by others. Remove it, or name a state "
            "directory with a shorter path with ASSAY_VAR=/path."
        )
    places.run.chmod(mode)


def write_secret(file: Path) -> bool:
    """Write a fresh random secret that only this user can read, unless there is one. True if written."""
    if file.exists():
        return False
    # mkstemp creates with 0600, and the name appears with the whole content or not at all.
    handle, temporary = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(secrets.token_urlsafe(48) + "\n")
    Path(temporary).rename(file)
    return True


def prepare_postgres(places: Places, account: Account | None) -> Path:
    """Create PostgreSQL's own directory and socket directory, owned by its user. Returns the real path."""
    if account is None:
        for directory in (places.postgres, places.postgres_socket):
            directory.mkdir(mode=PRIVATE, exist_ok=True)
        return places.postgres
    if not places.postgres.exists():
        places.postgres.unlink(missing_ok=True)  # a link to a place that was removed
        if may_enter(account, places.var):
            places.postgres.mkdir(mode=PRIVATE)
        else:
            ELSEWHERE.mkdir(mode=PASSABLE, parents=True, exist_ok=True)
            places.postgres.symlink_to(tempfile.mkdtemp(prefix="postgres-", dir=ELSEWHERE))
    places.postgres_socket.mkdir(mode=PRIVATE, exist_ok=True)
    real = places.postgres.resolve()
    for directory in (real, places.postgres_socket):
        os.chown(directory, account.uid, account.gid)
    if not may_enter(account, real) or not may_enter(account, places.postgres_socket):
        raise StackError(
            f"PostgreSQL runs as {account.name}, who cannot enter {real}. Name a state directory that others "
            "may pass through with ASSAY_VAR=/path, or run as a normal user."
        )
    return real
