"""Bearer tokens (RFC 6750) for Django REST framework."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from registry.limits import address_of, count_failure
from registry.models import ApiToken
from registry.tokens import PUBLISH, find_token

_HOW = "Send it as 'Authorization: Bearer <token>'; tokens are made on the account page."


class BearerToken(BaseAuthentication):
    """The account and the token behind `Authorization: Bearer`; nothing else signs anyone in here."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        token = find_token(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            count_failure(address_of(request.META))
            raise AuthenticationFailed(f"The token is wrong, has expired or was withdrawn. {_HOW}")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        del request
        return 'Bearer realm="assay"'


class MayPublish(BasePermission):
    message = f"The token does not carry the scope {PUBLISH!r}; make one that does."

    def has_permission(self, request: Request, view: Any) -> bool:
        del view
        return isinstance(request.auth, ApiToken) and PUBLISH in request.auth.scopes
