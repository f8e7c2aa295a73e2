"""What the views of the API share: JSON whatever the Accept header says, no session, reading for everybody."""

import json
from typing import Any, cast

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from registry.queries.releases import LATEST

MOMENTARY = "public, max-age=10"
"""For what changes when somebody publishes or a scan ends."""
SETTLED = "public, max-age=60"
"""For documents of one version, which only a new scan replaces."""
ALWAYS_ASK = "no-cache"
FOREVER = "public, max-age=31536000, immutable"


class AlwaysJson(BaseContentNegotiation):
    """One representation: a browser that asks for text/html gets the JSON too."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((p for p in parsers if request.content_type.partition(";")[0] == p.media_type), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        del request, format_suffix
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJson


def freshness(version: str) -> str:
    """How long a document about this version may be kept: "latest" changes hands with every release."""
    return MOMENTARY if version == LATEST else SETTLED


def answer(document: Any, *, status: int = 200, cache: str = MOMENTARY) -> HttpResponse:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return answer_bytes(body.encode(), status=status, cache=cache)


def answer_bytes(
    body: bytes, *, status: int = 200, cache: str, etag: str | None = None, media_type: str = "application/json"
) -> HttpResponse:
    """A finished body; `etag` where its digest is known already."""
    response = HttpResponse(body, status=status, content_type=media_type, headers={"Cache-Control": cache})
    if etag is not None:
        response.headers["ETag"] = f'"{etag}"'
    return response


def wsgi(request: Request) -> WSGIRequest:
    """The request below the framework's, whose body nobody has touched."""
    return cast("WSGIRequest", request._request)  # noqa: SLF001 -- the framework offers no other way to the stream
