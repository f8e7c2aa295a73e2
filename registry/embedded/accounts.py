"""Whom PostgreSQL runs as: it refuses to run as root, and nothing here creates users."""

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from registry.embedded.errors import StackError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An existing unprivileged user of this machine."""

    name: str
    uid: int
    gid: int
    groups: frozenset[int]


def unprivileged() -> Account | None:
    """The account to drop to when this process is root; None when it is a normal user already.

    Raises StackError when root finds none of the candidates.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        groups = {group.gr_gid for group in grp.getgrall() if name in group.gr_mem}
        return Account(name, entry.pw_uid, entry.pw_gid, frozenset({entry.pw_gid, *groups}))
    raise StackError(
        "PostgreSQL does not run as root and this machine has neither a 'postgres' nor a 'nobody' user. "
        "Create one (useradd --system postgres), or run as a normal user, or set DATABASE_URL."
    )


def may_enter(account: Account, directory: Path) -> bool:
    """Whether the account can reach and enter the directory: every part of its real path lets it pass."""
    real = directory.resolve()
    return all(_permits(account, part, stat.S_IXOTH) for part in (real, *real.parents))


def may_execute(account: Account, file: Path) -> bool:
    """Whether the account can reach, read and run the file."""
    return may_enter(account, file.parent) and _permits(account, file, stat.S_IROTH | stat.S_IXOTH)


def _permits(account: Account, path: Path, wanted: int) -> bool:
    # `wanted` is given in the bits for others; the owner's sit six higher, the group's three (access control
    # lists may only add to that, so this errs on the side of copying).
    status = path.stat()
    if status.st_uid == account.uid:
        wanted <<= 6
    elif status.st_gid in account.groups:
        wanted <<= 3
    return status.st_mode & wanted == wanted
