"""A stand-in for a registry: a real HTTP server on a free port that answers what a test tells it to.

It speaks the shapes of the public API and nothing of their meaning; the real registry is tested in tests/integration.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer to give. `drop` closes the connection without any."""

    status: int = 200
    document: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


class StandInRegistry:
    """Answers are given in order; the last one for a path is given again and again. Unknown paths are problem 404s."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list[Told]] = defaultdict(list)
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stand_in.answer(self)

            def do_POST(self) -> None:
                stand_in.answer(self)

            def log_message(self, *_: object) -> None:
                """Quiet: the tests read standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def tell(self, method: str, path: str, *answers: Told) -> None:
        self._answers[method, path] += answers

    def paths(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        query = tuple(parse_qsl(address.query))
        self.asked.append(Asked(handler.command, address.path, query, dict(handler.headers), body))
        told = self._next(handler.command, address.path)
        if told.drop:
            handler.close_connection = True
            return
        data = told.body if told.document is None else json.dumps(told.document).encode()
        handler.send_response(told.status)
        problem = "problem+" if told.status >= 400 and told.document is not None else ""
        headers = {"Content-Type": f"application/{problem}json", **told.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _next(self, method: str, path: str) -> Told:
        waiting = self._answers.get((method, path))
        if not waiting:
            return Told(404, {"type": "about:blank", "title": "Not found", "status": 404, "detail": "No such thing."})
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def decision(
    word: str, *failed: tuple[str, str, str, str], name: str = "acme/weather", version: str = "1.4.0", score: int = 72
) -> dict[str, Any]:
    """A gate decision; `failed` holds (metric, comparator, threshold, actual) of conditions that do not hold."""
    known = word in ("pass", "fail")
    return {
        "decision": word,
        "score": score if known else None,
        "level": 2 if known else None,
        "conditions": [
            {"status": "ERROR", "metric": m, "comparator": c, "threshold": t, "actual": a} for m, c, t, a in failed
        ],
        "subject": {"name": name, "version": version, "sha256": "ab" * 32 if word != "unknown" else None},
        "rubric": "1" if known else None,
        "scanned_at": "2026-11-01T10:00:00Z" if known else None,
        "report": f"http://registry.invalid/servers/{name}",
    }
