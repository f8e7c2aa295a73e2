"""HTTP calls to a registry: time limits, a size limit, and bounded retries with back-off.

Every call either returns the registry's JSON or raises ClientError. A registry that is down, slow, or not a registry at
all is an error of its own and never an answer about a server.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Self
from urllib.parse import quote

import httpx

from client.decisions import Answer, read_answer, unknown
from client.exits import ClientError, Exit
from client.references import ByDigest, ByName
from client.upload import Upload
from scanner.errors import TITLES

API = "/api/v1"
BUNDLE_FAMILIES = frozenset(code.partition(".")[0] for code in TITLES)
"""First words of the codes that refuse a bundle, as opposed to a request."""
TIMEOUT = httpx.Timeout(30.0, connect=10.0, write=120.0)
MAX_ANSWER = 64 * 1024 * 1024
ITEMS_PER_CALL = 200
RETRIED = frozenset({429, 502, 503, 504})
"""Answers that say "not now". Every call here may be repeated: uploading the same bytes again changes nothing."""

ADVICE = {
    401: "check the token in ASSAY_TOKEN.",
    403: "check that the token in ASSAY_TOKEN may publish to this namespace.",
    404: "check the name, and that --registry names an Assay registry.",
    409: "a published version never changes, so raise the version in manifest.json.",
    413: "the bundle is larger than this registry takes.",
}
"""What to do about a refusal whose answer does not say it, from a proxy in between for example."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often a call is tried and how long to wait in between, in seconds."""

    attempts: int = 4
    first: float = 0.5
    longest: float = 20.0

    def pause(self, failures: int, retry_after: str | None) -> float | None:
        """Seconds to wait after the n-th failure, None to give up: tries are used up, or the registry asks for a
        longer wait than this program is ready to make.
        """
        if failures >= self.attempts:
            return None
        if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
            return float(retry_after) if len(retry_after) < 6 and float(retry_after) <= self.longest else None
        return min(self.longest, self.first * 2.0 ** (failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311 -- jitter


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete HTTP answer."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """The body as JSON, or None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Registry:
    """One registry at `base_url` (no trailing slash). `say` receives a sentence whenever a call is tried again."""

    def __init__(self, base_url: str, *, token: str | None = None, say: Callable[[str], None]) -> None:
        self.base_url = base_url
        self._say = say
        self._token = token
        self._backoff = Backoff()
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers={"User-Agent": "assay-client"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def gate(self, asked: ByName, policy: Sequence[tuple[str, str]]) -> Answer:
        """The decision about one release."""
        parameters = [*policy, *_platform(asked)]
        reply = self._send("GET", f"{release_path(asked.name, asked.version)}/gate", params=parameters)
        if reply.status == httpx.codes.NOT_FOUND and _is_problem(reply):
            return unknown(asked.label)
        return read_answer(asked.label, self._document(reply))

    def gate_many(self, asked: Sequence[ByName | ByDigest], policy: Sequence[tuple[str, str]]) -> list[Answer]:
        """The decisions about many, in order; asked for in groups, as large as the registry takes them."""
        requirements = {name: int(value) if value.isdigit() else value for name, value in policy}
        answers: list[Answer] = []
        for start in range(0, len(asked), ITEMS_PER_CALL):
            group = asked[start : start + ITEMS_PER_CALL]
            body = {"items": [reference.item for reference in group], "policy": requirements}
            document = self._document(self._send("POST", f"{API}/gate", json=body))
            items = document.get("items")
            if not isinstance(items, list) or len(items) != len(group):
                raise _bad_answer("has no decision for every item")
            answers += [read_answer(reference.label, item) for reference, item in zip(group, items, strict=True)]
        return answers

    def assessment(self, release: ByName) -> dict[str, Any]:
        """The assessment document of one release."""
        path = f"{release_path(release.name, release.version)}/trust"
        return self._document(self._send("GET", path, params=_platform(release)))

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at a path below the registry's address."""
        return self._document(self._send("GET", path))

    def publish(self, bundle: BinaryIO, upload: Upload) -> dict[str, Any]:
        """Upload a bundle, streaming it from disk. Returns the registry's description of the release and its scan."""
        return self._document(
            self._send(
                "POST",
                f"{API}/bundles",
                data=upload.fields,
                files={"file": (upload.file_name, bundle, "application/octet-stream")},
                headers={"Authorization": f"Bearer {self._token}"},
            )
        )

    def _send(self, method: str, path: str, **arguments: Any) -> Reply:
        failures = 0
        while True:
            retry_after = None
            try:
                reply = self._once(method, path, **arguments)
            except httpx.TransportError as error:
                problem = f"{self.base_url} cannot be reached ({_why(error)})"
            else:
                if reply.status not in RETRIED:
                    return reply
                problem = f"{self.base_url} answered with status {reply.status}"
                retry_after = reply.headers.get("Retry-After")
            failures += 1
            pause = self._backoff.pause(failures, retry_after)
            if pause is None:
                wait = f"; it asks to wait {retry_after} seconds" if retry_after else ""
                raise ClientError(
                    "registry.unreachable",
                    f"{problem}{wait}, after {failures} {'try' if failures == 1 else 'tries'}. "
                    "Check --registry or ASSAY_REGISTRY, or try again later.",
                )
            self._say(f"{problem}; trying again in {pause:.1f} s")
            time.sleep(pause)

    def _once(self, method: str, path: str, **arguments: Any) -> Reply:
        with self._http.stream(method, self.base_url + path, **arguments) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise _bad_answer(f"is larger than {MAX_ANSWER:,} bytes")
            return Reply(response.status_code, response.headers, bytes(body))

    def _document(self, reply: Reply) -> dict[str, Any]:
        document = reply.json()
        if httpx.codes.is_success(reply.status):
            if not isinstance(document, dict):
                raise _bad_answer("is not a JSON object")
            return document
        if httpx.codes.is_redirect(reply.status):
            target = reply.headers.get("Location", "another address")
            raise ClientError(
                "registry.redirect", f"The registry redirects to {target}. Give its real address with --registry."
            )
        raise _refusal(reply.status, document if isinstance(document, dict) else {})


@contextmanager
def translated_errors() -> Iterator[None]:
    """Addresses and headers that the HTTP library itself refuses become one sentence."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise ClientError("registry.unreachable", f"The call to the registry failed: {_why(error)}.") from error


def release_path(name: str, version: str | None) -> str:
    """The API path of a release, each part escaped."""
    namespace, _, server = name.partition("/")
    parts = (quote(namespace, safe=""), quote(server, safe=""), quote(version or "latest", safe=""))
    return f"{API}/servers/{parts[0]}/{parts[1]}/versions/{parts[2]}"


def api_path(url: object) -> str:
    """The path of an address that the registry gave us, to be asked at the address the user gave us.

    Host and scheme are dropped on purpose: behind a proxy they may be internal ones, and a registry must not be able
    to send this program, which holds a token, to another host.
    """
    start = url.find(f"{API}/") if isinstance(url, str) else -1
    if not isinstance(url, str) or start < 0:
        raise _bad_answer("names no address below /api/v1")
    return url[start:]


def _platform(release: ByName) -> list[tuple[str, str]]:
    return [("platform", release.platform)] if release.platform else []


def _is_problem(reply: Reply) -> bool:
    media_type: str = reply.headers.get("Content-Type", "")
    return media_type.startswith("application/problem+json")


def _refusal(status: int, problem: Mapping[str, Any]) -> ClientError:
    detail = problem.get("detail") or ADVICE.get(status) or problem.get("title") or "it gave no reason."
    error = problem.get("error")
    code = str(error.get("code")) if isinstance(error, dict) else ""
    if isinstance(error, dict) and code.partition(".")[0] in BUNDLE_FAMILIES:
        return ClientError(code, str(error.get("detail") or detail), exit_code=Exit.NOTHING_ASSESSED, document=problem)
    return ClientError("registry.refused", f"The registry refused ({status}): {detail}", document=problem)


def _bad_answer(what: str) -> ClientError:
    return ClientError(
        "registry.bad_answer",
        f"The registry's answer {what}: check that --registry names an Assay registry.",
    )


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
