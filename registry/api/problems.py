"""Refusals as `application/problem+json` (RFC 9457): the one place where an error becomes an API answer."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.http.request import UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from registry.errors import FieldError, RegistryError
from registry.pacing import too_slow

NO_TOKEN = "This needs a token. Send it as 'Authorization: Bearer <token>'; tokens are made on the account page."
MEDIA_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


def problem_document(error: RegistryError) -> dict[str, Any]:
    """The document of a refusal. `error` names it for programs, `errors` the fields at fault."""
    return {
        "type": f"urn:assay:problem:{error.code}",
        "title": error.title,
        "status": int(error.status),
        "detail": error.detail,
        "error": {"code": error.code, "title": error.title, "detail": error.detail, "path": None},
        "errors": [{"field": e.field, "detail": e.detail} for e in error.errors],
    } | error.members


def problem_response(error: RegistryError) -> HttpResponse:
    """The same outside the framework: for middleware and for addresses that no view has."""
    return HttpResponse(
        json.dumps(problem_document(error), ensure_ascii=False),
        status=error.status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"} | error.headers,
    )


def problem_handler(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """Django REST framework's hook: any exception of a view as a problem; None for what nobody foresaw."""
    del context
    error = as_registry_error(exception)
    if error is None:
        return None
    return Response(
        problem_document(error),
        status=error.status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"} | error.headers,
    )


def as_registry_error(exception: Exception) -> RegistryError | None:
    """What the frameworks raise, in our own words; None for what nobody foresaw."""
    if isinstance(exception, RegistryError):
        return exception
    if isinstance(exception, Http404):
        return nothing_here()
    if isinstance(exception, PermissionDenied):
        return RegistryError("request.forbidden", "Not allowed", HTTPStatus.FORBIDDEN, "You may not do this.")
    if isinstance(exception, RequestDataTooBig):
        return body_too_large()
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("the database failed", exc_info=exception)
        return database_unavailable()
    if isinstance(exception, UnreadablePostError):
        return body_unreadable(slow=too_slow(exception))
    if isinstance(exception, SuspiciousOperation):
        return RegistryError(
            "request.malformed", "Malformed request", HTTPStatus.BAD_REQUEST, "The request is malformed."
        )
    return _of_the_framework(exception) if isinstance(exception, exceptions.APIException) else None


def nothing_here() -> RegistryError:
    return RegistryError(
        "request.not_found",
        "Nothing here",
        HTTPStatus.NOT_FOUND,
        "This address has nothing; /api/v1/openapi.json lists the ones there are.",
    )


def body_too_large() -> RegistryError:
    return RegistryError(
        "request.too_large",
        "Request too large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The request's body is too large.",
    )


def body_unreadable(*, slow: bool) -> RegistryError:
    """408 for a body that came too slowly, 400 for one that broke off."""
    if slow:
        return RegistryError(
            "request.timeout",
            "Request too slow",
            HTTPStatus.REQUEST_TIMEOUT,
            "The request's body came too slowly; send it again.",
            headers={"Connection": "close"},
        )
    return RegistryError(
        "request.truncated",
        "Incomplete request",
        HTTPStatus.BAD_REQUEST,
        "The request's body ended early; send it again.",
    )


def database_unavailable() -> RegistryError:
    return RegistryError(
        "database.unavailable",
        "The database does not answer",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database did not answer, so nothing was changed; try again in a moment.",
        headers={"Retry-After": "5"},
    )


def internal_error() -> RegistryError:
    return RegistryError(
        "internal",
        "Internal error",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here; it was logged under the identifier in X-Request-Id.",
    )


def _of_the_framework(exception: exceptions.APIException) -> RegistryError:
    status = HTTPStatus(exception.status_code)
    headers: dict[str, str] = {}
    match exception:
        case exceptions.AuthenticationFailed() | exceptions.NotAuthenticated():
            code, title = "auth.token", "A token is needed"
            status = HTTPStatus.UNAUTHORIZED
            headers["WWW-Authenticate"] = 'Bearer realm="assay"'
        case exceptions.PermissionDenied():
            code, title = "auth.scope", "Not allowed"
        case exceptions.MethodNotAllowed():
            code, title = "request.method", "Method not allowed"
        case exceptions.UnsupportedMediaType():
            code, title = "request.media_type", "Unsupported media type"
        case exceptions.NotAcceptable():
            code, title = "request.accept", "Not acceptable"
        case exceptions.ParseError():
            code, title = "request.malformed", "Malformed request"
        case _:
            code, title = "request.refused", status.phrase
    detail = NO_TOKEN if isinstance(exception, exceptions.NotAuthenticated) else _sentence(exception)
    fields = (FieldError("body", detail),) if code == "request.malformed" else ()
    return RegistryError(code, title, status, detail, fields, headers=headers)


def _sentence(exception: exceptions.APIException) -> str:
    detail = exception.detail
    return detail if isinstance(detail, str) else "The request cannot be used."
