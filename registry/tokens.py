"""API tokens: made, recognised, withdrawn. The secret is shown once; the database keeps its SHA-256.

A plain hash is enough: the secret is 256 random bits, not a password that could be guessed.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from registry.models import ApiToken

PREFIX = "assay_"
"""Lets a secret scanner, ours included, recognise a token that has leaked."""
PUBLISH = "publish"
SCOPES = (PUBLISH,)

_SHOWN = len(PREFIX) + 6
_LONGEST = 200
_USE_NOTED_EVERY = timedelta(minutes=1)


def create_token(
    *, user: User, name: str, scopes: tuple[str, ...] = SCOPES, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can read again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:_SHOWN],
        sha256=_digest(secret),
        scopes=list(scopes),
        expires_at=expires_at,
    )
    return token, secret


def find_token(secret: str) -> ApiToken | None:
    """The token with this secret, unless it has expired or its account is closed. Notes that it was used."""
    if not secret.startswith(PREFIX) or len(secret) > _LONGEST:
        return None
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), sha256=_digest(secret), user__is_active=True)
        .first()
    )
    if token is not None and (token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def list_tokens(user: User) -> tuple[ApiToken, ...]:
    return tuple(ApiToken.objects.filter(user=user).order_by("-created_at"))


def revoke_token(*, user: User, token_id: int) -> bool:
    """Whether there was such a token of this account; it no longer works afterwards."""
    deleted, _ = ApiToken.objects.filter(user=user, pk=token_id).delete()
    return deleted > 0


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
