"""How often an account may do something costly: a counter per account and hour in the shared cache."""

import time
from http import HTTPStatus

from django.conf import settings
from django.core.cache import cache

from registry.errors import RegistryError

_HOUR = 3600


def count_upload(user_id: int) -> None:
    """Count one upload, refused ones included. Raises RegistryError (429) with the seconds to wait."""
    now = int(time.time())
    key = f"uploads:{user_id}:{now // _HOUR}"
    cache.add(key, 0, timeout=_HOUR)
    if cache.incr(key) <= settings.ASSAY_UPLOADS_PER_HOUR:
        return
    wait = _HOUR - now % _HOUR
    raise RegistryError(
        "upload.too_many",
        "Too many uploads",
        HTTPStatus.TOO_MANY_REQUESTS,
        f"An account may upload {settings.ASSAY_UPLOADS_PER_HOUR} bundles in an hour; go on in {wait} seconds.",
        headers={"Retry-After": str(wait)},
    )
