"""What a crash leaves in the store: files that no release names, and files that never got further than their way in.

A file is stored before its rows are committed, so that a row always has its bytes; when the commit does not come, the
file stays behind. It is removed here, but not before it is old enough for whoever put it there to have finished.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from registry.models import Bundle
from registry.store import Store, store

logger = logging.getLogger(__name__)

_AT_ONCE = 500
_LOCKS = 0x41534159
"""The first of the two numbers of our advisory locks, so that they meet no other use of them."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many files were removed."""

    incoming: int
    unnamed: int


def sweep() -> Swept:
    """Remove what is older than ASSAY_KEEP_UNUSED_SECONDS and of no use. Raises StoreError."""
    before = timezone.now() - timedelta(seconds=settings.ASSAY_KEEP_UNUSED_SECONDS)
    kept = store()
    swept = Swept(_incoming(kept, before), sum(_remove(kept, digest) for digest in _unnamed(kept, before)))
    if swept != Swept(0, 0):
        logger.info("removed %s files left on their way in and %s that no release names", swept.incoming, swept.unnamed)
    return swept


def hold(sha256: str) -> None:
    """Until the transaction ends, nobody else stores or removes these bytes.

    Without it the sweep could remove a file in the moment in which a release begins to name it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, int(sha256[:8], 16) - (1 << 31)])


def _incoming(kept: Store, before: datetime) -> int:
    """A file that is still being written to is young, however long ago it was begun."""
    removed = 0
    for path in kept.incoming.iterdir():
        try:
            if path.is_file() and path.stat().st_mtime < before.timestamp():
                path.unlink()
                removed += 1
        except FileNotFoundError:  # its request ended just now
            continue
    return removed


def _unnamed(kept: Store, before: datetime) -> Iterator[str]:
    digests = kept.digests(before)
    while some := list(islice(digests, _AT_ONCE)):
        named = set(Bundle.objects.filter(sha256__in=some).values_list("sha256", flat=True))
        yield from (digest for digest in some if digest not in named)


def _remove(kept: Store, sha256: str) -> int:
    with transaction.atomic():
        hold(sha256)
        if Bundle.objects.filter(sha256=sha256).exists():
            return 0
        kept.remove(sha256)
    return 1
