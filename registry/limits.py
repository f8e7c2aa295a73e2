"""How often an account or an address may do something costly: a counter for each and for the hour, in the shared cache.

The limits are about fairness and about guessing. When the cache does not answer nobody is turned away, and the log says
so. What is counted for an address is counted for the whole /64 of an IPv6 one: that is what a single client gets.
"""

import ipaddress
import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from registry.errors import RegistryError

logger = logging.getLogger(__name__)

_HOUR = 3600


def count_upload(user_id: int, address: str) -> None:
    """Count one upload, refused ones included. Raises RegistryError (429) with the seconds to wait."""
    most = settings.ASSAY_UPLOADS_PER_HOUR
    if _count("uploads", user_id) > most:
        raise _too_many("upload.too_many", "Too many uploads", f"An account may upload {most} bundles in an hour")
    most = settings.ASSAY_ADDRESS_UPLOADS_PER_HOUR
    if _count("uploads", address) > most:
        raise _too_many("upload.too_many", "Too many uploads", f"{most} bundles an hour may come from one address")


def count_account(address: str) -> None:
    """Count one new account. Raises RegistryError (429)."""
    most = settings.ASSAY_ADDRESS_ACCOUNTS_PER_HOUR
    if _count("accounts", address) > most:
        raise _too_many(
            "account.too_many", "Too many accounts", f"{most} accounts an hour may be made from one address"
        )


def count_failure(address: str) -> None:
    """Count one wrong password or token. Raises RegistryError (429) when there were too many already."""
    if _count("failures", address) > settings.ASSAY_ADDRESS_FAILURES_PER_HOUR:
        raise _failures()


def refuse_guesser(address: str) -> None:
    """Raises RegistryError (429) for an address with too many failures: then a right password is not tried either."""
    if _known("failures", address) >= settings.ASSAY_ADDRESS_FAILURES_PER_HOUR:
        raise _failures()


def address_of(meta: Mapping[str, Any]) -> str:
    """Where a request comes from: the connection's other end, or what the trusted proxy says that it was.

    Only the last entry of X-Forwarded-For is the proxy's own; the others are whatever the client sent.
    """
    text = str(meta.get("REMOTE_ADDR") or "")
    if settings.ASSAY_BEHIND_PROXY:
        text = str(meta.get("HTTP_X_FORWARDED_FOR") or "").rpartition(",")[2].strip() or text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


def _failures() -> RegistryError:
    return _too_many(
        "auth.too_many", "Too many attempts", "There were too many wrong passwords or tokens from your address"
    )


def _too_many(code: str, title: str, reason: str) -> RegistryError:
    wait = _HOUR - int(time.time()) % _HOUR
    return RegistryError(
        code,
        title,
        HTTPStatus.TOO_MANY_REQUESTS,
        f"{reason}; go on in {wait} seconds.",
        headers={"Retry-After": str(wait)},
    )


def _key(what: str, whose: int | str) -> str:
    """A name may hold a colon, as IPv6 addresses do, but no blank."""
    return f"{what}:{whose}:{int(time.time()) // _HOUR}"


def _count(what: str, whose: int | str) -> int:
    key = _key(what, whose)
    try:
        cache.add(key, 0, timeout=_HOUR)
        return cache.incr(key)
    except (RedisError, OSError, ValueError):  # ValueError: evicted between the two calls
        logger.warning("%s are not being counted", what, exc_info=True)
        return 0


def _known(what: str, whose: int | str) -> int:
    try:
        return int(cache.get(_key(what, whose)) or 0)
    except (RedisError, OSError):
        logger.warning("%s are not being counted", what, exc_info=True)
        return 0
