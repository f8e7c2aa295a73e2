"""The real web server on the test database, and a client that can lie: bytes on a socket, nothing corrected."""

import json
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse
from itertools import chain
from pathlib import Path
from typing import Any

from registry.embedded import commands
from registry.embedded.processes import Child, start
from registry.embedded.stack import wait_for_answer
from tests.live import ROOT, free_port
from tests.servers import TEST_DATABASE, Servers

BOUNDARY = "----assay-test"
PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers with lower-case names, the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal."""
        assert self.headers["content-type"] == "application/problem+json", self
        code: str = self.json["error"]["code"]
        return code


class Web:
    """`granian`, by the product's own command line, with the test database and a store of its own."""

    def __init__(self, servers: Servers, store: Path, **environment: str) -> None:
        self.store = store
        self.port = free_port()
        self._servers = servers
        self._extra = {"ASSAY_STORE_PATH": str(store), "PORT": str(self.port), **environment}
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        assert self._child is not None, "the web server was not started"
        return self._child

    @property
    def output(self) -> str:
        return self.child.log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = self._servers.places.logs / f"web-{time.monotonic_ns()}.log"
        service = commands.web(ROOT, "127.0.0.1", self.port)
        environment = {**service.env, **self._servers.environment(TEST_DATABASE), **self._extra}
        self._child = start(replace(service, env=environment), log)
        wait_for_answer("127.0.0.1", self.port, self._child)

    def kill(self) -> None:
        """SIGKILL for the server and its workers at once, as a power cut would."""
        self.child.kill()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()

    def files(self) -> list[str]:
        """Everything that lies in the store, on its way in or kept."""
        return sorted(path.relative_to(self.store).as_posix() for path in self.store.rglob("*") if path.is_file())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def send(self, *pieces: bytes, then: Iterable[bytes] = (), end: bool = False) -> Answer:
        """Send these bytes as they are and read one answer; with `end`, say first that nothing more will come."""
        with self.connect() as connection:
            push(connection, chain(pieces, then))
            if end:
                connection.shutdown(socket.SHUT_WR)
            return answer(connection)

    def post(self, token: str, body: bytes, **headers: str) -> Answer:
        """An honest upload of a form."""
        return self.send(head(token, {"Content-Length": str(len(body)), **headers}), body)


def push(connection: socket.socket, pieces: Iterable[bytes]) -> None:
    """Send until the other side has heard enough: its answer may come before all was said."""
    try:
        for piece in pieces:
            connection.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        return


def answer(connection: socket.socket) -> Answer:
    response = HTTPResponse(connection, method="POST")
    try:
        response.begin()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    except (OSError, HTTPException) as error:
        raise AssertionError(f"no answer: {error!r}") from error
    finally:
        response.close()


def head(token: str, headers: Mapping[str, str], path: str = "/api/v1/bundles") -> bytes:
    """The request line and the headers of an upload; the given ones win."""
    usual = {
        "Host": "127.0.0.1",
        "Authorization": f"Bearer {token}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Connection": "close",
    }
    lines = [f"{name}: {value}" for name, value in {**usual, **headers}.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


def part(data: bytes, disposition: str, content_type: str = "") -> bytes:
    """One part of a form, with this text after `Content-Disposition: form-data; `."""
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    return (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n{kind}\r\n".encode(
            "utf-8", "surrogateescape"
        )
        + data
        + b"\r\n"
    )


def closing() -> bytes:
    return f"--{BOUNDARY}--\r\n".encode()


def file_part(data: bytes, filename: str = "x.mcpb", content_type: str = "application/octet-stream") -> bytes:
    return part(data, f'name="file"; filename="{filename}"', content_type)


def form(data: bytes, namespace: str = "acme", *, file: bytes | None = None, **fields: str) -> bytes:
    """A whole form with one file; `file` replaces its part, `fields` are further ones."""
    texts = {"namespace": namespace, **fields}
    return (
        b"".join(part(text.encode(), f'name="{name}"') for name, text in texts.items())
        + (file_part(data) if file is None else file)
        + closing()
    )


def chunked(body: bytes, size: int = 8192) -> Iterable[bytes]:
    """The body in the chunked transfer coding (RFC 9112, 7.1)."""
    for begin in range(0, len(body), size):
        piece = body[begin : begin + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"
