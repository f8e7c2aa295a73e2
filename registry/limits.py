"""How often an account may do something costly: a counter per account and hour in the shared cache."""

import logging
import time
from http import HTTPStatus

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from registry.errors import RegistryError

logger = logging.getLogger(__name__)

_HOUR = 3600


def count_upload(user_id: int) -> None:
    """Count one upload, refused ones included. Raises RegistryError (429) with the seconds to wait.

    The limit is about fairness. When the cache does not answer nobody is turned away, and the log says so.
    """
    now = int(time.time())
    if _count(f"uploads:{user_id}:{now // _HOUR}") <= settings.ASSAY_UPLOADS_PER_HOUR:
        return
    wait = _HOUR - now % _HOUR
    raise RegistryError(
        "upload.too_many",
        "Too many uploads",
        HTTPStatus.TOO_MANY_REQUESTS,
        f"An account may upload {settings.ASSAY_UPLOADS_PER_HOUR} bundles in an hour; go on in {wait} seconds.",
        headers={"Retry-After": str(wait)},
    )


def _count(key: str) -> int:
    try:
        cache.add(key, 0, timeout=_HOUR)
        return cache.incr(key)
    except (RedisError, OSError, ValueError):  # ValueError: evicted between the two calls
        logger.warning("uploads are not being counted", exc_info=True)
        return 0
