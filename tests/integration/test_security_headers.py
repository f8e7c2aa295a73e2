"""Every answer of the web process carries the security headers, and none weakens them."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from registry.middleware import SecurityHeaders

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize("path", ["/healthz", "/no/such/page"])
@pytest.mark.django_db
def test_on_pages_found_and_not_found(path: str) -> None:
    response = Client(raise_request_exception=False).get(path)
    assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED
    policy = response.headers["Content-Security-Policy"]
    rules = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    assert rules["default-src"] == ["'self'"]
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == ["'none'"]
    assert rules["form-action"] == ["'self'"]
    assert "unsafe" not in policy
    assert "camera=()" in response.headers["Permissions-Policy"]


def test_a_view_with_a_stricter_policy_keeps_it() -> None:
    def view(_: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'; sandbox"})

    answer = SecurityHeaders(view)(RequestFactory().get("/"))
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
