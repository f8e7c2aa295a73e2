"""Whether this process can do its work: database and broker answer."""

import logging

import kombu.exceptions
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry.celery import app

logger = logging.getLogger(__name__)

_PATIENCE = 2
"""Seconds the broker has to answer."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when both answer, 503 with the one that does not."""
    del request
    parts = {"database": _database(), "broker": _broker()}
    well = all(word == "ok" for word in parts.values())
    return JsonResponse({"status": "ok" if well else "unavailable"} | parts, status=200 if well else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return "unreachable"
    return "ok"


def _broker() -> str:
    try:
        with app.connection_for_write(connect_timeout=_PATIENCE) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=_PATIENCE)
    except (kombu.exceptions.OperationalError, OSError):
        logger.exception("the broker does not answer")
        return "unreachable"
    return "ok"
