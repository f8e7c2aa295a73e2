"""The edge of the API: what every answer below /api/ has in common, whoever produced it.

An identifier of the request, open reading for other sites' scripts, validators with 304, and a problem document in
place of any HTML error page.
"""

import hashlib
import logging
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from registry.api.problems import as_registry_error, internal_error, nothing_here, problem_response
from registry.errors import RegistryError

PREFIX = "/api/"
READING = ("GET", "HEAD")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

logger = logging.getLogger(__name__)


class ApiEdge:
    """Middleware; it touches nothing outside /api/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        given = request.headers.get("X-Request-Id", "")
        identifier = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.META["assay.request_id"] = identifier
        response = _preflight() if request.method == "OPTIONS" else self.get_response(request)
        response = _as_problem(response)
        if request.method in READING and response.status_code == HTTPStatus.OK:
            response = _conditional(request, response)
        response.headers["X-Request-Id"] = identifier
        if request.method in (*READING, "OPTIONS"):
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = "ETag, X-Request-Id, Retry-After"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What no view foresaw: logged with the identifier that the caller is told."""
        if not request.path_info.startswith(PREFIX):
            return None
        known = as_registry_error(exception)
        if known is None:
            identifier = request.META.get("assay.request_id")
            logger.error("request %s failed", identifier, exc_info=exception, extra={"request_id": identifier})
        return problem_response(known or internal_error())


def _preflight() -> HttpResponse:
    return HttpResponse(
        status=HTTPStatus.NO_CONTENT,
        headers={
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "If-None-Match, X-Request-Id",
            "Access-Control-Max-Age": "86400",
        },
    )


def _as_problem(response: HttpResponseBase) -> HttpResponseBase:
    """Django's own error pages (bad host, unknown address, too large) are HTML; a program cannot read them."""
    failed = response.status_code >= HTTPStatus.BAD_REQUEST
    if not failed or not response.headers.get("Content-Type", "").startswith("text/html"):
        return response
    status = HTTPStatus(response.status_code)
    if status is HTTPStatus.NOT_FOUND:
        return problem_response(nothing_here())
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem_response(internal_error())
    return problem_response(
        RegistryError("request.refused", status.phrase, status, f"The request was refused: {status.phrase.lower()}.")
    )


def _conditional(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A strong validator, of the body's bytes where the view set none, and 304 for a caller who has them."""
    if not response.has_header("ETag"):
        if response.streaming or not isinstance(response, HttpResponse):
            return response
        response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()}"'
    response.headers.setdefault("Cache-Control", "public, max-age=30")
    not_modified = get_conditional_response(
        request, etag=response.headers["ETag"], response=cast("HttpResponse", response)
    )
    return not_modified or response
