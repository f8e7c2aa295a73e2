"""Creates the directories and secrets of one state directory, with the modes they need."""

import os
import secrets
import shutil
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
    """Create PostgreSQL's own directory and socket directory, owned by its user. Returns the former's real path.

    Where the account cannot reach the state directory, both are links to a place under ELSEWHERE.
    """
    mine = (places.postgres, places.postgres_socket)
    if account is None:
        for directory in mine:
            directory.mkdir(mode=PRIVATE, exist_ok=True)
        return places.postgres
    if not places.postgres.exists():
        for path in mine:
            if path.is_symlink():  # to a place that was removed
                path.unlink()
        if not may_enter(account, places.var) or not may_enter(account, places.run):
            _link_elsewhere(places)
    for directory in mine:
        directory.mkdir(mode=PRIVATE, exist_ok=True)
        os.chown(directory.resolve(), account.uid, account.gid)
        if not may_enter(account, directory):
            raise StackError(
                f"PostgreSQL runs as {account.name}, who cannot enter {directory.resolve()}. Name a state directory "
                "that others may pass through with ASSAY_VAR=/path, or run as a normal user."
            )
    return places.postgres.resolve()


def _link_elsewhere(places: Places) -> None:
    ELSEWHERE.mkdir(mode=PASSABLE, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="state-", dir=ELSEWHERE))
    place.chmod(PASSABLE)
    for link, name in ((places.postgres, "postgres"), (places.postgres_socket, "run")):
        (place / name).mkdir(mode=PRIVATE)
        if link.is_dir():  # the sockets of an earlier life
            shutil.rmtree(link)
        link.symlink_to(place / name)
