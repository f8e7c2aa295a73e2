"""The two OpenAQ calls this server makes: fixed host, HTTPS, time and size limits."""

import asyncio
import os
import time
from collections import deque
from typing import Any

import httpx

BASE_URL = "https://api.openaq.org/v3"
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
MAX_BYTES = 1_000_000
CALLS_PER_MINUTE = 40


class UpstreamError(Exception):
    """OpenAQ could not answer; the text is safe to show."""


class CallBudget:
    """At most `limit` calls in any minute; the next one waits its turn."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sent: deque[float] = deque()
        self._lock = asyncio.Lock()

    async def take(self) -> None:
        async with self._lock:
            now = time.monotonic()
            while self._sent and now - self._sent[0] > 60:
                self._sent.popleft()
            if len(self._sent) >= self._limit:
                raise UpstreamError("too many calls in one minute; wait a moment and try again")
            self._sent.append(now)


BUDGET = CallBudget(CALLS_PER_MINUTE)


def api_key() -> str:
    """Read the key where it is used: no variable of this module keeps it."""
    key = os.environ.get("OPENAQ_API_KEY", "")
    if not key:
        raise UpstreamError("no OpenAQ API key is configured; set it in the server's settings")
    return key


async def get(path: str, params: dict[str, str | int] | None = None) -> list[dict[str, Any]]:
    """The `results` of one GET, or UpstreamError. Never follows a redirect: the key must not travel elsewhere."""
    await BUDGET.take()
    body = bytearray()
    try:
        async with (
            httpx.AsyncClient(base_url=BASE_URL, timeout=TIMEOUT, follow_redirects=False) as client,
            client.stream("GET", path, params=params, headers={"X-API-Key": api_key()}) as response,
        ):
            if response.status_code in (401, 403):
                raise UpstreamError("OpenAQ refused the API key; renew it in the server's settings")
            if response.status_code == 404:
                return []
            if response.status_code != 200:
                raise UpstreamError(f"OpenAQ answered with status {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise UpstreamError("OpenAQ's answer is larger than expected")
    except httpx.TimeoutException as error:
        raise UpstreamError("OpenAQ did not answer in time") from error
    except httpx.HTTPError as error:
        raise UpstreamError("OpenAQ could not be reached") from error
    try:
        results = httpx.Response(200, content=bytes(body)).json()["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise UpstreamError("OpenAQ's answer could not be read") from error
    if not isinstance(results, list):
        raise UpstreamError("OpenAQ's answer could not be read")
    return [item for item in results if isinstance(item, dict)]
