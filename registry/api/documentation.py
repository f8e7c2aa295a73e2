"""The OpenAPI document, and a page that shows it to people. Both are made once per process."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from registry.api.views import SETTLED, answer_bytes


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every view below /api/v1."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document["components"].setdefault("securitySchemes", {})["token"] = {"type": "http", "scheme": "bearer"}
    return document


@cache
def openapi_bytes() -> bytes:
    return json.dumps(openapi(), indent=1, ensure_ascii=False).encode()


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    del request
    return answer_bytes(openapi_bytes(), cache=SETTLED)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[dict[str, Any], ...]
    responses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    calls: tuple[Call, ...]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same as a page: no script, nothing from elsewhere."""
    response = render(request, "api/docs.html", {"section": "api", "groups": groups()})
    response.headers["Cache-Control"] = "private, no-cache"  # the page's head names who is signed in
    return response


@cache
def groups() -> tuple[Group, ...]:
    calls: dict[str, list[Call]] = {}
    for tag, call in _calls(openapi()["paths"]):
        calls.setdefault(tag, []).append(call)
    return tuple(Group(tag, tuple(found)) for tag, found in calls.items())


def _calls(paths: dict[str, Any]) -> Iterator[tuple[str, Call]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield (
                operation["tags"][0],
                Call(
                    id=operation["operationId"],
                    method=method.upper(),
                    path=path,
                    summary=operation.get("summary", ""),
                    description=operation.get("description", ""),
                    parameters=tuple(p for p in operation.get("parameters", ()) if p["in"] == "query"),
                    responses=tuple((s, r.get("description", "")) for s, r in operation["responses"].items()),
                ),
            )
